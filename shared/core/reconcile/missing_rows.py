"""Whether all of one deployment's rows are missing from a minute, judging by the other's: late, or lost."""

from __future__ import annotations

from typing import Literal

UNLIKELY = 0.007  # below this probability, all requests going to one deployment is not chance
EXPECTED = 5.0  # expected copies; having none of so many is not chance (the same probability)


def missing(green: int, blue: int, weight: int) -> Literal["green", "blue"] | None:
    """Return the deployment that has no live requests in some minutes and should have some, if there is one.

    green, blue: their requests. weight: green's share in percent, neither 0 nor 100. The number of requests is known
    only from the rows, so the other deployment's rows must make the absence improbable: one request to a small green
    proves nothing.
    """
    share = weight / 100
    if not green and (1.0 - share) ** blue < UNLIKELY:
        return "green"
    return "blue" if not blue and share**green < UNLIKELY else None


def missing_beside_mirror(green: int, blue: int, mirror: int) -> Literal["green", "blue"] | None:
    """Return the same while green only gets copies of blue's requests: each of them has an original.

    mirror: the percentage of requests that are copied.
    """
    if not green and blue * mirror / 100 >= EXPECTED:
        return "green"
    return "blue" if not blue and green >= EXPECTED * mirror / 100 else None
