"""Telemetry from the traffic log: exact counts or no answer, and nothing a caller sends reaches the query unchecked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from azure.monitor.query import LogsQueryClient

from shared.adapters.log_analytics import LogAnalytics
from shared.adapters.logs import RequestLog
from shared.core.observation import DeploymentMinute
from shared.core.telemetry import Window
from shared.errors import Misconfigured, Permanent, TealError, Temporary
from tests.adapters.arm_documents import WORKSPACE
from tests.adapters.stand_in import DROPPED, TOKEN, Credential, Reply, StandIn

LOGS = "11111111-2222-3333-4444-555555555555"
HOUR = Window(datetime(2026, 11, 20, 10, 0, tzinfo=UTC), datetime(2026, 11, 20, 11, 0, tzinfo=UTC))
NAMES = ("deployment", "minute", "bucket", "total", "bad", "client_errors")
COLUMNS = [(name, {"deployment": "string", "minute": "datetime"}.get(name, "long")) for name in NAMES]


@pytest.fixture
def traffic() -> RequestLog:
    """Return the adapter with its client, built as for the app."""
    client = LogsQueryClient(Credential(), retry_total=1, retry_status=0)
    return RequestLog(LogAnalytics(client, LOGS, WORKSPACE))


def answered(*rows: list[Any], problem: dict[str, str] | None = None) -> Reply:
    """Return Log Analytics' answer with these rows, and with an error if they are not all."""
    columns = [{"name": name, "type": kind} for name, kind in COLUMNS]
    body: dict[str, Any] = {"tables": [{"name": "PrimaryResult", "columns": columns, "rows": list(rows)}]}
    return Reply(200, body | ({"error": problem} if problem else {}))


def test_rows_become_minutes_oldest_first(traffic: RequestLog, azure: StandIn) -> None:
    """One entry per deployment and minute that had requests."""
    azure.answer(
        answered(
            ["churn-7", "2026-11-20T10:01:00Z", -1, 7, 1, 2],
            ["churn-7", "2026-11-20T10:00:00Z", -1, 5, 0, 0],
            ["churn-6", "2026-11-20T10:01:00Z", -1, 90, 0, 0],
        )
    )
    first, second = HOUR.since, HOUR.since + timedelta(minutes=1)
    assert traffic.minutes("churn", HOUR, None) == (
        DeploymentMinute("churn-7", first, 5, 0),
        DeploymentMinute("churn-6", second, 90, 0),
        DeploymentMinute("churn-7", second, 7, 1, client_errors=2),
    )


def test_no_requests_is_an_answer(traffic: RequestLog, azure: StandIn) -> None:
    """A quiet endpoint has no minutes, which is not a fault."""
    azure.answer(answered())
    assert traffic.minutes("churn", HOUR, None) == ()


def test_the_query_is_bound_to_workspace_endpoint_and_window(traffic: RequestLog, azure: StandIn) -> None:
    """Rows of other endpoints, workspaces and times are left out, in whatever zone the window was given."""
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


@pytest.mark.parametrize(
    "name", ["", "a' or 1 == 1 //", "churn\n| take 1", "churn'", "-churn", "churn-", "7", "a" * 33, "chürn", "a/b"]
)
def test_a_name_that_no_endpoint_can_have_is_never_asked_for(traffic: RequestLog, azure: StandIn, name: str) -> None:
    """What a caller sends does not reach the query."""
    with pytest.raises(Permanent, match="not a valid name"):
        traffic.minutes(name, HOUR, None)
    assert azure.asked == []


@pytest.mark.parametrize("workspace", ["", "churn-ws", "/subscriptions/x' | take 1 //", "/a/b\n"])
def test_a_workspace_that_is_no_arm_id_stops_the_start(workspace: str) -> None:
    """Settings are checked before they stand in a query."""
    with LogsQueryClient(Credential()) as client, pytest.raises(Misconfigured):
        LogAnalytics(client, LOGS, workspace)


@pytest.mark.parametrize(
    "fault",
    [
        (
            answered(
                ["churn-7", "2026-11-20T10:01:00Z", -1, 7, 1, 2], problem={"code": "PartialError", "message": "too big"}
            ),
            Temporary,
            "partial answer only: PartialError",
        ),
        (answered(["churn-7", "2026-11-20T10:01:00Z", -1, None, 1, 0]), Temporary, "cannot be read"),
        (answered(["churn-7", None, -1, 7, 1, 0]), Temporary, "cannot be read"),
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
def test_without_a_whole_answer_there_is_none(
    traffic: RequestLog, azure: StandIn, fault: tuple[Reply, type[TealError], str]
) -> None:
    """Missing evidence is never taken for good news; at once, whatever Retry-After asks, and without the token."""
    reply, kind, words = fault
    azure.answer(reply)
    with pytest.raises(TealError) as caught:
        traffic.minutes("churn", HOUR, None)
    assert type(caught.value) is kind
    assert words in str(caught.value)
    assert TOKEN not in str(caught.value)
