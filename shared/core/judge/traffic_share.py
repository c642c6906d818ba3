"""Whether green receives the share of live requests that its weight implies. If not: a sample-ratio mismatch.

A sample is the number of green's and blue's live requests in one complete minute at a weight or, with little traffic,
in as many minutes as it takes until four requests are expected for each deployment. The judge bets against the null
hypothesis that the odds of a request being green's are within a factor `TOLERANCE` of the weight's odds. Requests are
not independent (connections are reused), so three things make the test robust: evidence is divided by how much more the
share varied between samples than it would for independent requests, one sample can win only part of what a mismatch
needs, and the last samples together must be outside the tolerance as well. A step is often shorter than that, so the
last samples may have different weights; each is compared with its own. Whether green's responses are good does not
matter here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from shared.core.judge.burstiness import NONE, Variation
from shared.core.judge.harm import Harm, add_minute
from shared.core.judge.tuning import Tuning

TOLERANCE = 1.5  # the factor by which the odds may differ
RISK = 0.001  # of ever reporting a mismatch in a rollout that has none
BETS = (1.2, 1.5, 3.0, 10.0)  # further factors, in both directions
WINDOW = 10  # samples that a mismatch needs: together outside the tolerance, and inside it when the mismatch ends
LEAST_EXPECTED = 4.0  # requests of either deployment in a sample, expected from the weight
USUAL_CLUSTER = 4.0  # requests that are routed together, until samples show how many
CLUSTER_WEIGHT = 5.0  # the weight of this assumption, in pairs of samples
LOG_THRESHOLD = -math.log(RISK)
CAP = (LOG_THRESHOLD + math.log(2 * len(BETS))) / WINDOW  # nats that a sample may win
_LOG_PART = -math.log(2 * len(BETS))
_SIDES = (True, False)


class LiveMinute(NamedTuple):
    """Live requests of both deployments in one or more minutes, without those that address one; green's weight."""

    green: int
    blue: int
    weight: int

    @property
    def total(self) -> int:
        """Requests of both."""
        return self.green + self.blue


@dataclass(frozen=True, slots=True)
class TrafficShare:
    """What is known about green's share.

    harm: the bets. variation: how much the share varied between neighbouring samples, and how much it would for
    independent requests. recent: the last samples, each at its own weight. pending: requests that are still too few for
    a sample. mismatch: whether there is one now.
    """

    harm: Harm = field(default_factory=Harm)
    variation: Variation = NONE
    recent: tuple[LiveMinute, ...] = ()
    pending: LiveMinute | None = None
    mismatch: bool = False

    @property
    def green(self) -> int:
        """Green's live requests in the last samples."""
        return sum(minute.green for minute in self.recent)

    @property
    def total(self) -> int:
        """Live requests of both deployments in the last samples."""
        return sum(minute.total for minute in self.recent)

    def expected(self, factor: float = 1.0) -> float:
        """Return green's expected requests in the last samples if its odds were `factor` times those of each weight."""
        return sum(
            minute.total * factor * minute.weight / (factor * minute.weight + 100 - minute.weight)
            for minute in self.recent
        )

    @property
    def log_odds(self) -> float:
        """The natural logarithm of the odds against a share that matches the weight."""
        return self.harm.log_odds((_LOG_PART,) * len(self.harm.wealth))


def watch(share: TrafficShare, minute: LiveMinute, tuning: Tuning) -> TrafficShare:
    """Return what is known after one more complete minute at a weight between 0 and 100 percent, exclusive."""
    same = share.pending is not None and share.pending.weight == minute.weight
    pending = share.pending if share.pending is not None and same else LiveMinute(0, 0, minute.weight)
    sample = LiveMinute(pending.green + minute.green, pending.blue + minute.blue, minute.weight)
    if min(sample.weight, 100 - sample.weight) / 100.0 * sample.total < LEAST_EXPECTED:
        return replace(share, pending=sample)
    return _after(replace(share, pending=None), sample, tuning)


def _after(share: TrafficShare, sample: LiveMinute, tuning: Tuning) -> TrafficShare:
    """Return what is known after one more sample."""
    same = share.recent[-1:] if share.recent and share.recent[-1].weight == sample.weight else ()
    seen = replace(
        share,
        harm=add_minute(share.harm, _gains(sample, cluster(share.variation)), tuning, changed=not same),
        variation=_varied(share.variation, same[0], sample) if same else share.variation,
        recent=(*share.recent, sample)[-WINDOW:],
    )
    if len(seen.recent) < WINDOW:
        return seen
    if share.mismatch:
        return seen if outside(seen) else TrafficShare(variation=seen.variation, recent=seen.recent)
    return replace(seen, mismatch=outside(seen) and seen.log_odds >= LOG_THRESHOLD)


def cluster(variation: Variation) -> float:
    """Estimate how many requests are routed together, from how much the share varied between samples."""
    seen = USUAL_CLUSTER * CLUSTER_WEIGHT + variation.observed
    return max(1.0, seen / (CLUSTER_WEIGHT + variation.expected))


def _varied(before: Variation, last: LiveMinute, minute: LiveMinute) -> Variation:
    """Return the variation with one more pair of samples; each pair counts the same, however many requests it had."""
    observed, expected = NONE.plus((last.green, last.total), (minute.green, minute.total))
    return Variation(before.observed + observed / expected, before.expected + 1.0) if expected else before


def outside(share: TrafficShare) -> bool:
    """Return whether the last samples together are outside the tolerance, each measured by its own weight."""
    return not share.expected(1.0 / TOLERANCE) <= share.green <= share.expected(TOLERANCE)


def _gains(sample: LiveMinute, clustered: float) -> list[float]:
    """Return what each bet wins: that the odds are higher than tolerated, then that they are lower."""
    odds = sample.weight / (100.0 - sample.weight)
    won = []
    for above in _SIDES:
        edge = odds * TOLERANCE if above else odds / TOLERANCE
        for factor in BETS:
            better = edge * factor if above else edge / factor
            nats = sample.green * math.log(better / edge) - sample.total * math.log((1.0 + better) / (1.0 + edge))
            won.append(min(CAP, nats / clustered))
    return won
