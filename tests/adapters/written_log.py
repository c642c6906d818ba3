"""A traffic log written by a test and served by the emulator's Log Analytics, for the real SDK."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from azure.monitor.query import LogsQueryClient, LogsQueryPartialResult, LogsQueryResult

from emulator.clock import VirtualClock
from emulator.monitor.logs import logs_application
from emulator.monitor.traffic_log import LogOptions, TrafficLog
from shared.adapters.log_analytics import LogAnalytics
from shared.core.telemetry import Window
from tests.adapters.arm_documents import WORKSPACE
from tests.adapters.stand_in import Credential
from tests.emulator.loop import running_loop, serve
from tests.emulator.traffic import traffic_entry

LOGS = "6f0c7a52-64f9-4c5b-9a2e-6a1b2c3d4e5f"
START = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
HOUR = Window(START, START + timedelta(hours=1))


@dataclass(slots=True)
class HandClock(VirtualClock):
    """A clock set by the test: it shows the last of `moments`."""

    moments: list[datetime] = field(default_factory=lambda: [START])

    def now(self) -> datetime:
        """Return the last time set."""
        return self.moments[-1]


class PlainClient(LogsQueryClient):
    """The SDK's client, which sends its token to the emulator even without TLS."""

    def query_workspace(self, *given: Any, **named: Any) -> LogsQueryResult | LogsQueryPartialResult:  # noqa: ANN401  # as the SDK takes it
        """Query without TLS."""
        return super().query_workspace(*given, enforce_https=False, **named)


@dataclass(slots=True)
class WrittenLog:
    """The log of one workspace, and Log Analytics on it. url: the address of Log Analytics."""

    log: TrafficLog
    analytics: LogAnalytics
    clock: HandClock
    url: str

    def write(
        self,
        deployment: str,
        seconds: float,
        code: int,
        milliseconds: int = 10,
        endpoint: str = "churn",
        *,
        request: str = "",
        **more: Any,  # noqa: ANN401  # any column of the entry
    ) -> None:
        """Log a request that was answered this many seconds after the start. more: other fields of a `TrafficEntry`."""
        self.clock.moments.append(START + timedelta(seconds=seconds))
        times = {"total_ms": milliseconds, "response_ms": milliseconds}
        entry = traffic_entry(endpoint, deployment, code, client_request_id=request, **times | more)
        self.log.record(entry)
        self.clock.moments.append(HOUR.until)


@contextmanager
def written_log() -> Iterator[WrittenLog]:
    """Serve queries on an empty log during the block."""
    clock = HandClock()
    log = TrafficLog(clock, 0.0, LogOptions(workspace=WORKSPACE, table_exists=True))
    with running_loop() as loop:
        runner, url = loop.run(serve(logs_application(log, LOGS)))
        with PlainClient(Credential(), endpoint=url, retry_total=0) as client:
            yield WrittenLog(log, LogAnalytics(client, LOGS, WORKSPACE), clock, url)
        loop.run(runner.cleanup())
    log.close()
