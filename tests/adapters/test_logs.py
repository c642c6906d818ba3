"""Telemetry from the traffic log: exact counts or an error, and no unchecked input in the query."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from azure.monitor.query import LogsQueryClient

from shared.adapters.clients import READ_SECONDS
from shared.adapters.log_analytics import LogAnalytics
from shared.adapters.logs import RequestLog
from shared.core.observation import DeploymentMinute
from shared.core.telemetry import Window
from shared.errors import Misconfigured, NotYet, Permanent, TealError, Temporary
from tests.adapters.arm_documents import WORKSPACE
from tests.adapters.stand_in import DROPPED, TOKEN, Credential, Reply, StandIn

LOGS = "11111111-2222-3333-4444-555555555555"
HOUR = Window(datetime(2026, 11, 20, 10, 0, tzinfo=UTC), datetime(2026, 11, 20, 11, 0, tzinfo=UTC))
NAMES = ("deployment", "minute", "bucket", "total", "bad", "client_errors", "overloaded", "addressed")
COLUMNS = [(name, {"deployment": "string", "minute": "datetime"}.get(name, "long")) for name in NAMES]


@pytest.fixture
def traffic() -> RequestLog:
    """Return the adapter with its client, built as for the app."""
    client = LogsQueryClient(Credential(), retry_total=1, retry_status=0)
    return RequestLog(LogAnalytics(client, LOGS, WORKSPACE))


def answered(*rows: list[Any], problem: dict[str, str] | None = None) -> Reply:
    """Return a Log Analytics reply with these rows, and with an error if it is partial."""
    columns = [{"name": name, "type": kind} for name, kind in COLUMNS]
    body: dict[str, Any] = {"tables": [{"name": "PrimaryResult", "columns": columns, "rows": list(rows)}]}
    return Reply(200, body | ({"error": problem} if problem else {}))


def test_rows_become_minutes_oldest_first(traffic: RequestLog, azure: StandIn) -> None:
    """There is one row per deployment and minute with requests."""
    azure.answer(
        answered(
            ["churn-7", "2026-11-20T10:01:00Z", -1, 7, 1, 2, 1, 3],
            ["churn-7", "2026-11-20T10:00:00Z", -1, 5, 0, 0, 0, 0],
            ["churn-6", "2026-11-20T10:01:00Z", -1, 90, 0, 0, 0, 0],
        )
    )
    first, second = HOUR.since, HOUR.since + timedelta(minutes=1)
    assert traffic.minutes("churn", HOUR, None) == (
        DeploymentMinute("churn-7", first, 5, 0),
        DeploymentMinute("churn-6", second, 90, 0),
        DeploymentMinute("churn-7", second, 7, 1, client_errors=2, overloaded=1, addressed=3),
    )


def test_no_requests_is_not_an_error(traffic: RequestLog, azure: StandIn) -> None:
    """A quiet endpoint has no minutes."""
    azure.answer(answered())
    assert traffic.minutes("churn", HOUR, None) == ()


def test_the_query_is_limited_to_workspace_endpoint_and_window(traffic: RequestLog, azure: StandIn) -> None:
    """Rows of other endpoints, workspaces and times are excluded, whatever the window's time zone."""
    azure.answer(answered())
    berlin = timezone(timedelta(hours=1))
    traffic.minutes("Churn", Window(HOUR.since.astimezone(berlin), HOUR.until.astimezone(berlin)), None)
    asked = azure.asked[0]
    assert asked.url == f"https://api.loganalytics.io/v1/workspaces/{LOGS}/query"
    assert "EndpointName =~ 'Churn'" in asked.body["query"]
    assert f"startswith '{WORKSPACE.lower()}/'" in asked.body["query"]
    assert "datetime(2026-11-20T10:00:00.000000Z)" in asked.body["query"]
    assert "datetime(2026-11-20T11:00:00.000000Z)" in asked.body["query"]
    assert "$" not in asked.body["query"]
    assert asked.body["timespan"] == "2026-11-20T10:00:00.000Z/2026-11-20T11:00:00.000Z"


def test_a_query_that_takes_too_long_is_ended_by_the_service(traffic: RequestLog, azure: StandIn) -> None:
    """Before the client's own time is up: it would only lose the answer, and the service would go on."""
    azure.answer(answered())
    traffic.minutes("churn", HOUR, None)
    assert azure.asked[0].headers["prefer"] == "wait=25"
    assert READ_SECONDS > 25


@pytest.mark.parametrize(
    "name", ["", "a' or 1 == 1 //", "churn\n| take 1", "churn'", "-churn", "churn-", "7", "a" * 33, "chürn", "a/b"]
)
def test_an_invalid_endpoint_name_is_never_queried(traffic: RequestLog, azure: StandIn, name: str) -> None:
    """A caller's input does not reach the query."""
    with pytest.raises(Permanent, match="not a valid name"):
        traffic.minutes(name, HOUR, None)
    assert azure.asked == []


@pytest.mark.parametrize("workspace", ["", "churn-ws", "/subscriptions/x' | take 1 //", "/a/b\n"])
def test_an_invalid_workspace_id_fails_at_startup(workspace: str) -> None:
    """Settings are validated before they are used in a query."""
    with LogsQueryClient(Credential()) as client, pytest.raises(Misconfigured):
        LogAnalytics(client, LOGS, workspace)


@pytest.mark.parametrize(
    "fault",
    [
        (
            answered(
                ["churn-7", "2026-11-20T10:01:00Z", -1, 7, 1, 2, 1, 3],
                problem={"code": "PartialError", "message": "too big"},
            ),
            Temporary,
            "partial answer only: PartialError",
        ),
        (answered(["churn-7", "2026-11-20T10:01:00Z", -1, None, 1, 0, 0, 0]), Temporary, "cannot be read"),
        (answered(["churn-7", None, -1, 7, 1, 0, 0, 0]), Temporary, "cannot be read"),
        (Reply(200, "<html>"), Temporary, "cannot"),
        (Reply(200, {}), Temporary, "without a table"),
        (
            Reply(429, {"error": {"code": "ThrottledError", "message": "wait"}}, {"Retry-After": "900"}),
            Temporary,
            "429",
        ),
        (Reply(504, {"error": {"code": "GatewayTimeout", "message": "timed out"}}), Temporary, "GatewayTimeout"),
        (DROPPED, Temporary, "cannot"),
        (Reply(403, {"error": {"code": "InsufficientAccessError", "message": "no"}}), Permanent, "InsufficientAccess"),
        (
            Reply(
                400,
                {
                    "error": {
                        "code": "BadArgumentError",
                        "message": "invalid",
                        "innererror": {"code": "SemanticError", "message": "no table AmlOnlineEndpointTrafficLog"},
                    }
                },
            ),
            Permanent,
            "no table AmlOnlineEndpointTrafficLog",
        ),
    ],
)
def test_an_incomplete_answer_is_an_error(
    traffic: RequestLog, azure: StandIn, fault: tuple[Reply, type[TealError], str]
) -> None:
    """The error is raised immediately, regardless of Retry-After, and does not contain the token."""
    reply, kind, words = fault
    azure.answer(reply)
    with pytest.raises(TealError) as caught:
        traffic.minutes("churn", HOUR, None)
    assert type(caught.value) is kind
    assert words in str(caught.value)
    assert TOKEN not in str(caught.value)


def not_resolved(what: str) -> Reply:
    """Return Log Analytics' answer to a query that names something unknown."""
    inner: dict[str, Any] = {"code": "SEM0100", "message": f"'where' operator: Failed to resolve {what}"}
    inner = {"code": "SemanticError", "message": "A semantic error occurred.", "innererror": inner}
    error = {"code": "BadArgumentError", "message": "The request had some invalid properties", "innererror": inner}
    return Reply(400, {"error": error})


def test_a_table_without_any_row_so_far_is_not_an_error_of_the_query(traffic: RequestLog, azure: StandIn) -> None:
    """On a new workspace the table does not exist before its first row, which is not a permanent problem."""
    azure.answer(not_resolved("table or column expression named 'AmlOnlineEndpointTrafficLog'"))
    with pytest.raises(NotYet):
        traffic.minutes("churn", HOUR, None)


def test_an_unknown_column_is_an_error_of_the_query(traffic: RequestLog, azure: StandIn) -> None:
    """It has the same code, but a retry would never help."""
    azure.answer(not_resolved("scalar expression named 'Foo'"))
    with pytest.raises(Permanent):
        traffic.minutes("churn", HOUR, None)
