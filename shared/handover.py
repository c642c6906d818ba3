"""The handover of an endpoint from a rollout that ends to the one that waits, in one transaction."""

from __future__ import annotations

from datetime import datetime

from shared.core.admission import EndpointRecord, succeed
from shared.core.phases import IllegalMove
from shared.core.rollout import Rollout
from shared.errors import Conflict
from shared.ports import Changes, Stored
from shared.saving import changed


def handed_over(
    record: Stored[EndpointRecord], waiting: Stored[Rollout] | None, changes: Changes, now: datetime
) -> Changes:
    """Return the changes that also free the endpoint, or begin the waiting rollout, in the same transaction.

    Raises Conflict if that rollout has begun already, or ended: the record that names it is out of date.
    """
    try:
        (ended,) = changes.rollouts
        after, begun = succeed(record.value, ended.value, waiting.value if waiting else None, now)
    except IllegalMove as error:
        raise Conflict(f"{record.value.endpoint} was handed over by another: {error}") from error
    more = changed((waiting.etag, begun)) if waiting and begun else Changes()
    return Changes(
        rollouts=changes.rollouts + more.rollouts,
        record=Stored(after, record.etag),
        entries=changes.entries + more.entries,
    )
