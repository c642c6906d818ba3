"""Azure Monitor's platform metrics, as `azure.monitor.querymetrics.MetricsClient` queries them for many resources.

POST `/subscriptions/{subscription}/metrics:getBatch`, body `{"resourceids": [...]}`. The values come from real
requests. A metric that is not emulated is answered with a 501 that names it, never with an empty series.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import assert_never

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from emulator.arm_errors import ArmError, bad_request, not_emulated, not_found
from emulator.identity.audiences import METRICS
from emulator.identity.tokens import bearer_token
from emulator.monitor.faults import QueryFaults
from emulator.monitor.metrics_definitions import DEPLOYMENTS
from emulator.monitor.metrics_document import Resource, document, without_series
from emulator.monitor.metrics_query import MetricsQuery, parse_query
from emulator.monitor.metrics_series import Counts, Target
from emulator.monitor.metrics_store import MetricsStore
from emulator.resources import Json, Workspace

MOST_RESOURCES = 50
_BELOW = re.compile(r"/onlineEndpoints/([^/]+)(?:/deployments/([^/]+))?", re.IGNORECASE)


def metrics_application(
    store: MetricsStore,
    workspace: Workspace,
    faults: QueryFaults | None = None,
    accepts: Callable[[str], bool] = bool,
) -> web.Application:
    """Return the application behind `<region>.metrics.monitor.azure.com`, for the workspace's endpoints.

    `faults` may be changed later. `accepts` returns whether a bearer token is valid for metrics; by default every token
    is.
    """
    service = _Service(store, workspace, faults or QueryFaults(), accepts)
    application = web.Application(middlewares=[_error_responses(service.faults)])
    application.router.add_post("/subscriptions/{subscription}/metrics:getBatch", service.batch)
    application.router.add_route("*", "/{rest:.*}", service.not_emulated)
    return application


def _error_responses(faults: QueryFaults) -> Middleware:
    """Return the middleware that turns errors into Azure's error body, with Retry-After for a 429."""

    @web.middleware
    async def respond(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except ArmError as error:
            headers = {"Retry-After": str(faults.retry_after)} if error.status == 429 else None
            return web.json_response(error.body(), status=error.status, headers=headers)

    return respond


@dataclass(frozen=True, slots=True)
class _Service:
    store: MetricsStore
    workspace: Workspace
    faults: QueryFaults
    accepts: Callable[[str], bool]

    async def batch(self, request: web.Request) -> web.Response:
        """Answer for each resource, in the order of the body. Raises ArmError for invalid queries and for faults."""
        self._check_token(request)
        query = parse_query(request.query, self.store.clock.now())
        resources = [identified(self.workspace, each, query.namespace) for each in await _resource_ids(request)]
        await asyncio.sleep(self.faults.delay_seconds)
        counts = list(self.store.minutes(query.start, query.end))
        return web.json_response({"values": answered(self.faults, query, resources, counts, self.workspace.region)})

    async def not_emulated(self, request: web.Request) -> web.Response:
        """Raise 501 for any other request."""
        raise not_emulated(f"{request.method} {request.path}")

    def _check_token(self, request: web.Request) -> None:
        """Raise 401 if there is no valid bearer token, 403 for a subscription that it does not grant access to."""
        token = bearer_token(request.headers.get("Authorization"))
        if not token or not self.accepts(token):
            raise ArmError(401, "Unauthorized", f"A valid bearer token for {METRICS} is required.")
        subscription = request.match_info["subscription"]
        if subscription.lower() != self.workspace.subscription.lower():
            message = f"The client is not authorized to read metrics of subscription {subscription}."
            raise ArmError(403, "AuthorizationFailed", message)


def answered(
    faults: QueryFaults, query: MetricsQuery, resources: Iterable[Resource], counts: Counts, region: str
) -> list[Json]:
    """Return the answer for each resource, with the fault that is due. Raises ArmError if that is a refusal."""
    fault = faults.next()
    values = [document(query, resource, counts, region) for resource in resources]
    match fault:
        case "none":
            return values
        case "partial":
            return [without_series(each) for each in values]
        case "throttled":
            raise ArmError(429, "TooManyRequests", "Too many requests; try again later.")
        case "failure":
            raise ArmError(500, "InternalServerError", "The query failed in the service.")
        case _:
            assert_never(fault)


def identified(workspace: Workspace, resource: str, namespace: str) -> Resource:
    """Return the endpoint or deployment with this ARM id, which must be of the namespace's type. Raises ArmError."""
    if not resource.lower().startswith(f"{workspace.id.lower()}/"):
        raise not_found("workspaces", resource)
    found = _BELOW.fullmatch(resource, len(workspace.id))
    if not found or (found[2] is not None) != (namespace == DEPLOYMENTS):
        raise bad_request(f"The resource {resource} is not of the type {namespace}.")
    endpoint = workspace.endpoints.get(found[1].lower())
    if endpoint is None:
        raise not_found("onlineEndpoints", found[1])
    if found[2] and found[2].lower() not in endpoint.deployments:
        raise not_found("onlineEndpoints/deployments", f"{found[1]}/{found[2]}")
    return Resource(resource, Target(found[1].lower(), found[2].lower() if found[2] else None))


async def _resource_ids(request: web.Request) -> list[str]:
    """Return the resource ids in the body."""
    try:
        resources = (await request.json())["resourceids"]
    except (ValueError, KeyError, TypeError) as error:
        raise bad_request('The body must be {"resourceids": [...]}.') from error
    if not isinstance(resources, list) or not all(isinstance(each, str) for each in resources):
        raise bad_request("resourceids must be a list of resource ids.")
    if not 0 < len(resources) <= MOST_RESOURCES:
        raise bad_request(f"The body must have 1 to {MOST_RESOURCES} resource ids, not {len(resources)}.")
    return resources
