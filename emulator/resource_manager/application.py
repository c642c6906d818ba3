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
from urllib.parse import unquote

from aiohttp import web

from emulator.identity.tokens import TokenIssuer
from emulator.resource_manager import documents
from emulator.resource_manager.calls import Call, Reply
from emulator.resource_manager.errors import ArmError, bad_request, not_emulated, not_found
from emulator.resource_manager.faults import Fault, Faults
from emulator.resource_manager.operations import Operations
from emulator.resource_manager.routes import Route
from emulator.resource_manager.state import PROVIDER, Workspace
from emulator.resources import Json

AUDIENCES = ("https://management.azure.com", "https://management.core.windows.net")
_LOG = logging.getLogger(__name__)
MAX_BODY_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class ResourceManager:
    """The front of the control plane: workspaces by name (lower case), and what answers below them."""

    workspaces: Mapping[str, Workspace]
    routes: Sequence[Route]
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
        parts = [unquote(part) for part in request.rel_url.raw_path.strip("/").split("/")]
        scope, below = _scope(parts)
        self._require_subscription(scope)
        if below[:1] == ["workspaces"]:
            return await self._in_workspaces(request, scope, below[1:])
        if len(below) == 4 and below[0] == "locations" and below[2] in ("mfeoperationsstatus", "mfeoperationresults"):
            return self._operation(below[2], below[3])
        raise not_emulated(f"{request.method} {request.path}")

    async def _in_workspaces(self, request: web.Request, scope: Mapping[str, str], below: list[str]) -> Reply:
        if not below and request.method == "GET":
            group = scope.get("resourcegroups", "").lower()
            found = [each for each in self.workspaces.values() if group in ("", each.resource_group.lower())]
            return Reply(body={"value": [documents.workspace(each) for each in found]})
        workspace = self.workspaces.get(below[0].lower()) if below else None
        if workspace is None or workspace.resource_group.lower() != scope.get("resourcegroups", "").lower():
            raise not_found(f"{PROVIDER}/workspaces", below[0] if below else "")
        for route in self.routes:
            names = route.match(request.method, below[1:])
            if names is not None:
                return await route.handler(Call(workspace, names, request.query, await _body(request)))
        raise not_emulated(f"{request.method} {request.path}")

    def _require_subscription(self, scope: Mapping[str, str]) -> None:
        asked = scope.get("subscriptions", "")
        if asked.lower() != self.operations.subscription.lower():
            raise ArmError(404, "SubscriptionNotFound", f"The subscription '{asked}' could not be found.")

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


def _scope(parts: list[str]) -> tuple[dict[str, str], list[str]]:
    """Split a path into its scope (by lower-case name: subscriptions, resourcegroups) and the provider's part."""
    lowered = [part.lower() for part in parts]
    if "providers" not in lowered or lowered[lowered.index("providers") + 1 :][:1] != [PROVIDER.lower()]:
        raise not_emulated("/" + "/".join(parts))
    at = lowered.index("providers")
    scope = dict(zip(lowered[0:at:2], parts[1:at:2], strict=False))
    below = parts[at + 2 :]
    if below:
        below[0] = below[0].lower()
    if below[:1] == ["locations"] and len(below) == 4:
        below[2] = below[2].lower()
    return scope, below


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
