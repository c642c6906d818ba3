"""Log Analytics over the traffic log, queried with the real LogsQueryClient: what it answers, and what it refuses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError
from azure.monitor.query import LogsQueryClient, LogsQueryPartialResult, LogsQueryResult, LogsQueryStatus

from emulator.clock import VirtualClock
from emulator.monitor.faults import QueryFaults
from emulator.monitor.log_store import LogStore, Scope
from emulator.monitor.log_tables import TRAFFIC_COLUMNS
from emulator.monitor.logs import logs_application
from emulator.monitor.timespan import interval
from emulator.monitor.traffic_log import LogOptions, TrafficLog
from tests.emulator.credential import FixedCredential
from tests.emulator.loop import Loop, serve
from tests.emulator.traffic import traffic_entry

WORKSPACE = "6f0c7a52-64f9-4c5b-9a2e-6a1b2c3d4e5f"
RESOURCE = "/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w"
LAG = 300.0
SPEED = 3000.0
ANY_TIME = None

# 20 requests, ten for each deployment: the first answers eight with a 200, the second five; they take 10 to 100 ms.
CODES = {"diabetes-1": [200] * 8 + [424, 400], "diabetes-2": [200] * 5 + [424, 408, 500, 429, 404]}

PER_MINUTE = """
AmlOnlineEndpointTrafficLog
| where TimeGenerated >= datetime({start}) and TimeGenerated < datetime({end})
| where EndpointName == "diabetes" and DeploymentName in ("diabetes-1", "diabetes-2")
| extend code = toint(ResponseCode)
| summarize total = count(),
    errors = countif(code >= 500 or code == 424 or code == 408),
    client_errors = countif(code >= 400 and code < 500 and code !in (408, 424, 429))
    by Deployment = DeploymentName, Minute = bin(TimeGenerated, 1m)
| order by Minute asc
"""


class Workspace:
    """A log with its query service, queried through the SDK."""

    def __init__(self, loop: Loop, log: TrafficLog) -> None:
        self.loop = loop
        self.log = log
        self.faults = QueryFaults()
        application = logs_application(self.log, WORKSPACE, self.faults, lambda token: token == "a token")
        self._runner, self.url = loop.run(serve(application))
        self.client = LogsQueryClient(FixedCredential("a token"), endpoint=self.url, retry_total=0)

    def ask(self, query: str, timespan: Any = ANY_TIME, workspace: str = WORKSPACE) -> list[list[Any]]:  # noqa: ANN401  # the SDK's type
        """Return the rows of a query, which must be answered in full."""
        answer = self.client.query_workspace(workspace, query, timespan=timespan, enforce_https=False)
        assert isinstance(answer, LogsQueryResult)
        assert answer.status == LogsQueryStatus.SUCCESS
        return [list(row) for row in answer.tables[0].rows]

    def record(self, deployment: str = "diabetes-1", code: int = 200, milliseconds: int = 10) -> None:
        """Record one request."""
        times = {"total_ms": milliseconds, "response_ms": milliseconds}
        model_code = None if code in {408, 429} else code
        entry = traffic_entry("diabetes", deployment, code, model_code=model_code, user_agent="a test", **times)
        self.log.record(entry)

    def close(self) -> None:
        """Stop everything."""
        self.client.close()
        self.loop.run(self._runner.cleanup())
        self.log.close()


@pytest.fixture
def quiet(loop: Loop) -> Iterator[Workspace]:
    """Return a workspace without rows and without a lag."""
    started = Workspace(loop, TrafficLog(VirtualClock(), 0.0, LogOptions(workspace=RESOURCE, table_exists=True)))
    yield started
    started.close()


@pytest.fixture
def busy(quiet: Workspace) -> Workspace:
    """Return a workspace with the twenty requests."""
    for deployment, codes in CODES.items():
        for number, code in enumerate(codes):
            quiet.record(deployment, code, 10 * (number + 1))
    return quiet


def test_the_counts_of_each_deployment_and_minute(busy: Workspace) -> None:
    """Totals, errors and client errors match the twenty requests; minutes are aware times in UTC."""
    now = datetime.now(UTC)
    span = {"start": (now - timedelta(minutes=5)).isoformat(), "end": (now + timedelta(minutes=5)).isoformat()}
    rows = busy.ask(PER_MINUTE.format(**span))
    assert all(row[1].tzinfo is not None and row[1].second == 0 for row in rows)
    assert _sums(rows, "diabetes-1") == [10, 1, 1]
    assert _sums(rows, "diabetes-2") == [10, 3, 1]


def _sums(rows: list[list[Any]], deployment: str) -> list[int]:
    """Return the sums over the minutes; there may be two if the minute changes during the test."""
    return [sum(row[column] for row in rows if row[0] == deployment) for column in (2, 3, 4)]


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        pytest.param("| count", [[20]], id="count"),
        pytest.param("| where TimeGenerated > ago(10m) | count", [[20]], id="ago"),
        pytest.param("| where TimeGenerated between (ago(1h) .. now()) | count", [[20]], id="between"),
        pytest.param(
            "| where TimeGenerated >= datetime(2020-01-02T03:04:05.1234567Z)"
            ' and TimeGenerated < todatetime("2120-01-02T03:04:05+00:00") | count',
            [[20]],
            id="datetime literals",
        ),
        pytest.param('| where DeploymentName in~ ("DIABETES-1") | count', [[10]], id="in~"),
        pytest.param('| where DeploymentName !in ("diabetes-1") | count', [[10]], id="!in"),
        pytest.param('| where Path has "score" and UserAgent contains "TEST" | count', [[20]], id="has"),
        pytest.param("| where ResponseCode != 200 | distinct ResponseCode | count", [[6]], id="distinct"),
        pytest.param("| summarize sumif(TotalDurationMs, ResponseCode == 500)", [[80]], id="sumif"),
        pytest.param("| summarize avg(TotalDurationMs), round(stdev(TotalDurationMs), 2)", [[55.0, 29.47]], id="avg"),
        pytest.param("| top 1 by TotalDurationMs desc | project TotalDurationMs", [[100]], id="top"),
        pytest.param("| summarize round(100.0 * countif(ResponseCode >= 500) / count(), 1)", [[5.0]], id="rate"),
        pytest.param('| where tolower(DeploymentName) =~ "DIABETES-2" | count', [[10]], id="tolower"),
        pytest.param("| summarize dcount(DeploymentName)", [[2]], id="dcount"),
        pytest.param("| summarize percentile(TotalDurationMs, 90)", [[90]], id="percentile"),
        pytest.param("| summarize max(TotalDurationMs), min(TotalDurationMs)", [[100, 10]], id="max"),
        pytest.param("| summarize countif(isnull(ModelStatusCode))", [[2]], id="isnull"),
        pytest.param('| where tostring(ResponseCode) startswith "5" | count', [[1]], id="startswith"),
        pytest.param(
            '| extend sort_ = case(ResponseCode >= 500, "server", ResponseCode >= 400, "client", "good")'
            " | summarize n = count() by sort_ | order by sort_ asc",
            [["client", 6], ["good", 13], ["server", 1]],
            id="case",
        ),
        pytest.param(
            '| summarize n = count() by speed = iff(TotalDurationMs > 50, "slow", "fast") | order by speed asc',
            [["fast", 10], ["slow", 10]],
            id="iff",
        ),
        pytest.param(
            "| extend bucket = toint(floor(log(toreal(TotalDurationMs)) / log(2.0), 1))"
            " | summarize n = count() by bucket | order by bucket asc",
            [[3, 2], [4, 4], [5, 6], [6, 8]],
            id="histogram by logarithms",
        ),
        pytest.param(
            "| summarize n = count() by lower = bin(TotalDurationMs, 50) | project n, lower | order by lower asc",
            [[8, 0], [10, 50], [2, 100]],
            id="histogram by bin",
        ),
        pytest.param(
            "| extend bucket = iff(ResponseCode < 400,"
            " toint(ceiling(log(max_of(toreal(TotalDurationMs), 20.0)) / 0.5 - 1e-9)), -1)"
            " | summarize n = count() by bucket | order by bucket asc",
            [[-1, 7], [6, 4], [7, 2], [8, 4], [9, 3]],
            id="histogram by logarithm",
        ),
        pytest.param(
            "| join kind=inner (AmlOnlineEndpointTrafficLog | summarize all = count() by DeploymentName)"
            " on DeploymentName | summarize take_any(all) by DeploymentName | order by DeploymentName asc",
            [["diabetes-1", 10], ["diabetes-2", 10]],
            id="join",
        ),
    ],
)
def test_kql(busy: Workspace, query: str, rows: list[list[object]]) -> None:
    """The constructs of queries like Teal's give the same answers as Kusto."""
    assert busy.ask(f"AmlOnlineEndpointTrafficLog {query}") == rows


def test_let_names_a_value(busy: Workspace) -> None:
    """A query may start with let statements."""
    assert busy.ask("let worst = 500; AmlOnlineEndpointTrafficLog | where ResponseCode == worst | count") == [[1]]


def test_let_names_times_and_texts(busy: Workspace) -> None:
    """Let statements can pass a window and a name to a query."""
    parameters = "let since = datetime(2020-01-01T00:00:00Z);\nlet until = now();\nlet who = 'Diabetes';\n"
    condition = "TimeGenerated between (since .. until) and EndpointName =~ who"
    query = f"// a comment\nAmlOnlineEndpointTrafficLog | where {condition} | count"
    assert busy.ask(parameters + query) == [[20]]


def test_an_empty_answer_keeps_its_columns(quiet: Workspace) -> None:
    """An empty table is an answer: no traffic does not look like a failure."""
    query = "AmlOnlineEndpointTrafficLog | summarize n = count() by DeploymentName"
    answer = quiet.client.query_workspace(WORKSPACE, query, timespan=None, enforce_https=False)
    assert isinstance(answer, LogsQueryResult)
    assert (answer.tables[0].columns, answer.tables[0].rows) == (["DeploymentName", "n"], [])


def test_rows_arrive_late(loop: Loop) -> None:
    """A request can be queried after the lag in virtual time, and not before. Its row has the time of the request."""
    clock = VirtualClock(SPEED)
    workspace = Workspace(loop, TrafficLog(clock, LAG, LogOptions(table_exists=True)))
    before = clock.now()
    workspace.record()
    rows: list[list[Any]] = []
    asked = clock.now()
    while not rows:
        asked = clock.now()
        rows = workspace.ask("AmlOnlineEndpointTrafficLog | project TimeGenerated")
    answered = clock.now()
    workspace.close()
    assert (answered - before).total_seconds() >= LAG
    assert before <= rows[0][0] <= asked


def test_the_lag_may_vary(loop: Loop) -> None:
    """With a varying lag, rows of simultaneous requests arrive at different times."""
    log = TrafficLog(VirtualClock(SPEED), 0.0, LogOptions(jitter_seconds=1500.0, seed=3, table_exists=True))
    workspace = Workspace(loop, log)
    for _ in range(50):
        workspace.record()
    counts = {0}
    while 50 not in counts:
        counts.add(workspace.ask("AmlOnlineEndpointTrafficLog | count")[0][0])
    workspace.close()
    assert len(counts) > 2


def test_a_table_exists_from_its_first_row_on(loop: Loop) -> None:
    """Before that, Log Analytics does not know its name."""
    workspace = Workspace(loop, TrafficLog(VirtualClock(), 0.0))
    with pytest.raises(HttpResponseError) as refused:
        workspace.ask("AmlOnlineEndpointTrafficLog | count")
    workspace.record()
    counted = workspace.ask("AmlOnlineEndpointTrafficLog | count")
    workspace.close()
    assert refused.value.response is not None
    error = json.loads(refused.value.response.text())["error"]
    assert (error["code"], error["innererror"]["innererror"]["code"]) == ("BadArgumentError", "SEM0100")
    assert "Failed to resolve table" in error["innererror"]["innererror"]["message"]
    assert counted == [[1]]


def inner_error(workspace: Workspace, query: str) -> dict[str, Any]:
    """Return the query engine's own error for a query, which must be refused in Azure's format."""
    with pytest.raises(HttpResponseError) as refused:
        workspace.ask(query)
    assert refused.value.response is not None
    error = json.loads(refused.value.response.text())["error"]
    assert (refused.value.status_code, error["code"], error["message"]) == (
        400,
        "BadArgumentError",
        "The request had some invalid properties",
    )
    return dict(error["innererror"]["innererror"])


@pytest.mark.parametrize(
    ("query", "operator", "what"),
    [
        ("{} | summarize n = count() by DeploymentName", "'summarize' operator: ", "table or column"),
        ("{} | where ResponseCode > 399 | summarize count()", "'where' operator: ", "table or column"),
        ("{}\n// | where nothing\n| take 5", "'take' operator: ", "table or column"),
        ("let rows = {} | extend slow = TotalDurationMs > 90; rows | count", "'extend' operator: ", "table or column"),
        ("{}", "", "table or column"),
        ("union {} | count", "'union' operator: ", "table"),
        ("union isfuzzy=true {} | count", "'union' operator: ", "table"),
        ("datatable(DeploymentName:string)['a'] | join {} on DeploymentName", "'join' operator: ", "table"),
    ],
)
def test_the_operator_that_needs_the_missing_table_is_named(loop: Loop, query: str, operator: str, what: str) -> None:
    """As in Azure: scripts that wait for the first row look for these words."""
    workspace = Workspace(loop, TrafficLog(VirtualClock(), 0.0))
    found = inner_error(workspace, query.format("AmlOnlineEndpointTrafficLog"))
    workspace.close()
    message = f"{operator}Failed to resolve {what} expression named 'AmlOnlineEndpointTrafficLog'"
    assert found == {"code": "SEM0100", "message": message}


@pytest.mark.parametrize(
    "query",
    [
        "print n = 1, name = 'AmlOnlineEndpointTrafficLog' | project n",
        "union isfuzzy=true (datatable(n:int)[1]), (AmlOnlineEndpointTrafficLog | project n = ResponseCode)",
    ],
)
def test_what_does_without_the_missing_table_is_answered(loop: Loop, query: str) -> None:
    """A string with the table's name is not a table, and a fuzzy union leaves out missing tables."""
    workspace = Workspace(loop, TrafficLog(VirtualClock(), 0.0))
    rows = workspace.ask(query)
    workspace.close()
    assert rows == [[1]]


def test_an_unknown_column_is_named(quiet: Workspace) -> None:
    """The code is the same as for an unknown table, but the message differs."""
    found = inner_error(quiet, "AmlOnlineEndpointTrafficLog | where Latency > 4")
    assert found == {"code": "SEM0100", "message": "Failed to resolve scalar expression named 'Latency'"}


def test_a_query_that_cannot_be_parsed_says_where(quiet: Workspace) -> None:
    """The error has the engine's code for syntax, the line, the position and the word."""
    found = inner_error(quiet, "AmlOnlineEndpointTrafficLog\n| project Path Method")
    message = "Query could not be parsed at 'Method' on line [2,15]"
    assert found == {"code": "SYN0002", "message": message, "line": 2, "pos": 15, "token": "Method"}


def test_what_no_setting_sends_is_not_logged(loop: Loop) -> None:
    """Other listeners, such as metrics, still receive the request."""
    log = TrafficLog(VirtualClock(), 0.0, LogOptions(table_exists=True), logged=lambda endpoint: endpoint != "diabetes")
    heard: list[str] = []
    log.listeners.append(lambda entry, _at: heard.append(entry.endpoint))
    workspace = Workspace(loop, log)
    workspace.record()
    counted = workspace.ask("AmlOnlineEndpointTrafficLog | count")
    workspace.close()
    assert (counted, heard) == ([[0]], ["diabetes"])


def test_rows_that_have_not_arrived_are_not_counted(loop: Loop) -> None:
    """With a lag of an hour, a recent request is missing."""
    workspace = Workspace(loop, TrafficLog(VirtualClock(), 3600.0, LogOptions(table_exists=True)))
    workspace.record()
    assert workspace.ask("AmlOnlineEndpointTrafficLog | count") == [[0]]
    workspace.close()


@pytest.mark.parametrize(
    ("timespan", "count"),
    [
        (timedelta(minutes=5), 1),
        ((datetime(2020, 1, 1, tzinfo=UTC), datetime(2020, 1, 2, tzinfo=UTC)), 0),
        ((datetime(2020, 1, 1, tzinfo=UTC), timedelta(days=36500)), 1),
        (None, 1),
    ],
)
def test_the_timespan_limits_a_query(quiet: Workspace, timespan: object, count: int) -> None:
    """A query sees only the rows within the request's timespan, whatever its own conditions."""
    quiet.record()
    assert quiet.ask("AmlOnlineEndpointTrafficLog | count", timespan) == [[count]]


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("PT30M", "2026-11-20T07:30:00+00:00", None),
        ("P1D", "2026-11-19T08:00:00+00:00", None),
        ("2026-11-20T07:00:00Z/2026-11-20T07:10:00Z", "2026-11-20T07:00:00+00:00", "2026-11-20T07:10:00+00:00"),
        ("2026-11-20T07:00:00Z/PT5M", "2026-11-20T07:00:00+00:00", "2026-11-20T07:05:00+00:00"),
        ("PT5M/2026-11-20T07:00:00Z", "2026-11-20T06:55:00+00:00", "2026-11-20T07:00:00+00:00"),
        ("2026-11-20/P1D", "2026-11-20T00:00:00+00:00", "2026-11-21T00:00:00+00:00"),
        (None, None, None),
    ],
)
def test_timespans(text: str | None, start: str | None, end: str | None) -> None:
    """All ISO 8601 forms that the API accepts are understood; a duration alone ends now."""
    found = interval(text, datetime(2026, 11, 20, 8, tzinfo=UTC))
    assert [moment.isoformat() if moment else None for moment in found] == [start, end]


@pytest.mark.parametrize(
    ("query", "status", "message"),
    [
        ("AmlOnlineEndpointTrafficLog | where", 400, "SyntaxError"),
        ("AppRequests | count", 501, "AppRequests is not emulated"),
        ("union AmlOnlineEndpointTrafficLog, AzureActivity", 501, "AzureActivity is not emulated"),
        (
            "AmlOnlineEndpointTrafficLog | where Path in (Heartbeat | project Computer)",
            501,
            "Heartbeat is not emulated",
        ),
        ("AmlOnlineEndpointTrafficLog | where NoSuchColumn == 1", 400, "SemanticError"),
        ("AmlOnlineEndpointTrafficLog | make-series count() on TimeGenerated step 1m", 501, "MakeSeriesOperator"),
        (".show tables", 400, "SyntaxError"),
        ("// a comment first\n.drop table AmlOnlineEndpointTrafficLog", 400, "SyntaxError"),
        ("['/etc/passwd'] | take 1", 400, "SemanticError"),
        ("   ", 400, "InvalidProperty"),
    ],
)
def test_a_query_that_cannot_be_answered_says_why(quiet: Workspace, query: str, status: int, message: str) -> None:
    """Invalid KQL is refused as in Azure, and KQL that is not emulated is refused by name."""
    with pytest.raises(HttpResponseError) as refused:
        quiet.ask(query)
    assert refused.value.status_code == status
    assert message in str(refused.value)


def test_another_workspace_is_not_found(quiet: Workspace) -> None:
    """The id of another workspace gives a 404."""
    with pytest.raises(HttpResponseError, match="WorkspaceNotFoundError") as refused:
        quiet.ask("AmlOnlineEndpointTrafficLog | count", workspace="00000000-0000-0000-0000-000000000000")
    assert refused.value.status_code == 404


def test_a_bad_token_is_refused(quiet: Workspace) -> None:
    """A token that was not issued for Log Analytics gives a 401."""
    with LogsQueryClient(FixedCredential("another token"), endpoint=quiet.url, retry_total=0) as client:
        with pytest.raises(HttpResponseError) as refused:
            client.query_workspace(WORKSPACE, "print 1", timespan=None, enforce_https=False)
        assert refused.value.status_code == 401


@pytest.mark.parametrize(
    ("below", "count"),
    [("", 20), ("/onlineEndpoints/diabetes", 20), ("/onlineEndpoints/Diabetes", 20), ("/onlineEndpoints/diab", 0)],
)
def test_a_query_for_a_resource_sees_its_rows(busy: Workspace, below: str, count: int) -> None:
    """A query for a resource sees the rows of that resource and of everything below it."""
    query = "AmlOnlineEndpointTrafficLog | count"
    answer = busy.client.query_resource(RESOURCE + below, query, timespan=None, enforce_https=False)
    assert isinstance(answer, LogsQueryResult)
    assert [list(row) for row in answer.tables[0].rows] == [[count]]


def test_faults_on_request(busy: Workspace) -> None:
    """A partial answer, then throttling, then a failure, and then everything works again."""
    busy.faults.mode, busy.faults.remaining = "partial", 1
    query = "AmlOnlineEndpointTrafficLog | project TotalDurationMs"
    partial = busy.client.query_workspace(WORKSPACE, query, timespan=None, enforce_https=False)
    assert isinstance(partial, LogsQueryPartialResult)
    assert len(partial.partial_data[0].rows) == 10
    for mode, status in (("throttled", 429), ("failure", 500)):
        busy.faults.mode, busy.faults.remaining = mode, 1  # type: ignore[assignment]  # the loop widens the literals
        with pytest.raises(HttpResponseError) as refused:
            busy.ask(query)
        assert refused.value.status_code == status
    assert len(busy.ask(query)) == 20


def test_the_oldest_rows_are_pruned() -> None:
    """The log keeps a bounded number of rows: the newest ones."""
    kept = LogStore(most_rows=1000)
    moment = datetime(2026, 1, 1)  # noqa: DTZ001  # the store keeps times in UTC without a zone
    blank = (None,) * (len(TRAFFIC_COLUMNS) - 1)
    for second in range(0, 5000, 50):
        times = (moment + timedelta(seconds=second + number) for number in range(50))
        kept.append([(each, each, *blank) for each in times])
    query = "AmlOnlineEndpointTrafficLog | summarize count(), max(TimeGenerated)"
    [(count, newest)] = kept.query(query, Scope(datetime.now(UTC))).rows
    kept.close()
    assert 1000 <= count <= 1100
    assert newest == moment + timedelta(seconds=4999)
