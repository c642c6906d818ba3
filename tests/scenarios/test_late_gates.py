"""Answers and query results that arrive later than the request log do not let green pass their gate."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from shared.collected_answers import AnswersSource
from shared.core.gates import DisagreementGate, ErrorsGate, PredictionsGate, QueryGate
from shared.core.judge.verdict import Cause
from shared.core.observation import DeploymentMinute, PathState, TelemetryPath
from shared.core.phases import Phase
from shared.core.rollout.reasons import ReasonCode as Why
from shared.core.steps import MirrorStep, SmokeStep, WeightStep
from shared.core.telemetry import PredictionReading, TelemetryQuery, Window
from shared.ports import AnswerSeen, Seen
from shared.telemetry import TelemetrySources
from tests.fake_telemetry import FakeQueries, FakeTelemetry, FakeTraffic
from tests.scenarios.conduct import Conduct
from tests.scenarios.late_rows import Arrival, late_world
from tests.scenarios.test_gates import judged_by, reading
from tests.scenarios.world import BLUE, GREEN, MINUTE, World

READING = PredictionReading("/class")
PREDICTIONS, DISAGREEMENT = PredictionsGate(READING), DisagreementGate(READING)
FRAUD = QueryGate("fraud", "gates/fraud.kql")
ANSWERS_A_MINUTE = 60


@dataclass
class CollectedTelemetry(FakeTelemetry):
    """Requests as they are logged, and a real reader of answers, which are collected `late` minutes later.

    bodies: a deployment's answer, if not the usual one. of: the deployments whose answers are late. every: the number
    of requests per collected answer. windows: every window of answers that was read.
    """

    late: int = 0
    of: tuple[str, ...] = (BLUE, GREEN)
    bodies: dict[str, str] = field(default_factory=dict)
    every: int = 1
    windows: list[Window] = field(default_factory=list)
    world: World | None = None

    def minutes(self, endpoint: str, asked: TelemetryQuery) -> Seen:
        self.faults.strike()
        sources = TelemetrySources(FakeTraffic(rows=self.rows), FakeQueries(), AnswersSource(self))
        return sources.minutes(endpoint, asked)

    def path(self, endpoint: str, source: str) -> TelemetryPath:
        del endpoint, source
        return TelemetryPath(PathState.OPEN)

    def collected(self, endpoint: str, deployment: str, window: Window) -> tuple[AnswerSeen, ...]:
        del endpoint
        assert self.world is not None
        self.windows.append(window)
        delay = self.late if deployment in self.of else 0
        until = min(window.until, self.world.clock() - delay * MINUTE)
        rows = [row for row in self.rows if row.deployment == deployment and window.since <= row.minute < until]
        return tuple(
            self._answer(row, number)
            for row in rows
            for number in range(min(row.total // self.every, ANSWERS_A_MINUTE))
        )

    def _answer(self, row: DeploymentMinute, number: int) -> AnswerSeen:
        usual = '{"class": "leave"}' if number % 10 == 0 else '{"class": "stay"}'
        body = self.bodies.get(row.deployment, usual)
        return AnswerSeen(row.deployment, row.minute, f"{row.minute}-{number}", body)


def collecting(late: int, *of: str, answer: str = "", **more: object) -> tuple[World, CollectedTelemetry]:
    """Return a world in which answers are collected late, with a registered version and a lag of five minutes.

    answer: what green answers to everything (empty: what blue answers).
    """
    log = CollectedTelemetry(late=late, of=of or (BLUE, GREEN), bodies={GREEN: answer} if answer else {})
    policy = judged_by(ErrorsGate(), PREDICTIONS, telemetry_lag=5 * MINUTE)
    world = World(**({"policy": policy, "rpm": 2000, "telemetry": log} | more))  # type: ignore[arg-type] # as given
    log.world = world
    world.register()
    return world, log


@pytest.mark.parametrize("of", [(BLUE, GREEN), (GREEN,), (BLUE,)])
@pytest.mark.parametrize("late", [7, 10, 17])
@pytest.mark.parametrize("answer", ["{}", '{"class": "leave"}'])
def test_a_bad_green_whose_answers_are_late_is_rolled_back(late: int, of: tuple[str, ...], answer: str) -> None:
    """Green's answers, blue's or both are later than the lag: the rollout waits longer, then sees them."""
    world, _ = collecting(late, *of, answer=answer)
    ended = world.until(Phase.ROLLED_BACK, within=90)
    assert ended.status.reason.facts["gate"] == "predictions"
    assert max(entry.weight for entry in world.history()) == 10
    assert len(world.entries(Why.TELEMETRY_LATE)) == 1


@pytest.mark.parametrize("of", [(BLUE, GREEN), (GREEN,), (BLUE,)])
@pytest.mark.parametrize("late", [7, 10])
def test_a_good_green_whose_answers_are_late_is_promoted(late: int, of: tuple[str, ...]) -> None:
    """It only takes longer."""
    world, _ = collecting(late, *of)
    assert world.until(Phase.PROMOTED, within=150).observed.serving == GREEN
    assert reading(world, "predictions").green_total > ANSWERS_A_MINUTE


def test_answers_in_time_are_read_once() -> None:
    """Only what may be late is read again, because there are many answers."""
    world, log = collecting(4)
    world.until_weight(10)
    world.minutes(10)
    log.windows.clear()
    world.minutes(5)
    assert {window.until - window.since for window in log.windows} == {MINUTE}


@pytest.mark.parametrize("of", [(BLUE, GREEN), (BLUE,)])
def test_answers_that_never_arrive_let_nothing_advance(of: tuple[str, ...]) -> None:
    """Blue's past has answers, so their absence is not a pass, and the reason names the gate."""
    world, log = collecting(0, *of)
    world.until(Phase.STEPPING)
    world.minutes(2)
    log.late = 24 * 60
    why = world.until(Phase.PAUSED, within=90).status.reason.because
    assert why is not None
    assert (why.code, why.facts["gate"]) == (Why.GATE_WITHOUT_DATA, "predictions")
    assert world.seen.traffic == {BLUE: 90, GREEN: 10}
    log.late = 0
    assert world.until(Phase.PROMOTED, within=90).observed.serving == GREEN


def test_answers_that_stop_in_the_bake_let_nothing_be_promoted() -> None:
    """What was seen at lower weights does not justify a promotion without answers."""
    world, log = collecting(0)
    world.until(Phase.PROMOTING, within=90)
    log.late = 24 * 60
    world.minutes(60)
    assert (world.rollout().phase, BLUE in world.seen.deployments) == (Phase.PROMOTING, True)


@pytest.mark.parametrize(("answer", "ending"), [("", Phase.PROMOTED), ('{"class": "leave"}', Phase.ROLLED_BACK)])
def test_pairs_of_answers_that_are_late_are_waited_for(answer: str, ending: Phase) -> None:
    """On a mirror, which is the only place where the disagreement gate can see them."""
    gates = judged_by(ErrorsGate(), DISAGREEMENT, telemetry_lag=5 * MINUTE)
    steps = (SmokeStep("smoke.jsonl"), MirrorStep(20, duration=10 * MINUTE), WeightStep(50))
    world, _ = collecting(7, answer=answer, policy=replace(gates, steps=steps))
    world.until(ending, within=150)
    assert len(world.entries(Why.TELEMETRY_LATE)) == 1
    assert reading(world, "disagreement").green_total > 0


def counted_after(minutes: int, *deployments: str) -> Arrival:
    """Return a log in which the query counts these deployments' requests this many minutes late."""

    def arrived(row: DeploymentMinute, age: timedelta) -> DeploymentMinute:
        late = row.deployment in deployments and age < minutes * MINUTE
        return replace(row, tallies={}) if late else row

    return arrived


def counting(late: int, *of: str, green: float = 0.3, **more: object) -> World:
    """Return a world whose query counts 2 percent of blue's requests as bad and this share of green's, but late."""
    conduct = {BLUE: Conduct(counted={"fraud": 0.02}), GREEN: Conduct(counted={"fraud": green})}
    policy = replace(judged_by(ErrorsGate(), FRAUD), keep_blue=timedelta(hours=1))
    world, _ = late_world(counted_after(late, *of), lag=5, policy=policy, conduct=conduct, **more)
    return world


@pytest.mark.parametrize("of", [(BLUE, GREEN), (GREEN,), (BLUE,)])
@pytest.mark.parametrize("late", [8, 20])
def test_a_bad_green_that_a_query_counts_late_is_rolled_back(late: int, of: tuple[str, ...]) -> None:
    """At the first weight; every minute since green's first request counts."""
    world = counting(late, *of)
    ended = world.until(Phase.ROLLED_BACK, within=90)
    assert (ended.status.reason.facts["gate"], len(world.entries(Why.TELEMETRY_LATE))) == ("fraud", 1)
    assert max(entry.weight for entry in world.history()) == 10


def test_minutes_that_a_query_counted_late_are_judged_again() -> None:
    """Each of them exactly once: nothing since green's first request is lost."""
    world = counting(12, BLUE, GREEN, green=0.02)
    world.until_weight(50)
    assert reading(world, "fraud").green_total == reading(world, "errors").green_total


def test_a_query_that_is_later_than_judged_minutes_are_watched_lets_nothing_advance() -> None:
    """Nothing shows how late the counts are, but they should have arrived."""
    world = counting(45, BLUE, GREEN)
    why = world.until(Phase.PAUSED, within=90).status.reason.because
    assert why is not None
    assert (why.code, why.facts["gate"], world.seen.traffic[GREEN]) == (Why.GATE_WITHOUT_DATA, "fraud", 10)


def test_a_query_that_counts_in_batches_is_waited_for_as_long_as_usual() -> None:
    """Blue's past had gaps of twenty minutes, so another gap means nothing."""
    world, _ = late_world(lambda row, _: _in_batches(row), policy=judged_by(ErrorsGate(), FRAUD), conduct=_alike())
    while world.rollout().phase is not Phase.PROMOTED:
        world.minutes()
        verdict = world.rollout().verdict
        assert verdict is None or verdict.cause is not Cause.UNSEEN
    assert not world.entries(Why.TELEMETRY_LATE)


def _alike() -> dict[str, Conduct]:
    return dict.fromkeys((BLUE, GREEN), Conduct(counted={"fraud": 0.02}))


def _in_batches(row: DeploymentMinute) -> DeploymentMinute:
    return row if row.minute.minute % 20 == 0 else replace(row, tallies={})


def test_a_dry_run_that_is_late_holds_nothing() -> None:
    """It decides nothing, so nothing waits for it."""
    conduct = {BLUE: Conduct(counted={"fraud": 0.02})}
    policy = judged_by(ErrorsGate(), replace(FRAUD, role="dry_run"))
    world, _ = late_world(counted_after(8, BLUE, GREEN), lag=5, policy=policy, conduct=conduct)
    assert world.until(Phase.PROMOTED, within=60).observed.serving == GREEN
    assert not world.entries(Why.TELEMETRY_LATE)


def test_a_failing_query_is_not_late() -> None:
    """When it answers again, that shows nothing about how late its counts are."""
    failing: set[str] = set()

    def arrived(row: DeploymentMinute, _age: timedelta) -> DeploymentMinute:
        return replace(row, tallies={}) if failing else row

    world, log = late_world(arrived, lag=5, policy=judged_by(ErrorsGate(), FRAUD), conduct=_alike())
    world.until_weight(10)
    failing.add("fraud")
    log.missing["fraud"] = "throttled"
    world.minutes(15)
    failing.clear()
    log.missing.clear()
    world.minutes(5)
    assert (world.entries(Why.TELEMETRY_LATE), world.rollout().telemetry_lag) == ([], 5 * MINUTE)


def test_a_query_that_fails_while_minutes_are_read_again_keeps_what_it_said() -> None:
    """Rows are late at the same time; what the query cannot return again is not forgotten."""
    late = [True]
    world, log = late_world(
        lambda row, _: replace(row, total=row.total - late[0]), policy=judged_by(ErrorsGate(), FRAUD), conduct=_alike()
    )
    world.until_weight(10)
    world.minutes(8)
    before = reading(world, "fraud").green_total
    late[0] = False
    log.missing["fraud"] = "throttled"
    world.minutes(3)
    assert len(world.entries(Why.TELEMETRY_LATE)) == 1
    assert reading(world, "fraud").green_total == before > 0
