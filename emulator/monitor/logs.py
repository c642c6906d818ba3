"""Log Analytics' query API over the traffic log, as `azure.monitor.query.LogsQueryClient` calls it.

POST `/v1/workspaces/{workspace id}/query` and `/v1{resource id}/query`, body `{query, timespan}`. KQL that `duckdb-kql`
does not support is answered with a 501 that names it, never with a guess.
"""

from __future__ import annotations

import asyncio
import json
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import assert_never

import duckdb
from aiohttp import web
from duckdb_kql import KqlSchemaError, KqlSyntaxError, KqlUnsupportedError

from emulator.identity.audiences import LOG_ANALYTICS
from emulator.identity.tokens import bearer_token
from emulator.monitor.faults import QueryFaults
from emulator.monitor.log_document import document
from emulator.monitor.log_store import Scope
from emulator.monitor.timespan import interval
from emulator.monitor.traffic_log import NoTableError, TrafficLog
from emulator.resources import Json

_UNKNOWN_TABLE = re.compile(r"Table with name (\w+) does not exist|schema error for '(\w+)' \(unknown table")


def logs_application(
    traffic_log: TrafficLog,
    workspace_id: str,
    faults: QueryFaults | None = None,
    accepts: Callable[[str], bool] = bool,
) -> web.Application:
    """Return the application behind `api.loganalytics.io`, for the workspace with that GUID.

    `faults` may be changed later. `accepts` returns whether a bearer token is valid for Log Analytics; by default every
    token is.
    """
    service = _Service(traffic_log, workspace_id.lower(), faults or QueryFaults(), accepts)
    application = web.Application(client_max_size=4 * 1024 * 1024)
    application.router.add_post("/v1/workspaces/{workspace}/query", service.query_workspace)
    application.router.add_post("/v1/{resource:subscriptions/.+}/query", service.query_resource)
    application.router.add_route("*", "/{rest:.*}", service.not_emulated)
    return application


@dataclass(frozen=True, slots=True)
class _Service:
    traffic_log: TrafficLog
    workspace_id: str
    faults: QueryFaults
    accepts: Callable[[str], bool]

    async def query_workspace(self, request: web.Request) -> web.Response:
        """Answer a query over the whole workspace. Raises 404 for another workspace's id."""
        self._check_token(request)
        if request.match_info["workspace"].lower() != self.workspace_id:
            raise _error(web.HTTPNotFound, "WorkspaceNotFoundError", "The workspace could not be found.")
        return await self._answer(request, None)

    async def query_resource(self, request: web.Request) -> web.Response:
        """Answer a query over the rows of one resource: a workspace of Log Analytics or Azure ML, or a part of one."""
        self._check_token(request)
        resource = f"/{request.match_info['resource']}"
        whole = "/microsoft.operationalinsights/workspaces/" in resource.lower()
        return await self._answer(request, None if whole else resource)

    async def not_emulated(self, request: web.Request) -> web.Response:
        """Raise 501 for anything else, such as a batch of queries or the metadata."""
        raise _error(web.HTTPNotImplemented, "NotEmulated", f"{request.method} {request.path} is not emulated.")

    def _check_token(self, request: web.Request) -> None:
        """Raise 401 if there is no valid bearer token."""
        token = bearer_token(request.headers.get("Authorization"))
        if not token or not self.accepts(token):
            message = f"A valid bearer token for {LOG_ANALYTICS} is required."
            raise _error(web.HTTPUnauthorized, "InvalidTokenError", message)

    async def _answer(self, request: web.Request, resource: str | None) -> web.Response:
        """Run the query, or inject a fault."""
        await asyncio.sleep(self.faults.delay_seconds)
        fault = self.faults.next()
        match fault:
            case "none":
                return web.json_response(await self._run(request, resource))
            case "partial":
                return web.json_response(_halved(await self._run(request, resource)))
            case "throttled":
                error = _error(web.HTTPTooManyRequests, "ThrottledError", "Too many requests; try again later.")
                error.headers["Retry-After"] = str(self.faults.retry_after)
                raise error
            case "failure":
                raise _error(web.HTTPInternalServerError, "InternalServerError", "The query failed in the service.")
            case _:
                assert_never(fault)

    async def _query(self, request: web.Request, resource: str | None) -> tuple[str, Scope]:
        """Return the query of the body and its scope. Raises 400 if they are not valid."""
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

    async def _run(self, request: web.Request, resource: str | None) -> Json:
        """Return the body of the answer. Raises 400 for an invalid query and 501 for one that is not emulated."""
        query, scope = await self._query(request, resource)
        try:
            return document(await self.traffic_log.query(query, scope))
        except KqlSyntaxError as error:
            raise _bad_argument("The query could not be parsed.", "SyntaxError", str(error)) from error
        except NoTableError as error:
            raise _no_table(str(error)) from error
        except KqlUnsupportedError as error:
            message = f"KQL construct not emulated: {error.construct}"
            raise _error(web.HTTPNotImplemented, "NotEmulated", message) from error
        except (KqlSchemaError, duckdb.Error) as error:
            if table := _unknown_table(str(error)):
                raise _error(
                    web.HTTPNotImplemented, "NotEmulated", f"The log table {table} is not emulated."
                ) from error
            raise _bad_argument("A semantic error occurred.", "SemanticError", str(error)) from error


def _unknown_table(message: str) -> str | None:
    """Return the table that the translator or the database does not know, if its name could be one of Log Analytics."""
    found = _UNKNOWN_TABLE.search(message)
    return next(filter(None, found.groups())) if found else None


def _is_command(query: str) -> bool:
    """Return whether the text is a control command (`.show`, `.set`), which Log Analytics does not accept."""
    lines = (line.strip() for line in query.splitlines())
    return next((line for line in lines if line and not line.startswith("//")), "").startswith(".")


def _halved(answer: Json) -> Json:
    """Return an answer with half of its rows, and the error of a partial answer."""
    table = answer["tables"][0]
    kept = table | {"rows": table["rows"][: len(table["rows"]) // 2]}
    error = _error_document("PartialError", "There were some errors when processing your query.")
    return {"tables": [kept], "error": error}


def _error_document(code: str, message: str) -> Json:
    return {"message": message, "code": code, "correlationId": str(uuid.uuid4())}


def _error(kind: type[web.HTTPException], code: str, message: str, **more: Json) -> web.HTTPException:
    """Return a response with Azure's error body."""
    body = json.dumps({"error": _error_document(code, message) | more})
    return kind(text=body, content_type="application/json")


def _no_table(name: str) -> web.HTTPException:
    """Return Azure's 400 for a table that has no row so far."""
    unresolved = f"'where' operator: Failed to resolve table or column expression named '{name}'"
    inner = {"code": "SEM0100", "message": unresolved}
    semantic = {"code": "SemanticError", "message": "A semantic error occurred.", "innererror": inner}
    message = "The request had some invalid properties"
    return _error(web.HTTPBadRequest, "BadArgumentError", message, innererror=semantic)


def _bad_argument(message: str, inner_code: str, detail: str) -> web.HTTPException:
    """Return Azure's 400 with the cause as its inner error."""
    inner = {"code": inner_code, "message": detail}
    return _error(web.HTTPBadRequest, "BadArgumentError", message, innererror=inner)
