"""A new choice of blue: the deployment that has received all live traffic since green was placed.

Green was not compared with it, so a mirror step that green passed is repeated. A green that would have been the first
deployment is no longer the first.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from shared.core.observation.observation import EndpointSeen
from shared.core.phases import Phase
from shared.core.reconcile.already_deployed import UNPROMOTED, untouched
from shared.core.reconcile.orders import outstanding
from shared.core.rollout import history
from shared.core.rollout.history import Decision
from shared.core.rollout.judge_state import Judging
from shared.core.rollout.pauses import PauseCause, pause_cause
from shared.core.rollout.placement import Beside
from shared.core.rollout.reasons import ReasonCode, reason
from shared.core.rollout.record import Rollout
from shared.core.rollout.rereading import Rereading
from shared.core.steps.mirror import MirrorStep


def next_to_another_blue(rollout: Rollout, endpoint: EndpointSeen, now: datetime) -> Decision | None:
    """Place green next to the deployment that has since received all live traffic; None if nothing has changed.

    Its steps restart with the first one that compares the two, or that was skipped while there was nothing to compare
    with.
    """
    serving = endpoint.serving()
    if endpoint.busy or not _unshared(rollout, endpoint) or serving in {None, rollout.blue}:
        return None
    if rollout.first and len(endpoint.traffic) > 1:
        return _split(rollout, endpoint, now)
    if endpoint.traffic != {serving: 100} or not endpoint.ready(serving):
        return None
    found = reason(ReasonCode.BLUE_CHOSEN_ANEW, deployment=rollout.green, other=serving)
    late = (rollout.orders.traffic,) if rollout.orders.traffic and outstanding(rollout) else ()
    again = replace(
        rollout.with_traffic(
            weight=0, mirror=0, steady_since=None, expected=(endpoint.traffic, *late), edited=None, edited_since=None
        ),
        placement=Beside(serving, instances=endpoint.instances(serving)),
        judging=Judging(telemetry_seen=rollout.judging.telemetry_seen),
        rereading=Rereading(lag=rollout.rereading.lag),
    )
    step, cause = _first_to_repeat(rollout), pause_cause(rollout)
    same = step == rollout.progress.step and not rollout.first and cause is not PauseCause.EVIDENCE
    if rollout.phase is Phase.PROVISIONING or same:
        return history.noted(again, found, now)
    again = again.with_progress(step=step, since=now, in_pause_step=False)
    waits = cause in {PauseCause.OPERATOR, PauseCause.EXTERNAL_CHANGE}
    return history.moved(again, Phase.PAUSED if waits else Phase.STEPPING, found, now)


def _split(rollout: Rollout, endpoint: EndpointSeen, now: datetime) -> Decision | None:
    """Pause if green would have been the first but several others now serve: it is not clear which of them is blue."""
    split = reason(ReasonCode.TRAFFIC_ALREADY_SPLIT, observed_traffic=dict(endpoint.traffic))
    if rollout.phase is Phase.PROVISIONING or (rollout.phase is Phase.PAUSED and rollout.status.reason == split):
        return None
    return history.moved(rollout.with_progress(in_pause_step=False), Phase.PAUSED, split, now)


def _unshared(rollout: Rollout, endpoint: EndpointSeen) -> bool:
    """Return whether green shares no traffic with anything yet.

    Neither does a first deployment that had all traffic, once someone took that away and an operator has resumed the
    rollout. Until it is resumed, taking the traffic away counts as a request to roll back.
    """
    if untouched(rollout, endpoint):
        return True
    if not rollout.first or rollout.phase not in UNPROMOTED or rollout.green in endpoint.traffic:
        return False
    resumed = rollout.traffic.edited == endpoint.traffic and rollout.traffic.edited_since is None
    return resumed or not rollout.orders.reached


def _first_to_repeat(rollout: Rollout) -> int:
    """Return the step that comes next: at most the current one."""
    steps = rollout.policy.steps
    if rollout.first:
        again = 1 + max((i for i, step in enumerate(steps) if step.proves_green), default=-1)
    else:
        again = next((i for i, step in enumerate(steps) if isinstance(step, MirrorStep)), len(steps))
    return min(rollout.progress.step, again)
