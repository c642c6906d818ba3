"""The list of endpoints with work: nothing that has work ever falls off it.

Intake marks an endpoint, and then writes the rollout under the etag of the record that it read before. So an endpoint
is taken off the list in this order: read its mark; read or write its record; delete the mark if it is still the one
that was read. Whoever admits a rollout meanwhile either loses the race for the record, and marks the endpoint again, or
has changed the mark.
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
    """The mark of an endpoint with work, as it was read. etag: None if it had none."""

    endpoint: EndpointId
    etag: str | None


def read_mark(store: Store, endpoint: EndpointId) -> OpenMark:
    """Return the mark, to be read before the record that shows whether there is work left."""
    return OpenMark(endpoint, store.open_mark(endpoint))


def close(store: Store, mark: OpenMark) -> None:
    """Take the endpoint off the list, given that its record was written since the mark was read.

    What goes wrong leaves it on the list, which costs no more than another look.
    """
    if mark.etag is None:
        return
    try:
        store.mark_closed(mark.endpoint, mark.etag)
    except TealError as error:
        log.warning("not closed endpoint=%s: %s", mark.endpoint, error)


def close_idle(store: Store, mark: OpenMark, record: Stored[EndpointRecord]) -> None:
    """Take an endpoint off the list whose record, read after the mark, names no rollout."""
    try:
        store.commit(mark.endpoint, Changes(record=record))  # so that whoever read the same record must read again
    except Conflict:
        return
    close(store, mark)


def reopen(store: Store) -> tuple[EndpointId, ...]:
    """Put every known endpoint back on the list whose record names a rollout; return those that were not on it."""
    listed = set(store.open_endpoints())
    found = []
    for endpoint in store.known_endpoints():
        record = store.record(endpoint).value
        if endpoint not in listed and (record.current or record.waiting):
            log.error("endpoint=%s has a rollout and was not on the list of work", endpoint)
            store.mark_open(endpoint)
            found.append(endpoint)
    return tuple(found)
