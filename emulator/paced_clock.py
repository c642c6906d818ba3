"""A fast clock for several processes: one sets the pace, the others follow, and all report when their work is due.

They communicate through files, so that no program needs another's code. The owner replaces the file named by
TEAL_CLOCK (`Course.text`) twenty times a second. A process with unfinished work writes the time (virtual unix seconds)
when its oldest work is due to its own file next to it, `<file>.<process id>`, and removes it when nothing is due. The
clock slows down while such work is late. Files of dead processes are ignored.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from math import inf
from pathlib import Path

from emulator.clock import VirtualClock
from emulator.pacing import Course, next_speed

TICK = 0.05  # wall seconds


@dataclass(slots=True)
class DueWork:
    """When this process's unfinished work is due; `changed` is called whenever the earliest time changes."""

    changed: Callable[[float], None] = lambda _: None
    earliest: float = inf
    _dues: dict[int, float] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=count)

    @contextmanager
    def until_done(self, due: float) -> Iterator[None]:
        """Count the block as unfinished work that is due at this virtual time (unix seconds)."""
        number = next(self._numbers)
        self._dues[number] = due
        self._update()
        try:
            yield
        finally:
            del self._dues[number]
            self._update()

    def _update(self) -> None:
        earliest = min(self._dues.values(), default=inf)
        if earliest != self.earliest:
            self.earliest = earliest
            self.changed(earliest)


@dataclass(slots=True)
class PacedClock(VirtualClock):
    """The owner's clock: `path` is the file that others follow, `speed` the full speed and `pace` the current one.

    It stands still unless `run` is running.
    """

    path: Path = Path("clock")
    course: Course = field(init=False)
    pace: float = field(init=False)
    _own: DueWork = field(default_factory=DueWork)

    def __post_init__(self) -> None:
        """Start at full speed, at wall time."""
        self.pace = self.speed
        self._publish(Course(self.speed, ((self.origin, self.origin),)).extended(self.origin, self.speed))

    def now(self) -> datetime:
        """Return the virtual time, aware, in UTC."""
        return datetime.fromtimestamp(self.course.virtual(time.time()), UTC)

    @contextmanager
    def work_due(self, moment: datetime) -> Iterator[None]:
        """Slow down while this block's work, due at `moment`, is late."""
        with self._own.until_done(moment.timestamp()):
            yield

    def virtual_seconds(self, real_seconds: float) -> float:
        """Convert wall seconds to virtual seconds at the current speed."""
        return real_seconds * self.pace

    def setting(self) -> str:
        """Return the value of TEAL_CLOCK for this clock: the file to follow."""
        return str(self.path)

    async def run(self) -> None:
        """Set the pace until cancelled."""
        while True:
            self.step(time.time())
            await asyncio.sleep(TICK)

    def step(self, wall: float) -> None:
        """Set the pace from now on; `wall` is the current wall time (unix seconds)."""
        late = self.course.virtual(wall) - min(self._own.earliest, _earliest_elsewhere(self.path))
        self.pace = next_speed(self.speed, self.pace, late)
        self._publish(self.course.extended(wall, self.pace))

    def _publish(self, course: Course) -> None:
        _replace(self.path, course.text())
        self.course = course


@dataclass(slots=True)
class FollowedClock(VirtualClock):
    """A clock paced by another process, read from its file. If that process exits, time stops."""

    path: Path = Path("clock")
    _course: Course = field(init=False)
    _own: DueWork = field(init=False)

    def __post_init__(self) -> None:
        """Read the file. Raises OSError and ValueError."""
        self._course = Course.parse(self.path.read_text(encoding="ascii"))
        self.speed = self._course.full_speed
        self._own = DueWork(self._report)

    def now(self) -> datetime:
        """Return the virtual time, aware, in UTC."""
        with suppress(FileNotFoundError):
            self._course = Course.parse(self.path.read_text(encoding="ascii"))
        return datetime.fromtimestamp(self._course.virtual(time.time()), UTC)

    @contextmanager
    def work_due(self, moment: datetime) -> Iterator[None]:
        """Make the clock slow down while this block's work, due at `moment`, is late."""
        with self._own.until_done(moment.timestamp()):
            yield

    def virtual_seconds(self, real_seconds: float) -> float:
        """Convert wall seconds to virtual seconds at the last known speed."""
        return real_seconds * self._course.speed

    def setting(self) -> str:
        """Return the value of TEAL_CLOCK for this clock: the followed file."""
        return str(self.path)

    def _report(self, earliest: float) -> None:
        place = self.path.with_name(f"{self.path.name}.{os.getpid()}")
        if earliest == inf:
            place.unlink(missing_ok=True)
        else:
            with suppress(FileNotFoundError):  # the owner has exited, and its directory is gone
                _replace(place, f"{earliest:.6f}")


def _earliest_elsewhere(path: Path) -> float:
    """Return when the oldest unfinished work of other processes is due; infinity if there is none."""
    earliest = inf
    for report in path.parent.glob(f"{path.name}.*"):
        if not report.suffix[1:].isdecimal():
            continue  # being written
        if _lives(int(report.suffix[1:])):
            with suppress(FileNotFoundError, ValueError):  # already gone, or not a number
                earliest = min(earliest, float(report.read_text(encoding="ascii")))
        else:
            report.unlink(missing_ok=True)
    return earliest


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _replace(path: Path, text: str) -> None:
    """Replace a file's content atomically."""
    draft = path.with_name(f"{path.name}.new-{os.getpid()}")
    draft.write_text(text, encoding="ascii")
    draft.replace(path)
