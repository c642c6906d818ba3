"""Writes records so that nothing which only informs can keep one from being written."""

from __future__ import annotations

import logging
from dataclasses import replace

from shared.core.endpoint_id import EndpointId
from shared.core.rollout import Rollout
from shared.core.rollout.diagnostics import brief_entry, brief_rollout
from shared.errors import Unstorable
from shared.ports import Changes, Store, Stored

log = logging.getLogger("teal.saving")


def save(store: Store, endpoint: EndpointId, changes: Changes) -> tuple[Stored[Rollout], ...]:
    """Write all changes in one transaction; return the rollouts as they are stored now, with their etags.

    What storage refuses for good, such as a record that is too large, is written without its diagnostics. Raises
    Conflict, with nothing written, if any value was written by another since it was read.
    """
    try:
        return _written(store, endpoint, changes)
    except Unstorable as error:
        log.error("not stored endpoint=%s: %s; storing it without its diagnostics", endpoint, error)  # noqa: TRY400 -- no bug
        return _written(store, endpoint, brief(changes))


def brief(changes: Changes) -> Changes:
    """Return the changes with what decisions need and no more."""
    return replace(
        changes,
        rollouts=tuple(replace(stored, value=brief_rollout(stored.value)) for stored in changes.rollouts),
        entries=tuple(replace(numbered, entry=brief_entry(numbered.entry)) for numbered in changes.entries),
    )


def _written(store: Store, endpoint: EndpointId, changes: Changes) -> tuple[Stored[Rollout], ...]:
    etags = store.commit(endpoint, changes)
    return tuple(Stored(stored.value, etags[stored.value.id]) for stored in changes.rollouts)
