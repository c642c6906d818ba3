"""How strongly bad answers come in bursts: first from blue's own past, then also from green and blue side by side.

A calibration sees no minute of green; what pairs teach may only temper later minutes.
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
    """How much the differences of two rates varied, and how much independent requests would let them vary."""

    observed: float = 0.0
    expected: float = 0.0

    def plus(self, one: tuple[int, int], other: tuple[int, int]) -> Variation:
        """Return it with one more difference, of two counts (bad, total); unchanged if either is empty."""
        if not one[1] or not other[1]:
            return self
        observed, expected = _difference(one, other)
        return Variation(self.observed + observed, self.expected + expected)


NONE = Variation()


def _difference(one: tuple[int, int], other: tuple[int, int]) -> tuple[float, float]:
    """Return how much two rates (bad, total) differ, and how much independent requests would, both weighted."""
    (bad_a, total_a), (bad_b, total_b) = one, other
    weight = total_a * total_b / (total_a + total_b)
    pooled = (bad_a + bad_b) / (total_a + total_b)
    difference = (bad_a / total_a - bad_b / total_b) * weight
    return difference * difference, pooled * (1.0 - pooled) * weight


def burstiness(bad: Sequence[int], total: Sequence[int]) -> float:
    """Return phi >= 1: the variance of blue's bad counts from minute to minute, in units of independent requests'.

    `bad` and `total` are counts of consecutive minutes, oldest first. Differences of neighbours remove a slow drift of
    the rate; two units more in numerator and denominator shrink the answer to 1 when there is little history. Minutes
    without requests are passed over.
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
    """Return phi of a past as blocks of minutes show it, for a blue that is not calm; 1 for others.

    Bursts that last for some minutes hardly show between neighbours; summed over blocks they do. A calm blue keeps what
    neighbours say, since its slow drift would show in blocks as well.
    """
    if tuning.block == 1 or burstiness(bad, total) < tuning.calm_phi:
        return 1.0
    return burstiness(_blocks(bad, tuning.block), _blocks(total, tuning.block))


def _blocks(counts: Sequence[int], size: int) -> list[int]:
    return [sum(counts[start : start + size]) for start in range(0, len(counts) - size + 1, size)]


def paired(variation: Variation, counts: Counts) -> Variation:
    """Return the variation of green beside blue after one more minute: what hits both alike does not show in it."""
    return variation.plus((counts.green_bad, counts.green_total), (counts.blue_bad, counts.blue_total))


def certificate_temper(phi: float, variation: Variation = NONE, pairs: float = 0.0) -> float:
    """Return the divisor of the certificate's evidence, so that bursts do not certify by luck.

    By blue's past alone (`pairs` = 0), or also by the pairs seen so far, which can only lower it: what blue's past
    shows as bursts may have hit everyone, and such bursts cancel.
    """
    seen = (phi * pairs + variation.observed) / (pairs + variation.expected) if pairs else phi
    return min(max(1.0, min(phi, seen)), CERTIFICATE_TEMPER_LIMIT)
