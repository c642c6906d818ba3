"""The app's clock: the wall clock, or a faster one in a rehearsal. Nothing else in the app may read the time."""

from __future__ import annotations

import math
import time
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

from shared.errors import Misconfigured
from shared.ports import Clock

FASTEST = 100_000.0
FORM = "TEAL_CLOCK must be <speed>@<unix seconds>, such as 60@1763622000, or a clock's file"


def read_clock(setting: str | None) -> Clock:
    """Return the clock for TEAL_CLOCK: `<speed>@<unix seconds>`, the path of a file, or "" for the wall clock.

    With a speed, time equals wall time at these unix seconds and then runs `speed` times as fast. A file has the full
    speed and then lines of wall and virtual unix seconds: time is linear between them and stops after the last. The
    file is read on every call, because its owner keeps adding to it. Raises Misconfigured.
    """
    if not setting:
        return lambda: datetime.now(UTC)
    if "@" in setting:
        speed, origin = _speed_and_origin(setting)
        return lambda: datetime.fromtimestamp(origin + (time.time() - origin) * speed, UTC)
    try:
        _paced(Path(setting))
    except (OSError, ValueError) as error:
        raise Misconfigured(f"{FORM}, not {setting!r}: {error}") from error
    return lambda: _paced(Path(setting))


def _speed_and_origin(setting: str) -> tuple[float, float]:
    try:
        speed, origin = (float(part) for part in setting.split("@"))
    except ValueError:
        speed = origin = math.nan
    if not (math.isfinite(origin) and 0 < speed <= FASTEST):
        raise Misconfigured(f"{FORM}, not {setting!r}")
    return speed, origin


def _paced(path: Path) -> datetime:
    """Return the time of a clock paced by another process. Raises OSError and ValueError."""
    lines = path.read_text(encoding="ascii").splitlines()[1:]
    points = [(float(wall), float(virtual)) for wall, virtual in (line.split() for line in lines)]
    if not points:
        raise ValueError(f"{path} holds no time")
    now = time.time()
    for (wall, virtual), (wall_after, virtual_after) in pairwise(points):
        if now < wall_after:
            gone = max(0.0, (now - wall) / (wall_after - wall))
            return datetime.fromtimestamp(virtual + (virtual_after - virtual) * gone, UTC)
    return datetime.fromtimestamp(points[-1][1], UTC)
