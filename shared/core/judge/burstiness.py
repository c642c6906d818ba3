"""How strongly errors come in bursts, from blue's own past minutes. It must never see a minute of green."""

from __future__ import annotations

import math
from collections.abc import Sequence

BAD_MINUTES_LIMIT = 12
CERTIFICATE_TEMPER_LIMIT = 4.0


def burstiness(bad: Sequence[int], total: Sequence[int]) -> float:
    """Return phi >= 1: the variance of blue's error counts from minute to minute, in units of independent requests'.

    `bad` and `total` are counts of consecutive minutes, oldest first. Differences of neighbours remove a slow drift of
    the rate; the 2 in numerator and denominator shrink the answer to 1 when there is little history. Minutes without
    requests are passed over.
    """
    if len(bad) != len(total):
        raise ValueError(f"{len(bad)} minutes of bad answers, but {len(total)} of totals")
    observed = expected = 0.0
    for bad_a, total_a, bad_b, total_b in zip(bad, total, bad[1:], total[1:], strict=False):
        if not total_a or not total_b:
            continue
        weight = total_a * total_b / (total_a + total_b)
        pooled = (bad_a + bad_b) / (total_a + total_b)
        observed += (bad_a / total_a - bad_b / total_b) ** 2 * weight**2
        expected += pooled * (1.0 - pooled) * weight
    return max(1.0, (observed + 2.0) / (expected + 2.0))


def bad_minutes_needed(phi: float) -> int:
    """Return k: how many bad minutes the minor lane needs before it may roll back (3 without burstiness)."""
    return min(BAD_MINUTES_LIMIT, math.ceil(3.0 * math.sqrt(phi) - 0.2))


def certificate_temper(phi: float) -> float:
    """Return the divisor of the certificate's evidence, so that bursts do not certify by luck."""
    return min(phi, CERTIFICATE_TEMPER_LIMIT)
