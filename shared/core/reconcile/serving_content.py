"""Notices that someone deployed something else under the name of the deployment that serves.

What was seen of the old one then says nothing about the new one, so nothing is deleted before that was seen healthy.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from shared.core.observation.observation import EndpointSeen
from shared.core.observation.spans import ceil_minute
from shared.core.rollout import history
from shared.core.rollout.history import Decision
from shared.core.rollout.parts import Serves
from shared.core.rollout.reasons import ReasonCode, reason
from shared.core.rollout.record import Rollout


def take_in(rollout: Rollout, endpoint: EndpointSeen | None, now: datetime) -> Rollout:
    """Return the rollout with what the serving deployment runs, and since when that was seen."""
    there = endpoint.deployments.get(endpoint.serving() or "") if endpoint is not None else None
    before = rollout.observed.serves
    if there is None:
        return rollout
    found = Serves(there.name, there.model, there.content, ceil_minute(now))
    if before is None or before.deployment != there.name:
        return rollout.with_observed(serves=found)
    if before.model != there.model or (before.content and there.content not in {"", before.content}):
        other = replace(found, reported=False)
        return rollout.with_observed(serves=other).with_ending(seen_healthy=None)
    return rollout.with_observed(serves=replace(before, content=there.content or before.content))


def since(rollout: Rollout) -> datetime:
    """Return from when on minutes show what serves now."""
    serves = rollout.observed.serves
    return serves.since if serves is not None else rollout.created


def report(rollout: Rollout, _endpoint: EndpointSeen, now: datetime) -> Decision | None:
    """Report once that the serving deployment was replaced."""
    serves = rollout.observed.serves
    if serves is None or serves.reported:
        return None
    why = reason(ReasonCode.SERVING_REPLACED, deployment=serves.deployment, model=serves.model)
    return history.noted(rollout.with_observed(serves=replace(serves, reported=True)), why, now)
