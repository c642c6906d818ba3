"""Azure Monitor's platform metrics, as `azure.monitor.querymetrics.MetricsClient` asks for many resources at once.

POST `/subscriptions/{subscription}/metrics:getBatch`, body `{"resourceids": [...]}`. The values are those of requests
that really happened. A metric that is not emulated answers 501 with its name, never an empty series.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from emulator.monitor.faults import Mode, QueryFaults
from emulator.monitor.metrics_definitions import DEPLOYMENTS
from emulator.monitor.metrics_document import Resource, document, untold
from emulator.monitor.metrics_question import Question, read_question
from emulator.monitor.metrics_series import Target
from emulator.monitor.metrics_store import MetricsStore
from emulator.resource_manager.errors import ArmError, bad_request, not_emulated, not_found
from emulator.resource_manager.state import Workspace

AUDIENCE = "https://metrics.monitor.azure.com"
MOST_RESOURCES = 50
_BELOW = re.compile(r"/onlineEndpoints/([^/]+)(?:/deployments/([^/]+))?", re.IGNORECASE)


def metrics_application(
    store: MetricsStore,
    workspace: Workspace,
    faults: QueryFaults | None = None,
    accepts: Callable[[str], bool] = bool,
) -> web.Application:
    """Return the application that serves `<region>.metrics.monitor.azure.com` for the workspace's endpoints.

    `faults` can be kept and changed while it serves. `accepts` tells whether a bearer token is good for metrics
    (audience https://metrics.monitor.azure.com).
    """
    service = _Service(store, workspace, faults or QueryFaults(), accepts)
    application = web.Application(middlewares=[_explained(service.faults)])
    application.router.add_post("/subscriptions/{subscription}/metrics:getBatch", service.batch)
    application.router.add_route("*", "/{rest:.*}", service.lacking)
    return application


def _explained(faults: QueryFaults) -> Middleware:
    """Return the middleware that answers with Azure's error body, and says how long to wait when there is too much."""

    @web.middleware
    async def explain(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except ArmError as error:
            headers = {"Retry-After": str(faults.retry_after)} if error.status == 429 else None
            return web.json_response(error.body(), status=error.status, headers=headers)

    return explain


@dataclass(frozen=True, slots=True)
class _Service:
    store: MetricsStore
    workspace: Workspace
    faults: QueryFaults
    accepts: Callable[[str], bool]

    async def batch(self, request: web.Request) -> web.Response:
        """Answer for each resource, in the order of the body."""
        self._check_token(request)
        question = read_question(request.query, self.store.clock.now())
        resources = [self._resource(each, question) for each in await _asked(request)]
        partial = await self._trouble() == "partial"
        counted = list(self.store.minutes(question.start, question.end))
        values = [document(question, resource, counted, self.workspace.region) for resource in resources]
        return web.json_response({"values": [untold(each) for each in values] if partial else values})

    async def lacking(self, request: web.Request) -> web.Response:
        """Say what is not emulated."""
        raise not_emulated(f"{request.method} {request.path}")

    async def _trouble(self) -> Mode:
        """Do what a fault says, and return which it was. Raises ArmError for those that leave no answer."""
        await asyncio.sleep(self.faults.delay_seconds)
        fault = self.faults.next()
        if fault == "throttled":
            raise ArmError(429, "TooManyRequests", "Too many requests; try again later.")
        if fault == "failure":
            raise ArmError(500, "InternalServerError", "The query failed in the service.")
        return fault

    def _check_token(self, request: web.Request) -> None:
        """Raise 401 without a good bearer token, 403 for a subscription that it does not open."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not self.accepts(token):
            raise ArmError(401, "Unauthorized", f"A valid bearer token for {AUDIENCE} is required.")
        subscription = request.match_info["subscription"]
        if subscription.lower() != self.workspace.subscription.lower():
            raise ArmError(
                403, "AuthorizationFailed", f"The client may not read metrics of subscription {subscription}."
            )

    def _resource(self, resource: str, question: Question) -> Resource:
        """Return the endpoint or deployment with this ARM id, which must be of the namespace's type."""
        if not resource.lower().startswith(f"{self.workspace.id.lower()}/"):
            raise not_found("workspaces", resource)
        found = _BELOW.fullmatch(resource, len(self.workspace.id))
        if not found or (found[2] is not None) != (question.namespace == DEPLOYMENTS):
            raise bad_request(f"The resource {resource} is not of the type {question.namespace}.")
        endpoint = self.workspace.endpoints.get(found[1].lower())
        if endpoint is None:
            raise not_found("onlineEndpoints", found[1])
        if found[2] and found[2].lower() not in endpoint.deployments:
            raise not_found("onlineEndpoints/deployments", f"{found[1]}/{found[2]}")
        return Resource(resource, Target(found[1].lower(), found[2].lower() if found[2] else None))


async def _asked(request: web.Request) -> list[str]:
    """Return the resource ids of the body."""
    try:
        resources = (await request.json())["resourceids"]
    except (ValueError, KeyError, TypeError) as error:
        raise bad_request('The body must be {"resourceids": [...]}.') from error
    if not isinstance(resources, list) or not all(isinstance(each, str) for each in resources):
        raise bad_request("resourceids must be a list of resource ids.")
    if not 0 < len(resources) <= MOST_RESOURCES:
        raise bad_request(f"{len(resources)} resource ids are given; there must be 1 to {MOST_RESOURCES}.")
    return resources
