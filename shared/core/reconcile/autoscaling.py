"""Autoscale settings: green gets a copy of blue's; those of a blue that is kept with fewer instances are suspended.

Otherwise the autoscaler would undo the scale-down, and Teal would repeat it every minute. The settings are restored
when blue serves again.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from shared.core.observation.observation import EndpointSeen, Observation
from shared.core.phases import Phase
from shared.core.reconcile.actions import Action, CopyAutoscale, SwitchAutoscale
from shared.core.reconcile.capacity import kept_instances
from shared.core.rollout import history
from shared.core.rollout.ending import BlueAutoscale
from shared.core.rollout.history import Decision
from shared.core.rollout.reasons import ReasonCode, reason
from shared.core.rollout.record import Rollout
from shared.core.rollout.refusal import ActionKind

RETURNED = frozenset({Phase.ROLLED_BACK, Phase.FAILED})
SUSPENDED = frozenset({"suspending", "suspended"})


def to_observe(rollout: Rollout, endpoint: EndpointSeen, now: datetime) -> bool:
    """Return whether to observe which deployments have autoscale settings. Only managed ones can have them."""
    if rollout.blue is None or endpoint.kubernetes:
        return False
    if rollout.phase is Phase.STEPPING:
        return rollout.policy.capacity.autoscale and rollout.autoscale != "done"
    if serves_again(rollout, endpoint):
        return rollout.ending.autoscale in SUSPENDED
    if rollout.phase is Phase.PROMOTED:
        kept = kept_instances(rollout) is not None and now < (rollout.ending.clean_after or now)
        return kept and rollout.ending.autoscale in {"unknown", "enabled", "suspending"}
    return rollout.phase in RETURNED and rollout.ending.autoscale in SUSPENDED


def record_observation(rollout: Rollout, observation: Observation) -> Rollout:
    """Return the rollout with the observed autoscale settings, if any were observed."""
    if observation.autoscaled is None or observation.endpoint is None or rollout.blue is None:
        return rollout
    enabled = observation.autoscaled.get(rollout.blue.lower())
    state = rollout.ending.autoscale
    if serves_again(rollout, observation.endpoint):
        seen: BlueAutoscale = "suspended" if enabled is False else "unknown"
        return rollout.with_ending(autoscale=seen) if state in SUSPENDED else rollout
    if rollout.phase is Phase.PROMOTED and state in {"unknown", "enabled"}:
        return rollout.with_ending(autoscale="enabled" if enabled else "none")
    if rollout.phase is Phase.PROMOTED and state == "suspending" and not enabled:
        return rollout.with_ending(autoscale="suspended" if enabled is False else "none")
    if rollout.phase in RETURNED and state in SUSPENDED:
        return rollout.with_ending(autoscale="suspended" if enabled is False else "none")
    copies = rollout.phase is Phase.STEPPING and rollout.policy.capacity.autoscale and rollout.autoscale != "done"
    return rollout.with_autoscale(_copied(rollout, observation.autoscaled)) if copies else rollout


def may_shrink(rollout: Rollout, endpoint: EndpointSeen) -> bool:
    """Return whether no autoscaler would undo blue's scale-down."""
    return endpoint.kubernetes or rollout.ending.autoscale in {"none", "suspended"}


def copy(rollout: Rollout) -> tuple[Action, ...]:
    """Return the order to copy blue's settings to green, if green needs them."""
    if rollout.autoscale != "wanted" or rollout.blue is None:
        return ()
    return (CopyAutoscale(rollout.endpoint.name, rollout.green, like=rollout.blue),)


def switch(rollout: Rollout, endpoint: EndpointSeen) -> tuple[Action, ...]:
    """Return the order to suspend blue's settings, or to restore suspended ones once blue serves again."""
    if rollout.blue is None:
        return ()
    if rollout.phase in RETURNED or serves_again(rollout, endpoint):
        suspended = rollout.ending.autoscale == "suspended"
        return (SwitchAutoscale(rollout.endpoint.name, rollout.blue, enabled=True),) if suspended else ()
    if rollout.phase is Phase.PROMOTED and rollout.ending.autoscale in {"enabled", "suspending"}:
        return (SwitchAutoscale(rollout.endpoint.name, rollout.blue, enabled=False),)
    return ()


def serves_again(rollout: Rollout, endpoint: EndpointSeen) -> bool:
    """Return whether someone gave blue traffic after the promotion, which it must be able to handle."""
    return rollout.phase is Phase.PROMOTED and rollout.blue in endpoint.traffic


def refused(rollout: Rollout, _endpoint: EndpointSeen, now: datetime) -> Decision | None:
    """Report that Azure refused to suspend blue's settings, so blue keeps its instances; None without a refusal."""
    refusal = rollout.refusal
    if rollout.phase is not Phase.PROMOTED or refusal is None or refusal.action is not ActionKind.SWITCH_AUTOSCALE:
        return None
    if rollout.ending.autoscale != "suspending":
        return None
    why = reason(ReasonCode.AUTOSCALE_NOT_SUSPENDED, deployment=refusal.deployment, message=refusal.message)
    return history.noted(rollout.with_ending(autoscale="refused"), why, now)


def restoring(rollout: Rollout, endpoint: EndpointSeen, now: datetime) -> Decision | None:
    """Wait, but not forever, until the settings of a serving blue are restored; None if there are none to restore."""
    returned = rollout.phase in RETURNED or serves_again(rollout, endpoint)
    if not returned or rollout.ending.autoscale not in SUSPENDED:
        return None
    if now - (rollout.ending.clean_after or now) <= rollout.policy.deadlines.rollback:
        return Decision(rollout)
    why = reason(ReasonCode.AUTOSCALE_LEFT_SUSPENDED, deployment=rollout.blue or "")
    if rollout.refusal is not None and rollout.refusal.action is ActionKind.SWITCH_AUTOSCALE:
        why.facts["message"] = rollout.refusal.message
    return history.noted(rollout.with_ending(autoscale="left"), why, now)


def _copied(rollout: Rollout, scaled: dict[str, bool]) -> Literal["wanted", "done"]:
    wanted = (rollout.blue or "").lower() in scaled and rollout.green.lower() not in scaled
    return "wanted" if wanted else "done"
