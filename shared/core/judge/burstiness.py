"""How bursty bad answers are: first from blue's own past, then also from green and blue side by side.

Calibration never sees a minute of green, and what pairs of minutes show only tempers later minutes.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from shared.core.judge.odds import Counts
from shared.core.judge.tuning import Tuning

CERTIFICATE_TEMPER_LIMIT = 4.0
SHRINKAGE = 2.0


class Variation(NamedTuple):
    """How much the differences between two rates varied, and how much they would vary for independent requests."""

    observed: float = 0.0
    expected: float = 0.0

    def plus(self, one: tuple[int, int], other: tuple[int, int]) -> Variation:
        """Return the variation with one more difference, between two counts (bad, total); unchanged if one is empty."""
        if not one[1] or not other[1]:
            return self
        observed, expected = _difference(one, other)
        return Variation(self.observed + observed, self.expected + expected)


NONE = Variation()


def _difference(one: tuple[int, int], other: tuple[int, int]) -> tuple[float, float]:
    """Return how much two rates (bad, total) differ, and how much they would for independent requests, weighted."""
    (bad_a, total_a), (bad_b, total_b) = one, other
    weight = total_a * total_b / (total_a + total_b)
    pooled = (bad_a + bad_b) / (total_a + total_b)
    difference = (bad_a / total_a - bad_b / total_b) * weight
    return difference * difference, pooled * (1.0 - pooled) * weight


def burstiness(bad: Sequence[int], total: Sequence[int]) -> float:
    """Return phi >= 1: the variance of blue's bad counts from minute to minute, relative to independent requests.

    `bad` and `total` are counts of consecutive minutes, oldest first. Differences between neighbouring minutes remove a
    slow drift of the rate; adding two units to numerator and denominator shrinks the result towards 1 when there is
    little history. Minutes without requests are skipped.
    """
    if len(bad) != len(total):
        raise ValueError(f"{len(bad)} minutes of bad answers, but {len(total)} of totals")
    observed = expected = 0.0
    for one, other in pairwise(zip(bad, total, strict=True)):
        if one[1] and other[1]:
            seen, allowed = _difference(one, other)
            observed, expected = observed + seen, expected + allowed
    return max(1.0, (observed + SHRINKAGE) / (expected + SHRINKAGE))


def lasting(bad: Sequence[int], total: Sequence[int], tuning: Tuning) -> float:
    """Return phi computed from blocks of minutes, for a blue that is not calm; 1 otherwise.

    Bursts of several minutes hardly show between neighbouring minutes, but they do between blocks. For a calm blue,
    blocks are not used, since they would also show its slow drift.
    """
    if tuning.block == 1 or burstiness(bad, total) < tuning.calm_phi:
        return 1.0
    return burstiness(_blocks(bad, tuning.block), _blocks(total, tuning.block))


def _blocks(counts: Sequence[int], size: int) -> list[int]:
    return [sum(counts[start : start + size]) for start in range(0, len(counts) - size + 1, size)]


def paired(variation: Variation, counts: Counts) -> Variation:
    """Return the variation between green and blue after one more minute. What affects both equally does not show."""
    return variation.plus((counts.green_bad, counts.green_total), (counts.blue_bad, counts.blue_total))


def certificate_temper(phi: float, variation: Variation = NONE, pairs: float = 0.0) -> float:
    """Return the divisor for the certificate's evidence, so that bursts do not certify by chance.

    From blue's past alone (`pairs` = 0), or also from the pairs seen so far, which can only lower it: the bursts in
    blue's past may have affected both deployments, and such bursts cancel out.
    """
    seen = (phi * pairs + variation.observed) / (pairs + variation.expected) if pairs else phi
    return min(max(1.0, min(phi, seen)), CERTIFICATE_TEMPER_LIMIT)
