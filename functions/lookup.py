"""Finds the workspace and the endpoint that a request is about."""

from __future__ import annotations

from functions import inputs
from functions.requests import Call, not_found
from shared.core.endpoint_id import EndpointId
from shared.errors import Permanent
from shared.wiring import app


def workspace_of(call: Call) -> str:
    """Return the name of the workspace that a request is about: the app's own, unless it names another.

    Raises Refused (404) for one that the app does not serve.
    """
    served, named = app().workspaces, call.query(inputs.WORKSPACE)
    try:
        return (served.named(named) if named else served.own).name
    except Permanent as error:
        raise not_found(str(error), "workspace") from error


def known_endpoint(call: Call) -> EndpointId:
    """Return the endpoint in the path; raises Refused (404) without a policy or a rollout."""
    endpoint = EndpointId(workspace_of(call), call.part(inputs.ENDPOINT))
    if app().policies.for_endpoint(endpoint) is None and app().store.record(endpoint).etag is None:
        raise not_found(f"there is no endpoint {str(endpoint)!r} with a policy or a rollout", "endpoint")
    return endpoint
