"""One gate: evidence from a minute's counts, and what it says about harm and about the next step.

State in, minute in, state out. The state is the only memory; the setting is frozen before green's first request. A gate
knows neither the time nor what counts as bad, and never revises a minute.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from shared.core.judge import certificate, harm, ladder
from shared.core.judge.burstiness import NONE, Variation, certificate_temper, paired
from shared.core.judge.gate_minute import GateMinute, Share
from shared.core.judge.gate_setting import GateSetting
from shared.core.judge.ladder import Percentiles
from shared.core.judge.measure import Allowance, Item, Measure, capped, gains, item_slices, log_shares
from shared.core.judge.odds import Counts, log_es, log_sum
from shared.core.judge.tuning import Tuning

MEMORY = 0.93  # per minute: a minute's counts lose half of their influence in ten minutes
PAST_REQUESTS = 1000.0
DIGITS = 3


class Recent(NamedTuple):
    """Blue's recent bad and total, as the certificate counts them, with exponential decay."""

    bad: float = 0.0
    total: float = 0.0

    def after(self, counts: Counts) -> Recent:
        """Return the recent counts after one more minute."""
        return Recent(
            round(MEMORY * self.bad + counts.blue_bad, DIGITS), round(MEMORY * self.total + counts.blue_total, DIGITS)
        )

    def rate(self, past: float) -> float:
        """Return blue's recent bad share, shrunk towards its past rate if there are few requests."""
        return (self.bad + PAST_REQUESTS * past) / (self.total + PAST_REQUESTS)


NOTHING_YET = Recent()


@dataclass(frozen=True, slots=True)
class GateEvidence:
    """All that a gate remembers: the harm process, the step's certificate, pairs, recent blue, and total counts.

    seen: green's bad and total and blue's bad and total for each count in turn (for percentiles: minutes with a higher
    P95, minutes, 0, 0). step: the same four numbers for the first count, in steady minutes of the current step.
    unheard: requests that green answered without failing since the gate last counted one of green's outcomes, while
    blue's were counted. unseen: requests that blue (or green, if it has all traffic) answered without failing since the
    gate last counted one of that deployment's outcomes. last: the natural logarithm of the odds of harm from the last
    minute alone, without the cap that keeps one burst from deciding.
    """

    harm: harm.Harm = field(default_factory=harm.Harm)
    certificate: certificate.Certificate = field(default_factory=certificate.Certificate)
    variation: Variation = NONE
    recent: Recent = NOTHING_YET
    seen: tuple[int, ...] = ()
    step: tuple[int, ...] = (0, 0, 0, 0)
    unheard: int = 0
    last: float = 0.0
    unseen: int = 0

    def counts(self, index: int = 0) -> Counts:
        """Return the totals of one count over all minutes."""
        four = self.seen[4 * index : 4 * index + 4]
        return Counts(*four) if four else Counts()


def add_minute(
    evidence: GateEvidence, setting: GateSetting, minute: GateMinute, share: Share, tuning: Tuning
) -> GateEvidence:
    """Return the evidence after one more settled minute."""
    if setting.settle and (share.age < setting.settle or not share.steady):
        return replace(evidence, last=0.0)
    if share.alone:
        minute = _alone(minute)
    won, free = _gains(evidence, setting, minute, share, tuning)
    shares = log_shares(setting.measures, tuning)
    first = _four(minute.items[0], setting.measures[0])
    return GateEvidence(
        harm=harm.add_minute(evidence.harm, won, tuning, changed=_changed(share, setting)),
        certificate=_certify(evidence, setting, minute, share, tuning) if share.steady else evidence.certificate,
        variation=_varied(evidence.variation, minute, setting, tuning),
        recent=evidence.recent.after(minute.certified) if isinstance(minute.certified, Counts) else evidence.recent,
        seen=_added(evidence.seen, minute.items, setting.measures),
        step=tuple([old + new for old, new in zip(evidence.step, first, strict=True)])
        if share.steady
        else evidence.step,
        unheard=_unheard(evidence, minute.items[0], share, setting),
        last=round(log_sum([gain + part for gain, part in zip(free, shares, strict=True)]), DIGITS),
        unseen=_unseen(evidence, minute.items[0], share, setting),
    )


def skip_minute(evidence: GateEvidence, setting: GateSetting, share: Share) -> GateEvidence:
    """Return the evidence after a settled minute without data for the gate: only the absence is counted."""
    absent = 0 if not setting.heard or setting.mirrored else share.answered if share.alone else share.blue_answered
    return replace(evidence, unseen=evidence.unseen + absent, last=0.0)


def _changed(share: Share, setting: GateSetting) -> bool:
    """Return whether this is the first minute that the gate uses after a traffic change."""
    return share.age == setting.settle if setting.settle else share.changed


def begin_step(evidence: GateEvidence) -> GateEvidence:
    """Return the evidence with a fresh certificate: the last step's certificate does not apply to the next step."""
    return replace(evidence, certificate=certificate.Certificate(), step=(0, 0, 0, 0))


def log_harm(evidence: GateEvidence, setting: GateSetting, tuning: Tuning) -> float:
    """Return the natural logarithm of the odds against `green is no worse`, for this gate alone."""
    return evidence.harm.log_odds(log_shares(setting.measures, tuning))


def worst_item(evidence: GateEvidence, setting: GateSetting, tuning: Tuning) -> int:
    """Return which of the gate's items has the strongest evidence of harm; the first before any minute."""
    wealth, shares = evidence.harm.wealth, log_shares(setting.measures, tuning)
    if not wealth:
        return 0
    each = [
        log_sum([own + share for own, share in zip(wealth[place], shares[place], strict=True)])
        for place in item_slices(setting.measures, tuning)
    ]
    return max(range(len(each)), key=lambda item: each[item])


def log_certificate(evidence: GateEvidence, setting: GateSetting, tuning: Tuning) -> float:
    """Return the natural logarithm of the odds against `the next step exceeds the budget`."""
    if setting.margin is not None:
        return evidence.certificate.log_odds((0.5, 0.5))
    return evidence.certificate.log_odds(tuning.certificate_shares)


def _gains(
    evidence: GateEvidence, setting: GateSetting, minute: GateMinute, share: Share, tuning: Tuning
) -> tuple[list[float], list[float]]:
    """Return what each bet wins, and what it would win without a cap."""
    cap = tuning.cap_of(setting.burstiness, known=setting.known)
    won, free = list[float](), list[float]()
    at = 0
    for measure in setting.measures:
        for item in minute.items[at : at + measure.items]:
            usual = _usual(evidence, setting, at) if share.alone else None
            gained = gains(measure, item, Allowance(usual, setting.budget), tuning)
            won += capped(measure, gained, cap, tuning)
            free += gained
            at += 1
    return won, free


def _usual(evidence: GateEvidence, setting: GateSetting, item: int) -> float:
    """Return the larger of blue's two rates: while it had traffic in this rollout, and in its past.

    A rate from few requests in this rollout is shrunk towards the past; otherwise one failure in two requests would
    excuse everything.
    """
    past = setting.rates[item] if item < len(setting.rates) else 0.0
    seen = evidence.counts(item)
    enough = seen.blue_total >= PAST_REQUESTS
    rate = seen.blue_rate or 0.0 if enough else Recent(seen.blue_bad, seen.blue_total).rate(past)
    return max(min(rate, setting.usual_at_most), past)


def _alone(minute: GateMinute) -> GateMinute:
    """Return the minute without blue: the few requests that still address it are not enough to compare with."""
    items = [Counts(item.green_bad, item.green_total) if isinstance(item, Counts) else item for item in minute.items]
    return GateMinute(tuple(items), minute.certified)


def _certify(
    evidence: GateEvidence, setting: GateSetting, minute: GateMinute, share: Share, tuning: Tuning
) -> certificate.Certificate:
    step, item = evidence.certificate, minute.items[0]
    busy = not isinstance(item, Counts) or item.green_total > 0
    counted = certificate.Certificate(step.wealth, step.minutes + 1) if busy else step
    if setting.budget is None or share.next_weight is None or minute.certified is None:
        return counted
    if isinstance(minute.certified, Percentiles):
        return certificate.add_minute(counted, ladder.certificate_gains(minute.certified, setting.margin or 1.0), 1.0)
    null = certificate.null_for(share.next_weight, setting.budget)
    bets = certificate.bets_for(tuning, evidence.recent.rate(setting.rate), share.weight, null)
    temper = certificate_temper(setting.phi, evidence.variation, tuning.pairs)
    won = log_es(minute.certified, bets, null)
    return certificate.add_minute(counted, won, temper)


def _unheard(evidence: GateEvidence, item: Item, share: Share, setting: GateSetting) -> int:
    """Return `unheard` after a minute. If green has all traffic, blue's earlier outcomes replace its current ones."""
    if not isinstance(item, Counts) or item.green_total:
        return 0
    if setting.mirrored:
        return evidence.unheard + share.answered if share.weight < 0 else 0
    blue = item.blue_total or (share.alone and evidence.counts().blue_total)
    return evidence.unheard + share.answered if blue else evidence.unheard


def _unseen(evidence: GateEvidence, item: Item, share: Share, setting: GateSetting) -> int:
    """Return `unseen` after a minute."""
    if not isinstance(item, Counts) or (item.green_total if share.alone else item.blue_total):
        return 0
    return skip_minute(evidence, setting, share).unseen


def _varied(variation: Variation, minute: GateMinute, setting: GateSetting, tuning: Tuning) -> Variation:
    if not tuning.pairs or setting.phi <= 1.0 or not isinstance(minute.certified, Counts):
        return variation
    return paired(variation, minute.certified)


def _added(seen: tuple[int, ...], items: Iterable[Item], measures: tuple[Measure, ...]) -> tuple[int, ...]:
    four: list[int] = []
    for item in items:
        four += _four(item, measures[0])
    return tuple([old + new for old, new in zip(seen, four, strict=True)]) if seen else tuple(four)


def _four(item: Item, measure: Measure) -> tuple[int, int, int, int]:
    if isinstance(item, Percentiles):
        return int(item.green_95 > (measure.margin or 1.0) * item.blue_95), 1, 0, 0
    return item.green_bad, item.green_total, item.blue_bad, item.blue_total
