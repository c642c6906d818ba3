"""Pages of rollouts, newest first across endpoints, without reading all there are.

Beside the records there is a list of pointers (`core/rollout/pointers.py`). A pointer is written *before* the rollout
that it points to, as the mark that an endpoint has work is, so no crash leaves a rollout unlisted and nothing needs
repair. What it may leave is a pointer to nothing, or to a rollout that was admitted by another attempt at another time:
such a pointer is passed over. A page costs one query for pointers and one read for each rollout.

The endpoint, the model and the time of a rollout never change, so its pointer has them and storage selects by them. Its
phase changes: pages by phase read records until enough fit, at most `MOST_READ` for one page. Open rollouts need no
list: an endpoint with work names them, at most two.
"""

from __future__ import annotations

from dataclasses import dataclass

from shared.core.rollout import Rollout
from shared.core.rollout.pointers import Pointer, Wanted
from shared.ports import Store

MOST_READ = 200


@dataclass(frozen=True, slots=True)
class Page:
    """Some rollouts, newest first, and the position to go on from; None after the last."""

    rollouts: tuple[Rollout, ...]
    position: str | None


def page(store: Store, wanted: Wanted, after: str, limit: int) -> Page:
    """Return at most `limit` wanted rollouts whose position is after this one (empty: from the newest on)."""
    return _open_page(store, wanted, after, limit) if wanted.open else _page(store, wanted, after, limit)


def _page(store: Store, wanted: Wanted, after: str, limit: int) -> Page:
    found: list[Rollout] = []
    read = 0
    while read < MOST_READ:
        pointers = store.pointers(wanted, after, limit + 1)
        for place, pointer in enumerate(pointers, 1):
            stored, read, after = store.rollout(pointer.endpoint, pointer.rollout), read + 1, pointer.position
            if stored is not None and stored.value.created == pointer.admitted and wanted.fits(stored.value):
                found.append(stored.value)
            if len(found) == limit:
                last = place == len(pointers) <= limit
                return Page(tuple(found), None if last else after)
        if len(pointers) <= limit:
            return Page(tuple(found), None)
    return Page(tuple(found), after)


def _open_page(store: Store, wanted: Wanted, after: str, limit: int) -> Page:
    records = [store.record(name).value for name in store.open_endpoints()]
    named = [(record.endpoint, name) for record in records for name in (record.current, record.waiting) if name]
    stored = [store.rollout(endpoint, name) for endpoint, name in named]
    placed = {Pointer.to(each.value).position: each.value for each in stored if each and wanted.fits(each.value)}
    rest = sorted(position for position in placed if position > after)
    shown = rest[:limit]
    return Page(tuple(placed[position] for position in shown), shown[-1] if len(rest) > limit else None)
