"""The reason for a verdict, with its numbers."""

from __future__ import annotations

from collections.abc import Iterable

from shared.core.gates.calibration import Calibration
from shared.core.gates.readings import Reading, Thresholds
from shared.core.judge.verdict import Verdict
from shared.core.rollout.reasons import Facts, Reason, ReasonCode


def verdict_reason(
    verdict: Verdict, found: Iterable[Reading], calibration: Calibration, thresholds: Thresholds
) -> Reason:
    """Return the reason for a verdict. found: what each gate said, including the one that the verdict is about."""
    by_gate = {reading.gate: reading for reading in found}
    about = by_gate.get(verdict.gate) or next(iter(by_gate.values()))
    facts = Facts(
        gate=verdict.gate or about.gate,
        measured=about.facts,
        log_odds_worse=verdict.log_harm,
        log_odds_worse_threshold=verdict.harm_threshold,
        settled_minutes=verdict.settled_minutes,
        required_minutes=thresholds.risk.settled_minutes,
    )
    if thresholds.next_weight is not None:
        facts["next_weight"] = thresholds.next_weight
    if verdict.gate in calibration.unjudged:
        facts["unjudged"] = {verdict.gate: calibration.unjudged[verdict.gate]}
        return Reason(ReasonCode.GATE_NOT_JUDGED, facts)
    return Reason(ReasonCode(verdict.cause.value), facts | _of_code(verdict, about, thresholds))


def _of_code(verdict: Verdict, about: Reading, thresholds: Thresholds) -> Facts:
    """Return the facts that only some reasons have."""
    facts = Facts()
    if verdict.cause.value == ReasonCode.SUSPICIOUS:
        facts["log_odds_worse"], facts["log_odds_worse_threshold"] = about.log_harm, thresholds.log_suspicion
    if verdict.cause.value == ReasonCode.GATE_WITHOUT_DATA and about.missing:
        facts["message"] = about.missing
    if about.log_certificate is not None and about.certificate_threshold is not None:
        facts["log_odds_safe"], facts["log_odds_safe_threshold"] = about.log_certificate, about.certificate_threshold
    if about.minutes_to_certificate:
        facts["minutes_left"] = about.minutes_to_certificate
    return facts
