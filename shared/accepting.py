"""Accepts operators' requests: each is written to the rollout and to its history in one transaction, or refused."""

from __future__ import annotations

from shared.core.endpoint_id import EndpointId
from shared.core.rollout import OperatorRequest, Rollout
from shared.core.rollout.history import Decision
from shared.core.rollout.requests import ANY, Address, answered, ask, repeated
from shared.errors import Conflict
from shared.ports import Store, Stored
from shared.repetitions import repeated_lately
from shared.saving import changed, save

# A request that loses to another writer is tried again at once, and each of them wins once. This is enough for twenty
# people at the same time, because an emergency rollback must not be turned away.
PATIENT_TRIES = 25


def accept(store: Store, endpoint: EndpointId, request: OperatorRequest, address: Address = ANY) -> Decision | None:
    """Record an operator's request to the endpoint's rollout; None if it has none.

    Returns the rollout, and the entries that were written: none for a repetition. Raises NotPossible if the request is
    not possible now, and Conflict if others keep writing first.
    """
    for _ in range(PATIENT_TRIES):
        stored = _addressed(store, endpoint, request, address)
        if stored is None:
            return None
        accepted = ask(stored.value, request, address)
        if not accepted.entries:
            return accepted
        try:
            save(store, endpoint, changed((stored.etag, accepted)))
        except Conflict:
            continue
        return accepted
    raise Conflict(f"{endpoint} is being changed by others; try again")


def _addressed(
    store: Store, endpoint: EndpointId, request: OperatorRequest, address: Address
) -> Stored[Rollout] | None:
    """Return the current rollout, or the one that accepted this very request before."""
    named = store.rollout(endpoint, address.rollout) if address.rollout and address.key else None
    if named is not None and repeated(named.value, request, address):
        return named
    name = store.record(endpoint).value.current
    current = store.rollout(endpoint, name) if name else None
    if address.key is None or named is not None or (current and answered(current.value, address)):
        return current
    return repeated_lately(store, endpoint, request, address) or current
