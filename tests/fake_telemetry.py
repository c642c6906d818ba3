"""What was answered, in memory: telemetry as a whole, and each of its sources. They expect and record nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from shared.core.observation import DeploymentMinute
from shared.core.reconcile.plan import TelemetryQuery, Window
from shared.errors import Permanent
from shared.ports import AnswerSeen, Seen, Tallied
from tests.fakes import Faults


@dataclass
class FakeTelemetry:
    """What requests were answered: rows that the test put there. missing: gates that no minute says anything of."""

    rows: list[DeploymentMinute] = field(default_factory=list)
    faults: Faults = field(default_factory=Faults)
    missing: dict[str, str] = field(default_factory=dict)

    def minutes(self, endpoint: str, asked: TelemetryQuery) -> Seen:
        del endpoint
        self.faults.strike()
        window = asked.window
        return Seen(tuple(row for row in self.rows if window.since <= row.minute < window.until), dict(self.missing))


@dataclass
class FakeTraffic:
    """One source of requests: rows that the test put there, latency and all. asked, once: what was wanted of it."""

    rows: list[DeploymentMinute] = field(default_factory=list)
    faults: Faults = field(default_factory=Faults)
    asked: list[tuple[Window, Window | None]] = field(default_factory=list)
    once: bool = False

    def minutes(
        self, endpoint: str, window: Window, latency: Window | None, *, once: bool = False
    ) -> tuple[DeploymentMinute, ...]:
        del endpoint
        self.asked.append((window, latency))
        self.once = once
        self.faults.strike()
        timed = latency or Window(window.until, window.until)
        return tuple(
            row if timed.since <= row.minute < timed.until else replace(row, slowness=None, percentiles=None)
            for row in sorted(self.rows, key=lambda row: row.minute)
            if window.since <= row.minute < window.until
        )


@dataclass
class FakeQueries:
    """What each query (its text) counts; the faults are of all."""

    counted: dict[str, list[Tallied]] = field(default_factory=dict)
    faults: Faults = field(default_factory=Faults)

    def tallies(self, endpoint: str, window: Window, query: str) -> tuple[Tallied, ...]:
        del endpoint
        self.faults.strike()
        return tuple(one for one in self.counted[query] if window.since <= one.minute < window.until)


@dataclass
class FakeAnswers:
    """Answers by deployment; one that is not listed collects none. read: whose answers were asked for."""

    given: dict[str, list[AnswerSeen]] = field(default_factory=dict)
    faults: Faults = field(default_factory=Faults)
    read: list[str] = field(default_factory=list)

    def collected(self, endpoint: str, deployment: str, window: Window) -> tuple[AnswerSeen, ...]:
        self.read.append(deployment)
        self.faults.strike()
        if deployment not in self.given:
            raise Permanent(f"the deployment {endpoint}/{deployment} does not collect its answers: switch it on")
        return tuple(answer for answer in self.given[deployment] if window.since <= answer.at < window.until)
