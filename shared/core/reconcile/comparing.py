"""A green that looks harmful with all traffic is compared with blue again. If blue is worse, green gets it all back.

At 100 %, green can only be compared with blue's past, so a failure of something that both depend on looks like harm.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from shared.core.judge.interval import interval
from shared.core.judge.panel import Evidence
from shared.core.observation.observation import EndpointSeen
from shared.core.observation.spans import MINUTE, ceil_minute
from shared.core.phases import JUDGED, Phase
from shared.core.policy.policy import Policy
from shared.core.reconcile.capacity import scaled_in
from shared.core.reconcile.incidents import blue_fails
from shared.core.reconcile.probing import awaits_probe, blue_fails_some, blue_is_worse, requests_seen_lately
from shared.core.rollout import history
from shared.core.rollout.history import Decision
from shared.core.rollout.pauses import PauseCause, pause_cause, waits_for_operator
from shared.core.rollout.reasons import Reason, ReasonCode, reason
from shared.core.rollout.record import ALL, Rollout
from shared.core.rollout.rereading import MinuteCounts
from shared.core.rollout.status import Progress
from shared.core.steps.traffic import in_force, shift_weight
from shared.core.steps.weight import WeightStep

SHARED = 10  # percent for one deployment if the policy has no suitable weight at which both serve
# A comparison is not broken off before this many minutes: until then green has hardly been judged next to blue.
LEAST = 3
OF_BLUE = frozenset({ReasonCode.INCIDENT, ReasonCode.ROLLBACK_WITHHELD})


def compared_again(rollout: Rollout, endpoint: EndpointSeen, why: Reason, now: datetime) -> Decision | None:
    """Return to the first weight step with a green that looks harmful at 100 %.

    This happens only once: a green that looks harmful at 100 % again fails only under all traffic, unless blue was in
    an incident next to it since then, or fails some of the smoke requests now. Nearly all traffic returns to blue, as
    in a rollback, and green is judged next to it again. A blue that fails some of the smoke requests, or failed when it
    last had requests, gets only a little. A policy without such a step gets one. A rollout that an operator has paused
    stays paused. None if this does not apply, for example after someone else took traffic from green: giving some back
    would overrule an operator.
    """
    alone, cause = rollout.alone and endpoint.traffic == {rollout.green: ALL}, pause_cause(rollout)
    if not alone or cause is PauseCause.EXTERNAL_CHANGE or not endpoint.ready(rollout.blue):
        return None
    if awaits_probe(rollout, endpoint, now):
        return Decision(rollout)
    some = blue_fails_some(rollout, now)
    if (rollout.judging.compared and not some) or blue_is_worse(rollout, endpoint, now):
        return None
    doubtful = some or blue_fails(rollout)
    policy, step, weight = _with_shared_step(rollout.policy, ALL - SHARED if doubtful else 1)
    afresh = (
        replace(rollout, policy=policy)
        .with_judging(evidence=Evidence(), compared=True, comparison="open")
        .with_rereading(began=rollout.judging.judged_until, splits=(), recheck=None, rechecked=None)
    )
    beside = replace(shift_weight(afresh, weight, endpoint, now), progress=Progress(step=step, since=now))
    beside = beside.with_ending(blue_scaled_down=scaled_in(rollout, endpoint))
    again = reason(ReasonCode.COMPARING_AGAIN, because=why, deployment=rollout.green, weight=weight)
    if cause is PauseCause.OPERATOR:
        return history.noted(beside, again, now)
    return history.moved(beside, Phase.STEPPING, again, now)


def broken_off(rollout: Rollout, endpoint: EndpointSeen, now: datetime) -> Decision | None:
    """Return all traffic to green if the comparison shows that blue fails a larger share of its requests.

    Teal itself gave blue this traffic; at any other time, an incident on blue moves no traffic. None on any other hold,
    and in a pause that an operator must end: acting would overrule an operator.
    """
    comparing = rollout.judging.comparison == "open" and rollout.phase in JUDGED and not waits_for_operator(rollout)
    ready = in_force(rollout, endpoint) and endpoint.ready(rollout.green)
    if not comparing or not ready or _held_otherwise(rollout):
        return None
    if rollout.verdict is None or not requests_seen_lately(rollout, now) or not _blue_fails_more(rollout):
        return None
    why = reason(ReasonCode.COMPARISON_BROKEN_OFF, deployment=rollout.blue or "", other=rollout.green)
    back = shift_weight(rollout, ALL, endpoint, now).with_judging(compared=False, comparison="broken_off")
    if rollout.phase is Phase.PROMOTING:  # an operator has promoted it fully in the meantime
        return history.noted(back, why, now)
    weights = [step.live_weight for step in rollout.policy.steps]
    step, phase = (weights.index(ALL), Phase.STEPPING) if ALL in weights else (len(weights), Phase.PROMOTING)
    return history.moved(replace(back, progress=Progress(step=step, since=now)), phase, why, now)


def returns_traffic(rollout: Rollout) -> bool:
    """Return whether green gets all traffic back although the rollout is on hold: blue is the only reason."""
    return rollout.judging.comparison == "broken_off" and not _held_otherwise(rollout)


def _held_otherwise(rollout: Rollout) -> bool:
    """Return whether the rollout is on hold for anything but an incident on blue."""
    return rollout.hold_reason is not None and rollout.hold_reason.code not in OF_BLUE


def _blue_fails_more(rollout: Rollout) -> bool:
    """Return whether blue fails far beyond its past, and certainly a larger share than green in this comparison.

    An overload does not count: green would have to handle all the requests alone.
    """
    watches = rollout.judging.watches
    overloaded = watches.blue_overloaded.declared or watches.green_overloaded.declared
    if overloaded or not watches.blue_failed.declared or watches.blue_failed.calm:
        return False
    minutes = _compared(rollout)
    of_blue = interval(sum(minute.blue_bad for minute in minutes), sum(minute.blue for minute in minutes))
    of_green = interval(sum(minute.green_bad for minute in minutes), sum(minute.green for minute in minutes))
    return of_blue is not None and of_green is not None and of_blue.low > of_green.high


def _compared(rollout: Rollout) -> tuple[MinuteCounts, ...]:
    """Return the last minutes that were judged at this weight; none if there were too few."""
    since, until = rollout.traffic.steady_since, rollout.judging.judged_until
    count = (until - ceil_minute(since)) // MINUTE if since is not None and until is not None else 0
    return rollout.rereading.recent[-count:] if count >= LEAST else ()


def _with_shared_step(policy: Policy, least: int) -> tuple[Policy, int, int]:
    """Return the policy with a step at which both deployments have live traffic, the step's index and its weight.

    least: percent for green.
    """
    weights = [step.live_weight or 0 for step in policy.steps]
    for step, weight in enumerate(weights):
        if least <= weight < ALL:
            return policy, step, weight
    weight, place = max(SHARED, least), weights.index(ALL) if ALL in weights else len(weights)
    steps = (*policy.steps[:place], WeightStep(weight), *policy.steps[place:])
    return replace(policy, steps=steps), place, weight
