"""How a fast clock follows the work: its course over the wall's time, and the speed that the machine can keep up with.

Pure: the wall's time and the lateness of the work are arguments. `paced_clock.py` reads and writes what is used here.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

AHEAD = 0.2  # wall seconds for which the course is known in advance: whoever is held up longer stops the clock
POINTS = 20  # that are kept, about a second

ON_TIME = 10.0  # virtual seconds by which work may be late while the clock runs at full speed
SLOWEST = 1.0  # the speed that nothing is too slow for, unless the full speed is lower still
SLOWER, FASTER = 0.8, 1.4  # factors of the speed each time that work is late, or is not


@dataclass(frozen=True, slots=True)
class Course:
    """Points of (wall, virtual) unix seconds, in order. Time is linear between them and stands still beyond the last.

    Points are only added, never moved, so time never runs backwards for anyone, whichever version of the course they
    have read.
    """

    full_speed: float
    points: tuple[tuple[float, float], ...]

    @staticmethod
    def parse(text: str) -> Course:
        """Read what `text` wrote. Raises ValueError."""
        full_speed, *lines = text.splitlines()
        points = [tuple(map(float, line.split())) for line in lines]
        if not points or any(len(point) != 2 for point in points):
            raise ValueError("a clock's course needs points of wall and virtual seconds")
        return Course(float(full_speed), tuple((wall, virtual) for wall, virtual in points))

    def text(self) -> str:
        """Return the course as a file holds it: the full speed, then a line for each point."""
        return "\n".join([f"{self.full_speed:g}", *(f"{wall:.6f} {virtual:.6f}" for wall, virtual in self.points), ""])

    def virtual(self, wall: float) -> float:
        """Return the virtual time (unix seconds) at a time of the wall's."""
        for (before, virtual), (after, virtual_after) in pairwise(self.points):
            if wall < after:
                return virtual + (virtual_after - virtual) * max(0.0, (wall - before) / (after - before))
        return self.points[-1][1]

    @property
    def speed(self) -> float:
        """How many times as fast as the wall's time runs at the end of the course."""
        if len(self.points) < 2:
            return self.full_speed
        (wall, virtual), (wall_after, virtual_after) = self.points[-2:]
        return (virtual_after - virtual) / (wall_after - wall)

    def extended(self, wall: float, speed: float) -> Course:
        """Return the course until AHEAD of `wall`, which is now; `speed` applies to what is added."""
        points = list(self.points)
        if points[-1][0] < wall:  # too late for a seamless course: time stood still meanwhile
            points.append((wall, points[-1][1]))
        length = wall + AHEAD - points[-1][0]
        if length > 0:
            points.append((wall + AHEAD, points[-1][1] + length * speed))
        return Course(self.full_speed, tuple(points[-POINTS:]))


def next_speed(full_speed: float, speed: float, late: float) -> float:
    """Return the speed to go on with when the oldest unfinished work is `late` by so many virtual seconds.

    The speed settles around the one that the machine can keep up with.
    """
    wanted = speed * (SLOWER if late > ON_TIME else FASTER)
    return min(full_speed, max(wanted, SLOWEST))
