"""How a fast clock adapts to the work: its course over wall time, and the speed that the machine can sustain.

Pure: wall time and the lateness of the work are arguments. `paced_clock.py` does the reading and writing.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

AHEAD = 0.2  # wall seconds that the course extends ahead: if the owner is delayed by more, the clock stops
POINTS = 20  # points kept, about one second's worth

ON_TIME = 10.0  # virtual seconds by which work may be late without slowing the clock
SLOWEST = 1.0  # the minimum speed, unless the full speed is lower
SLOWER, FASTER = 0.8, 1.4  # speed factors, applied at each step when work is late or on time


@dataclass(frozen=True, slots=True)
class Course:
    """Points of (wall, virtual) unix seconds, in order. Time is linear between them and stands still beyond the last.

    Points are only added, never moved, so time never runs backwards, whichever version a process has read.
    """

    full_speed: float
    points: tuple[tuple[float, float], ...]

    @staticmethod
    def parse(text: str) -> Course:
        """Parse the output of `text`. Raises ValueError."""
        full_speed, *lines = text.splitlines()
        points = [tuple(map(float, line.split())) for line in lines]
        if not points or any(len(point) != 2 for point in points):
            raise ValueError("a clock's course needs points of wall and virtual seconds")
        return Course(float(full_speed), tuple((wall, virtual) for wall, virtual in points))

    def text(self) -> str:
        """Return the file content: the full speed, then one line per point."""
        return "\n".join([f"{self.full_speed:g}", *(f"{wall:.6f} {virtual:.6f}" for wall, virtual in self.points), ""])

    def virtual(self, wall: float) -> float:
        """Return the virtual time at a wall time (both unix seconds)."""
        for (before, virtual), (after, virtual_after) in pairwise(self.points):
            if wall < after:
                return virtual + (virtual_after - virtual) * max(0.0, (wall - before) / (after - before))
        return self.points[-1][1]

    @property
    def speed(self) -> float:
        """The speed at the end of the course, as a multiple of wall time."""
        if len(self.points) < 2:
            return self.full_speed
        (wall, virtual), (wall_after, virtual_after) = self.points[-2:]
        return (virtual_after - virtual) / (wall_after - wall)

    def extended(self, wall: float, speed: float) -> Course:
        """Extend the course to AHEAD seconds after `wall`, the current wall time; `speed` applies to the added part."""
        points = list(self.points)
        if points[-1][0] < wall:  # too late for a seamless course: time has stood still since its end
            points.append((wall, points[-1][1]))
        length = wall + AHEAD - points[-1][0]
        if length > 0:
            points.append((wall + AHEAD, points[-1][1] + length * speed))
        return Course(self.full_speed, tuple(points[-POINTS:]))


def next_speed(full_speed: float, speed: float, late: float) -> float:
    """Return the next speed, given how many virtual seconds the oldest unfinished work is `late`.

    The speed settles around what the machine can sustain.
    """
    wanted = speed * (SLOWER if late > ON_TIME else FASTER)
    return min(full_speed, max(wanted, SLOWEST))
