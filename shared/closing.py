"""The list of endpoints with work, from which no endpoint with work is ever removed.

Intake marks an endpoint, and then writes the rollout under the etag of the record that it read before. So an endpoint
is removed from the list in this order: read its mark; read or write its record; delete the mark if it is still the one
that was read. An intake that admits a rollout in the meantime either loses the race for the record and marks the
endpoint again, or has changed the mark.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

from shared.core.admission import EndpointRecord
from shared.core.endpoint_id import EndpointId
from shared.errors import Conflict, TealError
from shared.ports import Changes, Store, Stored

log = logging.getLogger("teal.closing")


@dataclass(frozen=True, slots=True)
class OpenMark:
    """The mark of an endpoint with work, as read. etag: None if there was no mark."""

    endpoint: EndpointId
    etag: str | None


def read_mark(store: Store, endpoint: EndpointId) -> OpenMark:
    """Return the mark. Read it before the record that shows whether work is left."""
    return OpenMark(endpoint, store.open_mark(endpoint))


def close(store: Store, mark: OpenMark) -> None:
    """Remove the endpoint from the list; its record must have been written since the mark was read.

    On an error it stays on the list, which only costs another reconcile.
    """
    if mark.etag is None:
        return
    try:
        store.mark_closed(mark.endpoint, mark.etag)
    except TealError as error:
        log.warning("not closed endpoint=%s: %s", mark.endpoint, error)


def close_idle(store: Store, mark: OpenMark, record: Stored[EndpointRecord]) -> None:
    """Remove an endpoint from the list whose record, read after the mark, names no rollout."""
    try:
        store.commit(mark.endpoint, Changes(record=record))  # so that others must read the record again
    except Conflict:
        return
    close(store, mark)


def reopen(store: Store) -> tuple[EndpointId, ...]:
    """Put all known endpoints whose record names a rollout back on the list; return those that were missing."""
    listed = set(store.open_endpoints())
    found = []
    for endpoint in store.known_endpoints():
        if endpoint in listed:
            continue
        try:
            record = store.record(endpoint).value
            if record.current or record.waiting:
                log.error("endpoint=%s has a rollout and was not on the list of work", endpoint)
                store.mark_open(endpoint)
                found.append(endpoint)
        except TealError as error:  # one unreadable record must not hide the endpoints after it
            log.error("not swept endpoint=%s: %s", endpoint, error)  # noqa: TRY400 -- no bug
        except Exception:
            log.exception("defect: not swept endpoint=%s", endpoint)
    return tuple(found)
