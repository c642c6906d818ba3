"""After every ending, irreversible actions require that the serving deployment was recently seen healthy."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.core.gates import ErrorsGate, LatencyGate, PredictionsGate
from shared.core.observation import DeploymentMinute
from shared.core.phases import Phase
from shared.core.reconcile.plan import plan_observation
from shared.core.rollout import Verb
from shared.core.rollout.reasons import ReasonCode
from shared.core.steps import SmokeStep, WeightStep
from shared.core.telemetry.predictions import UNREADABLE
from tests.scenarios.conduct import Conduct
from tests.scenarios.world import BLUE, GREEN, POLICY, World

C = ReasonCode


def rolled_back(world: World) -> None:
    """Have an operator roll back at the first weight."""
    world.register()
    world.until_weight(10)
    world.ask(Verb.ROLLBACK)
    world.until(Phase.ROLLED_BACK)


def test_green_is_kept_while_the_blue_that_took_over_fails() -> None:
    """The failure is reported once, and the last deployment that could help is not deleted."""
    world = World(rpm=900)
    rolled_back(world)
    world.rates = {BLUE: 0.8}
    world.minutes(120)
    assert sorted(world.seen.deployments) == [BLUE, GREEN]
    assert len(world.entries(C.SERVING_UNHEALTHY)) == 1
    assert world.history()[-1].reason.code is C.LEFTOVER_KEPT


def test_green_is_deleted_once_blue_was_seen_healthy() -> None:
    """A few minutes of blue's own traffic after the rollback are enough."""
    world = World(rpm=900)
    rolled_back(world)
    world.until_cleaned(within=10)
    assert sorted(world.seen.deployments) == [BLUE]


def test_green_is_deleted_once_blue_recovers() -> None:
    """Until then it is watched, and both the failure and the recovery are in the history."""
    world = World(rpm=900)
    rolled_back(world)
    world.rates = {BLUE: 0.8}
    world.minutes(8)
    world.rates = {}
    world.until_finished()
    assert sorted(world.seen.deployments) == [BLUE]
    assert len(world.entries(C.SERVING_HEALTHY)) == 1


def test_a_green_that_failed_its_smoke_test_is_kept_while_blue_fails() -> None:
    """Neither answers well, so it is not known yet which one is worth keeping, although green never had traffic."""
    world = World(rpm=900)
    world.scoring.statuses, world.endpoints.stuck = {GREEN: 500}, True
    world.register()
    world.minutes(2)
    world.rates = {BLUE: 0.7}
    world.minutes(8)
    world.endpoints.stuck = False
    world.until(Phase.ROLLED_BACK)
    world.minutes(4)
    assert sorted(world.seen.deployments) == [BLUE, GREEN]
    world.rates = {}
    world.until_cleaned(within=18)
    assert sorted(world.seen.deployments) == [BLUE]


def test_what_green_showed_says_nothing_about_blue() -> None:
    """Green was promoted and healthy; an operator rolls back to a blue that by now fails most requests."""
    world = World(rpm=900)
    world.register()
    world.until(Phase.PROMOTED)
    world.minutes(9)
    world.rates = {BLUE: 0.8}
    world.ask(Verb.ROLLBACK)
    world.until(Phase.ROLLED_BACK)
    world.minutes(120)
    assert sorted(world.seen.deployments) == [BLUE, GREEN]


@pytest.mark.parametrize("rpm", [0, 900])
def test_without_smoke_requests_or_a_log_the_leftover_is_handed_over(rpm: int) -> None:
    """Nothing can show whether blue works: green is not deleted on a guess, and the history says so."""
    world = World(replace(POLICY, steps=(WeightStep(10), WeightStep(50))), rpm=rpm)
    world.register()
    world.minutes(2)
    world.telemetry.faults.always = "the workspace is away" if rpm else ""
    world.ask(Verb.ROLLBACK)
    world.minutes(120)
    assert (world.rollout().phase, sorted(world.seen.deployments)) == (Phase.ROLLED_BACK, [BLUE, GREEN])
    assert world.history()[-1].reason.code is C.LEFTOVER_UNCHECKED


def test_blue_waits_for_requests_that_show_whether_green_works() -> None:
    """Nobody calls green after its promotion, and there are no smoke requests: blue stays until there is evidence."""
    world = World(replace(POLICY, steps=(WeightStep(10), WeightStep(50)), keep_blue=timedelta(minutes=30)), rpm=900)
    world.register()
    world.until(Phase.PROMOTED)
    world.rpm = 0
    world.minutes(180)
    assert sorted(world.seen.deployments) == [BLUE, GREEN]
    assert (world.history()[-1].reason.code, world.rollout().finished) == (C.LEFTOVER_UNCHECKED, None)
    world.rpm = 900
    world.until_cleaned(within=15)
    assert sorted(world.seen.deployments) == [GREEN]


def test_silence_is_not_recovery() -> None:
    """That callers of a failing blue have given up proves nothing: without a smoke test, green stays."""
    world = World(replace(POLICY, steps=(WeightStep(10), WeightStep(50))), rpm=900)
    rolled_back(world)
    world.rates = {BLUE: 0.8}
    world.minutes(8)
    world.rpm = 0
    world.minutes(120)
    assert sorted(world.seen.deployments) == [BLUE, GREEN]
    assert world.entries(C.SERVING_HEALTHY) == []


def test_blue_is_not_deleted_while_the_promoted_green_fails() -> None:
    """Blue's promised time ends while green is failing."""
    world = World(rpm=900)
    world.register()
    world.until(Phase.PROMOTED)
    world.rates = {GREEN: 0.6}
    world.minutes(60)
    assert BLUE in world.seen.deployments
    assert world.entries(C.SERVING_UNHEALTHY) != []


USUAL = Conduct(median=100.0, predictions={"yes": 0.3, "no": 0.7})


@pytest.mark.parametrize(
    "sick",
    [
        pytest.param(replace(USUAL, median=5000.0), id="slow"),
        pytest.param(replace(USUAL, predictions={UNREADABLE: 1.0}), id="unreadable"),
        pytest.param(replace(USUAL, refused=1.0), id="refuses"),
    ],
)
def test_blue_is_not_deleted_while_the_promoted_green_is_of_no_use(sick: Conduct) -> None:
    """No request fails, but users cannot work with the answers; blue is deleted once they can."""
    gates = (ErrorsGate(), LatencyGate(), PredictionsGate())
    judge = replace(POLICY.judge, gates=gates)
    world = World(replace(POLICY, judge=judge), rpm=900, conduct={BLUE: USUAL, GREEN: USUAL})
    world.register()
    world.until(Phase.PROMOTED)
    world.conduct = {GREEN: sick}
    world.minutes(90)
    assert (BLUE in world.seen.deployments, len(world.entries(C.SERVING_UNHEALTHY))) == (True, 1), world.told()
    world.conduct = {GREEN: USUAL}
    world.until_finished()
    assert BLUE not in world.seen.deployments


def test_a_blue_that_has_become_slow_does_not_keep_a_green_that_was_rolled_back() -> None:
    """Both are slower for good, so green is no better; the version can be started again with a new past."""
    world = World(rpm=900, conduct={BLUE: USUAL, GREEN: USUAL})
    world.register()
    world.until_weight(10)
    slower = replace(USUAL, median=500.0)
    world.conduct = {BLUE: slower, GREEN: slower}
    world.minutes(30)
    world.ask(Verb.ROLLBACK)
    world.until_finished(within=60)
    assert (GREEN in world.seen.deployments, world.entries(C.SERVING_UNHEALTHY)) == (False, [])


@pytest.mark.parametrize("accepted", [True, False])
def test_whatever_serves_is_unhealthy_if_it_refuses_nearly_everything(*, accepted: bool) -> None:
    """Whether blue after a rollback, or a green that an operator accepted although it is slower."""
    world = World(rpm=900, conduct={BLUE: USUAL, GREEN: replace(USUAL, median=400.0)})
    world.register()
    world.until_weight(10)
    if accepted:
        world.ask(Verb.OVERRIDE)
        world.minutes(2)
        world.ask(Verb.PROMOTE, full=True)
        world.until(Phase.PROMOTED, within=90)
    else:
        world.ask(Verb.ROLLBACK)
        world.until(Phase.ROLLED_BACK)
    refuses = replace(USUAL, refused=0.97)
    world.conduct = {BLUE: refuses, GREEN: refuses}
    world.minutes(40)
    assert (len(world.entries(C.SERVING_UNHEALTHY)), len(world.seen.deployments)) == (1, 2), world.told()


def test_refused_requests_do_not_show_that_a_deployment_works() -> None:
    """Green works at first. Then only a handful of callers without a key remain, and the smoke requests fail."""
    world = World(replace(POLICY, keep_blue=timedelta(minutes=25)), rpm=900)
    world.register()
    world.until(Phase.PROMOTED)
    world.minutes(12)
    world.conduct, world.scoring.statuses = {GREEN: Conduct(refused=1.0)}, {GREEN: 500}
    for minute in range(90):
        world.rpm = minute % 2
        world.minutes()
    assert BLUE in world.seen.deployments, world.told()
    assert len(world.entries(C.SERVING_UNHEALTHY)) == 1


def test_a_slower_green_that_an_operator_accepted_is_healthy() -> None:
    """Whoever overrode the judge knew how green performs: no alert, and blue is deleted when its time is over."""
    world = World(rpm=900, conduct={BLUE: USUAL, GREEN: replace(USUAL, median=400.0)})
    world.register()
    world.until_weight(10)
    world.ask(Verb.OVERRIDE)
    world.minutes(2)
    world.ask(Verb.PROMOTE, full=True)
    world.until(Phase.PROMOTED, within=90)
    world.until_finished()
    assert (BLUE in world.seen.deployments, world.entries(C.SERVING_UNHEALTHY)) == (False, [])


def test_an_endpoint_that_refuses_nearly_everything_as_before_is_healthy() -> None:
    """Nearly all of its requests came from callers without a key before the rollout, too."""
    usual = Conduct(refused=0.95)
    world = World(rpm=900, conduct={BLUE: usual, GREEN: usual})
    world.register()
    world.until(Phase.PROMOTED)
    world.until_finished()
    assert (BLUE in world.seen.deployments, world.entries(C.SERVING_UNHEALTHY)) == (False, [])


def test_what_serves_is_watched_for_all_that_blues_past_says_something_about() -> None:
    """Telemetry is asked for latency and predictions too, if the policy judges them."""
    judge = replace(POLICY.judge, gates=(ErrorsGate(), LatencyGate(), PredictionsGate()))
    world = World(replace(POLICY, judge=judge), rpm=900, conduct={BLUE: USUAL, GREEN: USUAL})
    world.register()
    world.until(Phase.PROMOTED)
    asked = plan_observation(world.rollout(), world.seen, world.clock() + timedelta(minutes=25)).serving
    assert asked is not None
    assert sorted(asked.needs) == ["latency", "predictions"]


def test_blue_is_not_deleted_without_telemetry() -> None:
    """Telemetry is unavailable when blue's time is over."""
    world = World(rpm=900)
    world.register()
    world.until(Phase.PROMOTED)
    world.telemetry.faults.always = "the workspace is away"
    world.minutes(60)
    assert BLUE in world.seen.deployments


def test_an_idle_blue_is_probed_before_green_is_deleted() -> None:
    """Nobody calls the endpoint any more, so blue must answer the smoke requests."""
    world = World(rpm=900)
    rolled_back(world)
    world.rpm, world.scoring.answered = 0, lambda _name, _requests: None
    world.scoring.statuses, world.rates = {BLUE: 503}, {BLUE: 1.0}
    world.minutes(10)
    assert GREEN in world.seen.deployments
    world.scoring.statuses, world.rates = {}, {}
    world.until_finished()
    assert sorted(world.seen.deployments) == [BLUE]


def flaky(world: World, failing: int) -> None:
    """Have blue fail `failing` of every ten probes, with an empty log; the others succeed."""
    world.rpm, world.scoring.answered = 0, lambda _name, _requests: None
    for minute in range(120):
        world.scoring.statuses = {BLUE: 503} if minute % 10 < failing else {}
        world.minutes()


@pytest.mark.parametrize("failing", [1, 5, 9])
def test_one_lucky_probe_is_not_recovery(failing: int) -> None:
    """The log is silent and blue fails some of the probes: green is kept, however few fail."""
    world = World(rpm=900)
    rolled_back(world)
    flaky(world, failing)
    assert GREEN in world.seen.deployments
    (kept,) = world.entries(C.LEFTOVER_KEPT)
    assert [entry for entry in world.entries(C.SERVING_HEALTHY) if entry.at <= kept.at] == []


def test_one_lucky_probe_is_not_health_either() -> None:
    """Nothing was seen to fail before, but the probes must still succeed for a while."""
    world = World(rpm=900)
    rolled_back(world)
    world.rpm, world.scoring.answered = 0, lambda _name, _requests: None
    world.minutes(5)
    world.scoring.statuses = {BLUE: 503}
    world.minutes(3)
    assert GREEN in world.seen.deployments


def test_one_good_request_is_not_recovery() -> None:
    """Most callers of a failing blue have given up, and one of their last requests happens to succeed."""
    world = World(replace(POLICY, steps=(WeightStep(10), WeightStep(50))), rpm=900)
    rolled_back(world)
    world.rates = {BLUE: 0.8}
    world.minutes(8)
    world.rpm, world.rates = 1, {}
    world.minutes(8)
    assert GREEN in world.seen.deployments
    world.until_cleaned(within=70)
    assert sorted(world.seen.deployments) == [BLUE]


def test_minutes_that_a_wrong_clock_shows_again_are_not_recovery() -> None:
    """Green begins to fail, then the host's clock is set back, so the last minutes are older, healthy ones."""
    world = World(replace(POLICY, keep_blue=timedelta(minutes=17)), rpm=900)
    world.register()
    world.until(Phase.PROMOTED)
    world.telemetry.faults.always = "the workspace is away"
    world.minutes(21)
    world.rates = {GREEN: 0.9}
    world.minutes(3)
    world.telemetry.faults.always = ""
    world.minutes(3)
    world.clock.pass_(timedelta(minutes=-8))
    world.controller().tick()
    world.settle()
    assert BLUE in world.seen.deployments
    assert world.entries(C.SERVING_HEALTHY) == []


def test_a_bake_without_telemetry_is_held_and_then_judged() -> None:
    """No elapsed time promotes a green without telemetry, and no deadline rolls it back for that."""
    world = World(policy=replace(POLICY, deadlines=replace(POLICY.deadlines, step=timedelta(hours=1))), rpm=900)
    world.register()
    world.until(Phase.PROMOTING)
    while world.seen.traffic != {GREEN: 100}:
        world.minutes()
    world.telemetry.faults.always = "the workspace is away"
    world.minutes(150)
    assert world.rollout().phase is Phase.PROMOTING
    assert [entry.reason.because.code for entry in world.entries(C.HELD) if entry.reason.because] == [C.BAKE_UNSEEN]
    world.telemetry.faults.always = ""
    world.until(Phase.PROMOTED)


def test_advancing_uncertified_needs_telemetry() -> None:
    """`inconclusive: advance` is for too little evidence, not for none at all."""
    judge = replace(POLICY.judge, inconclusive="advance")
    world = World(policy=replace(POLICY, judge=judge), rpm=900)
    world.register()
    world.until_weight(10)
    world.telemetry.faults.always = "the workspace is away"
    world.minutes(90)
    assert (world.rollout().phase, world.seen.traffic[GREEN]) == (Phase.PAUSED, 10)


def test_a_bake_without_requests_is_held_until_there_are_some() -> None:
    """Patience is for too little evidence; without any request, green has shown nothing at 100 percent."""
    world = World()
    world.register()
    world.until(Phase.PROMOTING)
    world.avoided = {GREEN}
    world.minutes(120)
    assert (world.rollout().phase, len(world.entries(C.HELD))) == (Phase.PROMOTING, 1)
    world.avoided = set()
    assert world.until(Phase.PROMOTED)


def test_time_without_teal_does_not_count_in_the_bake() -> None:
    """The host is down for three hours right after green got all traffic."""
    world = World()
    world.register()
    world.until(Phase.PROMOTING)
    world.rpm = 0
    world.minutes(3)
    world.clock.pass_(timedelta(hours=3))
    world.minutes(2)
    assert world.rollout().phase is Phase.PROMOTING


def test_a_green_that_cannot_be_judged_never_gets_all_traffic() -> None:
    """A needed gate's past cannot be read, and the policy has no weights: the step's deadline ends the rollout."""
    world = World(replace(POLICY, steps=(SmokeStep("smoke.jsonl"),)), rates={GREEN: 0.9})
    world.telemetry.missing = {"errors": "403"}
    world.register()
    assert world.until(Phase.ROLLED_BACK, Phase.PROMOTED, within=300).phase is Phase.ROLLED_BACK
    assert all(traffic == {BLUE: 100} for traffic in world.endpoints.traffic_written)


@pytest.mark.parametrize("past", [True, False], ids=["with a past", "without"])
def test_a_deployment_that_fails_everything_is_never_healthy(*, past: bool) -> None:
    """Whether or not blue's past shows what is usual."""
    world = World() if past else World(rpm=0)
    if not past:
        world.telemetry.rows.clear()
    world.register()
    world.until(Phase.STEPPING)
    world.minutes(3)
    world.rpm = 6000
    world.until(Phase.PROMOTED, within=200)
    world.rates = {GREEN: 1.0}
    world.minutes(200)
    assert sorted(world.seen.deployments) == [BLUE, GREEN]


@pytest.mark.parametrize(("status", "left"), [(200, [GREEN]), (500, [BLUE, GREEN])])
def test_one_failed_request_is_followed_by_a_probe(status: int, left: list[str]) -> None:
    """A single request every few minutes says too little, so the smoke requests decide."""
    world = World()
    world.register()
    world.until(Phase.PROMOTED)
    world.rpm, world.scoring.statuses = 0, {GREEN: status}
    world.scoring.answered = lambda *_: None
    for _ in range(120):
        if world.clock.now.minute % 5 == 0:
            world.telemetry.rows.append(DeploymentMinute(GREEN, world.clock.now.replace(second=0), 1, 1))
        world.minutes()
    assert sorted(world.seen.deployments) == left


def test_a_log_that_falls_silent_is_no_proof_of_health() -> None:
    """There is no smoke step to probe with either: blue stays, and an operator is asked."""
    world = World(replace(POLICY, steps=(WeightStep(10), WeightStep(50))))
    world.register()
    world.until(Phase.PROMOTED)
    world.rpm = 0
    world.minutes(200)
    assert sorted(world.seen.deployments) == [BLUE, GREEN]


def test_silence_after_requests_is_no_proof_of_health() -> None:
    """The endpoint had requests until the rollback, which came before anything was judged, and none afterwards."""
    world = World(replace(POLICY, steps=(WeightStep(10), WeightStep(50))))
    world.register()
    world.until(Phase.STEPPING)
    world.ask(Verb.ROLLBACK)
    world.rpm = 0
    world.minutes(120)
    assert sorted(world.seen.deployments) == [BLUE, GREEN]
    assert world.history()[-1].reason.code is C.LEFTOVER_UNCHECKED


def unreadable(world: World, minutes: int) -> None:
    """Let time pass in which Log Analytics answers with errors."""
    world.telemetry.faults.always = "503"
    world.minutes(minutes)


def test_while_the_log_cannot_be_read_the_smoke_requests_decide() -> None:
    """As with a silent log: blue must pass them for ten minutes before green is deleted."""
    world = World(rpm=900)
    rolled_back(world)
    unreadable(world, 11)
    assert sorted(world.seen.deployments) == [BLUE, GREEN]
    world.until_cleaned(within=5)
    assert sorted(world.seen.deployments) == [BLUE]
    assert world.entries(C.LEFTOVER_UNCHECKED) == []


def test_an_unreadable_log_and_failing_smoke_requests_keep_green() -> None:
    """Blue fails all of them, so that is reported, and the deployment that could help is not deleted."""
    world = World(rpm=900)
    rolled_back(world)
    world.scoring.statuses = {BLUE: 503}
    unreadable(world, 60)
    assert sorted(world.seen.deployments) == [BLUE, GREEN]
    assert len(world.entries(C.SERVING_UNHEALTHY)) == len(world.entries(C.LEFTOVER_KEPT)) == 1


def test_an_unreadable_log_without_smoke_requests_is_for_an_operator() -> None:
    """Nothing shows how blue performs."""
    world = World(replace(POLICY, steps=(WeightStep(10), WeightStep(50))), rpm=900)
    rolled_back(world)
    unreadable(world, 60)
    assert sorted(world.seen.deployments) == [BLUE, GREEN]
    assert world.history()[-1].reason.code is C.LEFTOVER_UNCHECKED


def test_smoke_requests_do_not_outweigh_failures_that_the_log_showed_last() -> None:
    """Most of the users' requests may still be failing while nothing shows it."""
    world = World(rpm=900)
    rolled_back(world)
    world.rates = {BLUE: 0.8}
    world.minutes(8)
    unreadable(world, 60)
    assert sorted(world.seen.deployments) == [BLUE, GREEN]
    assert world.entries(C.SERVING_HEALTHY) == []
    world.telemetry.faults.always, world.rates = "", {}
    world.until_cleaned(within=20)
    assert sorted(world.seen.deployments) == [BLUE]
