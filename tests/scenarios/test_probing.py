"""What is about to serve must be known to answer: from the log or, if the log is silent, from the smoke requests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from shared.core.judge.verdict import Outcome
from shared.core.phases import Phase
from shared.core.rollout import Verb
from shared.core.rollout.reasons import ReasonCode
from shared.core.steps import SmokeStep, WeightStep
from shared.ports import Answer, Halt
from tests.fakes import FakeScoring
from tests.scenarios.world import BLUE, ENDPOINT, GREEN, MIDNIGHT, MINUTE, POLICY, World

C = ReasonCode


def alone(world: World | None = None) -> World:
    """Return a world in which green has had all traffic for a few minutes and is not promoted yet."""
    world = world or World(
        replace(POLICY, judge=replace(POLICY.judge, risk=replace(POLICY.judge.risk, settled_minutes=9)))
    )
    world.register()
    world.until(Phase.PROMOTING)
    while world.seen.traffic != {GREEN: 100}:
        world.minutes()
    world.minutes(3)
    return world


@dataclass
class Answering(FakeScoring):
    """Deployments that each give one answer."""

    by_name: dict[str, Answer] = field(default_factory=dict)

    def answers(
        self, endpoint: str, deployment: str, bodies: Sequence[bytes], timeout: timedelta
    ) -> tuple[Answer, ...]:
        usual = super().answers(endpoint, deployment, bodies, timeout)
        return tuple(self.by_name.get(deployment, answer) for answer in usual)


@pytest.mark.parametrize("phase", [Phase.PROMOTING, Phase.PROMOTED])
def test_traffic_stays_with_green_while_blue_answers_no_smoke_request(phase: Phase) -> None:
    """Azure calls blue Succeeded, but it fails everything: that is reported once, and blue is probed again."""
    world = alone()
    world.until(phase)
    world.scoring.statuses, world.rates = {BLUE: 503}, {BLUE: 1.0, GREEN: 0.001}
    world.ask(Verb.ROLLBACK, "a customer complains")
    world.minutes(6)
    assert world.seen.traffic == {GREEN: 100}
    assert [entry.reason.facts["deployment"] for entry in world.entries(C.BLUE_UNHEALTHY)] == [BLUE]
    world.scoring.statuses, world.rates = {}, {}
    world.until(Phase.ROLLED_BACK, within=5)
    assert world.seen.traffic == {BLUE: 100}
    assert not world.entries(C.SERVING_HEALTHY)
    world.until_finished()
    assert [entry.reason.facts["deployment"] for entry in world.entries(C.SERVING_HEALTHY)] == [BLUE]


def test_a_blue_that_never_answers_ends_the_rollback_with_green_serving() -> None:
    """After the deadline an operator decides; nothing that serves is deleted."""
    world = alone()
    world.scoring.statuses = {BLUE: 500}
    world.ask(Verb.ROLLBACK)
    rollout = world.until(Phase.FAILED, within=25)
    world.until_finished()
    assert rollout.status.reason.because is not None
    assert rollout.status.reason.because.code is C.BLUE_UNHEALTHY
    assert not world.entries(C.SERVING_HEALTHY)
    assert (world.seen.traffic, sorted(world.seen.deployments)) == ({GREEN: 100}, [BLUE, GREEN])


@pytest.mark.parametrize(
    ("answer", "works"),
    [
        (Answer(400, "", 0.1), True),
        (Answer(424, "", 0.1, model_status=400), True),
        (Answer(424, "", 0.1, model_status=500), False),
        (Answer(424, "", 0.1), False),
        (Answer(408, "", 0.1), False),
        (Answer(429, "", 0.1), False),
    ],
    ids=str,
)
def test_a_blue_that_refuses_the_smoke_requests_works_and_an_overloaded_one_does_not(
    answer: Answer, *, works: bool
) -> None:
    """Blue's model may have another schema than green's, which does not prevent a rollback to it."""
    world = alone()
    world.scoring = Answering(by_name={BLUE: answer})
    world.ask(Verb.ROLLBACK)
    world.minutes(6)
    assert world.seen.traffic == ({BLUE: 100} if works else {GREEN: 100}), world.told()


def test_a_harmful_green_is_not_exchanged_for_a_dead_blue() -> None:
    """The judge finds 30 percent failures, and blue would fail everything."""
    world = alone()
    world.scoring.statuses, world.rates = {BLUE: 500}, {BLUE: 1.0, GREEN: 0.3}
    world.minutes(12)
    assert world.rollout().phase is Phase.ROLLING_BACK
    assert world.seen.traffic == {GREEN: 100}


def test_a_green_that_fails_everything_is_exchanged_for_any_blue() -> None:
    """Blue cannot be worse, and the smoke requests themselves may be wrong."""
    world = alone()
    world.scoring.statuses, world.rates = {BLUE: 500}, {GREEN: 1.0}
    world.until(Phase.ROLLED_BACK)


@pytest.mark.parametrize("fault", ["no answer", "no smoke step"])
def test_the_way_back_does_not_need_a_probe(fault: str) -> None:
    """Without a result, the rollback is carried out."""
    steps = (WeightStep(10), WeightStep(50)) if fault == "no smoke step" else POLICY.steps
    world = alone(World(replace(POLICY, steps=steps)))
    world.until(Phase.PROMOTED)
    if fault == "no answer":
        world.scoring.faults.always = "the key cannot be read"
    world.ask(Verb.ROLLBACK)
    world.until(Phase.ROLLED_BACK, within=6)


def test_a_rollback_beside_a_blue_that_serves_sends_no_probe() -> None:
    """Its own recent requests show how it performs."""
    world = World()
    world.register()
    world.until_weight(50)
    asked: list[str] = []
    world.scoring.answered = lambda name, _: asked.append(name)
    world.ask(Verb.ROLLBACK)
    world.until(Phase.ROLLED_BACK)
    assert asked.count(BLUE) == 0


def test_no_traffic_is_added_to_a_blue_whose_requests_all_fail() -> None:
    """An operator rolls back while blue fails everything and green nothing."""
    world = World()
    world.register()
    world.until_weight(50)
    world.rates = {BLUE: 1.0}
    world.minutes(3)
    world.ask(Verb.ROLLBACK)
    world.minutes(4)
    assert world.seen.traffic == {BLUE: 50, GREEN: 50}
    assert len(world.entries(C.BLUE_UNHEALTHY)) == 1


def withheld(share: int = 50, **changes: object) -> World:
    """Return a world in which a rollback is withheld, because blue fails all of its requests and green none."""
    world = World(replace(POLICY, deadlines=replace(POLICY.deadlines, rollback=50 * MINUTE), **changes), rpm=300)  # type: ignore[arg-type]
    world.register()
    world.until_weight(share)
    world.rates = {BLUE: 1.0}
    world.minutes(3)
    world.ask(Verb.ROLLBACK)
    world.minutes(4)
    assert world.seen.traffic[GREEN] == share, world.told()
    return world


@pytest.mark.parametrize("share", [10, 50])
@pytest.mark.parametrize("log", ["read", "down", "down, without smoke requests"])
def test_a_withheld_rollback_stays_withheld_as_long_as_blue_fails(share: int, log: str) -> None:
    """That blue fails remains known until newer evidence, from the log or the smoke requests, says otherwise."""
    steps = POLICY.steps[1:] if log.endswith("requests") else POLICY.steps
    world = withheld(share, steps=steps)
    world.telemetry.faults.always = "the daily cap is reached" if log.startswith("down") else ""
    world.scoring.statuses = {BLUE: 503} if log == "down" else {}
    world.minutes(30)
    assert (world.rollout().phase, world.seen.traffic) == (Phase.ROLLING_BACK, {BLUE: 100 - share, GREEN: share})


@pytest.mark.parametrize("log", ["read", "down"])
def test_a_withheld_rollback_goes_on_when_blue_recovers(log: str) -> None:
    """The log shows the recovery or, without a log, the smoke requests do."""
    world = withheld()
    world.telemetry.faults.always = "the daily cap is reached" if log == "down" else ""
    world.scoring.statuses = {BLUE: 503} if log == "down" else {}
    world.minutes(20)
    world.rates, world.scoring.statuses = {}, {}
    world.until(Phase.ROLLED_BACK, within=5)
    assert world.seen.traffic == {BLUE: 100}


def test_a_lost_answer_does_not_make_a_blue_healthy_that_failed_a_moment_ago() -> None:
    """Green fails a third of its requests and is rolled back; for some minutes, that is better than an unknown blue."""
    world = alone()
    world.scoring.statuses, world.rates = {BLUE: 500}, {BLUE: 1.0, GREEN: 0.3}
    while world.rollout().phase is not Phase.ROLLING_BACK:
        world.minutes()
    world.scoring.faults.always = "the key cannot be read"
    world.minutes(4)
    assert world.seen.traffic == {GREEN: 100}
    world.until(Phase.ROLLED_BACK, within=8)


def test_probes_do_not_outweigh_real_requests_that_all_failed_a_moment_ago() -> None:
    """During a rollback an operator takes the traffic off a blue that fails everything but the smoke requests."""
    world = World()
    world.register()
    world.until_weight(50)
    world.rates = {BLUE: 1.0}
    world.minutes(4)
    world.ask(Verb.ROLLBACK)
    world.minutes(6)
    world.endpoints.seen[ENDPOINT] = replace(world.seen, traffic={GREEN: 100})
    world.minutes(3)
    assert world.seen.traffic == {GREEN: 100}


IDLE = replace(POLICY, steps=(SmokeStep("smoke.jsonl"), WeightStep(10, gates=(), settled_minutes=1)))


def promoted_by_hand_on_an_idle_endpoint() -> World:
    """Return a world without requests in which an operator promoted green all the way."""
    world = World(IDLE, rpm=0)
    world.register()
    world.until(Phase.STEPPING)
    world.minutes(3)
    world.ask(Verb.PROMOTE, "nobody uses it yet", full=True)
    world.until(Phase.PROMOTING)
    return world


def test_an_idle_green_is_promoted_once_it_answered_the_smoke_requests() -> None:
    """No request will come to judge it by, but it answers."""
    world = promoted_by_hand_on_an_idle_endpoint()
    asked: list[int] = []
    world.scoring.answered = lambda name, _: (
        asked.append(int((world.clock.now - MIDNIGHT) / MINUTE)) if name == GREEN else None
    )
    world.until(Phase.PROMOTED)
    assert asked != []
    assert len(world.entries(C.PROMOTED_UNCERTIFIED)) == 1


def test_an_idle_green_that_answers_no_smoke_request_is_not_promoted() -> None:
    """It is held, and the history says why."""
    world = promoted_by_hand_on_an_idle_endpoint()
    world.scoring.statuses, world.scoring.answered = {GREEN: 500}, lambda *_: None
    world.minutes(90)
    assert world.rollout().phase is Phase.PROMOTING
    assert world.entries(C.HELD) != []


@pytest.mark.parametrize("smoke", [True, False])
def test_a_green_that_passed_before_a_halt_must_answer_after_it(smoke: bool) -> None:  # noqa: FBT001 -- a case
    """The requests stop during the halt, and green then fails the smoke requests, or there are none."""
    steps = tuple(step for step in POLICY.steps if smoke or not isinstance(step, SmokeStep))
    world = World(replace(POLICY, steps=steps))
    world.register()
    world.until(Phase.PROMOTING)
    world.store.set_halt(Halt("ada", "lunch", world.clock()))
    world.minutes(8)
    verdict = world.rollout().verdict
    assert verdict is not None
    assert verdict.outcome is Outcome.PASS
    world.rpm, world.scoring.statuses, world.scoring.answered = 0, {GREEN: 500}, lambda *_: None
    world.minutes(15)
    world.store.set_halt(None)
    world.minutes(5)
    assert world.rollout().phase is Phase.PROMOTING


def test_a_green_that_fails_some_smoke_requests_is_not_promoted() -> None:
    """The log is silent, and one smoke request of three fails, as in an incident."""
    world = alone()
    world.rpm, world.scoring.answered, world.scoring.unlucky = 0, lambda *_: None, {GREEN: 1}
    world.minutes(60)
    assert world.rollout().phase is Phase.PROMOTING


@pytest.mark.parametrize("failing", [1, 5, 9])
def test_a_lucky_probe_promotes_nothing(failing: int) -> None:
    """The log is silent and green fails some of the probes: it is held, and the hold is not lifted in between."""
    world = alone()
    world.rpm, world.scoring.answered = 0, lambda *_: None
    for minute in range(90):
        world.scoring.statuses = {GREEN: 500} if minute % 10 < failing else {}
        world.minutes()
    assert world.rollout().phase is Phase.PROMOTING
    assert len(world.entries(C.HELD)) == 1


def fallen_silent(after: int = 2, *, halted: bool = False) -> World:
    """Return a world with a request every third minute, in which green has all traffic and then loses all callers.

    That is too little traffic for the log to count as stopped before patience ends. after: minutes of traffic before
    that.
    """
    world = World(rpm=1)
    world.telemetry.rows = world.telemetry.rows[::3]
    world.register()
    while not world.rollout().smoke_passed:
        world.minutes()
    world.ask(Verb.PROMOTE, full=True)
    while world.seen.traffic != {GREEN: 100}:
        world.minutes()
    if halted:
        world.store.set_halt(Halt("ada", "lunch", world.clock()))
    world.minutes(after)
    world.rpm, world.scoring.answered = 0, lambda _name, _requests: None
    return world


def test_a_green_that_nobody_calls_any_more_must_answer_the_smoke_requests() -> None:
    """Requests from half an hour ago say nothing about now."""
    world = fallen_silent()
    world.scoring.statuses = {GREEN: 500}
    world.minutes(40)
    assert world.rollout().phase is Phase.PROMOTING
    world.scoring.statuses = {}
    world.until(Phase.PROMOTED, within=20)


def test_one_answer_in_ten_minutes_does_not_promote_a_green_that_nobody_calls() -> None:
    """The smoke requests fail except in one minute of ten."""
    world = fallen_silent()
    for minute in range(60):
        world.scoring.statuses = {} if minute % 10 == 9 else {GREEN: 500}
        world.minutes()
    assert world.rollout().phase is Phase.PROMOTING


def test_a_quiet_green_that_passed_before_a_halt_must_answer_after_it() -> None:
    """It was watched without a sign of regression, but fails everything when the halt ends."""
    world = fallen_silent(after=8, halted=True)
    world.scoring.statuses = {GREEN: 500}
    world.minutes(14)
    verdict = world.rollout().verdict
    assert verdict is not None
    assert verdict.outcome is Outcome.PASS
    world.store.set_halt(None)
    world.minutes(12)
    assert world.rollout().phase is Phase.PROMOTING
    world.scoring.statuses = {}
    world.until(Phase.PROMOTED, within=20)
