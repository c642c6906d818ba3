"""The decision: where a rollout should be, given what was observed. Pure; every transition is in `phases`.

At most one transition per call; the next observation decides on the next one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import assert_never

from shared.core.judge.verdict import Cause, Outcome
from shared.core.observation.observation import EndpointSeen, Observation
from shared.core.phases import JUDGED, Phase
from shared.core.reconcile import (
    autoscaling,
    external_edits,
    judging,
    keeping,
    probing,
    proving,
    regrowing,
    rereading,
    running,
    serving,
    shrinking,
    traffic_mismatch,
)
from shared.core.reconcile.already_deployed import duplicate_in_progress, end_if_deployed
from shared.core.reconcile.capacity import scaled_in
from shared.core.reconcile.cleaning import clean
from shared.core.reconcile.comparing import broken_off, compared_again
from shared.core.reconcile.deadlines import overdue
from shared.core.reconcile.external_edits import blue_unmirrored, left_as_found, noticed, taken_back
from shared.core.reconcile.holding import hold_due
from shared.core.reconcile.incidents import clears_green, suspected
from shared.core.reconcile.losses import blue_lost, green_lost
from shared.core.reconcile.missing_endpoint import endpoint_gone, in_creation
from shared.core.reconcile.new_blue import next_to_another_blue
from shared.core.reconcile.observed_time import behind, observed
from shared.core.reconcile.placing import with_blue_instances
from shared.core.reconcile.promoting import confirmed, promote
from shared.core.reconcile.provisioning import provision
from shared.core.reconcile.refusals import refused_by_azure
from shared.core.reconcile.replaced import green_replaced
from shared.core.reconcile.requests import asked, rollback_requested, unanswered
from shared.core.reconcile.rolling_back import roll_back
from shared.core.reconcile.telemetry_hold import held_without_telemetry
from shared.core.reconcile.unseen_blue import back_to_unseen
from shared.core.reconcile.withholding import withheld_rollback
from shared.core.rollout import history
from shared.core.rollout.history import Decision
from shared.core.rollout.holds import WAITS, continues, hold, release, unheld
from shared.core.rollout.pauses import PauseCause, pause_cause
from shared.core.rollout.reasons import ReasonCode, reason
from shared.core.rollout.record import Rollout

Decider = Callable[[Rollout, EndpointSeen, datetime], Decision | None]


def decide(rollout: Rollout, observation: Observation, now: datetime) -> Decision:
    """Return where the rollout should be after this observation, with history entries that say why.

    The rollout's evidence already includes the observed minutes: see `judging`.
    """
    return unanswered(_decided(rollout, observation, now), now)


def _decided(rollout: Rollout, observation: Observation, now: datetime) -> Decision:
    informed = _informed(rollout, observation, now)
    endpoint = observation.endpoint or in_creation(informed)
    if endpoint is None:
        return endpoint_gone(informed, now)
    late = (overdue,) if observed(informed, observation, now) else ()
    lost = (blue_lost, green_lost, green_replaced)
    harm = (_harmful, back_to_unseen)
    back = _first((rollback_requested, refused_by_azure, *lost, *harm, taken_back, *late), informed, endpoint, now)
    if back is not None:  # a rollback is decided first, so that releasing a hold never advances past it
        found = left_as_found(unheld(_begun(back, informed, endpoint), now), endpoint, now)
        return blue_unmirrored(found, endpoint, now)
    held = hold_due(informed, observation, endpoint, now)
    if held is None and informed.hold is not None:
        return release(informed, observation.halted, now)
    if held is not None and not continues(informed.hold_reason, held):
        absolved = informed.with_judging(compared=False) if clears_green(informed, held) else informed
        return hold(absolved, held, now)  # recorded first, so that later decisions see it
    ahead = _first(
        (
            end_if_deployed,
            next_to_another_blue,
            noticed,
            running.report,
            asked,
            broken_off,
            _starved,
            traffic_mismatch.report,
            rereading.report,
            serving.report,
            confirmed,
            keeping.settle,
            autoscaling.refused,
            shrinking.report,
        ),
        informed,
        endpoint,
        now,
    )
    ahead = blue_unmirrored(ahead, endpoint, now) if ahead else proving.report(informed, observation, endpoint, now)
    doubtful = behind(informed, observation, now) or suspected(informed)
    waits = (held is not None and informed.phase in WAITS) or doubtful or duplicate_in_progress(informed, endpoint)
    return ahead or (
        Decision(informed)
        if waits
        else held_without_telemetry(informed, _by_phase(informed, observation, endpoint, now), now)
    )


def _first(deciders: Iterable[Decider], rollout: Rollout, endpoint: EndpointSeen, now: datetime) -> Decision | None:
    """Return the first decision that any of these functions makes."""
    decisions = (decide(rollout, endpoint, now) for decide in deciders)
    return next((decision for decision in decisions if decision is not None), None)


def _begun(back: Decision, before: Rollout, endpoint: EndpointSeen) -> Decision:
    """Return the decision. If a rollback begins, forget earlier refusals, and note whether blue must grow.

    An earlier refusal says nothing about the orders that the rollback needs, and an overdue cleanup of blue says
    nothing about that of green.
    """
    if back.rollout.phase is not Phase.ROLLING_BACK or before.phase is Phase.ROLLING_BACK:
        return back
    small = back.rollout.ending.blue_scaled_down or scaled_in(back.rollout, endpoint)
    begun = replace(back.rollout, refusal=None).with_ending(blue_scaled_down=small, overdue=False)
    return replace(back, rollout=begun)


def _informed(rollout: Rollout, observation: Observation, now: datetime) -> Rollout:
    """Record what was observed other than minutes, without deciding anything."""
    seen = running.record_observation(proving.record_observation(rollout, observation, now), observation.endpoint, now)
    seen = serving.record_observation(external_edits.record_observation(seen, observation.endpoint), observation, now)
    seen = probing.record_observation(seen, observation, now)
    known = judging.calibrated(seen, observation, now) if seen.telemetry_proven else seen
    known = autoscaling.record_observation(with_blue_instances(known, observation.endpoint), observation)
    known = regrowing.record_observation(shrinking.record_observation(known, observation.endpoint), observation, now)
    return (
        _with_green(known, observation.endpoint, now)
        .with_progress(smoke=observation.smoke or known.progress.smoke)
        .with_observed(
            serving=observation.endpoint.serving() if observation.endpoint else None,
            missing_since=None if observation.endpoint else known.observed.missing_since,
            telemetry_problem=observation.telemetry_problem,
        )
    )


def _with_green(rollout: Rollout, endpoint: EndpointSeen | None, now: datetime) -> Rollout:
    """Record whether the green that is being created exists."""
    if endpoint is None or rollout.phase is not Phase.PROVISIONING or rollout.placement is None:
        return rollout
    if rollout.green in endpoint.deployments:
        return rollout.with_observed(green_seen=True, green_missing_since=None)
    since = rollout.observed.green_missing_since or now
    return rollout.with_observed(green_missing_since=min(since, now) if rollout.observed.green_seen else None)


def _by_phase(rollout: Rollout, observation: Observation, endpoint: EndpointSeen, now: datetime) -> Decision:
    match rollout.phase:
        case Phase.PROVISIONING:
            return provision(rollout, observation, endpoint, now)
        case Phase.STEPPING | Phase.PAUSED:
            return _take_step(rollout, observation, endpoint, now)
        case Phase.PROMOTING:
            return promote(rollout, endpoint, now)
        case Phase.ROLLING_BACK:
            found = left_as_found(Decision(rollout), endpoint, now)
            return found if found.entries else roll_back(rollout, endpoint, now)
        case Phase.PROMOTED | Phase.ROLLED_BACK | Phase.FAILED | Phase.SUPERSEDED | Phase.QUEUED:
            return clean(rollout, endpoint, now)
        case _:
            assert_never(rollout.phase)


def _take_step(rollout: Rollout, observation: Observation, endpoint: EndpointSeen, now: datetime) -> Decision:
    """Return the current step's decision; after the last step, promote."""
    step, cause = rollout.current_step, pause_cause(rollout)
    if cause is PauseCause.EVIDENCE:
        return _resumed_by_evidence(rollout, now)
    if cause is not None and not (cause is PauseCause.PAUSE_STEP and step is not None and step.pauses):
        return Decision(rollout)
    if step is None and rollout.alarmed:
        return Decision(rollout)
    if step is None:
        return history.moved(rollout, Phase.PROMOTING, reason(ReasonCode.ALL_STEPS_PASSED), now)
    return step.advance(rollout, observation, endpoint, now)


def _resumed_by_evidence(rollout: Rollout, now: datetime) -> Decision:
    """End a pause for lack of evidence as soon as green passes; the step then continues."""
    if not rollout.passes:
        return Decision(rollout)
    why = reason(ReasonCode.EVIDENCE_SUFFICIENT, because=rollout.verdict_reason)
    return history.moved(rollout.with_progress(since=now), Phase.STEPPING, why, now)


def _harmful(rollout: Rollout, endpoint: EndpointSeen, now: datetime) -> Decision | None:
    watched = rollout.phase in JUDGED
    # The last reading before blue is deleted may have found new rows, also in minutes in which both had traffic.
    again = rollout.rereading
    reread = rollout.phase is Phase.PROMOTED and again.rechecked is not None and not again.uncompared
    if (
        not (watched or (reread and endpoint.ready(rollout.blue)))
        or rollout.verdict is None
        or rollout.verdict.outcome is not Outcome.FAIL
    ):
        return None
    if rollout.judge_overruled or (watched and withheld_rollback(rollout) is not None):
        return None
    why = rollout.verdict_reason  # only now: it is expensive to compute, and most minutes do not need it
    if why is None:
        return None
    return compared_again(rollout, endpoint, why, now) or history.moved(rollout, Phase.ROLLING_BACK, why, now)


def _starved(rollout: Rollout, _endpoint: EndpointSeen, now: datetime) -> Decision | None:
    """Report, once, that blue answers requests but green receives none of its share."""
    verdict = rollout.verdict
    starved = verdict is not None and verdict.cause is Cause.STARVED
    if verdict is None or starved == rollout.judging.starvation_reported:
        return None
    why = rollout.verdict_reason
    if starved and why is not None:
        return history.noted(rollout.with_judging(starvation_reported=True), why, now)
    again = reason(ReasonCode.GREEN_RECEIVES_TRAFFIC, deployment=rollout.green)
    return history.noted(rollout.with_judging(starvation_reported=False), again, now)
