"""Finds the newest rollouts of an endpoint's deployments, without reading all the others."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime

from shared.core.endpoint_id import EndpointId
from shared.core.rollout import Rollout
from shared.core.rollout.pointers import Wanted
from shared.ports import Store, Stored

PAGE = 100
NEAR = 20  # of the newest rollouts are read to find out which deployment was blue in them


def newest_rollouts(
    store: Store,
    endpoint: EndpointId,
    names: Collection[str],
    since: datetime | None = None,
    most_pages: int | None = None,
) -> Iterator[Stored[Rollout]]:
    """Yield the newest rollout with each of these deployments as green, and as blue; the newest first.

    A blue is found only in the newest rollouts, because an id names only green. since: admitted at that time or later.
    most_pages: how many pages of the endpoint's rollouts to look through (None: all).
    """
    wanted, after, pages = Wanted(endpoint.workspace, endpoint.name, since=since), "", 0
    greens, unknown, near = set(names), set(names), NEAR
    while greens and (most_pages is None or pages < most_pages):
        pointers = store.pointers(wanted, after, PAGE)
        for pointer in pointers:
            green = pointer.rollout.rpartition("-")[0]  # an id begins with the name of green
            stored = store.rollout(endpoint, pointer.rollout) if green in greens or (unknown and near > 0) else None
            near -= 1
            if stored is not None and (green in greens or stored.value.blue in unknown):
                greens.discard(green)
                unknown -= {green, stored.value.blue}
                yield stored
        if len(pointers) < PAGE:
            return
        after, pages = pointers[-1].position, pages + 1
