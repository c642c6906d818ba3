"""The app's clock. The wall's, or in a rehearsal one that runs faster; nobody else may ask for the time."""

from __future__ import annotations

import math
import time
from datetime import UTC, datetime

from shared.errors import Misconfigured
from shared.ports import Clock

FASTEST = 100_000.0


def read_clock(setting: str | None) -> Clock:
    """Return the clock of the setting TEAL_CLOCK: `<speed>@<origin in unix seconds>`, or the wall's for None or "".

    Time starts with the wall's at the origin and then runs `speed` times as fast. Raises Misconfigured.
    """
    if not setting:
        return lambda: datetime.now(UTC)
    speed, origin = _speed_and_origin(setting)
    return lambda: datetime.fromtimestamp(origin + (time.time() - origin) * speed, UTC)


def _speed_and_origin(setting: str) -> tuple[float, float]:
    try:
        speed, origin = (float(part) for part in setting.split("@"))
    except ValueError:
        speed = origin = math.nan
    if not (math.isfinite(origin) and 0 < speed <= FASTEST):
        raise Misconfigured(f"TEAL_CLOCK must be <speed>@<unix seconds>, such as 60@1763622000, not {setting!r}")
    return speed, origin
