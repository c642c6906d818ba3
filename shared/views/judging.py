"""What the judge reports, as the API shows it: the verdict, how it was calibrated, and the evidence by minute."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from shared.core.gates.calibration import Calibration
from shared.core.judge.gate_setting import GateSetting
from shared.core.judge.panel import Panel
from shared.core.judge.traffic_share import TrafficShare
from shared.core.judge.verdict import Outcome, Verdict
from shared.core.reconcile.judging import Judgement
from shared.core.wording import odds
from shared.views.gates import GateView, gate_view


@dataclass(frozen=True, slots=True)
class VerdictView:
    """The verdict of all gates together. `log_odds_...` are natural logarithms, `odds_...` the same as text."""

    outcome: Annotated[Outcome, "`pass`, `inconclusive` or `fail`."]
    gate: Annotated[str | None, "The gate that decided; null: no particular one."]
    log_odds_worse: Annotated[float, "The odds that green is worse, all gates together."]
    odds_worse: Annotated[str, "The same as text."]
    log_odds_worse_threshold: Annotated[float, "The odds at which green is rolled back."]
    odds_worse_threshold: Annotated[str, "The same as text."]
    log_odds_safe_threshold: Annotated[float, "The odds that each required certificate must reach."]
    odds_safe_threshold: Annotated[str, "The same as text."]
    settled_minutes: Annotated[int, "Complete minutes with traffic at this weight."]
    suspicious: Annotated[bool, "Whether green looks so bad that nothing may advance, not even uncertified."]


@dataclass(frozen=True, slots=True)
class GateCalibrationView:
    """How one gate was calibrated from blue's past."""

    gate: Annotated[str, "The gate's name."]
    share: Annotated[float, "Its part of the rollback risk, 0 to 1; 0: it cannot roll back."]
    critical: Annotated[bool, "Whether the next step needs its certificate."]
    burstiness: Annotated[float, "How much more blue's rate varied than chance explains; 1: not at all."]
    bad_minutes: Annotated[int, "The minimum number of bad minutes for a rollback."]
    budget: Annotated[float | None, "The harm budget over all traffic, as a share; null: no certificate."]
    past_rate: Annotated[float, "Blue's rate in the past, as a share."]


@dataclass(frozen=True, slots=True)
class CalibrationView:
    """How the judge was calibrated, once, before green's first request."""

    requests_per_minute: Annotated[float, "The endpoint's average over blue's past."]
    gates: Annotated[tuple[GateCalibrationView, ...], "Each gate that is judged."]
    unjudged: Annotated[dict[str, str], "Gates of the policy that are not judged, and why."]


@dataclass(frozen=True, slots=True)
class EvidenceView:
    """What each gate reported after one minute."""

    minute: Annotated[datetime, "When the minute began."]
    weight: Annotated[int, "Green's share of the live traffic, in percent."]
    mirror: Annotated[int, "The share of the live traffic that was mirrored to green, in percent."]
    gates: Annotated[tuple[GateView, ...], "One for each gate."]


@dataclass(frozen=True, slots=True)
class TrafficShareView:
    """Which share of the live requests green receives, compared with its weight, in the last minutes."""

    weight: Annotated[int, "Green's percent of the live traffic in the last of these minutes."]
    green_requests: Annotated[int, "Live requests of green, without those addressed to it."]
    requests: Annotated[int, "Live requests of both deployments."]
    expected_requests: Annotated[float, "How many of them green's weights in these minutes should bring it."]
    log_odds_mismatch: Annotated[float, "Odds that the share is not the one of the weight, as a natural logarithm."]
    odds_mismatch: Annotated[str, "The same as text."]
    mismatch: Annotated[bool, "Whether it is certain: reported, and a hold if the policy says so."]


def traffic_share_view(share: TrafficShare) -> TrafficShareView | None:
    """Return what is known about green's share; None before the first minutes at a weight."""
    if not share.recent:
        return None
    return TrafficShareView(
        weight=share.recent[-1].weight,
        green_requests=share.green,
        requests=share.total,
        expected_requests=round(share.expected(), 1),
        log_odds_mismatch=share.log_odds,
        odds_mismatch=odds(share.log_odds),
        mismatch=share.mismatch,
    )


def verdict_view(verdict: Verdict) -> VerdictView:
    """Return a verdict with its odds as numbers and as text."""
    return VerdictView(
        outcome=verdict.outcome,
        gate=verdict.gate or None,
        log_odds_worse=verdict.log_harm,
        odds_worse=odds(verdict.log_harm),
        log_odds_worse_threshold=verdict.harm_threshold,
        odds_worse_threshold=odds(verdict.harm_threshold),
        log_odds_safe_threshold=verdict.certificate_threshold,
        odds_safe_threshold=odds(verdict.certificate_threshold),
        settled_minutes=verdict.settled_minutes,
        suspicious=verdict.suspicious,
    )


def calibration_view(calibration: Calibration) -> CalibrationView:
    """Return a calibration, gate by gate."""
    panel = calibration.panel
    return CalibrationView(
        requests_per_minute=panel.requests_per_minute,
        gates=tuple(_gate_calibration(setting, panel) for setting in panel.gates),
        unjudged=dict(calibration.unjudged),
    )


def _gate_calibration(setting: GateSetting, panel: Panel) -> GateCalibrationView:
    return GateCalibrationView(
        gate=setting.name,
        share=setting.share,
        critical=setting.critical,
        burstiness=setting.burstiness,
        bad_minutes=panel.tuning.bad_minutes(setting.burstiness, known=setting.known),
        budget=setting.budget,
        past_rate=setting.rate,
    )


def evidence_view(judgement: Judgement) -> EvidenceView:
    """Return what each gate reported after one minute."""
    gates = tuple(gate_view(reading) for reading in judgement.readings)
    return EvidenceView(judgement.minute, judgement.weight, judgement.mirror, gates)
