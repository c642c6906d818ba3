"""The host's clock: the wall's, or a faster one named by the TEAL_CLOCK setting. It never sleeps by itself."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from emulator.clock import VirtualClock

if TYPE_CHECKING:
    from collections.abc import Mapping


def clock_of(settings: Mapping[str, str]) -> VirtualClock:
    """Return the clock of `TEAL_CLOCK=<speed>@<origin unix seconds>`, or the wall's. Raises ValueError."""
    text = settings.get("TEAL_CLOCK")
    if not text:
        return VirtualClock()
    try:
        speed, origin = (float(part) for part in text.split("@"))
    except ValueError:
        raise ValueError(f"TEAL_CLOCK must be <speed>@<unix seconds>, not {text!r}") from None
    if not (math.isfinite(origin) and 0 < speed <= 100_000):
        raise ValueError(f"TEAL_CLOCK must have a speed above 0 and at most 100000, not {text!r}")
    return VirtualClock(speed, origin)
