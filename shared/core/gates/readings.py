"""What a gate's evidence says, in numbers and in words, for the record and for people. It must never decide anything.

The words are for whoever is on call at three in the morning: how often green did it, how often blue did, how sure.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from shared.core.gates.calibration import Calibration
from shared.core.gates.latency import edge
from shared.core.gates.recipes import DISAGREEMENT, Role
from shared.core.gates.samples import Counted, Failed, GateSamples, Ladder, Predicted, Refused, Sample, Slower
from shared.core.judge import gate as gates
from shared.core.judge.gate import GateEvidence, GateSetting
from shared.core.judge.interval import Interval, interval
from shared.core.judge.measure import Measure
from shared.core.judge.odds import Counts
from shared.core.judge.panel import Evidence
from shared.core.judge.tuning import Tuning
from shared.core.judge.verdict import Risk
from shared.core.wording import per_cent, time

SLIGHT = 1e-6  # odds that are 1 : 1 but for rounding


@dataclass(frozen=True, slots=True)
class Reading:
    """One gate after a minute.

    words: what green and blue did. green, blue: an interval of each one's rate that holds at all times together with 95
    per cent (None: no requests, or no rate). log_harm, harm_threshold: the odds that green is worse, and those that
    would roll back by this gate alone (None: it may not). log_certificate, certificate_threshold: the odds that the
    next step is within the budget, and those that it needs (None: none is needed). minutes: settled ones at this
    weight. missing: why the last minutes say nothing of it.
    """

    gate: str
    role: Role
    words: str
    green_bad: int
    green_total: int
    blue_bad: int
    blue_total: int
    green: Interval | None
    blue: Interval | None
    log_harm: float
    harm_threshold: float | None
    log_certificate: float | None
    certificate_threshold: float | None
    minutes: int
    missing: str = ""

    @property
    def to_rollback(self) -> float | None:
        """How far the way to rolling back by this gate alone has been gone: 0 to 1, or None if it may not."""
        return None if self.harm_threshold is None else min(max(self.log_harm / self.harm_threshold, 0.0), 1.0)

    @property
    def to_certificate(self) -> float | None:
        """How far the way to the next step's certificate has been gone: 0 to 1, or None if none is needed."""
        if self.log_certificate is None or self.certificate_threshold is None:
            return None
        return min(max(self.log_certificate / self.certificate_threshold, 0.0), 1.0)

    @property
    def minutes_to_certificate(self) -> int | None:
        """How many more minutes like those at this weight the certificate needs; None if it cannot be told."""
        if self.log_certificate is None or self.certificate_threshold is None or self.log_certificate < SLIGHT:
            return None
        more = self.certificate_threshold / self.log_certificate - 1.0
        return max(0, math.ceil(more * self.minutes))


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What evidence is held against at a step.

    next_weight: None where no certificate is needed. needed: names of the gates whose certificates are; None for the
    critical ones. log_suspicion: the odds of harm above which nothing advances.
    """

    risk: Risk
    next_weight: int | None
    needed: tuple[str, ...] | None = None
    log_suspicion: float = 0.0

    def certifies(self, setting: GateSetting) -> bool:
        """Say whether this gate's certificate is needed."""
        wanted = setting.critical if self.needed is None else setting.name in self.needed
        return wanted and self.next_weight is not None and setting.budget is not None


def readings(
    evidence: Evidence, calibration: Calibration, thresholds: Thresholds, missing: Mapping[str, str] | None = None
) -> tuple[Reading, ...]:
    """Return what each gate says now. missing: gates that the last minutes say nothing of, and why."""
    found = [_reading_at(place, evidence, calibration, thresholds) for place in range(len(calibration.panel.gates))]
    return tuple(replace(one, missing=(missing or {}).get(one.gate, "")) for one in found)


def _reading_at(place: int, evidence: Evidence, calibration: Calibration, thresholds: Thresholds) -> Reading:
    panel = calibration.panel
    return _reading(evidence.of(panel)[place], panel.gates[place], calibration.samples[place], panel.tuning, thresholds)


def _reading(
    evidence: GateEvidence, setting: GateSetting, samples: GateSamples, tuning: Tuning, thresholds: Thresholds
) -> Reading:
    harm = gates.log_harm(evidence, setting, tuning)
    index = gates.worst_item(evidence, setting, tuning) if harm > SLIGHT else _most_shifted(evidence, samples)
    counts = evidence.counts(index)
    certified = thresholds.certifies(setting)
    green, blue = interval(counts.green_bad, counts.green_total), interval(counts.blue_bad, counts.blue_total)
    rates = _rate(green, counts.green_bad, counts.green_total), _rate(blue, counts.blue_bad, counts.blue_total)
    return Reading(
        gate=setting.name,
        role="dry_run" if not setting.share else "critical" if setting.critical else "non_blocking",
        words=_words(_item(samples, setting, index), counts, rates),
        green_bad=counts.green_bad,
        green_total=counts.green_total,
        blue_bad=counts.blue_bad,
        blue_total=counts.blue_total,
        green=green,
        blue=blue,
        log_harm=harm,
        harm_threshold=-math.log(thresholds.risk.rollback) - math.log(setting.share) if setting.share else None,
        log_certificate=gates.log_certificate(evidence, setting, tuning) if certified else None,
        certificate_threshold=-math.log(thresholds.risk.advance) if certified else None,
        minutes=evidence.certificate.minutes,
    )


class _Item(NamedTuple):
    """One item of a gate: the sample it is of, its place there, and how it is bet on."""

    sample: Sample
    place: int
    measure: Measure


def _item(samples: GateSamples, setting: GateSetting, index: int) -> _Item:
    for sample, measure in zip(samples.samples, setting.measures, strict=True):
        if index < measure.items:
            return _Item(sample, index, measure)
        index -= measure.items
    raise IndexError(f"{setting.name} has no item {index}")


def _most_shifted(evidence: GateEvidence, samples: GateSamples) -> int:
    """Return which of the counts people read of: for predictions, the class whose share differs most."""
    first = samples.samples[0]
    if not isinstance(first, Predicted) or not evidence.seen:
        return 0
    return max(range(len(first.labels)), key=lambda index: _shift(evidence.counts(index)))


def _shift(counts: Counts) -> float:
    return abs((counts.green_rate or 0.0) - (counts.blue_rate or 0.0))


def _words(item: _Item, counts: Counts, rates: tuple[str, str]) -> str:
    green, blue = rates
    match item.sample:
        case Failed():
            words = f"green fails {green} requests, blue {blue}"
        case Refused():
            words = f"green refuses {green} requests as the caller's mistake, blue {blue}"
        case Slower(buckets=buckets):
            ours, theirs = (time(edge(bucket)) for bucket in buckets[item.place])
            words = f"green takes longer than {ours} for {green} answers, blue longer than {theirs} for {blue}"
        case Predicted(labels=labels):
            words = f"green predicts {labels[item.place]!r} in {green} answers, blue in {blue}"
        case Counted(gate=gate) if gate == DISAGREEMENT:
            words = f"green answers {green} mirrored requests otherwise than blue"
        case Counted(gate=gate):
            words = f"{gate}: green {green}, blue {blue}"
        case Ladder():
            over = f"in {counts.green_bad} of {counts.green_total} minutes"
            words = f"green's P95 was more than {(item.measure.margin or 1):.3g} times blue's {over}"
    null = item.measure.null
    limited = null is not None and null.rho == 0.0
    return f"{words}; at most {per_cent(null.delta)} % are allowed" if limited and null is not None else words


def _rate(found: Interval | None, bad: int, total: int) -> str:
    """Return a rate in words that can stand before what is counted."""
    if found is None:
        return "none of 0"
    low, high = per_cent(found.low), per_cent(found.high)
    return f"{per_cent(bad / total)} % ({low} to {high} %) of {total:,}"
