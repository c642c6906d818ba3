"""The demo's clock: reads it, sleeps on it, and reports work that it should slow down for.

The emulated Azure sets the pace and publishes it in the file named by TEAL_CLOCK: the full speed, then lines of wall
and virtual unix seconds. Time is linear between lines and stops after the last. A process may report when its oldest
unfinished work is due, in its own file next to it; emulator/README.md describes both. Times in this module are
virtual unix seconds.
"""

from __future__ import annotations

import asyncio
import math
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

SHORTEST_WAIT = 0.01  # wall seconds between reads of a clock that is late
MINUTE = 60.0


@dataclass(slots=True)
class DemoClock:
    """The clock in the file `path`; None means the wall clock. If the file is deleted, the clock has stopped."""

    path: Path | None
    full_speed: float = 1.0
    _points: list[tuple[float, float]] = field(default_factory=list)
    _dues: list[float] = field(default_factory=list)
    _reported: float = math.inf

    @staticmethod
    def of(environment: Mapping[str, str]) -> DemoClock:
        """Return the clock that TEAL_CLOCK names, or the wall clock."""
        text = environment.get("TEAL_CLOCK")
        return DemoClock(Path(text) if text else None)

    def now(self) -> float:
        """Return the time. Raises FileNotFoundError if there never was a clock file."""
        if self.path is None:
            return time.time()
        self._read(self.path)
        return virtual(self._points, time.time())

    @property
    def speed(self) -> float:
        """The clock's speed as a multiple of wall time, as last read by `now`."""
        if len(self._points) < 2:
            return self.full_speed
        (wall, moment), (wall_after, moment_after) = self._points[-2:]
        return (moment_after - moment) / (wall_after - wall)

    async def sleep_until(self, moment: float) -> None:
        """Sleep until the clock reaches `moment`, even if its speed changes."""
        while (left := moment - self.now()) > 0:  # noqa: ASYNC110  # a clock cannot signal that its time has come
            await asyncio.sleep(max(SHORTEST_WAIT, left / self.full_speed))

    @contextmanager
    def work_due(self, moment: float) -> Iterator[None]:
        """Slow the clock down while this block runs past `moment`, when its work is due."""
        self._dues.append(moment)
        self._report()
        try:
            yield
        finally:
            self._dues.remove(moment)
            self._report()

    def _read(self, path: Path) -> None:
        try:
            first, *lines = path.read_text(encoding="ascii").splitlines()
        except FileNotFoundError:
            if not self._points:
                raise
            return
        self.full_speed = float(first)
        self._points = [(float(wall), float(moment)) for wall, moment in (line.split() for line in lines)]

    def _report(self) -> None:
        earliest = min(self._dues, default=math.inf)
        if self.path is None or earliest == self._reported:
            return
        self._reported = earliest
        report = self.path.with_name(f"{self.path.name}.{os.getpid()}")
        draft = report.with_name(f"{self.path.name}.new-{os.getpid()}")
        with suppress(FileNotFoundError):  # the emulated Azure has exited and removed its directory
            if earliest == math.inf:
                report.unlink()
            else:
                draft.write_text(f"{earliest:.6f}", encoding="ascii")
                draft.replace(report)


def virtual(points: list[tuple[float, float]], wall: float) -> float:
    """Return the virtual time at a wall time, interpolated from (wall, virtual) points."""
    for (before, moment), (after, moment_after) in pairwise(points):
        if wall < after:
            return moment + (moment_after - moment) * max(0.0, (wall - before) / (after - before))
    return points[-1][1]
