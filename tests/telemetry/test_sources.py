"""Combined telemetry: errors first, then each further source, or the reason why it is missing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import ClassVar

import pytest

from shared.collected_answers import AnswersSource
from shared.core.gates import (
    DISAGREEMENT,
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
from shared.core.policy import JudgeSettings
from shared.core.telemetry import Need, Requests, SourceKind, TelemetryQuery, Window
from shared.core.telemetry.sources import METRICS
from shared.errors import Permanent, TealError, Temporary
from shared.ports import AnswerSeen, Fetch, Seen
from shared.telemetry import TelemetrySources
from tests.fake_telemetry import FakeAnswers, FakeQueries, FakeTraffic

START = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
WINDOW = Window(START, START + 3 * MINUTE)
SALES = QueryGate("sales", "sales.kql")
EVERY = (ErrorsGate(), ClientErrorsGate(), LatencyGate(), PredictionsGate(), DisagreementGate(), SALES)
BLUE, GREEN = "churn-6", "churn-7"


def query(*gates: Gate, errors: str = "logs", latency: str = "logs", **rest: object) -> TelemetryQuery:
    """Return the query for these gates, for blue and green. rest: fields of the query."""
    settings = JudgeSettings(errors_from=errors, latency_from=latency)
    plain = TelemetryQuery(
        WINDOW, Requests(errors), {gate.name: gate.needs(settings) for gate in gates}, deployments=(BLUE, GREEN)
    )
    return replace(plain, **rest)  # type: ignore[arg-type] # fields by name


@dataclass
class Stage:
    """Sources in memory: the log has both deployments in the first two minutes, the metrics the same requests."""

    log: FakeTraffic = field(default_factory=FakeTraffic)
    metrics: FakeTraffic = field(default_factory=lambda: FakeTraffic(METRICS))
    queries: FakeQueries = field(default_factory=lambda: FakeQueries(counted={"sales.kql": []}))
    answers: FakeAnswers = field(default_factory=lambda: FakeAnswers({BLUE: [], GREEN: []}))

    def __post_init__(self) -> None:
        for number in range(2):
            for name, total in ((BLUE, 90), (GREEN, 10)):
                row = DeploymentMinute(name, START + number * MINUTE, total, 1, 2)
                self.log.rows.append(replace(row, slowness={100: total - 3}))
                self.metrics.rows.append(replace(row, percentiles={50: 90.0, 95: 120.0}))

    def see(self, *gates: Gate, errors: str = "logs", latency: str = "logs") -> Seen:
        """Return the telemetry for these gates, for blue and green."""
        return self.look(query(*gates, errors=errors, latency=latency))

    def look(self, asked: TelemetryQuery, stopwatch: Callable[[], float] = lambda: 0.0) -> Seen:
        """Return the telemetry for a query."""
        sources = (self.log, self.metrics, self.queries, AnswersSource(self.answers))
        return TelemetrySources(*sources, stopwatch=stopwatch).minutes("churn", asked)


@pytest.fixture
def stage() -> Stage:
    """Return sources that all work."""
    return Stage()


def row(seen: Seen, deployment: str, number: int = 0) -> DeploymentMinute:
    """Return one minute of the telemetry."""
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
def test_errors_and_latency_come_from_the_policy_s_sources(
    stage: Stage, errors: str, latency: str, known: tuple[bool, bool]
) -> None:
    """Buckets from the log or percentiles from the metrics complete the counts of either; each source is read once."""
    seen = stage.see(ErrorsGate(), LatencyGate(), errors=errors, latency=latency)
    green = row(seen, GREEN)
    assert (green.total, green.bad, green.client_errors) == (10, 1, 2)
    assert (green.slowness is not None, green.percentiles is not None) == known
    assert len(seen.minutes) == 4
    assert seen.missing == {}
    used = {errors, latency}
    assert (len(stage.log.asked), len(stage.metrics.asked)) == ("logs" in used, "metrics" in used)


def test_latency_is_read_only_if_and_where_it_is_needed(stage: Stage) -> None:
    """Six hours of history need buckets only for the last hour, and none without the gate."""
    fine = Window(START + MINUTE, WINDOW.until)
    for gates, wanted in (((ErrorsGate(),), None), ((ErrorsGate(), LatencyGate()), fine)):
        stage.look(query(*gates, fine_since=fine.since))
        assert stage.log.asked.pop() == (WINDOW, wanted, False)
    stage.look(query(LatencyGate(), latency="metrics", fine_since=fine.since))
    assert stage.log.asked == [(WINDOW, None, False)]
    assert stage.metrics.asked == [(fine, fine, False)]


def test_latency_is_not_read_before_the_history_begins(stage: Stage) -> None:
    """A policy may want less history than the hour from which latency is calibrated."""
    stage.look(query(LatencyGate(), fine_since=START - 50 * MINUTE))
    assert stage.log.asked == [(WINDOW, WINDOW, False)]


@pytest.mark.parametrize("fault", [Temporary("the log is busy"), Permanent("the log is closed")])
def test_without_errors_there_is_no_telemetry(stage: Stage, fault: TealError) -> None:
    """Good data from the other sources must not be judged alone."""
    stage.log.faults.planned = [fault]
    with pytest.raises(type(fault), match="the log is"):
        stage.see(*EVERY, latency="metrics")


def test_unavailable_latency_is_missing_and_errors_stay(stage: Stage) -> None:
    """A failing source affects only its own gate, with the reason."""
    stage.metrics.faults.always = "the metrics are busy"
    seen = stage.see(ErrorsGate(), LatencyGate(), latency="metrics")
    assert seen.missing == {"latency": "the metrics are busy"}
    assert [(one.total, one.bad, one.slowness, one.percentiles) for one in seen.minutes] == [
        (total, 1, None, None) for total in (90, 10, 90, 10)
    ]


def test_a_lagging_latency_source_is_reported(stage: Stage) -> None:
    """If the metrics have requests that the log does not have yet, evidence is missing, not empty."""
    stage.log.rows.clear()
    seen = stage.see(LatencyGate(), errors="metrics")
    assert list(seen.missing) == ["latency"]
    assert seen.missing["latency"].startswith("no latency of churn in the request log for these minutes")


def test_tallies_are_returned_under_the_gate_s_name(stage: Stage) -> None:
    """A query's counts are added to the requests; a minute that only the query has is without requests."""
    stage.queries.counted["sales.kql"] = [
        (GREEN, START, Tally(1, 4)),
        ("churn-5", START + MINUTE, Tally(0, 2)),
    ]
    seen = stage.see(ErrorsGate(), SALES)
    assert row(seen, GREEN).tallies == {"sales": Tally(1, 4)}
    assert row(seen, GREEN).total == 10
    assert row(seen, BLUE).tallies == {}
    assert row(seen, "churn-5", 1) == DeploymentMinute("churn-5", START + MINUTE, 0, 0, tallies={"sales": Tally(0, 2)})
    assert [one.minute for one in seen.minutes] == sorted(one.minute for one in seen.minutes)


def test_no_source_runs_ahead_of_the_errors(stage: Stage) -> None:
    """A minute is judged once, so it must wait until its requests are known, however fast a query is."""
    stage.queries.counted["sales.kql"] = [(GREEN, START + 2 * MINUTE, Tally(0, 4))]
    stage.answers.given[GREEN] = [AnswerSeen(GREEN, START + 2 * MINUTE, "a", "1")]
    assert max(one.minute for one in stage.see(*EVERY).minutes) == START + MINUTE


def test_without_requests_nothing_else_is_read(stage: Stage) -> None:
    """A quiet endpoint costs one query."""
    stage.log.rows.clear()
    assert stage.see(*EVERY, latency="metrics") == Seen(())
    assert (stage.metrics.asked, stage.answers.read) == ([], [])


def test_a_query_that_fails_is_missing_and_the_other_is_not(stage: Stage) -> None:
    """Each query is its own gate: one is invalid, one has no file, two work."""
    stage.queries.counted["sales.kql"] = [(GREEN, START, Tally(1, 4))]
    stage.queries.faults.planned = [Permanent("no table Sales"), None]
    gates = [QueryGate(name, "sales.kql") for name in ("sales", "clicks", "carts")]
    seen = stage.see(*gates, QueryGate("views", "views.kql"))
    assert seen.missing == {"sales": "no table Sales", "views": "no query views.kql"}
    assert row(seen, GREEN).tallies == {"clicks": Tally(1, 4), "carts": Tally(1, 4)}


def test_a_defect_in_a_source_is_missing_evidence(stage: Stage) -> None:
    """Whatever it raises, the errors can still be judged."""
    stage.queries.faults.always = ValueError("no such number")
    seen = stage.see(ErrorsGate(), SALES)
    assert seen.missing == {"sales": "a defect in Teal: ValueError: no such number"}
    assert row(seen, GREEN).total == 10


def test_predictions_and_disagreement_are_read_from_answers(stage: Stage) -> None:
    """Both gates share one read of each deployment's answers, and are added to the minutes of the requests."""
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


def test_answers_are_read_only_for_the_detailed_part(stage: Stage) -> None:
    """Predictions are not read for the whole history."""
    stage.answers.given = {GREEN: [AnswerSeen(GREEN, START + n * MINUTE, f"{n}", "1") for n in range(2)]}
    seen = stage.look(query(PredictionsGate(), deployments=(GREEN,), fine_since=START + MINUTE))
    assert [one.predictions for one in seen.minutes if one.deployment == GREEN] == [None, {"1": 1}]


def test_a_deployment_without_collected_answers_is_reported_with_a_remedy(stage: Stage) -> None:
    """There are no pairs; blue's predictions are still returned, so that the judge sees whose are missing."""
    stage.answers.given = {BLUE: [AnswerSeen(BLUE, START, "a", "1")]}
    seen = stage.see(ErrorsGate(), PredictionsGate(), DisagreementGate())
    assert set(seen.missing) == {"disagreement"}
    assert "churn-7 does not collect its answers: switch it on" in seen.missing["disagreement"]
    assert (row(seen, BLUE).predictions, row(seen, GREEN).predictions) == ({"1": 1}, None)


def test_without_blue_s_answers_there_is_nothing_to_compare(stage: Stage) -> None:
    """Green's predictions alone are meaningless, so the gate is missing."""
    stage.answers.given = {GREEN: [AnswerSeen(GREEN, START, "a", "1")]}
    seen = stage.see(PredictionsGate())
    assert "churn-6 does not collect its answers" in seen.missing["predictions"]
    assert row(seen, GREEN).predictions is None


def test_the_past_must_be_readable_but_green_need_not_be(stage: Stage) -> None:
    """An unreadable past means that the policy's pointer is wrong; an unreadable green is green's own behaviour."""
    reading = PredictionReading("/class")
    stage.answers.given = {
        BLUE: [AnswerSeen(BLUE, START, f"{n}", '{"class": 1}' if n else "{}") for n in range(3)],
        GREEN: [AnswerSeen(GREEN, START, f"{n}", '{"class": []}') for n in range(3)],
    }
    seen = stage.see(PredictionsGate(reading))
    assert row(seen, BLUE).predictions == {"(unreadable)": 1, "1": 2}
    assert (row(seen, GREEN).predictions, seen.missing) == ({"(unreadable)": 3}, {})
    stage.answers.given[BLUE] = stage.answers.given[GREEN]
    past = stage.look(query(PredictionsGate(reading), deployments=(BLUE,)))
    assert "3 of 3 answers" in past.missing["predictions"]


@pytest.mark.parametrize(("answers", "missing"), [(19, False), (20, True)])
def test_many_answers_without_a_pair_are_reported_and_few_are_not(stage: Stage, answers: int, *, missing: bool) -> None:
    """Of a few mirrored requests perhaps none was collected on both sides; of many, the ids do not match."""
    stage.answers.given = {
        name: [AnswerSeen(name, START + timedelta(seconds=n), f"{name}-{n}", "1") for n in range(answers)]
        for name in (BLUE, GREEN)
    }
    seen = stage.look(query(DisagreementGate(), mirrored=True))
    assert bool(seen.missing) is missing
    assert not missing or "none of the 20 answers that green collected has the request id" in seen.missing[DISAGREEMENT]


def test_a_single_deployment_has_no_disagreements(stage: Stage) -> None:
    """An endpoint's first deployment has no blue, which is not an error."""
    seen = stage.look(query(DisagreementGate(), deployments=(GREEN,)))
    assert (seen.missing, stage.answers.read) == ({}, [])


@pytest.mark.parametrize("once", [False, True])
def test_retries_are_counted_as_in_the_policy(stage: Stage, once: bool) -> None:  # noqa: FBT001 -- a column
    """The source of errors gets the policy's setting for retries."""
    stage.look(query(ErrorsGate(), requests=Requests(once=once)))
    assert [asked.once for asked in stage.log.asked] == [once]


def test_reading_has_a_time_limit(stage: Stage) -> None:
    """What is unread when the time is up is reported as missing; errors and earlier data are kept."""
    seconds = iter([0.0, 20.0, 50.0])
    seen = stage.look(query(ErrorsGate(), LatencyGate(), PredictionsGate(), SALES), lambda: next(seconds))
    assert seen.missing == {"sales": "reading the other sources took more than 40 seconds"}
    assert all(row.slowness for row in seen.minutes)


def test_a_partly_lagging_latency_source_is_reported() -> None:
    """It has the first minute but not yet the second: its evidence is reported as late, and errors are kept."""
    stage = Stage()
    stage.metrics.rows = [row for row in stage.metrics.rows if row.minute == START]
    seen = stage.see(LatencyGate(), latency="metrics")
    assert seen.missing["latency"].startswith("no latency of churn in the platform metrics yet for the last of these")
    assert {row.minute for row in seen.minutes} == {START, START + MINUTE}


@pytest.mark.parametrize(
    ("a_minute", "minutes", "reads"),
    [
        pytest.param(2, 58, 2, id="quiet: the last quarter of an hour would be too few"),
        pytest.param(13, 58, 2, id="up to half of the last 200 may have no prediction"),
        pytest.param(15, 14, 1, id="busy: the last quarter of an hour is enough"),
    ],
)
def test_of_past_answers_no_more_is_read_than_the_gate_needs(a_minute: int, minutes: int, reads: int) -> None:
    """A busy endpoint has too many answers to read hours of them at once; a quiet one's few minutes show nothing."""
    stage, hour = Stage(), Window(START - 60 * MINUTE, START + 3 * MINUTE)
    times = [hour.until - n * MINUTE for n in range(1, 60) for _ in range(a_minute)]
    stage.answers.given[BLUE] = [AnswerSeen(BLUE, at, str(at), '"yes"') for at in times]
    seen = stage.look(query(PredictionsGate(), window=hour, deployments=(BLUE,)))
    assert sum((row.predictions or {}).get("yes", 0) for row in seen.minutes) == a_minute * minutes
    assert len(stage.answers.read) == reads


def test_green_s_answers_are_never_read_for_longer_than_a_quarter_of_an_hour() -> None:
    """Next to blue's, even few of them are meaningful: only the past must be long enough."""
    stage, hour = Stage(), Window(START - 60 * MINUTE, START + 3 * MINUTE)
    times = [hour.until - n * MINUTE for n in range(1, 60)]
    stage.answers.given = {name: [AnswerSeen(name, at, str(at), '"yes"') for at in times] for name in (BLUE, GREEN)}
    seen = stage.look(query(PredictionsGate(), window=hour))
    assert sum((row.predictions or {}).get("yes", 0) for row in seen.minutes) == 2 * 14
    assert stage.answers.read == [BLUE, GREEN]


def test_an_unknown_source_is_an_error(stage: Stage) -> None:
    """Errors are never read from a different source instead; for latency, the gate's evidence is missing."""
    with pytest.raises(Permanent, match="'traces' is not a telemetry source of this app; it has logs, metrics, "):
        stage.see(ErrorsGate(), errors="traces")
    seen = stage.see(ErrorsGate(), LatencyGate(), latency="traces")
    assert seen.missing["latency"].startswith("'traces' is not a telemetry source of this app")
    assert (len(seen.minutes), stage.metrics.asked) == (4, [])


def test_a_source_is_not_read_for_needs_it_does_not_serve(stage: Stage) -> None:
    """The log has no sizes, so the gate that needs them from there has no evidence, with the reason."""
    asked = query(ErrorsGate(), LatencyGate())
    seen = stage.look(replace(asked, needs={**asked.needs, "sizes": (Sizes("logs"),)}))
    assert seen.missing == {"sizes": "the request log does not provide sizes of answers"}
    assert len(seen.minutes) == 4


@dataclass(frozen=True, slots=True)
class Sizes(Need):
    """The need for a number of large answers, which none of Teal's sources provides."""

    source: str
    subject: ClassVar[str] = "sizes of answers"


class SizesSource:
    """A source from outside the package: half of green's answers are large."""

    kind: SourceKind = SourceKind("gateway", "the gateway", frozenset({Sizes}))

    def read(self, fetch: Fetch, needs: Sequence[Need]) -> Sequence[DeploymentMinute]:
        assert needs == (Sizes("gateway"),)
        return [DeploymentMinute(GREEN, fetch.query.window.since, 7, 7, tallies={"sizes": Tally(5, 10)})]


def test_an_external_source_serves_an_external_need(stage: Stage) -> None:
    """It is passed to the app with the others, and its data is added to the requests without changing them."""
    asked = replace(query(ErrorsGate()), needs={"sizes": (Sizes("gateway"),)})
    seen = TelemetrySources(stage.log, SizesSource()).minutes("churn", asked)
    assert (row(seen, GREEN).tallies, row(seen, GREEN).total, row(seen, GREEN).bad) == ({"sizes": Tally(5, 10)}, 10, 1)
