"""The host's clock: the wall clock, or a faster one set by TEAL_CLOCK."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

from emulator.clock import VirtualClock
from emulator.paced_clock import FollowedClock

FASTEST = 100_000.0


def clock_of(settings: Mapping[str, str]) -> VirtualClock:
    """Return the clock that TEAL_CLOCK describes: `<speed>@<origin unix seconds>` or the file of a paced clock.

    Without TEAL_CLOCK, return the wall clock. Raises ValueError if the setting is malformed.
    """
    text = settings.get("TEAL_CLOCK")
    if not text:
        return VirtualClock()
    if "@" not in text:
        try:
            return FollowedClock(path=Path(text))
        except (OSError, ValueError) as error:
            raise ValueError(f"TEAL_CLOCK must be <speed>@<unix seconds> or a clock's file: {error}") from None
    try:
        speed, origin = (float(part) for part in text.split("@"))
    except ValueError:
        raise ValueError(f"TEAL_CLOCK must be <speed>@<unix seconds>, not {text!r}") from None
    if not (math.isfinite(origin) and 0 < speed <= FASTEST):
        raise ValueError(f"TEAL_CLOCK must have a speed above 0 and at most {FASTEST:g}, not {text!r}")
    return VirtualClock(speed, origin)
