"""Every KQL text that Teal sends, ships or shows passes Microsoft's own language service, with the log's columns."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from azure.monitor.query import LogsQueryClient

from emulator.monitor.log_tables import TRAFFIC
from shared.adapters.log_analytics import LogAnalytics
from shared.adapters.logs import RequestLog
from shared.adapters.queries import COLUMNS, tallies
from shared.core.telemetry import Window
from tests.adapters.arm_documents import WORKSPACE
from tests.adapters.stand_in import Credential, Reply, StandIn
from tests.kusto.language_service import HOME, diagnostics
from tests.kusto.tables import APP_TABLES, BILLING_TABLES, TRAFFIC_TABLES

ROOT = Path(__file__).resolve().parents[2]
TABLES = TRAFFIC_TABLES | BILLING_TABLES | APP_TABLES
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUR = Window(NOON, NOON + timedelta(hours=1))
NOTHING = {"name": "PrimaryResult", "columns": [{"name": name, "type": "string"} for name in COLUMNS], "rows": []}
pytestmark = pytest.mark.skipif(
    not (HOME / ".installed").exists(), reason="the Kusto language service is not installed: run `make setup`"
)


@pytest.fixture
def log() -> LogAnalytics:
    """Return Log Analytics with its client, built as for the app."""
    return LogAnalytics(LogsQueryClient(Credential(), retry_total=0, retry_status=0), "logs", WORKSPACE)


def shown() -> dict[str, str]:
    """Return the users' queries that are shipped or shown in documents, by file and place."""
    shipped = {
        str(path): path.read_text() for folder in ("examples", "policies") for path in (ROOT / folder).rglob("*.kql")
    }
    pages = {path.name: path.read_text() for path in (ROOT / "docs").glob("*.md")}
    blocks = {name: re.findall(r"```kusto\n(.*?)```", text, re.DOTALL) for name, text in pages.items()}
    return shipped | {f"{name} {place}": text for name, found in blocks.items() for place, text in enumerate(found)}


def of_the_templates() -> list[str]:
    """Return the queries of the alerts and of the workbook's panels, as evaluated from the templates."""
    snapshot = json.loads((ROOT / "tests/infra/snapshots/app-everything.snapshot.json").read_text(encoding="utf-8"))
    found = [each.get("properties", {}) for each in snapshot["predictedResources"]]
    alerts = [each["criteria"]["allOf"][0]["query"] for each in found if "criteria" in each]
    (workbook,) = [json.loads(each["serializedData"]) for each in found if "serializedData" in each]
    panels = [item["content"]["query"] for item in workbook["items"] if item["type"] == 3]
    assert (len(alerts), len(panels)) == (8, 9)
    return alerts + panels


def test_everything_that_is_sent_is_valid_kql(log: LogAnalytics, azure: StandIn) -> None:
    """The request log's query with and without latency and retries, users' queries, the alerts, the workbook."""
    azure.answer(Reply(200, {"tables": [NOTHING]}))
    for latency, once in ((None, False), (HOUR, False), (HOUR, True)):
        RequestLog(log).minutes("churn", HOUR, latency, once=once)
    queries = shown()
    assert len(queries) > 1
    for text in queries.values():
        tallies(log, "churn", HOUR, text)
    sent = [each.body["query"] for each in azure.asked]
    assert len(sent) == 3 + len(queries)
    sent += of_the_templates()
    assert diagnostics(sent, TABLES) == [[]] * len(sent)


def test_mistakes_are_noticed() -> None:
    """The language service is not simply silent: it reports a wrong column, condition, table and operator."""
    wrong = {
        f"{TRAFFIC} | where StatusCode == 500": "The name 'StatusCode' does not refer to any known column",
        f"{TRAFFIC} | where ResponseCode = 500": "must have the type bool",
        "Requests | count": "The name 'Requests' does not refer to any known table",
        f"{TRAFFIC} | summarise count()": "Query operator expected",
    }
    for problem, found in zip(wrong.values(), diagnostics(list(wrong), TABLES), strict=True):
        assert problem in found[0]
