"""The alerts and the workbook, on the lines that the app really logs: a renamed message or function breaks a test.

The queries are those of the evaluated templates (tests/infra/snapshots).
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import duckdb_kql
import pytest

from shared.core.phases import Phase
from shared.core.rollout import Verb
from shared.ports import BacklogCounts
from tests.functions.conftest import Calls, Found
from tests.kusto.tables import APP_TABLES

ROOT = Path(__file__).resolve().parents[2]
SNAPSHOT = ROOT / "tests/infra/snapshots/app-everything.snapshot.json"
KINDS = {"string": "VARCHAR", "int": "INTEGER", "real": "DOUBLE", "datetime": "TIMESTAMP", "dynamic": "JSON"}
SEVERITIES = {logging.INFO: 1, logging.WARNING: 2, logging.ERROR: 3, logging.CRITICAL: 4}


def evaluated(kind: str) -> list[dict[str, Any]]:
    """Return the evaluated resources of a type, such as `workbooks`."""
    created = json.loads(SNAPSHOT.read_text(encoding="utf-8"))["predictedResources"]
    return [each for each in created if each["type"].endswith(f"/{kind}")]


APP = evaluated("sites")[0]["name"]
ALERTS = {
    rule["name"].removeprefix(f"alert-{APP}-"): rule["properties"]["criteria"]["allOf"][0]
    for rule in evaluated("scheduledQueryRules")
}
WORKBOOK = json.loads(evaluated("workbooks")[0]["properties"]["serializedData"])
PANELS = {item["name"]: item["content"] for item in WORKBOOK["items"] if item["type"] == 3}
OF_THE_APP = [name for name, panel in PANELS.items() if panel["resourceType"] == "microsoft.insights/components"]


@dataclass
class Insights:
    """Application Insights: what the app logged and which functions ran, and KQL over both."""

    caplog: pytest.LogCaptureFixture
    requests: list[tuple[str, str, str]] = field(default_factory=list)

    def ran(self, name: str, success: str = "True", code: str = "0") -> None:
        """Record a function's run."""
        self.requests.append((name, success, code))

    def rows(self, *queries: str) -> list[list[dict[str, Any]]]:
        """Return the rows of each query."""
        connection = duckdb.connect(":memory:")
        for table, columns in APP_TABLES.items():
            shape = ", ".join(f'"{name}" {KINDS[kind]}' for name, kind in columns.items())
            connection.execute(f"CREATE TABLE {table} ({shape})")
        traces = (
            "INSERT INTO traces (timestamp, message, severityLevel, cloud_RoleName) VALUES (to_timestamp(?), ?, ?, ?)"
        )
        for record in self._records():
            connection.execute(traces, self._line(record))
        for request in self.requests:
            requests = "INSERT INTO requests (timestamp, name, success, resultCode, cloud_RoleName, duration)"
            connection.execute(f"{requests} VALUES (now(), ?, ?, ?, '{APP}', 1200)", request)
        schema = {name: list(each) for name, each in APP_TABLES.items()}
        return [self._answer(connection, duckdb_kql.to_sql(kql, schema=schema)) for kql in queries]

    @staticmethod
    def _answer(connection: duckdb.DuckDBPyConnection, translated: Any) -> list[dict[str, Any]]:  # noqa: ANN401  # the library's own
        found = connection.sql(str(translated), params=translated.parameters or None)
        return [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]

    def _records(self) -> list[logging.LogRecord]:
        return [each for each in self.caplog.records if each.name.startswith("teal.") and each.levelno in SEVERITIES]

    @staticmethod
    def _line(record: logging.LogRecord) -> tuple[float, str, int, str]:
        return record.created, record.getMessage(), SEVERITIES[record.levelno], APP

    def firing(self) -> set[str]:
        """Return the alerts that fire."""
        found = self.rows(*(rule["query"] for rule in ALERTS.values()))
        return {name for (name, rule), rows in zip(ALERTS.items(), found, strict=True) if fires(rule, len(rows))}


def fires(rule: dict[str, Any], count: int) -> bool:
    """Return whether an alert fires for this number of rows."""
    threshold = int(rule["threshold"])
    return count > threshold if rule["operator"] == "GreaterThan" else count < threshold


@pytest.fixture
def insights(calls: Calls, caplog: pytest.LogCaptureFixture) -> Insights:
    """Return the log of an app that has just ticked."""
    caplog.set_level(logging.INFO)
    insights = Insights(caplog)
    calls.call("tick", timer=None)
    insights.ran("tick")
    return insights


def under_way(calls: Calls) -> None:
    """Start a rollout and give green its first traffic."""
    calls.world.register()
    calls.world.until_weight(10)


def poison(calls: Calls) -> None:
    """Leave a message that failed five times."""
    calls.world.backlog.found = BacklogCounts(poison=1)


def dead_letter(calls: Calls) -> None:
    """Leave an event that was not delivered."""
    calls.world.backlog.found = BacklogCounts(dead_letters=1)


def waiting(calls: Calls) -> None:
    """Have an operator pause and then do nothing."""
    under_way(calls)
    calls.world.ask(Verb.PAUSE)
    calls.world.minutes(70)


def telemetry_down(calls: Calls) -> None:
    """Refuse every query."""
    under_way(calls)
    calls.world.telemetry.faults.always = "403"
    calls.world.minutes(2)


def never_logged(calls: Calls) -> None:
    """Answer queries, but the endpoint has never logged a request."""
    calls.world.telemetry.no_table = "AmlOnlineEndpointTrafficLog"
    calls.world.register()
    calls.world.minutes(5)


def failed(calls: Calls) -> None:
    """Delete the endpoint before the rollout begins."""
    calls.world.register()
    calls.world.endpoints.seen.clear()
    calls.world.until(Phase.FAILED)
    calls.world.endpoints.seen.update(type(calls.world)().endpoints.seen)


def storage_down(calls: Calls) -> None:
    """Refuse to list the queues."""
    calls.world.backlog.faults.always = "503"


def defect(calls: Calls) -> None:
    """Raise an unexpected error while reconciling."""
    under_way(calls)
    calls.world.endpoints.faults.planned.append(ZeroDivisionError())  # not one of Teal's errors
    calls.world.controller().reconcile_safely(calls.world.policy.endpoint_id)


TROUBLES: list[tuple[Callable[[Calls], None], str]] = [
    (poison, "poison-message"),
    (dead_letter, "dead-letter"),
    (waiting, "waiting-for-operator"),
    (telemetry_down, "silent-telemetry"),
    (never_logged, "silent-telemetry"),
    (failed, "failed-rollout"),
    (storage_down, "unhealthy"),
    (defect, "failed-function"),
]


@pytest.mark.parametrize(("trouble", "alert"), TROUBLES, ids=[row[0].__name__ for row in TROUBLES])
def test_an_alert_fires_for_its_trouble_alone(
    calls: Calls, insights: Insights, trouble: Callable[[Calls], None], alert: str
) -> None:
    """The lines come from the health report, the loop and the notifications."""
    trouble(calls)
    calls.call("tick", timer=None)
    calls.call("health_report", timer=None)
    assert insights.firing() == {alert}
    (rows,) = insights.rows(ALERTS[alert]["query"])
    assert all(row["problem"] for row in rows)


def test_an_app_that_works_alerts_nobody(calls: Calls, insights: Insights, found: Found) -> None:
    """A whole rollout raises no alert; callers' mistakes are not failures of a function."""
    calls.world.register()
    calls.world.until(Phase.PROMOTED)
    calls.call("tick", timer=None)
    calls.call("health_report", timer=None)
    for name in found:
        insights.ran(name)
    insights.ran("promote", "False", "409")
    assert insights.firing() == set()


@pytest.mark.parametrize(("success", "code"), [("False", "0"), ("False", "500"), ("True", "503")])
def test_a_function_that_fails_is_noticed(insights: Insights, success: str, code: str) -> None:
    """It either raised or answered with a server error."""
    insights.ran("reconcile", success, code)
    assert insights.firing() == {"failed-function"}


@pytest.mark.parametrize("others", [(), (("reconcile", "True"),), (("tick", "False"),)], ids=str)
def test_a_timer_that_stopped_is_noticed(insights: Insights, found: Found, others: tuple[tuple[str, str], ...]) -> None:
    """Even if nothing else runs, so that there is no row at all; a failed tick does not count."""
    assert "tick" in found
    insights.requests[:] = [(name, success, "0") for name, success in others]
    assert "no-tick" in insights.firing()


def test_the_documents_explain_every_alert() -> None:
    """The runbook has a row for each, marks those that are split by rollout, and each alert has a description."""
    page = (ROOT / "docs/runbook.md").read_text().split("## Alerts")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `([\w-]+)`( \*)? \| .+ \| .+ \|$", page, re.MULTILINE)
    assert {name: bool(star) for name, star in rows} == {
        name: bool(rule["dimensions"]) for name, rule in ALERTS.items()
    }
    assert all(len(rule["properties"]["description"]) > 40 for rule in evaluated("scheduledQueryRules"))


def test_each_waiting_rollout_has_an_alert_of_its_own(calls: Calls, insights: Insights) -> None:
    """The dimension names its endpoint and its id, not only the app."""
    waiting(calls)
    calls.call("health_report", timer=None)
    [[row]] = insights.rows(ALERTS["waiting-for-operator"]["query"])
    assert row["about"] == f"w/churn {calls.world.rollout().id}"
    dimensions = {name: [each["name"] for each in rule["dimensions"]] for name, rule in ALERTS.items()}
    assert {name for name, found in dimensions.items() if found == ["about"]} == {
        name for name in ALERTS if name not in {"failed-function", "no-tick"}
    }


def eventful(calls: Calls) -> None:
    """Promote a version, roll another back, and lose Azure during a third."""
    calls.world.register()
    calls.world.until_finished()
    calls.world.register("8", "e2")
    calls.world.rates["churn-8"] = 0.5
    calls.world.until_finished("8")
    calls.world.endpoints.faults.always = "ARM is down"
    calls.world.register("9", "e3")
    calls.world.minutes(2)
    calls.call("health_report", timer=None)


def test_every_panel_of_the_workbook_shows_something(calls: Calls, insights: Insights) -> None:
    """No column of its first row is empty, so its query understands the lines."""
    eventful(calls)
    queries = {name: PANELS[name]["query"].split("| render")[0] for name in OF_THE_APP}
    for name, rows in zip(queries, insights.rows(*queries.values()), strict=True):
        assert rows, name
        assert {column: value for column, value in rows[0].items() if value in (None, "")} == {}, name


def test_the_workbook_judges_as_the_judge_does() -> None:
    """It counts as a failure what the judge counts."""
    lines = PANELS["Failures of each deployment, in percent"]["query"].splitlines()
    rule = [line for line in lines if line.startswith(("| extend", "    or"))]
    judged = (ROOT / "shared/adapters/minutes.kql").read_text().splitlines()
    assert len(rule) == 5
    assert [line for line in rule if line not in judged] == []
