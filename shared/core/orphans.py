"""What ended rollouts left on an endpoint: their greens, and a mirror to one. Only finds it; nothing here deletes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from shared.core.observation import EndpointSeen
from shared.core.phases import Phase
from shared.core.rollout import Rollout

LEFT_BEHIND = frozenset({Phase.ROLLED_BACK, Phase.FAILED, Phase.SUPERSEDED})


@dataclass(frozen=True, slots=True)
class Orphan:
    """A deployment that an ended rollout made and nobody uses. mirrored: the percentage of requests copied to it."""

    deployment: str
    rollout: str
    phase: Phase
    mirrored: int


def orphans(rollouts: Iterable[Rollout], endpoint: EndpointSeen) -> tuple[Orphan, ...]:
    """Return the greens of finished rollouts that are still deployed, without live traffic.

    rollouts: the endpoint's, newest first. Only the newest of each green counts: an older one may have been restarted.
    A promoted green is not one, and neither is a green that gets live traffic: somebody gave it that.
    """
    newest = {each.green: each for each in reversed(list(rollouts))}
    return tuple(
        Orphan(green, each.id, each.phase, endpoint.mirror.get(green, 0))
        for green, each in sorted(newest.items())
        if each.finished is not None
        and each.phase in LEFT_BEHIND
        and green in endpoint.deployments
        and not endpoint.traffic.get(green)
    )
