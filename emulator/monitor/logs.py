"""Log Analytics' query API over the traffic log, as `azure.monitor.query.LogsQueryClient` calls it.

POST `/v1/workspaces/{workspace id}/query` and `/v1{resource id}/query`, body `{query, timespan}`. KQL that `duckdb-kql`
does not support is answered with a 501 that names it, never with a guess.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import assert_never

import duckdb
from aiohttp import web
from duckdb_kql import KqlSchemaError, KqlSyntaxError, KqlUnsupportedError

from emulator.identity.audiences import LOG_ANALYTICS
from emulator.identity.tokens import bearer_token
from emulator.monitor import log_errors
from emulator.monitor.faults import QueryFaults
from emulator.monitor.log_document import document
from emulator.monitor.log_store import Scope, unknown_table
from emulator.monitor.timespan import interval
from emulator.monitor.traffic_log import NoTableError, TrafficLog
from emulator.resources import Json

_UNKNOWN_COLUMN = re.compile(r'Referenced column "(\w+)" not found')


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
            raise log_errors.error(web.HTTPNotFound, "WorkspaceNotFoundError", "The workspace could not be found.")
        return await self._answer(request, None)

    async def query_resource(self, request: web.Request) -> web.Response:
        """Answer a query over the rows of one resource: a workspace of Log Analytics or Azure ML, or a part of one."""
        self._check_token(request)
        resource = f"/{request.match_info['resource']}"
        whole = "/microsoft.operationalinsights/workspaces/" in resource.lower()
        return await self._answer(request, None if whole else resource)

    async def not_emulated(self, request: web.Request) -> web.Response:
        """Raise 501 for anything else, such as a batch of queries or the metadata."""
        raise log_errors.error(
            web.HTTPNotImplemented, "NotEmulated", f"{request.method} {request.path} is not emulated."
        )

    def _check_token(self, request: web.Request) -> None:
        """Raise 401 if there is no valid bearer token."""
        token = bearer_token(request.headers.get("Authorization"))
        if not token or not self.accepts(token):
            message = f"A valid bearer token for {LOG_ANALYTICS} is required."
            raise log_errors.error(web.HTTPUnauthorized, "InvalidTokenError", message)

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
                error = log_errors.error(
                    web.HTTPTooManyRequests, "ThrottledError", "Too many requests; try again later."
                )
                error.headers["Retry-After"] = str(self.faults.retry_after)
                raise error
            case "failure":
                raise log_errors.error(
                    web.HTTPInternalServerError, "InternalServerError", "The query failed in the service."
                )
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
            raise log_errors.bad_argument("InvalidProperty", str(error)) from error
        if not isinstance(query, str) or not query.strip():
            raise log_errors.bad_argument("InvalidProperty", "query is empty")
        if _is_command(query):
            raise log_errors.bad_argument("SyntaxError", "control commands are not queries")
        return query, Scope(now, start, end, resource)

    async def _run(self, request: web.Request, resource: str | None) -> Json:
        """Return the body of the answer. Raises 400 for an invalid query and 501 for one that is not emulated."""
        query, scope = await self._query(request, resource)
        try:
            return document(await self.traffic_log.query(query, scope))
        except KqlSyntaxError as error:
            raise log_errors.syntax_error(error) from error
        except NoTableError as error:
            raise log_errors.unknown_table(query, str(error)) from error
        except KqlUnsupportedError as error:
            raise _not_emulated(f"KQL construct not emulated: {error.construct}") from error
        except (KqlSchemaError, duckdb.Error) as error:
            raise _invalid(error) from error


def _invalid(error: Exception) -> web.HTTPException:
    """Return the answer to a query that names what does not exist, or combines incompatible values."""
    if table := unknown_table(error):
        return _not_emulated(f"The log table {table} is not emulated.")
    if column := _UNKNOWN_COLUMN.search(str(error)):
        return log_errors.unknown_column(column[1])
    return log_errors.bad_argument("SemanticError", str(error))


def _not_emulated(message: str) -> web.HTTPException:
    return log_errors.error(web.HTTPNotImplemented, "NotEmulated", message)


def _is_command(query: str) -> bool:
    """Return whether the text is a control command (`.show`, `.set`), which Log Analytics does not accept."""
    lines = (line.strip() for line in query.splitlines())
    return next((line for line in lines if line and not line.startswith("//")), "").startswith(".")


def _halved(answer: Json) -> Json:
    """Return an answer with half of its rows, and the error of a partial answer."""
    table = answer["tables"][0]
    kept = table | {"rows": table["rows"][: len(table["rows"]) // 2]}
    error = log_errors.error_document("PartialError", "There were some errors when processing your query.")
    return {"tables": [kept], "error": error}
