"""Schedules of faults over HTTP, on the emulator and Azurite, and broken adapters that they must find."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import cycle

import pytest
from azure.core.pipeline.policies import RetryPolicy
from azure.monitor.query import LogsQueryPartialResult, LogsTable

from emulator.monitor.logs import logs_application
from shared.adapters import arm, faults, tables
from shared.adapters.log_analytics import LogAnalytics
from shared.adapters.logs import RequestLog
from shared.adapters.table import upsert
from shared.core.rollout import Verb
from shared.core.telemetry import Window
from tests.adapters.arm_documents import WORKSPACE
from tests.adapters.stand_in import Credential
from tests.adapters.written_log import HOUR, LOGS, START, PlainClient, written_log
from tests.emulator.loop import serve
from tests.faults.events import Event, Piece, TimePasses, Together, Works
from tests.faults.generator import schedule
from tests.faults.invariants.everything import ALWAYS, check_order
from tests.faults.invariants.rule import objections as found
from tests.faults.playing import play
from tests.faults.processes import Fault
from tests.faults.recipes import RECIPES
from tests.faults.stage import Objection, set_stage
from tests.faults.uncontained import uncontained
from tests.faults.wire.counted_log import CountedLog
from tests.faults.wire.world import ON_THE_WIRE, LocalAzure, local_azure

SHORT = (4, 9)  # events
SEEDS = (1, 2, 3, 4, 6, 7, 8, 9, 11, 13)  # without the slowest ones: CI has half a minute for this


@pytest.fixture(scope="module")
def azure() -> Iterator[LocalAzure]:
    """Start Azurite and the emulator's loop."""
    with local_azure() as running:
        yield running


@pytest.fixture(autouse=True)
def silent() -> Iterator[None]:
    """Don't log injected faults."""
    log = logging.getLogger("teal")
    before = log.level
    log.setLevel(logging.CRITICAL)
    yield
    log.setLevel(before)


@pytest.mark.parametrize("seed", SEEDS)
def test_no_schedule_violates_an_invariant(azure: LocalAzure, seed: int) -> None:
    """Shorter schedules than those that `make faults-wire` runs."""
    outcome = play(schedule(seed, ON_THE_WIRE, SHORT), azure.world)
    assert outcome.objection is None, "\n".join((str(outcome.objection), *outcome.story))


def objections(azure: LocalAzure, *events: Event) -> set[str]:
    """Return the first violations while these events happen to a new version."""
    stage = set_stage(RECIPES["plain"], check_order, azure.world)
    arrived: tuple[Event, ...] = (Works(Piece("event")), TimePasses(3))
    with uncontained():
        for event in (*arrived, *events):
            event.happen(stage)
            stage.objections += [Objection(*each, stage.now()) for each in found(ALWAYS, stage)]
            if stage.objections:
                break
    stage.world.close()
    return {f"{each.invariant}: {each.what}" for each in stage.objections}


def struck(*faults: Fault) -> tuple[Event, ...]:
    """Return minutes that each have a reconcile with one of these faults, each at another point."""
    kinds = zip(range(24), cycle(faults), strict=False)
    each = ((TimePasses(1, ticks=False), Works(Piece("reconcile", faults={point: kind}))) for point, kind in kinds)
    return tuple(event for pair in each for event in pair)


def partial_tables(log: LogAnalytics, query: str, window: Window, _source: str) -> Sequence[LogsTable]:
    """Return what the service answered, whether it is complete or partial."""
    with faults.azure_faults("query"):
        result = log._client.query_workspace(LOGS, query, timespan=(window.since, window.until))  # noqa: SLF001  # as it does
    return result.partial_data if isinstance(result, LogsQueryPartialResult) else result.tables


RIVALS = Together((Piece("request", verb=Verb.PAUSE), Piece("request", verb=Verb.ROLLBACK)), ((0, 3), (1, 60)))
BREAKS: dict[str, tuple[object, str, object, tuple[Event, ...], str]] = {
    "etags are ignored": (tables, "write", lambda row, _: upsert(row), (RIVALS,), "f: no accepted request is lost"),
    "a rival's write is final": (faults, "_STALE", frozenset(), struck(Fault.STALE_ETAG), "a 412 at store.commit"),
    "a busy service is final": (faults, "_BUSY", frozenset(), struck(Fault.BUSY), "a 409 at azure"),
    "a throttled request is final": (faults, "_BUSY", frozenset({409}), struck(Fault.THROTTLED), "a 429 at azure"),
    "clients wait for Retry-After": (
        arm, "RetryPolicy", lambda **_: RetryPolicy(), struck(Fault.THROTTLED), "wants to sleep for 120"
    ),
    "a partial answer is used": (LogAnalytics, "tables", partial_tables, struck(Fault.BUSY), "the log has"),
}  # fmt: skip


@pytest.mark.parametrize("broken", BREAKS)
def test_a_broken_adapter_is_found(azure: LocalAzure, broken: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The wire alone can show it: the same events violate nothing while the adapter is intact."""
    module, name, instead, events, objection = BREAKS[broken]
    monkeypatch.setattr(module, name, instead)
    assert any(objection in each for each in objections(azure, *events))


def test_the_same_faults_do_no_harm_otherwise(azure: LocalAzure) -> None:
    """Nothing is violated."""
    assert objections(azure, *struck(Fault.BUSY, Fault.THROTTLED, Fault.STALE_ETAG), RIVALS) == set()


def test_the_log_of_counts_answers_as_the_emulators_own(azure: LocalAzure) -> None:
    """The same requests in both, with and without latency, give the same minutes."""
    requests = Counter(
        {(200, 200, 10): 5, (200, 200, 900): 2, (424, 500, 10): 3, (424, 422, 10): 4, (429, None, 10): 1}
    )
    minutes, timed = (1, 2, 7), Window(START, START + timedelta(minutes=5))
    with written_log() as written:
        counted = CountedLog(written.clock)
        for minute in minutes:
            counted.add("blue", START + timedelta(minutes=minute), requests)
            for (code, model_code, milliseconds), count in requests.items():
                for _ in range(count):
                    written.write("blue", 60 * minute + 30, code, milliseconds, model_code=model_code)
        expected = RequestLog(written.analytics).minutes("churn", HOUR, timed)
        runner, address = azure.loop.run(serve(logs_application(counted, LOGS)))
        with PlainClient(Credential(), endpoint=address, retry_total=0) as client:
            found = RequestLog(LogAnalytics(client, LOGS, WORKSPACE)).minutes("churn", HOUR, timed)
        azure.loop.run(runner.cleanup())
        counted.close()
    assert found == expected
    assert len(found) == len(minutes)
