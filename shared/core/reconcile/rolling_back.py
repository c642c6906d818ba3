"""The road back. It needs less than the road forward: the endpoint itself, and a blue that stands; no telemetry."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from shared.core.observation.observation import EndpointSeen
from shared.core.phases import Phase
from shared.core.rollout import history
from shared.core.rollout.history import Decision
from shared.core.rollout.record import Rollout


def roll_back(rollout: Rollout, endpoint: EndpointSeen, now: datetime) -> Decision:
    """Return what follows while the traffic is being taken back."""
    if not rollout.placed:
        return _out(rollout, "nothing had been done to the endpoint yet", now)
    back = replace(rollout, weight=0, mirror=0, steady_since=None)
    if green_is_out(back, endpoint):
        words = f"{endpoint.serving() or 'nothing'} serves; {rollout.green} has no live traffic"
        return _out(back, words, now)
    if rollout.blue is not None and endpoint.broken(rollout.blue):
        words = (
            f"{rollout.blue} is not healthy, so traffic is not sent back to it. A person is needed; "
            f"now serving: {rollout.serving or 'nothing'}. The rollback was for: {rollout.reason}"
        )
        return history.after(history.moved(back, Phase.FAILED, words, now), finished=now)
    if now - rollout.since > rollout.policy.deadlines.rollback:
        words = f"traffic could not be taken back within {rollout.policy.deadlines.rollback}: a person is needed"
        return history.after(history.moved(back, Phase.FAILED, words, now), finished=now)
    return Decision(back)


def _out(rollout: Rollout, words: str, now: datetime) -> Decision:
    """Return the end of the way back; the rollout's reason stays the one it was taken back for."""
    done = history.moved(rollout, Phase.ROLLED_BACK, rollout.reason, now)
    return Decision(replace(done.rollout, clean_after=now), (replace(done.entries[0], text=words),))


def green_is_out(rollout: Rollout, endpoint: EndpointSeen) -> bool:
    """Say whether green is seen without live or mirrored traffic and no order of ours could still give it any."""
    ordered = rollout.green in (rollout.ordered or {}) or rollout.mirror_ordered
    unseen = rollout.green not in endpoint.traffic and rollout.green not in endpoint.mirror
    return not endpoint.busy and not ordered and unseen
