"""What blue, the kept deployments and the serving one run, and whether someone deployed something else there.

Observations of a deployment say nothing about its replacement. So nothing is deleted before the replacement was
observed healthy, and green is not compared with it before an operator agrees. The replacement is never deleted either,
since it belongs to whoever deployed it. `replaced` does the same for green.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from shared.core.observation.observation import DeploymentSeen, EndpointSeen
from shared.core.observation.spans import ceil_minute
from shared.core.phases import JUDGED, TERMINAL, Phase
from shared.core.reconcile.requests import stopped
from shared.core.rollout import history
from shared.core.rollout.history import Decision
from shared.core.rollout.observed import Runs
from shared.core.rollout.reasons import ReasonCode, reason
from shared.core.rollout.record import Rollout


def record_observation(rollout: Rollout, endpoint: EndpointSeen | None, now: datetime) -> Rollout:
    """Return the rollout with what each of these deployments runs, and since when it has been seen to run that."""
    if endpoint is None:
        return rollout
    before = {each.deployment: each for each in rollout.observed.runs}
    names = {endpoint.serving(), rollout.blue, *(kept.deployment for kept in rollout.kept)}
    there = [endpoint.deployments[name] for name in sorted(filter(None, names)) if name in endpoint.deployments]
    runs = tuple(_runs(before.get(seen.name), seen, now, counts=_counts(rollout, seen.name)) for seen in there)
    healthy = rollout.ending.seen_healthy
    if healthy is not None and any(_is_new(each, before) for each in runs if each.deployment == healthy.deployment):
        rollout = rollout.with_ending(seen_healthy=None)
    return rollout.with_observed(runs=runs)


def since(rollout: Rollout, name: str | None) -> datetime:
    """Return when the minutes begin that show what this deployment runs now."""
    return next((each.since for each in rollout.observed.runs if each.deployment == name), rollout.created)


def is_foreign(rollout: Rollout, name: str) -> bool:
    """Return whether someone replaced what this deployment ran when the rollout began to depend on it."""
    return any(each.replaced for each in rollout.observed.runs if each.deployment == name)


def report(rollout: Rollout, endpoint: EndpointSeen, now: datetime) -> Decision | None:
    """Pause a rollout whose blue was replaced; report once if it was the deployment that serves after the end."""
    other = next((each for each in rollout.observed.runs if not each.reported), None)
    if other is None:
        return None
    runs = tuple(replace(each, reported=True) if each is other else each for each in rollout.observed.runs)
    known = rollout.with_observed(runs=runs)
    if other.deployment == rollout.blue and rollout.phase in JUDGED:
        why = reason(ReasonCode.BLUE_REPLACED, deployment=other.deployment, model=other.model)
        return stopped(history.moved(known.with_progress(in_pause_step=False), Phase.PAUSED, why, now), why, now)
    if other.deployment == endpoint.serving() and rollout.phase in TERMINAL:
        why = reason(ReasonCode.SERVING_REPLACED, deployment=other.deployment, model=other.model)
        return history.noted(known, why, now)
    return Decision(known)


def _counts(rollout: Rollout, name: str) -> bool:
    """Return whether the rollout depends on what this deployment runs: on its blue only from its first step on."""
    return rollout.phase is not Phase.PROVISIONING or any(kept.deployment == name for kept in rollout.kept)


def _runs(before: Runs | None, seen: DeploymentSeen, now: datetime, *, counts: bool) -> Runs:
    if before is None:
        return Runs(seen.name, seen.model, seen.content, ceil_minute(now))
    if before.model != seen.model or (before.content and seen.content not in {"", before.content}):
        changed = max(now, seen.modified or now)  # by Azure's clock, in case this host's is behind
        return Runs(seen.name, seen.model, seen.content, ceil_minute(changed), replaced=counts, reported=not counts)
    return replace(before, content=seen.content or before.content)


def _is_new(runs: Runs, before: dict[str, Runs]) -> bool:
    return runs.deployment in before and before[runs.deployment].since != runs.since
