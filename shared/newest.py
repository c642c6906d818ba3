"""Finds the newest rollout of each of an endpoint's deployments, without reading the others."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime

from shared.core.endpoint_id import EndpointId
from shared.core.rollout import Rollout
from shared.core.rollout.pointers import Wanted
from shared.ports import Store, Stored

PAGE = 100


def newest_rollouts(
    store: Store, endpoint: EndpointId, greens: Collection[str], since: datetime, most_pages: int | None = None
) -> Iterator[Stored[Rollout]]:
    """Yield the newest rollout of each green that had one since then, the newest first.

    greens: names of deployments. most_pages: how many pages of the endpoint's rollouts to look through (None: all).
    """
    wanted, after, pages, left = Wanted(endpoint.workspace, endpoint.name, since=since), "", 0, set(greens)
    while left and (most_pages is None or pages < most_pages):
        pointers = store.pointers(wanted, after, PAGE)
        for pointer in pointers:
            green = pointer.rollout.rpartition("-")[0]  # an id begins with the name of green
            stored = store.rollout(endpoint, pointer.rollout) if green in left else None
            if stored is not None:
                left.discard(green)
                yield stored
        if len(pointers) < PAGE:
            return
        after, pages = pointers[-1].position, pages + 1
