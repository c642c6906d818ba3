"""What each gate's evidence says, as data: green's rate, blue's rate, and how certain they are.

For records and operators; no decision uses it. The sentences are made in `shared.words.gates`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from shared.core.gates.calibration import Calibration
from shared.core.gates.gate import Role
from shared.core.gates.measured import GateFacts, Measured
from shared.core.gates.samples import GateSamples
from shared.core.judge import gate as gates
from shared.core.judge.gate import GateEvidence
from shared.core.judge.gate_setting import GateSetting
from shared.core.judge.interval import Interval, interval
from shared.core.judge.panel import Evidence
from shared.core.judge.tuning import Tuning
from shared.core.judge.verdict import Risk

SLIGHT = 1e-6  # odds that differ from 1 : 1 only by rounding


@dataclass(frozen=True, slots=True)
class Reading:
    """One gate after a minute.

    measured: what was counted. green, blue: an interval for each one's rate, valid at all times together with 95 %
    confidence (None: no requests, or no rate). log_harm, harm_threshold: natural logarithms of the odds that green is
    worse, and of the odds at which this gate alone would roll back (None: it cannot). log_certificate,
    certificate_threshold: the same for the odds that the next step is within the budget, and the odds that it needs
    (None: none is needed). minutes: settled minutes at this weight. missing: why the last minutes have no data for this
    gate.
    """

    gate: str
    role: Role
    measured: Measured
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
    def facts(self) -> GateFacts:
        """What it measured, with its counts."""
        return GateFacts(
            **self.measured,
            gate=self.gate,
            green_bad=self.green_bad,
            green_total=self.green_total,
            blue_bad=self.blue_bad,
            blue_total=self.blue_total,
        )

    @property
    def to_rollback(self) -> float | None:
        """Progress towards rolling back by itself: 0 to 1, or None if it cannot."""
        return None if self.harm_threshold is None else min(max(self.log_harm / self.harm_threshold, 0.0), 1.0)

    @property
    def to_certificate(self) -> float | None:
        """Progress towards the next step's certificate: 0 to 1, or None if none is needed."""
        if self.log_certificate is None or self.certificate_threshold is None:
            return None
        return min(max(self.log_certificate / self.certificate_threshold, 0.0), 1.0)

    @property
    def minutes_to_certificate(self) -> int | None:
        """How many more minutes like those at this weight the certificate needs; None if that is unknown."""
        if self.log_certificate is None or self.certificate_threshold is None or self.log_certificate < SLIGHT:
            return None
        more = self.certificate_threshold / self.log_certificate - 1.0
        return max(0, math.ceil(more * self.minutes))


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The thresholds that evidence is compared with at a step.

    next_weight: None if no certificate is needed. needed: names of the gates whose certificates are needed; None for
    the critical ones. log_suspicion: the log odds of harm above which nothing advances.
    """

    risk: Risk
    next_weight: int | None
    needed: tuple[str, ...] | None = None
    log_suspicion: float = 0.0

    def certifies(self, setting: GateSetting) -> bool:
        """Return whether this gate's certificate is needed."""
        wanted = setting.critical if self.needed is None else setting.name in self.needed
        return wanted and self.next_weight is not None and setting.budget is not None


def readings(
    evidence: Evidence, calibration: Calibration, thresholds: Thresholds, missing: Mapping[str, str] | None = None
) -> tuple[Reading, ...]:
    """Return what each gate says now. missing: gates for which the last minutes have no data, and why."""
    panel, unseen = calibration.panel, missing or {}
    known = zip(evidence.of(panel), panel.gates, calibration.samples, strict=True)
    found = [_reading(gathered, setting, samples, panel.tuning, thresholds) for gathered, setting, samples in known]
    return tuple([replace(one, missing=unseen[one.gate]) if one.gate in unseen else one for one in found])


def _reading(
    evidence: GateEvidence, setting: GateSetting, samples: GateSamples, tuning: Tuning, thresholds: Thresholds
) -> Reading:
    harm = gates.log_harm(evidence, setting, tuning)
    suspicious = harm > SLIGHT
    item = gates.worst_item(evidence, setting, tuning) if suspicious else samples.samples[0].shown(evidence.counts)
    measured = _measured(samples, setting)
    counts = evidence.counts(measured.index(measured[item]))  # the first of the items that measure the same
    certified = thresholds.certifies(setting)
    return Reading(
        gate=setting.name,
        role="dry_run" if not setting.share else "critical" if setting.critical else "non_blocking",
        measured=_allowed(measured[item], setting, item),
        green_bad=counts.green_bad,
        green_total=counts.green_total,
        blue_bad=counts.blue_bad,
        blue_total=counts.blue_total,
        green=interval(counts.green_bad, counts.green_total),
        blue=interval(counts.blue_bad, counts.blue_total),
        log_harm=harm,
        harm_threshold=-math.log(thresholds.risk.rollback) - math.log(setting.share) if setting.share else None,
        log_certificate=gates.log_certificate(evidence, setting, tuning) if certified else None,
        certificate_threshold=-math.log(thresholds.risk.advance) if certified else None,
        minutes=evidence.certificate.minutes,
    )


def _measured(samples: GateSamples, setting: GateSetting) -> list[Measured]:
    """Return what each of the gate's items measures."""
    each = zip(samples.samples, setting.measures, strict=True)
    return [sample.measured(place) for sample, measure in each for place in range(measure.items)]


def _allowed(measured: Measured, setting: GateSetting, item: int) -> Measured:
    """Return what one of the gate's items measures, with the limits that apply to it."""
    measure = [measure for measure in setting.measures for _ in range(measure.items)][item]
    found = Measured(**measured, item=item)
    if measure.margin is not None:
        found["margin"] = measure.margin
    if measure.null is not None and measure.null.rho == 0.0:
        found["limit"] = measure.null.delta
    return found
