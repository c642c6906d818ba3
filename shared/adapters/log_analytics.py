"""One Log Analytics workspace, reduced to what Teal needs: a query over a window, answered completely or not at all.

Partial answers are rejected, because missing rows look like requests that did not fail. Names are validated before they
are put into a query.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime

from azure.core.exceptions import HttpResponseError
from azure.monitor.query import LogsQueryClient, LogsQueryPartialResult, LogsTable

from shared.adapters.faults import azure_faults
from shared.core.telemetry import Window
from shared.errors import Misconfigured, NotYet, Permanent, Temporary

SERVER_SECONDS = 25  # the service's time limit for a query; shorter than our read timeout
_ENDPOINT = re.compile(r"[a-zA-Z](?:[-a-zA-Z0-9]{0,30}[a-zA-Z0-9])?")
# The characters of an ARM id; no quote or backslash, which could end the string in the query.
_WORKSPACE = re.compile(r"(?:/[\w.()-]+)+")


class LogAnalytics:
    """Log Analytics, queried about one Azure ML workspace.

    logs_workspace: the Log Analytics customer id. workspace_id: the ARM id of the Azure ML workspace.
    """

    def __init__(self, client: LogsQueryClient, logs_workspace: str, workspace_id: str) -> None:
        if not _WORKSPACE.fullmatch(workspace_id):
            raise Misconfigured(
                f"{workspace_id!r} is not a valid ARM id: check subscription, resource group and workspace"
            )
        self._client = client
        self._logs_workspace = logs_workspace
        self.workspace_id = workspace_id.lower()

    def tables(self, query: str, window: Window, source: str) -> Sequence[LogsTable]:
        """Return the query's result for the window; `source` is its name in messages.

        Raises Temporary if the answer is missing or partial, Permanent if the query is rejected.
        """
        span = (window.since.astimezone(UTC), window.until.astimezone(UTC))
        with azure_faults(f"get an answer from {source}"):
            try:
                result = self._client.query_workspace(
                    self._logs_workspace, query, timespan=span, server_timeout=SERVER_SECONDS
                )
            except HttpResponseError as error:
                if _no_table(error):
                    raise NotYet(f"{source} does not exist yet: no row has reached its table") from error
                raise
        if isinstance(result, LogsQueryPartialResult):
            problem = result.partial_error
            words = f"{problem.code} {problem.message}" if problem else "no reason given"
            raise Temporary(f"{source} gave a partial answer only: {words}")
        if not result.tables:
            raise Temporary(f"{source} gave an answer without a table")
        return result.tables


def _no_table(error: HttpResponseError) -> bool:
    """Return whether a table is unknown to the service, as before its first row: SEM0100, deep in the inner errors.

    An unknown column has the same code, but a different text.
    """
    inner = dict(getattr(error.error, "innererror", None) or {})
    while inner:
        words = str(inner.get("message") or "").lower()
        if inner.get("code") == "SEM0100" or "sem0100" in words:
            return "resolve table" in words
        inner = dict(inner.get("innererror") or {})
    return False


def endpoint_name(endpoint: str) -> str:
    """Return the name unchanged. Raises Permanent for an invalid endpoint name."""
    if not _ENDPOINT.fullmatch(endpoint):
        raise Permanent(f"{endpoint!r} is not a valid name of an online endpoint")
    return endpoint


def moment(time: datetime) -> str:
    """Return the argument for KQL's `datetime(...)`."""
    return f"{time.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
