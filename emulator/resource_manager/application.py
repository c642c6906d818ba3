"""management.azure.com: checks the token, finds the workspace and the handler, and turns errors into ARM's documents.

A request without a handler is answered with a 501 that names it, never with invented data.
"""

from __future__ import annotations

import asyncio
import json
import logging
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from aiohttp import web

from emulator.arm_errors import ArmError, bad_request, not_emulated, not_found
from emulator.identity import audiences
from emulator.identity.tokens import TokenIssuer, bearer_token
from emulator.resource_manager import documents, regional
from emulator.resource_manager.calls import Call, Reply
from emulator.resource_manager.clouds import clouds
from emulator.resource_manager.faults import Fault, Faults
from emulator.resource_manager.operations import Operations
from emulator.resource_manager.resource_path import INSIGHTS, LOGS, ExtensionPath, ResourcePath, segments
from emulator.resource_manager.routes import Route
from emulator.resource_manager.settings import Limits
from emulator.resources import PROVIDER, Json, Workspace

_LOG = logging.getLogger(__name__)
MAX_BODY_BYTES = 4 * 1024 * 1024
_OPERATIONS = (["locations", "mfeoperationsstatus"], ["locations", "mfeoperationresults"])


@dataclass(frozen=True, slots=True)
class RouteTables:
    """Routes by where they start: at the root, below any resource, below a group's provider, below a workspace."""

    root: Sequence[Route]
    extensions: Sequence[Route]
    group: Sequence[Route]
    workspace: Sequence[Route]


@dataclass(frozen=True, slots=True)
class ResourceManager:
    """The entry point of the control plane: workspaces by lower-case name, and the routes around them."""

    workspaces: Mapping[str, Workspace]
    tables: RouteTables
    operations: Operations
    issuer: TokenIssuer
    limits: Limits

    @property
    def faults(self) -> Faults:
        """The faults that were requested."""
        return self.operations.faults

    def application(self) -> web.Application:
        """Return the web application."""
        application = web.Application(client_max_size=MAX_BODY_BYTES)
        application.router.add_get("/metadata/endpoints", clouds)
        application.router.add_route("*", "/{path:.*}", self._answer)
        return application

    async def _answer(self, request: web.Request) -> web.Response:
        fault = self.faults.next(request.method, request.path)
        try:
            self._authenticate(request)
            await _inject(fault)
            reply = await self._dispatch(request)
        except ArmError as error:
            reply = Reply(error.status, error.body(), _error_headers(error))
        except Exception as error:  # noqa: BLE001  # a bug in the emulator, reported as Azure reports its own
            _LOG.exception("%s %s", request.method, request.path)
            reply = Reply(500, ArmError(500, "InternalServerError", repr(error)).body())
        if fault and fault.lost and request.transport:
            request.transport.abort()
        headers = {**self._headers(request), **reply.headers}
        if "x-ms-client-request-id" in request.headers:
            headers["x-ms-client-request-id"] = request.headers["x-ms-client-request-id"]
        if reply.body is None:
            return web.Response(status=reply.status, headers=headers)
        return web.json_response(reply.body, status=reply.status, headers=headers)

    def _headers(self, request: web.Request) -> dict[str, str]:
        """Return the headers of every answer. The number of requests that are left never falls."""
        number, kind = str(uuid.uuid4()), "reads" if request.method in ("GET", "HEAD") else "writes"
        return {
            "x-ms-request-id": number,
            "x-ms-correlation-request-id": number,
            "x-ms-routing-request-id": f"{self.operations.region.upper()}:{number}",
            f"x-ms-ratelimit-remaining-subscription-{kind}": "11999" if kind == "reads" else "1199",
            "Cache-Control": "no-cache",
            "Pragma": "no-cache",
            "Expires": "-1",
            "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
            "X-Content-Type-Options": "nosniff",
        }

    def _authenticate(self, request: web.Request) -> None:
        token = bearer_token(request.headers.get("Authorization"))
        if not token:
            raise ArmError(401, "AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing.")
        if not any(self.issuer.accepts(token, audience) for audience in audiences.RESOURCE_MANAGER):
            raise ArmError(401, "InvalidAuthenticationToken", "The access token is invalid, or for another audience.")

    async def _dispatch(self, request: web.Request) -> Reply:
        if "api-version" not in request.query:
            raise bad_request(
                "The api-version query parameter (?api-version=) is required.", "MissingApiVersionParameter"
            )
        reply = await self._around_workspaces(request)
        if reply is not None:
            return reply
        path = ResourcePath.parse(request.rel_url.raw_path)
        self._require_subscription(path.subscription)
        if path.provider in {INSIGHTS, LOGS}:
            return await self._in_group(request, path)
        if path.below[:1] == ["workspaces"]:
            return await self._in_workspaces(request, path.group, path.below[1:])
        if request.method == "GET" and len(path.below) == 3 and path.below[0] == "locations":
            return self._in_region(path.below[1], path.below[2].lower(), request.path)
        if len(path.below) == 4 and [path.below[0], path.below[2]] in _OPERATIONS:
            return self._operation(path.below[2], path.below[3])
        raise not_emulated(f"{request.method} {request.path}")

    def _require_subscription(self, name: str) -> None:
        if name.lower() != self.operations.subscription.lower():
            raise ArmError(404, "SubscriptionNotFound", f"The subscription '{name}' could not be found.")

    async def _around_workspaces(self, request: web.Request) -> Reply | None:
        """Answer for what is above the workspaces, or below any resource; None if it is neither."""
        given = segments(request.rel_url.raw_path)
        owner = next(iter(self.workspaces.values()))
        for route in self.tables.root:
            parameters = route.match(request.method, given)
            if parameters is not None:
                if "subscription" in parameters:
                    self._require_subscription(parameters["subscription"])
                return await route.handler(Call(owner, parameters, request.query, await _body(request)))
        path = ExtensionPath.parse(given)
        if path is None:
            return None
        if path.scope:
            self._require_subscription(given[1] if given[0].lower() == "subscriptions" else "")
        return await self._routed(request, self.tables.extensions, path.below, owner, {"scope": path.scope})

    async def _in_workspaces(self, request: web.Request, group: str, below: list[str]) -> Reply:
        if not below and request.method == "GET":
            found = [each for each in self.workspaces.values() if group.lower() in ("", each.resource_group.lower())]
            return Reply(body={"value": [documents.workspace(each) for each in found]})
        workspace = self.workspaces.get(below[0].lower()) if below else None
        if workspace is None or workspace.resource_group.lower() != group.lower():
            raise not_found(f"{PROVIDER}/workspaces", below[0] if below else "")
        if below[1:] == [] and request.method == "GET":
            return Reply(body=documents.workspace(workspace))
        return await self._routed(request, self.tables.workspace, below[1:], workspace)

    def _in_region(self, region: str, kind: str, path: str) -> Reply:
        if region.lower() != self.operations.region.lower():
            raise ArmError(400, "LocationNotAvailable", f"The location '{region}' is not available.")
        if kind == "vmsizes":
            return Reply(body={"value": regional.vm_sizes()})
        if kind == "usages":
            return Reply(body={"value": regional.usages(self.workspaces.values(), self.limits, region)})
        raise not_emulated(f"GET {path}")

    async def _in_group(self, request: web.Request, path: ResourcePath) -> Reply:
        """Answer for the group's other resources. Here, each group has one workspace."""
        group = path.group.lower()
        owner = next((each for each in self.workspaces.values() if group in ("", each.resource_group.lower())), None)
        if owner is None:
            raise ArmError(404, "ResourceGroupNotFound", f"Resource group '{path.group}' could not be found.")
        return await self._routed(request, self.tables.group, path.below, owner)

    @staticmethod
    async def _routed(
        request: web.Request,
        routes: Sequence[Route],
        below: list[str],
        owner: Workspace,
        more: Mapping[str, str] = MappingProxyType({}),
    ) -> Reply:
        for route in routes:
            parameters = route.match(request.method, below)
            if parameters is not None:
                return await route.handler(Call(owner, {**more, **parameters}, request.query, await _body(request)))
        raise not_emulated(f"{request.method} {request.path}")

    def _operation(self, kind: str, number: str) -> Reply:
        operation = self.operations.known.get(number)
        if operation is None:
            raise not_found("operations", number)
        running = operation.status == "InProgress"
        headers = self.operations.retry_after() if running else {}
        if kind == "mfeoperationsstatus":
            return Reply(200, operation.document(), headers)
        if operation.error:
            raise operation.error
        return Reply(202 if running else 204, headers=headers)


async def _inject(fault: Fault | None) -> None:
    if fault:
        await asyncio.sleep(fault.seconds)
        if not fault.lost:
            raise fault.error()


async def _body(request: web.Request) -> Json:
    text = await request.text()
    if not text.strip():
        return {}
    try:
        body = json.loads(text)
    except ValueError as error:
        raise bad_request(f"The request content was invalid: {error}", "InvalidRequestContent") from error
    if not isinstance(body, dict):
        raise bad_request("The request content must be an object.", "InvalidRequestContent")
    return body


def _error_headers(error: ArmError) -> dict[str, str]:
    """Return the headers that go with the error: when to retry, or how to authenticate."""
    if error.status == 429:
        return {"Retry-After": "1"}
    if error.status != 401:
        return {}
    uri = "https://login.microsoftonline.com/common"
    reason = f'error="invalid_token", error_description="{error.message}"'
    return {"WWW-Authenticate": f'Bearer authorization_uri="{uri}", {reason}'}
