"""management.azure.com: checks the token, finds workspace and handler, and turns refusals into ARM's error documents.

A request that no handler takes is answered 501 with its name, never with something made up.
"""

from __future__ import annotations

import asyncio
import json
import logging
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from aiohttp import web

from emulator.identity.tokens import TokenIssuer
from emulator.resource_manager import documents
from emulator.resource_manager.calls import Call, Reply
from emulator.resource_manager.errors import ArmError, bad_request, not_emulated, not_found
from emulator.resource_manager.faults import Fault, Faults
from emulator.resource_manager.operations import Operations
from emulator.resource_manager.resource_path import INSIGHTS, ResourcePath
from emulator.resource_manager.routes import Route
from emulator.resource_manager.state import PROVIDER, Workspace
from emulator.resources import Json

AUDIENCES = ("https://management.azure.com", "https://management.core.windows.net")
_LOG = logging.getLogger(__name__)
MAX_BODY_BYTES = 4 * 1024 * 1024
_OPERATIONS = (["locations", "mfeoperationsstatus"], ["locations", "mfeoperationresults"])


@dataclass(frozen=True, slots=True)
class ResourceManager:
    """The front of the control plane: workspaces by name (lower case), what answers below them and beside them."""

    workspaces: Mapping[str, Workspace]
    routes: Sequence[Route]
    group_routes: Sequence[Route]
    operations: Operations
    issuer: TokenIssuer
    faults: Faults = field(default_factory=Faults)

    def application(self) -> web.Application:
        """Return the web application."""
        application = web.Application(client_max_size=MAX_BODY_BYTES)
        application.router.add_route("*", "/{path:.*}", self._answer)
        return application

    async def _answer(self, request: web.Request) -> web.Response:
        fault = self.faults.next(request.method, request.path)
        try:
            self._authenticate(request)
            await _suffer(fault)
            reply = await self._dispatch(request)
        except ArmError as error:
            reply = Reply(error.status, error.body(), _advice(error))
        except Exception as error:  # noqa: BLE001  # a fault of the emulator, told as Azure tells its own
            _LOG.exception("%s %s", request.method, request.path)
            reply = Reply(500, ArmError(500, "InternalServerError", repr(error)).body())
        if fault and fault.lost and request.transport:
            request.transport.abort()
        headers = {"x-ms-request-id": str(uuid.uuid4()), **reply.headers}
        if "x-ms-client-request-id" in request.headers:
            headers["x-ms-client-request-id"] = request.headers["x-ms-client-request-id"]
        if reply.body is None:
            return web.Response(status=reply.status, headers=headers)
        return web.json_response(reply.body, status=reply.status, headers=headers)

    def _authenticate(self, request: web.Request) -> None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme != "Bearer":
            raise ArmError(401, "AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing.")
        if not any(self.issuer.accepts(token, audience) for audience in AUDIENCES):
            raise ArmError(401, "InvalidAuthenticationToken", "The access token is invalid, or for another audience.")

    async def _dispatch(self, request: web.Request) -> Reply:
        if "api-version" not in request.query:
            raise bad_request(
                "The api-version query parameter (?api-version=) is required.", "MissingApiVersionParameter"
            )
        path = ResourcePath.of(request.rel_url.raw_path)
        if path.subscription.lower() != self.operations.subscription.lower():
            raise ArmError(404, "SubscriptionNotFound", f"The subscription '{path.subscription}' could not be found.")
        if path.provider == INSIGHTS:
            return await self._in_group(request, path)
        if path.below[:1] == ["workspaces"]:
            return await self._in_workspaces(request, path.group, path.below[1:])
        if len(path.below) == 4 and [path.below[0], path.below[2]] in _OPERATIONS:
            return self._operation(path.below[2], path.below[3])
        raise not_emulated(f"{request.method} {request.path}")

    async def _in_workspaces(self, request: web.Request, group: str, below: list[str]) -> Reply:
        if not below and request.method == "GET":
            found = [each for each in self.workspaces.values() if group.lower() in ("", each.resource_group.lower())]
            return Reply(body={"value": [documents.workspace(each) for each in found]})
        workspace = self.workspaces.get(below[0].lower()) if below else None
        if workspace is None or workspace.resource_group.lower() != group.lower():
            raise not_found(f"{PROVIDER}/workspaces", below[0] if below else "")
        return await self._routed(request, self.routes, below[1:], workspace)

    async def _in_group(self, request: web.Request, path: ResourcePath) -> Reply:
        """Answer for what lies in a resource group beside its workspace; a group holds one workspace here."""
        group = path.group.lower()
        owner = next((each for each in self.workspaces.values() if group in ("", each.resource_group.lower())), None)
        if owner is None:
            raise ArmError(404, "ResourceGroupNotFound", f"Resource group '{path.group}' could not be found.")
        return await self._routed(request, self.group_routes, path.below, owner)

    @staticmethod
    async def _routed(request: web.Request, routes: Sequence[Route], below: list[str], owner: Workspace) -> Reply:
        for route in routes:
            names = route.match(request.method, below)
            if names is not None:
                return await route.handler(Call(owner, names, request.query, await _body(request)))
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


async def _suffer(fault: Fault | None) -> None:
    if fault:
        await asyncio.sleep(fault.seconds)
        if not fault.lost:
            raise fault.refusal()


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


def _advice(error: ArmError) -> dict[str, str]:
    """Return the headers that tell a client what to do about the error."""
    if error.status == 429:
        return {"Retry-After": "1"}
    if error.status != 401:
        return {}
    uri = "https://login.microsoftonline.com/common"
    reason = f'error="invalid_token", error_description="{error.message}"'
    return {"WWW-Authenticate": f'Bearer authorization_uri="{uri}", {reason}'}
