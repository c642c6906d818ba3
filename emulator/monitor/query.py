"""Log Analytics' query API, as `azure.monitor.query.LogsQueryClient` calls it, over the traffic log.

POST `/v1/workspaces/{workspace id}/query` and `/v1{resource id}/query`, body `{query, timespan}`. Bearer tokens must be
there; who they name is not looked at unless a check is given. KQL that `duckdb-kql` does not know answers 501 with its
name, never a guess.
"""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import duckdb
from aiohttp import web
from duckdb_kql import KqlSchemaError, KqlSyntaxError, KqlUnsupportedError

from emulator.monitor.faults import QueryFaults
from emulator.monitor.store import Scope
from emulator.monitor.timespan import interval
from emulator.monitor.wire import document

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulator.monitor.traffic_log import TrafficLog

AUDIENCE = "https://api.loganalytics.io"


def query_application(
    traffic_log: TrafficLog,
    workspace_id: str,
    faults: QueryFaults | None = None,
    accepts: Callable[[str], bool] | None = None,
) -> web.Application:
    """Return the application that serves `api.loganalytics.io` for the workspace with that GUID.

    `faults` can be kept and changed while it serves. `accepts` tells whether a bearer token is good for Log Analytics
    (audience https://api.loganalytics.io); without it every non-empty token is.
    """
    service = _Service(traffic_log, workspace_id.lower(), faults or QueryFaults(), accepts or bool)
    application = web.Application(client_max_size=4 * 1024 * 1024)
    application.router.add_post("/v1/workspaces/{workspace}/query", service.query_workspace)
    application.router.add_post("/v1/{resource:subscriptions/.+}/query", service.query_resource)
    application.router.add_route("*", "/{rest:.*}", service.lacking)
    return application


@dataclass(frozen=True, slots=True)
class _Service:
    traffic_log: TrafficLog
    workspace_id: str
    faults: QueryFaults = field(default_factory=QueryFaults)
    accepts: Callable[[str], bool] = bool

    async def query_workspace(self, request: web.Request) -> web.Response:
        """Answer a query over the whole workspace."""
        self._check_token(request)
        if request.match_info["workspace"].lower() != self.workspace_id:
            raise _refusal(web.HTTPNotFound, "WorkspaceNotFoundError", "The workspace could not be found.")
        return await self._answer(request, None)

    async def query_resource(self, request: web.Request) -> web.Response:
        """Answer a query over the rows of one resource: a Log Analytics or Azure ML workspace, or what is below it."""
        self._check_token(request)
        resource = f"/{request.match_info['resource']}"
        whole = "/microsoft.operationalinsights/workspaces/" in resource.lower()
        return await self._answer(request, None if whole else resource)

    async def lacking(self, request: web.Request) -> web.Response:
        """Say what is not emulated, such as a batch of queries or the metadata."""
        raise _refusal(web.HTTPNotImplemented, "NotEmulated", f"{request.method} {request.path} is not emulated.")

    def _check_token(self, request: web.Request) -> None:
        """Raise 401 without a good bearer token."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not self.accepts(token):
            message = "A valid bearer token for https://api.loganalytics.io is required."
            raise _refusal(web.HTTPUnauthorized, "InvalidTokenError", message)

    async def _answer(self, request: web.Request, resource: str | None) -> web.Response:
        """Run the query, or do what a fault says."""
        await asyncio.sleep(self.faults.delay_seconds)
        fault = self.faults.next()
        if fault == "throttled":
            refused = _refusal(web.HTTPTooManyRequests, "ThrottledError", "Too many requests; try again later.")
            refused.headers["Retry-After"] = str(self.faults.retry_after)
            raise refused
        if fault == "failure":
            raise _refusal(web.HTTPInternalServerError, "InternalServerError", "The query failed in the service.")
        answer = await self._run(*await self._question(request, resource))
        if fault == "partial":
            rows = answer["tables"][0]["rows"]
            del rows[len(rows) // 2 :]
            answer["error"] = _error("PartialError", "There were some errors when processing your query.")
        return web.json_response(answer)

    async def _question(self, request: web.Request, resource: str | None) -> tuple[str, Scope]:
        """Read the body. Raises 400 when it is not what the API takes."""
        try:
            body = await request.json()
            now = self.traffic_log.clock.now()
            start, end = interval(body.get("timespan"), now)
            query = body["query"]
        except (ValueError, KeyError, AttributeError) as error:
            raise _bad_argument("The request had some invalid properties.", "InvalidProperty", str(error)) from error
        if not isinstance(query, str) or not query.strip():
            raise _bad_argument("The request had some invalid properties.", "InvalidProperty", "query is empty")
        if _is_command(query):
            raise _bad_argument("The query could not be parsed.", "SyntaxError", "control commands are not queries")
        return query, Scope(now, start, end, resource)

    async def _run(self, query: str, scope: Scope) -> dict[str, Any]:
        """Return the answer's body. Raises 400 for a query that is wrong and 501 for one that is not emulated."""
        try:
            return document(await self.traffic_log.query(query, scope))
        except KqlSyntaxError as error:
            raise _bad_argument("The query could not be parsed.", "SyntaxError", str(error)) from error
        except KqlUnsupportedError as error:
            message = f"KQL construct not emulated: {error.construct}"
            raise _refusal(web.HTTPNotImplemented, "NotEmulated", message) from error
        except (KqlSchemaError, duckdb.Error) as error:
            raise _bad_argument("A semantic error occurred.", "SemanticError", str(error)) from error


def _is_command(query: str) -> bool:
    """Whether the text is a control command (`.show`, `.set`), which Log Analytics does not take."""
    lines = (line.strip() for line in query.splitlines())
    return next((line for line in lines if line and not line.startswith("//")), "").startswith(".")


def _error(code: str, message: str) -> dict[str, Any]:
    return {"message": message, "code": code, "correlationId": str(uuid.uuid4())}


def _bad_argument(message: str, inner_code: str, detail: str) -> web.HTTPException:
    """Return Azure's 400 with the cause as its inner error."""
    error = _error("BadArgumentError", message) | {"innererror": {"code": inner_code, "message": detail}}
    return web.HTTPBadRequest(text=web.json_response({"error": error}).text, content_type="application/json")


def _refusal(kind: type[web.HTTPException], code: str, message: str) -> web.HTTPException:
    """Return an answer with Azure's error body."""
    return kind(text=web.json_response({"error": _error(code, message)}).text, content_type="application/json")
