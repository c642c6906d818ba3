"""Writes records such that purely informational parts can never prevent the write."""

from __future__ import annotations

import logging
from dataclasses import replace

from shared.core.endpoint_id import EndpointId
from shared.core.rollout import Rollout
from shared.core.rollout.diagnostics import brief_entry, brief_rollout
from shared.core.rollout.history import Decision
from shared.errors import Unstorable
from shared.ports import Changes, Numbered, Store, Stored

log = logging.getLogger("teal.saving")


def save(store: Store, endpoint: EndpointId, changes: Changes) -> tuple[Stored[Rollout], ...]:
    """Write all changes in one transaction; return the rollouts as stored, with their etags.

    What storage permanently refuses, such as a record that is too large, is written without its diagnostics. Raises
    Conflict, with nothing written, if another writer changed any of the values since they were read.
    """
    try:
        return _written(store, endpoint, changes)
    except Unstorable as error:
        log.error("not stored endpoint=%s: %s; storing it without its diagnostics", endpoint, error)  # noqa: TRY400 -- not a bug
        return _written(store, endpoint, brief(changes))


def changed(*decisions: tuple[str | None, Decision]) -> Changes:
    """Return decisions, each with the etag it was made on, as what to write: entries are numbered on from before."""
    rollouts, entries = [], []
    for etag, decision in decisions:
        first = decision.rollout.entry_count
        entries += [Numbered(decision.rollout.id, first + i, entry) for i, entry in enumerate(decision.entries)]
        rollouts.append(Stored(replace(decision.rollout, entry_count=first + len(decision.entries)), etag))
    return Changes(rollouts=tuple(rollouts), entries=tuple(entries))


def brief(changes: Changes) -> Changes:
    """Return the changes reduced to what decisions need."""
    return replace(
        changes,
        rollouts=tuple(replace(stored, value=brief_rollout(stored.value)) for stored in changes.rollouts),
        entries=tuple(replace(numbered, entry=brief_entry(numbered.entry)) for numbered in changes.entries),
    )


def _written(store: Store, endpoint: EndpointId, changes: Changes) -> tuple[Stored[Rollout], ...]:
    etags = store.commit(endpoint, changes)
    return tuple(Stored(stored.value, etags[stored.value.id]) for stored in changes.rollouts)
