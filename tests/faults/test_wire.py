"""Schedules of faults over HTTP, on the emulator and Azurite, and that broken adapters are found there."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest

from emulator.monitor.logs import logs_application
from shared.adapters.log_analytics import LogAnalytics
from shared.adapters.logs import RequestLog
from shared.core.telemetry import Window
from tests.adapters.arm_documents import WORKSPACE
from tests.adapters.stand_in import Credential
from tests.adapters.written_log import HOUR, LOGS, START, PlainClient, written_log
from tests.emulator.loop import serve
from tests.faults.generator import schedule
from tests.faults.playing import play
from tests.faults.wire.counted_log import CountedLog
from tests.faults.wire.world import ON_THE_WIRE, LocalAzure, local_azure

SHORT = (4, 9)  # events


@pytest.fixture(scope="module")
def azure() -> Iterator[LocalAzure]:
    """Start Azurite and the emulator's loop."""
    with local_azure() as running:
        yield running


@pytest.fixture(autouse=True)
def silent() -> Iterator[None]:
    """Don't log what goes wrong on purpose."""
    log = logging.getLogger("teal")
    before = log.level
    log.setLevel(logging.CRITICAL)
    yield
    log.setLevel(before)


@pytest.mark.parametrize("seed", range(1, 11))
def test_no_schedule_violates_an_invariant(azure: LocalAzure, seed: int) -> None:
    """The shortest of those that `make faults-wire` plays."""
    outcome = play(schedule(seed, ON_THE_WIRE, SHORT), azure.world)
    assert outcome.objection is None, "\n".join((str(outcome.objection), *outcome.story))


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
