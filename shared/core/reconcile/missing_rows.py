"""Whether all of one deployment's rows are missing from a minute, judging by the other's: late, or lost."""

from __future__ import annotations

from typing import Literal

EXPECTED = 5.0  # expected requests from which on having none is no coincidence (probability 0.7 %)


def missing(green: int, blue: int, share: float) -> Literal["green", "blue"] | None:
    """Return the deployment that has no requests in a minute and should have some, if there is one.

    green, blue: their requests. share: the expected number of green's requests for each of blue's.
    """
    if not green and blue * share >= EXPECTED:
        return "green"
    return "blue" if not blue and green / share >= EXPECTED else None
