"""What requests were answered, from the traffic log in Log Analytics. The one query is in `minutes.kql`.

Whatever is put into the query is checked or made here: a name that no endpoint can have is never asked for. It must
never take a partial answer for the whole, since rows that are missing look like requests that did not fail.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from string import Template
from typing import Any

from azure.monitor.query import LogsQueryClient, LogsQueryPartialResult, LogsTable

from shared.adapters.faults import azure_faults
from shared.core.observation import DeploymentMinute
from shared.core.questions import Window
from shared.errors import Misconfigured, Permanent, Temporary

SERVER_SECONDS = 25  # how long the service may compute; below what we wait for its answer
_ENDPOINT = re.compile(r"[a-zA-Z](?:[-a-zA-Z0-9]{0,30}[a-zA-Z0-9])?")
# What an ARM id is made of; above all no quote and no backslash, which would end the query's string.
_WORKSPACE = re.compile(r"(?:/[\w.()-]+)+")


class LogTelemetry:
    """The port Telemetry. logs_workspace: the Log Analytics customer id; workspace_id: the Azure ML one's ARM id."""

    def __init__(self, client: LogsQueryClient, logs_workspace: str, workspace_id: str) -> None:
        if not _WORKSPACE.fullmatch(workspace_id):
            raise Misconfigured(f"{workspace_id!r} is no ARM id: check subscription, resource group and workspace")
        self._client = client
        self._logs_workspace = logs_workspace
        self._workspace_id = workspace_id

    def minutes(self, endpoint: str, window: Window) -> tuple[DeploymentMinute, ...]:
        """Return every deployment and minute of the window that has requests, oldest first.

        Raises Temporary when the answer is missing or partial, Permanent for a name that no endpoint can have.
        """
        if not _ENDPOINT.fullmatch(endpoint):
            raise Permanent(f"{endpoint!r} is no name of an online endpoint")
        query = _query().substitute(
            endpoint=endpoint,
            workspace=self._workspace_id.lower(),
            since=_literal(window.since),
            until=_literal(window.until),
        )
        rows = (row for table in self._tables(query, window, endpoint) for row in _rows(table))
        return tuple(sorted((_minute(row) for row in rows), key=lambda minute: (minute.minute, minute.deployment)))

    def _tables(self, query: str, window: Window, endpoint: str) -> Iterable[LogsTable]:
        span = (window.since.astimezone(UTC), window.until.astimezone(UTC))
        with azure_faults(f"query the traffic log of {endpoint}"):
            result = self._client.query_workspace(
                self._logs_workspace, query, timespan=span, server_timeout=SERVER_SECONDS
            )
        if isinstance(result, LogsQueryPartialResult):
            problem = result.partial_error
            words = f"{problem.code} {problem.message}" if problem else "no reason given"
            raise Temporary(f"the traffic log of {endpoint} gave a partial answer only: {words}")
        if not result.tables:
            raise Temporary(f"the traffic log of {endpoint} gave an answer without a table")
        return result.tables


@cache
def _query() -> Template:
    return Template(files("shared.adapters").joinpath("minutes.kql").read_text(encoding="utf-8"))


def _literal(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"


def _rows(table: LogsTable) -> Iterable[dict[str, Any]]:
    return (dict(zip(table.columns, row, strict=True)) for row in table.rows)


def _minute(row: dict[str, Any]) -> DeploymentMinute:
    try:
        moment: datetime = row["minute"].astimezone(UTC)
        return DeploymentMinute(str(row["deployment"]), moment, int(row["total"]), int(row["bad"]))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise Temporary(f"a row of the traffic log cannot be read: {error!r}") from error
