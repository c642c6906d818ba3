"""Repetitions of a request that an earlier rollout accepted, when the caller did not name the rollout by its id.

A caller who got no response sends the request again. In the meantime its rollout may have ended, and the next one
begun. That one must not be rolled back because the one before it was.
"""

from __future__ import annotations

from datetime import timedelta

from shared.core.endpoint_id import EndpointId
from shared.core.rollout import OperatorRequest, Rollout
from shared.core.rollout.pointers import Wanted
from shared.core.rollout.requests import Address, answered, repeated
from shared.ports import Store, Stored

MOST = 10  # rollouts
LATELY = timedelta(hours=1)  # nobody repeats a request later; a script that always sends the same key does


def repeated_lately(
    store: Store, endpoint: EndpointId, request: OperatorRequest, address: Address
) -> Stored[Rollout] | None:
    """Return the rollout, of the endpoint's newest, that accepted this very request in the last hour; None if none did.

    Raises NotPossible if the key was used for another request then.
    """
    for pointer in store.pointers(Wanted(endpoint.workspace, endpoint.name), "", MOST):
        stored = store.rollout(endpoint, pointer.rollout)
        known = answered(stored.value, address) if stored and address.names(stored.value) else None
        if stored is None or known is None or request.at - known.at > LATELY:
            continue
        if repeated(stored.value, request, address):
            return stored
    return None
