"""In-memory fakes for telemetry as a whole and for each source. They have no expectations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from shared.adapters.traffic import TrafficQuery, traffic_query
from shared.core.observation import DeploymentMinute, PathState, Tally, TelemetryPath
from shared.core.telemetry import Need, SourceKind, Tallies, TelemetryQuery, Window
from shared.core.telemetry.sources import LOGS, QUERIES
from shared.errors import Permanent, Temporary
from shared.ports import AnswerSeen, Fetch, Seen
from tests.fakes import Faults


@dataclass
class FakeTelemetry:
    """Telemetry with rows that the test puts there. missing: gates for which no minute has data, and why.

    found: how requests reach it according to the settings; None to fail. no_table: the message if no log table exists
    yet.
    """

    rows: list[DeploymentMinute] = field(default_factory=list)
    faults: Faults = field(default_factory=Faults)
    missing: dict[str, str] = field(default_factory=dict)
    found: TelemetryPath | None = field(default_factory=lambda: TelemetryPath(PathState.OPEN))
    no_table: str | None = None

    def path(self, endpoint: str, source: str) -> TelemetryPath:
        del endpoint, source
        if self.found is None:
            raise Temporary("503")
        return self.found

    def minutes(self, endpoint: str, asked: TelemetryQuery) -> Seen:
        del endpoint
        self.faults.strike()
        if self.no_table is not None:
            return Seen((), no_table=self.no_table)
        window = asked.window
        return Seen(tuple(row for row in self.rows if window.since <= row.minute < window.until), dict(self.missing))


@dataclass
class FakeTraffic:
    """A source of requests, with rows from the test, including latency. asked: the needs of each read."""

    kind: SourceKind = LOGS
    rows: list[DeploymentMinute] = field(default_factory=list)
    faults: Faults = field(default_factory=Faults)
    asked: list[TrafficQuery] = field(default_factory=list)

    def read(self, fetch: Fetch, needs: Sequence[Need]) -> tuple[DeploymentMinute, ...]:
        wanted = traffic_query(fetch, needs)
        self.asked.append(wanted)
        self.faults.strike()
        timed = wanted.latency or Window(wanted.window.until, wanted.window.until)
        return tuple(
            row if timed.since <= row.minute < timed.until else replace(row, slowness=None, percentiles=None)
            for row in sorted(self.rows, key=lambda row: row.minute)
            if wanted.window.since <= row.minute < wanted.window.until
        )


@dataclass
class FakeQueries:
    """The counts of each query, by path; the faults apply to all."""

    kind: SourceKind = QUERIES
    counted: dict[str, list[tuple[str, datetime, Tally]]] = field(default_factory=dict)
    faults: Faults = field(default_factory=Faults)

    def read(self, fetch: Fetch, needs: Sequence[Need]) -> list[DeploymentMinute]:
        self.faults.strike()
        window = fetch.query.window
        return [
            DeploymentMinute(deployment, minute, 0, 0, tallies={need.gate: tally})
            for need in needs
            if isinstance(need, Tallies)
            for deployment, minute, tally in self._counted(need.query)
            if window.since <= minute < window.until
        ]

    def _counted(self, query: str) -> list[tuple[str, datetime, Tally]]:
        if query not in self.counted:
            raise Permanent(f"no query {query}")
        return self.counted[query]


@dataclass
class FakeAnswers:
    """Answers by deployment; an unlisted deployment collects none. read: the deployments whose answers were read."""

    given: dict[str, list[AnswerSeen]] = field(default_factory=dict)
    faults: Faults = field(default_factory=Faults)
    read: list[str] = field(default_factory=list)

    def collected(self, endpoint: str, deployment: str, window: Window) -> tuple[AnswerSeen, ...]:
        self.read.append(deployment)
        self.faults.strike()
        if deployment not in self.given:
            raise Permanent(f"the deployment {endpoint}/{deployment} does not collect its answers: switch it on")
        return tuple(answer for answer in self.given[deployment] if window.since <= answer.at < window.until)
