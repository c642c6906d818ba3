"""Rollouts, as the API shows them: briefly in lists, and individually with history and evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Annotated

from shared.core.observation import DeploymentMinute
from shared.core.phases import Phase
from shared.core.reconcile.judging import Judgement
from shared.core.rollout import OperatorRequest, Override, Rollout
from shared.core.rollout.history import Entry
from shared.core.rollout.reasons import Reason, ReasonCode, reason
from shared.core.rollout.requests import allowed_verbs, skipped_steps
from shared.core.verbs import Verb
from shared.json_codec import encode
from shared.views.gates import GateView, gate_view
from shared.views.history import EntryView, entry_view
from shared.views.judging import (
    CalibrationView,
    EvidenceView,
    TrafficShareView,
    VerdictView,
    calibration_view,
    evidence_view,
    traffic_share_view,
    verdict_view,
)
from shared.views.minutes import MinuteView, minute_view
from shared.views.reasons import ExplainedView, ReasonView, explained_view, reason_view
from shared.views.steps import StepView, step_view
from shared.words import sentence


@dataclass(frozen=True, slots=True)
class RequestView:
    """An operator's request that has not been carried out yet."""

    verb: Annotated[Verb, "The requested action."]
    by: Annotated[str, "Who asked."]
    reason: Annotated[str, "Why, in their words."]
    at: Annotated[datetime, "When."]
    full: Annotated[bool, "Whether `promote` means all the way rather than the next step."]
    skips: Annotated[tuple[str, ...], "The steps that it skips."]


@dataclass(frozen=True, slots=True)
class OverrideView:
    """An operator's decision to overrule the judge for this rollout."""

    by: Annotated[str, "Who decided it."]
    reason: Annotated[str, "Why, in their words."]
    at: Annotated[datetime, "When."]


@dataclass(frozen=True, slots=True)
class SmokeTestView:
    """The result of the smoke test."""

    requests: Annotated[int, "How many were sent."]
    passed: Annotated[bool, "Whether every answer was as expected."]
    failed: Annotated[int, "How many answers were not as expected."]
    problems: Annotated[tuple[str, ...], "What was wrong with the first few of them."]


@dataclass(frozen=True, slots=True)
class KeptView:
    """A deployment that an earlier rollout keeps in case of a rollback."""

    deployment: Annotated[str, "Its name."]
    until: Annotated[datetime, "When it can be deleted. The promotion of this rollout's green ends this early."]


@dataclass(frozen=True, slots=True)
class RolloutView:
    """One rollout of one model version on one endpoint."""

    id: Annotated[str, "The rollout's id, unique on its endpoint."]
    workspace: Annotated[str, "The Azure ML workspace."]
    endpoint: Annotated[str, "The online endpoint."]
    model: Annotated[str, "The model's name."]
    version: Annotated[str, "The model's version."]
    phase: Annotated[Phase, "The phase that the rollout is in."]
    summary: Annotated[str, "Why it is in this phase, as a sentence."]
    reason: Annotated[ReasonView, "Why it is in this phase, for programs."]
    blocked_reason: Annotated[
        ExplainedView | None,
        "Why it cannot advance now: a hold, an endpoint that cannot be read, missing telemetry; null: it can.",
    ]
    trigger: Annotated[ExplainedView, "What started it."]
    allowed_actions: Annotated[tuple[Verb, ...], "What an operator can request now."]
    pending_requests: Annotated[
        tuple[RequestView, ...], "Operators' requests that are about to be carried out, oldest first."
    ]
    judge_override: Annotated[
        OverrideView | None, "Who overruled the judge: it neither rolls back nor stops this rollout; null: nobody."
    ]
    created_at: Annotated[datetime, "When it was admitted. Lists are sorted by it."]
    phase_since: Annotated[datetime, "When it entered this phase; moved forward by the time on hold."]
    held_seconds: Annotated[int, "The total time that it was on hold, not counting a current hold."]
    finished_at: Annotated[
        datetime | None,
        "When everything was done, including the clean-up and the watch over what serves; null: there is work left.",
    ]
    green: Annotated[str, "The deployment being rolled out."]
    blue: Annotated[str | None, "The deployment that green is compared with; null: none, or not known yet."]
    kept: Annotated[tuple[KeptView, ...], "Deployments that earlier rollouts keep as a way back."]
    serving: Annotated[str | None, "The deployment with the most live traffic when last observed."]
    weight: Annotated[int, "The share of the live traffic that green should have, in percent."]
    mirror: Annotated[int, "The share of the live traffic that should be mirrored to green, in percent."]
    step: Annotated[int, "Index of the current step, from 0; the number of steps once all are done."]
    steps: Annotated[tuple[StepView, ...], "The policy's steps."]


@dataclass(frozen=True, slots=True)
class RolloutDetailView(RolloutView):
    """One rollout with everything that is known about it."""

    verdict: Annotated[VerdictView | None, "The judge's verdict; null: nothing has been judged at this weight."]
    verdict_reason: Annotated[ExplainedView | None, "Why the verdict is what it is, with its numbers."]
    gates: Annotated[tuple[GateView, ...], "What each gate reports now."]
    calibration: Annotated[CalibrationView | None, "How the judge was calibrated; null: not yet."]
    traffic_share: Annotated[
        TrafficShareView | None, "Green's share of the live requests; null: no minute at a weight could be compared."
    ]
    missing_telemetry: Annotated[dict[str, str], "Gates that the latest telemetry has no data for, and why."]
    smoke_test: Annotated[SmokeTestView | None, "The result of the current step's smoke test; null: none yet."]
    history: Annotated[tuple[EntryView, ...], "What happened, oldest first; at most the newest 500 entries."]
    history_total: Annotated[int, "How many entries there are."]
    minutes: Annotated[tuple[MinuteView, ...], "The telemetry that decisions were made from, oldest first."]
    evidence: Annotated[
        tuple[EvidenceView, ...] | None, "What each gate reported after each of these minutes; null: not requested."
    ]
    replay: Annotated[
        str | None,
        "Opaque: what `teal policy simulate` needs to judge these minutes again. Its format changes without notice.",
    ]


def rollout_view(rollout: Rollout) -> RolloutView:
    """Return one rollout, as lists have it."""
    blocked = blocked_reason(rollout)
    return RolloutView(
        id=rollout.id,
        workspace=rollout.endpoint.workspace,
        endpoint=rollout.endpoint.name,
        model=rollout.model.name,
        version=rollout.model.version,
        phase=rollout.phase,
        summary=sentence(rollout.status.reason),
        reason=reason_view(rollout.status.reason),
        blocked_reason=explained_view(blocked) if blocked else None,
        trigger=explained_view(rollout.trigger),
        allowed_actions=allowed_verbs(rollout),
        pending_requests=tuple(_request(rollout, request) for request in rollout.requests),
        judge_override=_override(rollout.override) if rollout.override else None,
        created_at=rollout.created,
        phase_since=rollout.status.since,
        held_seconds=int(rollout.status.held.total_seconds()),
        finished_at=rollout.finished,
        green=rollout.green,
        blue=rollout.blue,
        kept=tuple(KeptView(each.deployment, each.until) for each in rollout.kept),
        serving=rollout.observed.serving,
        weight=rollout.traffic.weight,
        mirror=rollout.traffic.mirror,
        step=rollout.progress.step,
        steps=tuple(step_view(step) for step in rollout.policy.steps),
    )


def rollout_detail_view(
    rollout: Rollout,
    history: Sequence[Entry] = (),
    minutes: Sequence[DeploymentMinute] = (),
    evidence: Sequence[Judgement] | None = None,
) -> RolloutDetailView:
    """Return one rollout with its history, minutes and evidence."""
    smoke, calibration, brief = rollout.progress.smoke, rollout.judging.calibration, rollout_view(rollout)
    return RolloutDetailView(
        **{each.name: getattr(brief, each.name) for each in fields(brief)},
        verdict=verdict_view(rollout.verdict) if rollout.verdict else None,
        verdict_reason=explained_view(rollout.verdict_reason) if rollout.verdict_reason else None,
        gates=tuple(gate_view(reading) for reading in rollout.readings),
        calibration=calibration_view(calibration) if calibration else None,
        traffic_share=traffic_share_view(rollout.judging.evidence.traffic),
        missing_telemetry=dict(rollout.observed.missing_gates),
        smoke_test=SmokeTestView(smoke.sent, smoke.passed, smoke.failed, smoke.problems) if smoke else None,
        history=tuple(entry_view(entry) for entry in history),
        history_total=rollout.entry_count,
        minutes=tuple(minute_view(minute) for minute in minutes),
        evidence=None if evidence is None else tuple(evidence_view(each) for each in evidence),
        replay=encode(calibration) if calibration else None,
    )


def blocked_reason(rollout: Rollout) -> Reason | None:
    """Return why an open rollout cannot advance now, or None if it can."""
    if not rollout.open:
        return None
    if rollout.observed.endpoint_problem:
        return reason(ReasonCode.ENDPOINT_UNREADABLE, message=rollout.observed.endpoint_problem)
    if rollout.hold is not None:
        return rollout.hold_reason
    if rollout.observed.telemetry_problem:
        return reason(ReasonCode.TELEMETRY_UNAVAILABLE, message=rollout.observed.telemetry_problem)
    if rollout.observed.missing_gates and rollout.judging.calibration is None:
        return reason(ReasonCode.GATES_NOT_CALIBRATED, unjudged=dict(rollout.observed.missing_gates))
    return None


def _request(rollout: Rollout, request: OperatorRequest) -> RequestView:
    skips = tuple(skipped_steps(rollout)) if request.full else ()
    return RequestView(request.verb, request.by, request.reason, request.at, request.full, skips)


def _override(override: Override) -> OverrideView:
    return OverrideView(override.by, override.reason, override.at)
