"""Which workspace and which endpoint a request is about."""

from __future__ import annotations

from functions import inputs
from functions.requests import Call, not_found
from shared.wiring import app


def workspace_of(call: Call) -> str:
    """Return the workspace that a request is about: the app's own, unless it names another that the app serves.

    Raises Refused (404) for any other.
    """
    own, named = app().settings.workspace, call.query(inputs.WORKSPACE)
    if named and named.lower() != own.lower():
        raise not_found(f"this app serves no workspace {named!r}; it serves {own}", "workspace")
    return own


def known_endpoint(call: Call) -> str:
    """Return the endpoint in the path, in lower case; raises Refused (404) without a policy or a rollout."""
    endpoint = call.part(inputs.ENDPOINT).lower()
    if app().policies.for_endpoint(endpoint) is None and app().store.record(endpoint).etag is None:
        raise not_found(f"there is no endpoint {endpoint!r} with a policy or a rollout", "endpoint")
    return endpoint
