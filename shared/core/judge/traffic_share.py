"""Whether green receives the share of the live requests that its weight should bring it: a sample-ratio mismatch.

A sample is the number of green's and blue's live requests in one complete minute at a weight or, with little traffic,
in as many minutes as it takes for each deployment to expect four. The judge bets against the null hypothesis that the
odds of a request being green's are within a factor `TOLERANCE` of the weight's odds. Requests are not independent
(connections are reused), so three things make the test robust: evidence is divided by how much more the share varied
between samples than with independent requests, one sample wins at most a part of what a mismatch needs, and the last
samples together must be outside the tolerance as well. A step is often shorter than that, so the last samples may be of
several weights: each is compared with its own. Whether green's responses are good does not matter here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from shared.core.judge.burstiness import NONE, Variation
from shared.core.judge.harm import Harm, add_minute
from shared.core.judge.tuning import Tuning

TOLERANCE = 1.5  # the factor by which the odds may differ
RISK = 0.001  # of ever reporting a mismatch, over a whole rollout, where there is none
BETS = (1.2, 1.5, 3.0, 10.0)  # further factors, in both directions
WINDOW = 10  # samples that a mismatch needs; the last ones must be outside the tolerance, and inside for its end
LEAST_EXPECTED = 4.0  # requests of either deployment in a sample, by the weight
USUAL_CLUSTER = 4.0  # requests that go the same way together, until samples show how many
CLUSTER_WEIGHT = 5.0  # pairs of samples that this assumption weighs
LOG_THRESHOLD = -math.log(RISK)
CAP = (LOG_THRESHOLD + math.log(2 * len(BETS))) / WINDOW  # nats that a sample may win
_LOG_PART = -math.log(2 * len(BETS))
_SIDES = (True, False)


class LiveMinute(NamedTuple):
    """Live requests of both deployments in a minute, or in several, without those addressed to one; green's weight."""

    green: int
    blue: int
    weight: int

    @property
    def total(self) -> int:
        """Requests of both."""
        return self.green + self.blue


@dataclass(frozen=True, slots=True)
class TrafficShare:
    """What is known of green's share.

    harm: the bets. variation: of the share between neighbouring samples, beside that of independent requests. recent:
    the last samples, each at its own weight. pending: what is too little for a sample yet. mismatch: whether there is
    one now.
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
        """Return green's requests in the last samples if its odds were so many times those of each sample's weight."""
        return sum(
            minute.total * factor * minute.weight / (factor * minute.weight + 100 - minute.weight)
            for minute in self.recent
        )

    @property
    def log_odds(self) -> float:
        """Natural logarithm of the odds against a share that is as it should be."""
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
    """Return about how many requests go the same way together, by how much the share varied between samples."""
    seen = USUAL_CLUSTER * CLUSTER_WEIGHT + variation.observed
    return max(1.0, seen / (CLUSTER_WEIGHT + variation.expected))


def _varied(before: Variation, last: LiveMinute, minute: LiveMinute) -> Variation:
    """Return the variation with one more pair of samples, each pair counting alike however many requests it had."""
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
