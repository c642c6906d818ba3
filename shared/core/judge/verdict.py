"""What the evidence means: PASS, INCONCLUSIVE or FAIL, and why. Its consequences are decided elsewhere."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from shared.core.judge import gate
from shared.core.judge.gate import GateEvidence
from shared.core.judge.gate_setting import GateSetting
from shared.core.judge.odds import log_sum
from shared.core.judge.panel import Evidence, Panel
from shared.core.judge.tuning import Tuning

# Evidence above this is more than rounding.
SLIGHT = 1e-6
STARVED = 20.0
# If this many of green's outcomes should have been counted and none was, that is no coincidence (probability e^-20).
UNHEARD = 20.0


class Outcome(StrEnum):
    """The judge's three answers, one of which is `not known yet`."""

    PASS = "pass"  # noqa: S105 -- an outcome, not a password
    INCONCLUSIVE = "inconclusive"
    FAIL = "fail"


class Cause(StrEnum):
    """Why the outcome is what it is. Every value is also a reason code."""

    HARM = "regression_detected"
    NO_REQUEST = "no_requests"
    STARVED = "green_starved"
    TOO_SOON = "too_few_minutes"
    UNHEARD = "green_unheard"
    UNSEEN = "gate_without_data"
    SUSPICIOUS = "suspicious"
    WATCHED = "no_regression_seen"
    UNCERTIFIED = "not_certified"
    CERTIFIED = "step_passed"


@dataclass(frozen=True, slots=True)
class Risk:
    """How sure the judge must be.

    rollback: alpha, the probability of ever rolling back a green that is no worse. advance: beta, the probability per
    step of certifying a green that exceeds the budget. settled_minutes: the minimum time at a weight.
    """

    rollback: float = 0.01
    advance: float = 0.05
    settled_minutes: int = 3


class _Weighed(NamedTuple):
    """One gate's odds (natural logarithms), computed once.

    certificate: None if it has none. present: whether it had evidence at this step.
    """

    setting: GateSetting
    harm: float
    certificate: float | None
    present: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """An outcome with its cause and gate, and the numbers behind it. All logarithms are natural.

    gate: the gate that the cause is about, if any. log_harm: the odds of harm of all gates together. suspicious: one
    gate's odds of harm are too high, or it lacks green's or blue's outcomes, so nothing may advance, not even
    uncertified.
    """

    outcome: Outcome
    cause: Cause
    gate: str
    log_harm: float
    harm_threshold: float
    certificate_threshold: float
    settled_minutes: int
    suspicious: bool


def judge(
    evidence: Evidence,
    panel: Panel,
    risk: Risk,
    next_weight: int | None,
    needed: Collection[str] | None = None,
) -> Verdict:
    """Return what the evidence says now.

    next_weight: None if no certificate is needed. needed: names of the gates whose certificates are needed, even if
    they are not on the panel; None for its critical gates.
    """
    known = evidence.of(panel)
    weighed = [_weighed(one, setting, panel.tuning) for one, setting in zip(known, panel.gates, strict=True)]
    counted = [one for one in weighed if one.setting.share > 0]
    harm = log_sum([one.harm + math.log(one.setting.share) for one in counted])
    harm_threshold, certificate_threshold = -math.log(risk.rollback), -math.log(risk.advance)
    minutes = max((one.certificate.minutes for one in known), default=0)
    line = panel.tuning.log_suspicion + SLIGHT
    suspicious = max(one.harm for one in counted) > line
    # Do not wait for a gate that has no evidence at this step (because the mirror is over).
    suspect = max((one for one in counted if one.present), key=lambda one: one.harm, default=None)
    silent, unheard = _unheard(known, panel)
    weakest, certified = _weakest(weighed, needed)
    if harm >= harm_threshold:
        said = Outcome.FAIL, Cause.HARM, _worst(counted).setting.name
    elif evidence.starved >= STARVED:
        said = Outcome.INCONCLUSIVE, Cause.STARVED, ""
    elif not any(any(one.seen[1::4]) for one in known):
        said = Outcome.INCONCLUSIVE, Cause.NO_REQUEST, ""
    elif minutes < risk.settled_minutes:
        said = Outcome.INCONCLUSIVE, Cause.TOO_SOON, ""
    elif suspect is not None and suspect.harm > line:
        said = Outcome.INCONCLUSIVE, Cause.SUSPICIOUS, suspect.setting.name
    elif unheard:
        said = Outcome.INCONCLUSIVE, silent, unheard
    elif next_weight is None or not weakest:
        said = Outcome.PASS, Cause.WATCHED, ""
    elif certified < certificate_threshold:
        said = Outcome.INCONCLUSIVE, Cause.UNCERTIFIED, weakest
    else:
        said = Outcome.PASS, Cause.CERTIFIED, weakest
    return Verdict(*said, harm, harm_threshold, certificate_threshold, minutes, suspicious or bool(unheard))


def _unheard(known: Iterable[GateEvidence], panel: Panel) -> tuple[Cause, str]:
    """Return a gate that can roll back and lacks green's or blue's outcomes; an empty name if none does.

    Green must not pass a gate by giving it nothing to count, nor because what the gate counts is late or lost.
    """
    counting = [(one, setting) for one, setting in zip(known, panel.gates, strict=True) if setting.share > 0]
    for one, setting in counting:
        if one.unheard * setting.heard >= UNHEARD:
            return Cause.UNHEARD, setting.name
    for one, setting in counting:
        if one.unseen * setting.heard >= UNHEARD:
            return Cause.UNSEEN, setting.name
    return Cause.UNHEARD, ""


def _weighed(evidence: GateEvidence, setting: GateSetting, tuning: Tuning) -> _Weighed:
    certified = gate.log_certificate(evidence, setting, tuning) if setting.budget is not None else None
    return _Weighed(setting, gate.log_harm(evidence, setting, tuning), certified, evidence.step[1] > 0)


def _worst(counted: list[_Weighed]) -> _Weighed:
    return max(counted, key=lambda one: one.harm + math.log(one.setting.share))


def _weakest(weighed: list[_Weighed], needed: Collection[str] | None) -> tuple[str, float]:
    """Return the gate furthest from the certificate that the next step needs, and its log odds; empty if none is."""
    wanted = [one.setting.name for one in weighed if one.setting.critical] if needed is None else needed
    known = {one.setting.name: one.certificate for one in weighed if one.certificate is not None}
    name = min(wanted, key=lambda name: known.get(name, -math.inf), default="")
    return name, known.get(name, -math.inf)
