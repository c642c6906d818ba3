"""The demo's clock: its time, waiting by it, and work that it slows down for.

The emulated Azure sets the pace and publishes it in the file that TEAL_CLOCK names: the full speed, then lines of wall
and virtual unix seconds. Time is linear between them and stands still after the last. A process may say when its oldest
unfinished work is due, in a file of its own next to it; emulator/README.md describes both. Times are virtual unix
seconds here.
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

SHORTEST_WAIT = 0.01  # wall seconds between two looks at a clock that is late
MINUTE = 60.0


@dataclass(slots=True)
class DemoClock:
    """The clock in the file `path`; None: the wall's. A file that is gone is a clock that has stopped."""

    path: Path | None
    full_speed: float = 1.0
    _points: list[tuple[float, float]] = field(default_factory=list)
    _dues: list[float] = field(default_factory=list)
    _reported: float = math.inf

    @staticmethod
    def of(environment: Mapping[str, str]) -> DemoClock:
        """Return the clock that TEAL_CLOCK names, or the wall's."""
        text = environment.get("TEAL_CLOCK")
        return DemoClock(Path(text) if text else None)

    def now(self) -> float:
        """Return the time. Raises FileNotFoundError if there never was a clock."""
        if self.path is None:
            return time.time()
        self._read(self.path)
        return virtual(self._points, time.time())

    @property
    def speed(self) -> float:
        """How many times as fast as the wall's the clock runs, as last read by `now`."""
        if len(self._points) < 2:
            return self.full_speed
        (wall, moment), (wall_after, moment_after) = self._points[-2:]
        return (moment_after - moment) / (wall_after - wall)

    async def sleep_until(self, moment: float) -> None:
        """Return when the clock has reached a moment, however its speed changes meanwhile."""
        while (left := moment - self.now()) > 0:  # noqa: ASYNC110  # a clock does not say when its time comes
            await asyncio.sleep(max(SHORTEST_WAIT, left / self.full_speed))

    @contextmanager
    def work_due(self, moment: float) -> Iterator[None]:
        """Have the clock slow down while the work of this block, due at a moment, is late."""
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
        with suppress(FileNotFoundError):  # the emulated Azure has ended, and its directory is gone
            if earliest == math.inf:
                report.unlink()
            else:
                draft.write_text(f"{earliest:.6f}", encoding="ascii")
                draft.replace(report)


def virtual(points: list[tuple[float, float]], wall: float) -> float:
    """Return the virtual time at a time of the wall's, from points of both."""
    for (before, moment), (after, moment_after) in pairwise(points):
        if wall < after:
            return moment + (moment_after - moment) * max(0.0, (wall - before) / (after - before))
    return points[-1][1]
