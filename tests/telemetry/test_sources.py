"""Telemetry put together: errors first, and each further source on top of them or missing with a reason."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Literal

import pytest

from shared.core.gates import (
    ClientErrorsGate,
    DisagreementGate,
    ErrorsGate,
    Gate,
    LatencyGate,
    PredictionReading,
    PredictionsGate,
    QueryGate,
)
from shared.core.observation import DeploymentMinute, Tally
from shared.core.policy import Source
from shared.core.reconcile.plan import TelemetryQuery, Window
from shared.errors import Permanent, TealError, Temporary
from shared.ports import AnswerSeen, Seen, Tallied
from shared.telemetry import Sources
from tests.fake_telemetry import FakeAnswers, FakeQueries, FakeTraffic
from tests.fakes import FakePolicies

START = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
WINDOW = Window(START, START + 3 * MINUTE)
SALES = QueryGate("sales", "sales.kql")
EVERY = (ErrorsGate(), ClientErrorsGate(), LatencyGate(), PredictionsGate(), DisagreementGate(), SALES)
BLUE, GREEN = "churn-6", "churn-7"


@dataclass
class Stage:
    """Sources in memory: the log saw both deployments in the first two minutes, the metrics the same requests."""

    log: FakeTraffic = field(default_factory=FakeTraffic)
    metrics: FakeTraffic = field(default_factory=FakeTraffic)
    queries: FakeQueries = field(default_factory=lambda: FakeQueries({"the text": []}))
    answers: FakeAnswers = field(default_factory=lambda: FakeAnswers({BLUE: [], GREEN: []}))

    def __post_init__(self) -> None:
        for number in range(2):
            for name, total in ((BLUE, 90), (GREEN, 10)):
                row = DeploymentMinute(name, START + number * MINUTE, total, 1, 2)
                self.log.rows.append(replace(row, slowness={100: total - 3}))
                self.metrics.rows.append(replace(row, percentiles={50: 90.0, 95: 120.0}))

    def see(self, *gates: Gate, errors: Source = "logs", latency: Source = "logs") -> Seen:
        """Return what is seen for these gates, blue's and green's."""
        return self.look(TelemetryQuery(WINDOW, gates, errors, latency, (BLUE, GREEN)))

    def look(self, asked: TelemetryQuery) -> Seen:
        """Return what is seen."""
        policies = FakePolicies(queries={"sales.kql": "the text"})
        return Sources(self.log, self.metrics, self.queries, self.answers, policies).minutes("churn", asked)


@pytest.fixture
def stage() -> Stage:
    """Return sources that all answer."""
    return Stage()


def row(seen: Seen, deployment: str, number: int = 0) -> DeploymentMinute:
    """Return one minute of what was seen."""
    [found] = [one for one in seen.minutes if (one.deployment, one.minute) == (deployment, START + number * MINUTE)]
    return found


@pytest.mark.parametrize(
    ("errors", "latency", "known"),
    [
        ("logs", "logs", (True, False)),
        ("metrics", "metrics", (False, True)),
        ("logs", "metrics", (False, True)),
        ("metrics", "logs", (True, False)),
    ],
)
def test_errors_and_latency_come_from_where_the_policy_says(
    stage: Stage, errors: Source, latency: Source, known: tuple[bool, bool]
) -> None:
    """Buckets from the log or percentiles from the metrics, on the counts of either; each source is asked once."""
    seen = stage.see(ErrorsGate(), LatencyGate(), errors=errors, latency=latency)
    green = row(seen, GREEN)
    assert (green.total, green.bad, green.client_errors) == (10, 1, 2)
    assert (green.slowness is not None, green.percentiles is not None) == known
    assert len(seen.minutes) == 4
    assert seen.missing == {}
    used = {errors, latency}
    assert (len(stage.log.asked), len(stage.metrics.asked)) == ("logs" in used, "metrics" in used)


def test_latency_is_asked_for_only_if_it_is_judged_and_only_where(stage: Stage) -> None:
    """Six hours of history need no bucket but in the last hour, and none at all without the gate."""
    fine = Window(START + MINUTE, WINDOW.until)
    for gates, wanted in (((ErrorsGate(),), None), ((ErrorsGate(), LatencyGate()), fine)):
        stage.look(TelemetryQuery(WINDOW, gates, fine_since=fine.since))
        assert stage.log.asked.pop() == (WINDOW, wanted)
    stage.look(TelemetryQuery(WINDOW, (LatencyGate(),), "logs", "metrics", fine_since=fine.since))
    assert stage.log.asked == [(WINDOW, None)]
    assert stage.metrics.asked == [(fine, fine)]


@pytest.mark.parametrize("fault", [Temporary("the log is busy"), Permanent("the log is closed")])
def test_without_errors_nothing_is_told(stage: Stage, fault: TealError) -> None:
    """The other sources' good news must not stand alone."""
    stage.log.faults.planned = [fault]
    with pytest.raises(type(fault), match="the log is"):
        stage.see(*EVERY, latency="metrics")


def test_latency_that_cannot_be_had_is_missing_and_errors_stay(stage: Stage) -> None:
    """A source that fails takes its own gate with it, in words, and no other."""
    stage.metrics.faults.always = "the metrics are busy"
    seen = stage.see(ErrorsGate(), LatencyGate(), latency="metrics")
    assert seen.missing == {"latency": "the metrics are busy"}
    assert [(one.total, one.bad, one.slowness, one.percentiles) for one in seen.minutes] == [
        (total, 1, None, None) for total in (90, 10, 90, 10)
    ]


def test_a_source_of_latency_that_lags_says_so(stage: Stage) -> None:
    """The metrics saw requests of which the log knows nothing yet: that is no evidence, and not an empty one."""
    stage.log.rows.clear()
    seen = stage.see(LatencyGate(), errors="metrics")
    assert list(seen.missing) == ["latency"]
    assert seen.missing["latency"].startswith("the traffic log of churn knows nothing of these minutes")


def test_tallies_are_told_under_the_gate_s_name(stage: Stage) -> None:
    """What a query counts stands beside the requests; a minute that only the query knows has no requests."""
    stage.queries.counted["the text"] = [
        Tallied(GREEN, START, Tally(1, 4)),
        Tallied("churn-5", START + MINUTE, Tally(0, 2)),
    ]
    seen = stage.see(ErrorsGate(), SALES)
    assert row(seen, GREEN).tallies == {"sales": Tally(1, 4)}
    assert row(seen, GREEN).total == 10
    assert row(seen, BLUE).tallies == {}
    assert row(seen, "churn-5", 1) == DeploymentMinute("churn-5", START + MINUTE, 0, 0, tallies={"sales": Tally(0, 2)})
    assert [one.minute for one in seen.minutes] == sorted(one.minute for one in seen.minutes)


def test_no_source_runs_ahead_of_the_errors(stage: Stage) -> None:
    """A minute is judged once: it must wait until its requests are known, however quick a query is."""
    stage.queries.counted["the text"] = [Tallied(GREEN, START + 2 * MINUTE, Tally(0, 4))]
    stage.answers.given[GREEN] = [AnswerSeen(GREEN, START + 2 * MINUTE, "a", "1")]
    assert max(one.minute for one in stage.see(*EVERY).minutes) == START + MINUTE


def test_without_requests_nothing_else_is_asked(stage: Stage) -> None:
    """A quiet endpoint costs one query."""
    stage.log.rows.clear()
    assert stage.see(*EVERY, latency="metrics") == Seen(())
    assert (stage.metrics.asked, stage.answers.read) == ([], [])


def test_a_query_that_fails_is_missing_and_the_other_is_not(stage: Stage) -> None:
    """Each query is its own gate: one that is wrong, one whose file is gone, two that count."""
    stage.queries.counted["the text"] = [Tallied(GREEN, START, Tally(1, 4))]
    stage.queries.faults.planned = [Permanent("no table Sales"), None]
    gates = [QueryGate(name, "sales.kql") for name in ("sales", "clicks", "carts")]
    seen = stage.see(*gates, QueryGate("views", "views.kql"))
    assert seen.missing == {"sales": "no table Sales", "views": "no query views.kql"}
    assert row(seen, GREEN).tallies == {"clicks": Tally(1, 4), "carts": Tally(1, 4)}


def test_predictions_and_disagreement_are_read_from_answers(stage: Stage) -> None:
    """Both gates share one reading of each deployment's answers, and come to the minutes of the requests."""
    reading = PredictionReading("/class")
    stage.answers.given = {
        BLUE: [AnswerSeen(BLUE, START + timedelta(seconds=n), f"{n}", '{"class": "yes"}') for n in range(4)],
        GREEN: [
            AnswerSeen(GREEN, START + timedelta(seconds=58 + n), f"{n}", f'{{"class": "{word}"}}')
            for n, word in enumerate(["yes", "no", "yes", "no"])
        ],
    }
    seen = stage.see(PredictionsGate(reading), DisagreementGate(reading))
    assert row(seen, BLUE).predictions == {"yes": 4}
    assert row(seen, GREEN, 0).predictions == {"yes": 1, "no": 1}
    assert row(seen, GREEN, 1).predictions == {"yes": 1, "no": 1}
    assert row(seen, GREEN, 1).tallies == {"disagreement": Tally(1, 2)}
    assert row(seen, BLUE).tallies == {}
    assert seen.missing == {}
    assert stage.answers.read == [BLUE, GREEN]


def test_answers_are_wanted_of_the_fine_part_only(stage: Stage) -> None:
    """Of the long past, predictions are not read."""
    stage.answers.given = {GREEN: [AnswerSeen(GREEN, START + n * MINUTE, f"{n}", "1") for n in range(2)]}
    seen = stage.look(TelemetryQuery(WINDOW, (PredictionsGate(),), deployments=(GREEN,), fine_since=START + MINUTE))
    assert [one.predictions for one in seen.minutes if one.deployment == GREEN] == [None, {"1": 1}]


def test_a_deployment_that_collects_no_answers_says_how_to(stage: Stage) -> None:
    """Neither gate has evidence then, of blue as little as of green; errors are judged all the same."""
    stage.answers.given = {BLUE: [AnswerSeen(BLUE, START, "a", "1")]}
    seen = stage.see(ErrorsGate(), PredictionsGate(), DisagreementGate())
    assert set(seen.missing) == {"predictions", "disagreement"}
    assert all("churn-7 does not collect its answers: switch it on" in why for why in seen.missing.values())
    assert row(seen, BLUE).predictions is None


def test_one_deployment_alone_disagrees_with_nobody(stage: Stage) -> None:
    """The first model of an endpoint has no blue; that is no fault."""
    seen = stage.look(TelemetryQuery(WINDOW, (DisagreementGate(),), deployments=(GREEN,)))
    assert (seen.missing, stage.answers.read) == ({}, [])


@pytest.mark.parametrize("retries", ["each", "once"])
def test_tries_are_counted_as_the_policy_says(retries: Literal["each", "once"]) -> None:
    """The source of errors is told whether a request that was tried again is one."""
    stage = Stage()
    stage.look(TelemetryQuery(WINDOW, (ErrorsGate(),), deployments=(BLUE, GREEN), retries=retries))
    assert stage.log.once is (retries == "once")


def test_a_look_ends_in_time_however_slow_its_sources_are() -> None:
    """What is left when the time of a look is over is missing, and says so; errors and what came before are there."""
    stage, seconds = Stage(), iter([0.0, 1.0, 2.0, 50.0])
    sources = Sources(
        stage.log, stage.metrics, stage.queries, stage.answers, FakePolicies(), stopwatch=lambda: next(seconds)
    )
    seen = sources.minutes("churn", TelemetryQuery(WINDOW, (ErrorsGate(), LatencyGate(), SALES)))
    assert seen.missing == {"sales": "other sources took more than 40 seconds of this look"}
    assert all(row.slowness for row in seen.minutes)


def test_a_source_of_latency_that_lags_in_part_says_so() -> None:
    """It knows the first minute and not yet the second: that its evidence is late is told, and errors are there."""
    stage = Stage()
    stage.metrics.rows = [row for row in stage.metrics.rows if row.minute == START]
    seen = stage.see(LatencyGate(), latency="metrics")
    assert seen.missing["latency"].startswith("the platform's metrics of churn knows nothing of the last of these")
    assert {row.minute for row in seen.minutes} == {START, START + MINUTE}


def test_of_a_long_past_a_quarter_of_an_hour_of_answers_is_read() -> None:
    """It tells which classes there are; hours of answers of a busy endpoint could not be read in one look."""
    stage, hour = Stage(), Window(START - 60 * MINUTE, START + 3 * MINUTE)
    times = [hour.until - n * MINUTE for n in range(1, 60)]
    stage.answers.given[BLUE] = [AnswerSeen(BLUE, at, str(at), '"yes"') for at in times]
    seen = stage.look(TelemetryQuery(hour, (PredictionsGate(),), deployments=(BLUE,)))
    assert sum((row.predictions or {}).get("yes", 0) for row in seen.minutes) == 14
