"""Pages of rollouts, newest first across endpoints, without reading all of them.

Next to the records there is a list of pointers (`core/rollout/pointers.py`). A pointer is written *before* its rollout,
like the mark that an endpoint has work, so no crash leaves a rollout unlisted and nothing needs repair. A crash may
leave a pointer to nothing, or to a rollout that another attempt admitted at another time; such pointers are skipped. A
page costs one query for pointers and one read per rollout.

A rollout's endpoint, model and time never change, so its pointer has them and storage filters by them. Its phase
changes, so pages by phase read records until enough match, at most `MOST_READ` per page. Open rollouts need no list: an
endpoint with work names them, at most two.
"""

from __future__ import annotations

from dataclasses import dataclass

from shared.core.rollout import Rollout
from shared.core.rollout.pointers import Pointer, Wanted
from shared.ports import Store

MOST_READ = 200


@dataclass(frozen=True, slots=True)
class Page:
    """Some rollouts, newest first, and the position to continue from; None after the last."""

    rollouts: tuple[Rollout, ...]
    position: str | None


def page(store: Store, wanted: Wanted, after: str, limit: int) -> Page:
    """Return at most `limit` wanted rollouts after a position (empty: from the newest on)."""
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
