"""The decision: where a rollout should be, given what was seen. Pure; every move is one of `phases`.

It must never act, and never decide twice what one look can decide once: one move a call, the next look makes the next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal

from shared.core.judge.verdict import Cause, Outcome
from shared.core.observation.observation import EndpointSeen, Observation, Provisioning
from shared.core.phases import Phase
from shared.core.policy.policy import PauseStep
from shared.core.reconcile import judging as minutes
from shared.core.reconcile.actions import COPY_AUTOSCALE, SCALE
from shared.core.reconcile.cleaning import clean
from shared.core.reconcile.promoting import promote
from shared.core.reconcile.provisioning import provision
from shared.core.reconcile.rolling_back import roll_back
from shared.core.rollout import history
from shared.core.rollout.history import Decision
from shared.core.rollout.holds import held_now, hold, release, unheld
from shared.core.rollout.record import Rollout
from shared.core.steps.stepping import next_step, take_step
from shared.core.verbs import Verb

Decider = Callable[[Rollout, EndpointSeen, datetime], Decision | None]
STEERING = frozenset({Phase.PROVISIONING, Phase.STEPPING, Phase.PAUSED, Phase.PROMOTING})


def advance(rollout: Rollout, observation: Observation, now: datetime) -> Decision:
    """Return where the rollout should be after this look, with the history entries that say why."""
    if rollout.finished is not None or rollout.phase is Phase.QUEUED:
        return Decision(rollout)
    informed = _informed(rollout, observation, now)
    endpoint = observation.endpoint or _promised(informed)
    if endpoint is None:
        return _endpoint_gone(informed, now)
    held = held_now(informed, observation, now)
    if held is None and informed.held is not None:
        return release(informed, now)
    back = _first((_asked_back, _refused, _blue_lost, _green_lost, _harmful, _overdue), informed, endpoint, now)
    if back is not None:
        return unheld(back)
    if held is not None and informed.held != held:
        return hold(informed, held, now)  # before anything else, so that what follows knows of it
    ahead = _first((_drifted, _asked, _starved), informed, endpoint, now)
    return ahead or (Decision(informed) if held else _by_phase(informed, observation, endpoint, now))


def _first(deciders: Iterable[Decider], rollout: Rollout, endpoint: EndpointSeen, now: datetime) -> Decision | None:
    """Return what the first of these says that says anything."""
    decisions = (decide(rollout, endpoint, now) for decide in deciders)
    return next((decision for decision in decisions if decision is not None), None)


def _promised(rollout: Rollout) -> EndpointSeen | None:
    """Return an endpoint that is still being made, if the policy says that a missing one is made."""
    awaited = rollout.phase is Phase.PROVISIONING and not rollout.placed
    if not awaited or rollout.policy.create_endpoint is None:
        return None
    return EndpointSeen(rollout.endpoint, Provisioning.CREATING)


def _informed(rollout: Rollout, observation: Observation, now: datetime) -> Rollout:
    """Take in what was seen, without deciding anything."""
    seen = minutes.calibrated(minutes.judged(rollout, observation), observation, now)
    told: dict[str, Any] = {
        "smoke": observation.smoke or seen.smoke,
        "serving": observation.endpoint.serving() if observation.endpoint else None,
        "telemetry_problem": observation.telemetry_problem,
        "autoscale": _autoscale(seen, observation.autoscaled),
    }
    news = {field: value for field, value in told.items() if getattr(seen, field) != value}
    return replace(seen, **news) if news else seen


def _autoscale(rollout: Rollout, scaled: frozenset[str] | None) -> Literal["unknown", "wanted", "done"]:
    if scaled is None:
        return rollout.autoscale
    return "wanted" if rollout.blue in scaled and rollout.green not in scaled else "done"


def _by_phase(rollout: Rollout, observation: Observation, endpoint: EndpointSeen, now: datetime) -> Decision:
    match rollout.phase:
        case Phase.PROVISIONING:
            return provision(rollout, observation, endpoint, now)
        case Phase.STEPPING:
            return take_step(rollout, observation, endpoint, now)
        case Phase.PAUSED:
            return _paused(rollout, now)
        case Phase.PROMOTING:
            return promote(rollout, endpoint, now)
        case Phase.ROLLING_BACK:
            return roll_back(rollout, endpoint, now)
        case _:
            return clean(rollout, endpoint, now)


def _endpoint_gone(rollout: Rollout, now: datetime) -> Decision:
    words = f"the endpoint {rollout.endpoint} does not exist"
    if rollout.phase is Phase.ROLLING_BACK and not rollout.placed:
        return roll_back(rollout, EndpointSeen(rollout.endpoint, Provisioning.UNKNOWN), now)
    if rollout.open:
        return history.after(history.moved(rollout, Phase.FAILED, words, now), finished=now)
    return history.noted(replace(rollout, finished=now), f"{words}: nothing is left to clean up", now)


def _asked_back(rollout: Rollout, endpoint: EndpointSeen, now: datetime) -> Decision | None:
    wish = rollout.wish
    if wish is None or wish.verb is not Verb.ROLLBACK:
        return None
    # What Azure refused on the way forward says nothing of the way back.
    granted = replace(rollout, wish=None, refusal=None)
    if rollout.phase is Phase.PROMOTED and not endpoint.ready(rollout.blue):
        return history.noted(
            granted, f"rollback is too late: {rollout.blue or 'what served before'} no longer stands", now, wish.by
        )
    if rollout.phase not in STEERING | {Phase.PROMOTED}:
        return None
    return history.moved(granted, Phase.ROLLING_BACK, f"rolled back by {wish.by}: {wish.reason}", now, wish.by)


def _refused(rollout: Rollout, _endpoint: EndpointSeen, now: datetime) -> Decision | None:
    refusal = rollout.refusal
    if refusal is None or rollout.phase not in STEERING | {Phase.ROLLING_BACK}:
        return None
    words = f"Azure refused to {refusal.action}: {refusal.message}"
    if refusal.action.startswith(COPY_AUTOSCALE):
        return history.noted(replace(rollout, refusal=None, autoscale="done"), f"{words}; going on without", now)
    if rollout.phase is not Phase.ROLLING_BACK:
        return history.moved(replace(rollout, refusal=None), Phase.ROLLING_BACK, words, now)
    if refusal.action.startswith(SCALE) and rollout.shrunk:
        small = f"{words}; {rollout.blue} gets its traffic back with the instances that it has"
        return history.noted(replace(rollout, refusal=None, shrunk=False), small, now)
    words = f"{words}. A person is needed; now serving: {rollout.serving or 'nothing'}"
    return history.after(history.moved(rollout, Phase.FAILED, words, now), finished=now)


def _blue_lost(rollout: Rollout, endpoint: EndpointSeen, now: datetime) -> Decision | None:
    """Without blue there is nothing to compare with and nowhere to go back to (once green has it all, it may go)."""
    needed = rollout.phase in STEERING and rollout.blue is not None and endpoint.traffic != {rollout.green: 100}
    if not needed or rollout.blue is None or not endpoint.broken(rollout.blue):
        return None
    words = f"{rollout.blue}, which served, is broken or gone. A person is needed; now: {_map(endpoint.traffic)}"
    return history.after(history.moved(rollout, Phase.FAILED, words, now), finished=now)


def _green_lost(rollout: Rollout, endpoint: EndpointSeen, now: datetime) -> Decision | None:
    if rollout.phase not in STEERING - {Phase.PROVISIONING} or not endpoint.broken(rollout.green):
        return None
    return history.moved(rollout, Phase.ROLLING_BACK, f"{rollout.green} is broken or gone", now)


def _harmful(rollout: Rollout, _endpoint: EndpointSeen, now: datetime) -> Decision | None:
    watched = rollout.phase in {Phase.STEPPING, Phase.PAUSED, Phase.PROMOTING}
    if not watched or rollout.verdict is None or rollout.verdict.outcome is not Outcome.FAIL:
        return None
    return history.moved(rollout, Phase.ROLLING_BACK, rollout.verdict.reason, now)


def _overdue(rollout: Rollout, _endpoint: EndpointSeen, now: datetime) -> Decision | None:
    limits = rollout.policy.deadlines
    if rollout.held is not None:
        return None  # what it waits for has no deadline of ours
    if rollout.phase in STEERING and now - rollout.created > limits.rollout:
        return history.moved(rollout, Phase.ROLLING_BACK, f"the rollout took longer than {limits.rollout}", now)
    if rollout.phase is Phase.PROVISIONING and now - rollout.since > limits.provisioning:
        words = f"{rollout.green} was not ready within {limits.provisioning}"
        return history.moved(rollout, Phase.ROLLING_BACK, words, now)
    began = rollout.step_since if rollout.phase is Phase.STEPPING and rollout.step_since else rollout.since
    if rollout.phase in {Phase.STEPPING, Phase.PROMOTING} and now - began > limits.step:
        why = rollout.telemetry_problem or _waited_for(rollout)
        return history.moved(rollout, Phase.ROLLING_BACK, f"the step took longer than {limits.step}: {why}", now)
    return None


def _waited_for(rollout: Rollout) -> str:
    """Return what a step was last waiting for, in words."""
    if rollout.verdict is not None:
        return rollout.verdict.reason
    unseen = "; ".join(f"{gate} cannot be judged: {why}" for gate, why in rollout.missing.items())
    return unseen or rollout.reason


def _drifted(rollout: Rollout, endpoint: EndpointSeen, now: datetime) -> Decision | None:
    steered = rollout.phase in {Phase.STEPPING, Phase.PROMOTING}
    if not steered or not rollout.expected or endpoint.traffic in rollout.expected:
        return None
    words = f"someone else set the traffic to {_map(endpoint.traffic)}; expected {_map(rollout.wanted_traffic)}"
    if rollout.phase is Phase.PROMOTING:
        known = replace(rollout, expected=(*rollout.expected, endpoint.traffic), steady_since=None)
        held = " when nothing holds it any more" if rollout.held else ""
        return history.noted(known, f"{words}: setting it back{held}", now)
    paused = history.moved(rollout, Phase.PAUSED, f"{words}. Resume to set it back, or roll back", now)
    return history.after(paused, expected=(*rollout.expected, endpoint.traffic), steady_since=None)


def _asked(rollout: Rollout, endpoint: EndpointSeen, now: datetime) -> Decision | None:
    """Carry out what a person asked for, or write down that it came too late."""
    wish = rollout.wish
    if wish is None:
        return None
    granted = replace(rollout, wish=None)
    match wish.verb, rollout.phase:
        case Verb.PROMOTE, Phase.STEPPING | Phase.PAUSED if rollout.smoke_passed and endpoint.ready(rollout.green):
            return history.moved(granted, Phase.PROMOTING, f"promoted by {wish.by}: {wish.reason}", now, wish.by)
        case Verb.PAUSE, Phase.STEPPING:
            return history.moved(granted, Phase.PAUSED, f"paused by {wish.by}: {wish.reason}", now, wish.by)
        case Verb.RESUME, Phase.PAUSED:
            return _resumed(granted, f"resumed by {wish.by}: {wish.reason}", now, wish.by)
        case _:
            words = f"{wish.verb} by {wish.by} came too late: the rollout is {rollout.phase}"
            return history.noted(granted, words, now, wish.by)


def _starved(rollout: Rollout, _endpoint: EndpointSeen, now: datetime) -> Decision | None:
    """Tell, once, that blue answers requests and green none of those that its weight should bring it."""
    verdict = rollout.verdict
    starved = verdict is not None and verdict.cause is Cause.STARVED
    if verdict is None or starved == rollout.starved_told:
        return None
    if starved:
        return history.noted(replace(rollout, starved_told=True), verdict.reason, now)
    return history.noted(replace(rollout, starved_told=False), f"{rollout.green} gets traffic again", now)


def _resumed(rollout: Rollout, reason: str, now: datetime, by: str) -> Decision:
    if isinstance(rollout.current_step, PauseStep) and rollout.paused_by_step:
        return next_step(rollout, reason, now, by)
    return history.moved(replace(rollout, step_since=now), Phase.STEPPING, reason, now, by)


def _paused(rollout: Rollout, now: datetime) -> Decision:
    step = rollout.current_step
    duration = step.duration if isinstance(step, PauseStep) and rollout.paused_by_step else None
    if duration is not None and now - rollout.since >= duration:
        return next_step(rollout, f"waited {duration}", now)
    return Decision(rollout)


def _map(traffic: dict[str, int]) -> str:
    return ", ".join(f"{name} {share} %" for name, share in sorted(traffic.items())) or "nothing"
