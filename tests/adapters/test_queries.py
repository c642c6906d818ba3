"""A user's query: run unchanged, given its parameters, and accepted only if it returns valid counts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from azure.monitor.query import LogsQueryClient

from shared.adapters.log_analytics import LogAnalytics
from shared.adapters.queries import UserQueries, tallies
from shared.core.observation import DeploymentMinute, Tally
from shared.core.telemetry import Tallies, TelemetryQuery
from shared.errors import Permanent, TealError, Temporary
from shared.ports import Fetch
from tests.adapters.arm_documents import WORKSPACE
from tests.adapters.stand_in import Credential, Reply, StandIn
from tests.adapters.written_log import HOUR, LOGS, START, WrittenLog, written_log

MINUTE = timedelta(minutes=1)
KINDS = {"deployment": "string", "minute": "datetime", "bad": "long", "total": "long"}

# A typical user's query: a comment, its own `let`, the given parameters, and an extra column.
SLOW = """
// Answers that took half a second or longer.
let longest = 500;
AmlOnlineEndpointTrafficLog
| where EndpointName =~ teal_endpoint and TimeGenerated >= teal_since and TimeGenerated < teal_until
| where tolower(_ResourceId) startswith teal_workspace
| summarize bad = countif(toreal(TotalDurationMs) >= longest), total = count(), slowest = max(TotalDurationMs)
    by deployment = DeploymentName, minute = bin(TimeGenerated, 1m)
"""
LOG = "AmlOnlineEndpointTrafficLog"
BY_MINUTE = "by deployment = DeploymentName, minute = bin(TimeGenerated, 1m)"


@pytest.fixture
def log() -> Iterator[WrittenLog]:
    """Return an empty log."""
    with written_log() as made:
        yield made


@pytest.fixture
def analytics() -> Iterator[LogAnalytics]:
    """Return the workspace's Log Analytics, connected as in the app."""
    with LogsQueryClient(Credential(), retry_total=1, retry_status=0) as client:
        yield LogAnalytics(client, LOGS, WORKSPACE)


def answered(*rows: list[Any], **kinds: str) -> Reply:
    """Return a Log Analytics reply with these rows; kinds: column types that differ, empty to omit the column."""
    columns = [{"name": name, "type": kind} for name, kind in (KINDS | kinds).items() if kind]
    return Reply(200, {"tables": [{"name": "PrimaryResult", "columns": columns, "rows": list(rows)}]})


def test_a_query_returns_its_counts(log: WrittenLog) -> None:
    """It runs unchanged, for this endpoint and window; deployments are in lower case, the oldest minute first."""
    for seconds, milliseconds in ((1, 499), (2, 500), (61, 800), (-1, 900), (3600, 900)):
        log.write("Churn-7", seconds, 200, milliseconds)
    log.write("churn-6", 62, 200)
    log.write("fraud-1", 3, 200, 900, endpoint="fraud")
    assert tallies(log.analytics, "CHURN", HOUR, SLOW) == {
        (START, "churn-7"): Tally(1, 2),
        (START + MINUTE, "churn-6"): Tally(0, 1),
        (START + MINUTE, "churn-7"): Tally(1, 1),
    }


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"{LOG} | summarize bad = countif(ResponseCode == 404), total = count() {BY_MINUTE};", id="plain"),
        pytest.param(
            f"let rows = {LOG} | where EndpointName =~ teal_endpoint;"
            f" rows | summarize bad = countif(ResponseCode == 404), total = count() {BY_MINUTE}",
            id="let: a table",
        ),
        pytest.param(
            "let refused = (code: int) { code >= 400 and code < 500 };"
            f" {LOG} | summarize bad = countif(refused(ResponseCode)), total = count() {BY_MINUTE}",
            id="let: a function",
        ),
        pytest.param(
            f"let codes = dynamic([404, 424]); {LOG} | where TimeGenerated between (teal_since .. teal_until)"
            f" | summarize bad = countif(ResponseCode in (codes)), total = count() {BY_MINUTE}",
            id="let: a list",
        ),
        pytest.param(
            f"let usual = toscalar({LOG} | summarize avg(toreal(TotalDurationMs)));"
            f" {LOG} | summarize bad = countif(TotalDurationMs > 2 * usual), total = count() {BY_MINUTE}",
            id="let: a scalar from a query",
        ),
        pytest.param(
            f"{LOG} | summarize wrong = sum(iff(ResponseCode >= 400, 1, 0)), n = count() by DeploymentName,"
            " bin(TimeGenerated, 1m)"
            " | project deployment = DeploymentName, minute = TimeGenerated, bad = wrong, total = n",
            id="renamed at the end",
        ),
    ],
)
def test_queries_as_users_write_them(log: WrittenLog, text: str) -> None:
    """In every form, the same three requests give the same counts: one bad of two, then none of one."""
    for seconds, code, milliseconds in ((1, 200, 10), (2, 404, 100), (61, 200, 10)):
        log.write("churn-7", seconds, code, milliseconds)
    assert tallies(log.analytics, "churn", HOUR, text) == {
        (START, "churn-7"): Tally(1, 2),
        (START + MINUTE, "churn-7"): Tally(0, 1),
    }


def test_a_query_sees_only_its_window_even_without_a_filter(log: WrittenLog) -> None:
    """A query that does not filter by time still gets no rows from other hours."""
    for seconds in (-1, 0, 3600):
        log.write("churn-7", seconds, 200)
    careless = f"{LOG} | summarize bad = countif(false), total = count() {BY_MINUTE}"
    assert tallies(log.analytics, "churn", HOUR, careless) == {(START, "churn-7"): Tally(0, 1)}


def test_rows_for_one_minute_are_added_up(analytics: LogAnalytics, azure: StandIn) -> None:
    """A query may group by more columns, and names may differ in case; rows without requests are dropped."""
    azure.answer(
        answered(["churn-7", "2026-11-20T10:00:00Z", 1, 5], ["Churn-7", "2026-11-20T10:00:00Z", 2, 10]), answered()
    )
    assert tallies(analytics, "churn", HOUR, "T") == {(START, "churn-7"): Tally(3, 15)}
    assert tallies(analytics, "churn", HOUR, "T") == {}


def test_requests_that_reached_no_deployment_are_ignored(analytics: LogAnalytics, azure: StandIn) -> None:
    """Requests with a wrong key, for example, must not invalidate the result."""
    azure.answer(
        answered(["", "2026-11-20T10:00:00Z", 1, 1], [None, None, 1, 1], ["churn-7", "2026-11-20T10:00:00Z", 0, 2])
    )
    assert tallies(analytics, "churn", HOUR, "T") == {(START, "churn-7"): Tally(0, 2)}


def test_the_query_gets_its_parameters(analytics: LogAnalytics, azure: StandIn) -> None:
    """Endpoint, window and workspace precede the text, which is sent unchanged."""
    azure.answer(answered())
    text = "// $endpoint {endpoint} %s\nT | where x == '\\'; let teal_endpoint = 1'"
    tallies(analytics, "churn", HOUR, text)
    assert azure.asked[0].body["query"] == (
        "let teal_endpoint = 'churn';\n"
        "let teal_since = datetime(2026-11-20T10:00:00.000000Z);\n"
        "let teal_until = datetime(2026-11-20T11:00:00.000000Z);\n"
        f"let teal_workspace = '{WORKSPACE.lower()}';\n" + text
    )
    assert azure.asked[0].body["timespan"] == "2026-11-20T10:00:00.000Z/2026-11-20T11:00:00.000Z"


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (answered(minute=""), "lacks minute (bin(TimeGenerated, 1m), a datetime)"),
        (answered(bad="", total=""), "returns deployment, minute; it lacks bad (a whole number from 0"),
        (answered([7, "2026-11-20T10:00:00Z", 0, 1]), "deployment = 7; it must be its name"),
        (answered(["churn-7", "10:00", 0, 1], minute="string"), "minute = '10:00'; it must be bin(TimeGenerated, 1m)"),
        (answered(["churn-7", None, 0, 1]), "minute = None"),
        (answered(["churn-7", "2026-11-20T10:00:07Z", 0, 1]), "10:00:07+00:00, which is not a whole minute"),
        (answered(["churn-7", "2026-11-20T09:59:00Z", 0, 1]), "09:59:00+00:00, outside teal_since"),
        (answered(["churn-7", "2026-11-20T11:00:00Z", 0, 1]), "11:00:00+00:00, outside teal_since"),
        (answered(["churn-7", "2026-11-20T10:00:00Z", 2, 1]), "bad = 2 of total = 1"),
        (answered(["churn-7", "2026-11-20T10:00:00Z", -1, 1]), "bad = -1; it must be a whole number from 0"),
        (answered(["churn-7", "2026-11-20T10:00:00Z", 0, 1.5], total="real"), "total = 1.5"),
        (answered(["churn-7", "2026-11-20T10:00:00Z", None, 1]), "bad = None"),
        (answered(["churn-7", "2026-11-20T10:00:00Z", True, 1], bad="bool"), "bad = True"),
        (answered(["churn-7", "2026-11-20T10:00:00Z", "0", 1], bad="decimal"), "bad = '0'"),
        (
            Reply(200, {"tables": [{"name": "A", "columns": [], "rows": []}] * 2}),
            "returns 2 tables; it must return one",
        ),
        (
            Reply(400, {"error": {"code": "BadArgumentError", "message": "no table named Sales"}}),
            "no table named Sales",
        ),
    ],
)
def test_an_invalid_query_is_a_permanent_error(
    analytics: LogAnalytics, azure: StandIn, reply: Reply, words: str
) -> None:
    """The message names the problem and the remedy; a retry would not help."""
    azure.answer(reply)
    with pytest.raises(Permanent) as caught:
        tallies(analytics, "churn", HOUR, "T")
    assert words in str(caught.value)


def test_a_wrong_value_is_quoted_without_a_part_of_a_secret(analytics: LogAnalytics, azure: StandIn) -> None:
    """A user's query may return anything, and a key without its end is no longer recognized as one."""
    key = "AKIA" + "ZYXWVU98765TSRQP"
    azure.answer(answered(["churn-7", "2026-11-20T10:00:00Z", f"{'x' * 65} {key}", 1], bad="string"))
    with pytest.raises(Permanent, match="returns bad = 'xxx") as caught:
        tallies(analytics, "churn", HOUR, "T")
    assert "AKIA" not in str(caught.value)


def test_a_partial_answer_is_an_error(analytics: LogAnalytics, azure: StandIn) -> None:
    """Missing counts would look as if nothing bad had happened."""
    whole = answered(["churn-7", "2026-11-20T10:00:00Z", 0, 1]).body
    assert isinstance(whole, dict)
    azure.answer(Reply(200, whole | {"error": {"code": "PartialError", "message": "too big"}}))
    with pytest.raises(TealError, match="partial answer only") as caught:
        tallies(analytics, "churn", HOUR, "T")
    assert type(caught.value) is Temporary


def test_an_invalid_endpoint_name_is_never_queried(analytics: LogAnalytics, azure: StandIn) -> None:
    """A caller's input does not reach the query."""
    with pytest.raises(Permanent, match="not a valid name"):
        tallies(analytics, "churn'; T //", HOUR, "T")
    assert azure.asked == []


def test_counts_are_returned_under_the_gate_s_name(analytics: LogAnalytics, azure: StandIn) -> None:
    """The query is looked up by its path in the policy on every read; a missing file raises the usual error."""
    azure.answer(answered(["churn-7", "2026-11-20T10:00:00Z", 1, 4]))
    texts = {"gates/slow.kql": "T"}

    def text(path: str) -> str:
        if path not in texts:
            raise Permanent(f"no query {path}")
        return texts[path]

    source, fetch = UserQueries(analytics, text), Fetch("churn", TelemetryQuery(HOUR))
    assert source.read(fetch, [Tallies("slow", "gates/slow.kql")]) == [
        DeploymentMinute("churn-7", START, 0, 0, tallies={"slow": Tally(1, 4)})
    ]
    with pytest.raises(Permanent, match="no query gates/gone"):
        source.read(fetch, [Tallies("gone", "gates/gone.kql")])
