"""What simulated rollouts come to: good ones are promoted, bad ones found, and the same seed gives the same."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from statistics import fmean

import pytest

from cli.simulate.course import Cause, Course, End
from cli.simulate.curves import Constant
from cli.simulate.parallel import WORTHWHILE, courses
from cli.simulate.profile import Change, Fault, Latency
from cli.simulate.summary import summary
from cli.simulate.trial import Scene, trial, trials
from shared.core.gates import ClientErrorsGate, DisagreementGate, ErrorsGate, Gate, LatencyGate, QueryGate
from shared.core.judge.verdict import Risk
from shared.core.policy import Capacity, Deadlines, FreezeWindow, Source
from shared.core.steps import MirrorStep, PauseStep, SmokeStep, WeightStep
from tests.simulate.scenes import BROKEN, CANARY, FIVE_POINTS, paused, policy, scene

MINUTE = timedelta(minutes=1)


def gone(tried: Scene, count: int = 40, seed: int = 1) -> list[Course]:
    """Return how so many rollouts go."""
    return list(trials(tried, count, seed))


@pytest.mark.parametrize(("rate", "errors"), [(300.0, 0.001), (1000.0, 0.01), (20_000.0, 0.0001)])
def test_a_good_version_is_hardly_ever_rolled_back(rate: float, errors: float) -> None:
    """No more often than the policy's rollback risk, which here is large enough to see a judge that breaks it."""
    risk = Risk(rollback=0.05)
    total = summary(gone(scene(rate=rate, errors=errors, of=policy(risk=risk)), 60), faulty=False)
    assert total.false_rollbacks is not None
    assert total.false_rollbacks.interval[0] <= risk.rollback
    assert total.false_rollbacks.count <= 8  # of 60 at a true 5 %: more is one chance in 200


def test_a_broken_version_is_found_in_its_first_settled_minute() -> None:
    """It fails every request, so the first whole minute that the log can show is enough."""
    for course in gone(scene(BROKEN)):
        assert (course.end, course.cause) == (End.ROLLED_BACK, Cause.JUDGE)
        assert course.decided is not None
        assert course.onset is not None
        # the minute that the fault begins in, or the one after it, ends; five later it is settled; a minute to the tick
        assert 5.0 < course.decided - course.onset <= 8.0
        assert course.requests == course.failed > 0


def test_what_is_found_hurts_fewer_than_what_is_missed_would() -> None:
    """Five points more errors are found early: some forty requests are hurt, of a thousand a minute."""
    total = summary(gone(scene(FIVE_POINTS)), faulty=True)
    assert total.detected is not None
    assert total.detected.value == 1.0
    assert total.hurt is not None
    assert 20 < total.hurt.median < 80


def test_a_fault_that_begins_later_is_found_after_it_began() -> None:
    """Until then nothing is wrong, so taking back earlier would be a false rollback."""
    late = gone(scene(replace(BROKEN, begins=timedelta(minutes=15))))
    assert all(course.detected and not course.false_rollback for course in late)
    assert all(course.onset is not None and course.onset > 20 for course in late)


def test_a_fault_that_is_over_soon_may_pass() -> None:
    """Half a percent more in the first five minutes convicts nobody."""
    fault = Fault(Change("plus", 0.005), ends=timedelta(minutes=5))
    assert sum(course.end is End.PROMOTED for course in gone(scene(fault))) > 20


def test_the_same_seed_gives_the_same_courses_in_any_order() -> None:
    """Each rollout has random numbers of its own."""
    tried = scene(FIVE_POINTS, rate=200.0)
    assert gone(tried, 6, seed=7) == [trial(tried, 7, number) for number in (0, 1, 2, 3, 4, 5)]
    assert gone(tried, 6, seed=7)[5] == trial(tried, 7, 5)
    assert gone(tried, 6, seed=8) != gone(tried, 6, seed=7)


def test_several_cores_give_the_same_courses_in_the_same_order() -> None:
    """How many processes run is a matter of patience, never of figures."""
    tried = scene(BROKEN, rate=50.0)
    assert list(courses(tried, WORTHWHILE, 1, jobs=2)) == list(courses(tried, WORTHWHILE, 1, jobs=1))


def test_weights_go_up_as_the_policy_says() -> None:
    """10, 25, 50 and then all; the change is in force seconds after a look, not at it."""
    (course,) = gone(scene(), 1)
    assert [round(100 * share) for _, share in course.weights] == [0, 10, 25, 50, 100]
    assert course.full == course.weights[-1][0]
    assert course.minutes > course.full > 10


def test_no_traffic_is_held_and_not_judged() -> None:
    """Nothing is known of green, so the rollout pauses; whoever resumes it only has it wait again."""
    (course,) = gone(scene(rate=0.0), 1)
    assert (course.end, course.holds, course.requests) == (End.HELD, 1, 0)
    quiet = scene(rate=0.0, of=replace(policy(), deadlines=Deadlines(rollout=timedelta(hours=6))))
    (resumed,) = gone(replace(quiet, profile=replace(quiet.profile, resume=timedelta(minutes=30))), 1)
    assert (resumed.end, resumed.cause) == (End.ROLLED_BACK, Cause.DEADLINE)
    assert resumed.holds > 1


@pytest.mark.parametrize(
    ("step", "approve", "end", "least"),
    [
        (PauseStep(timedelta(minutes=30)), None, End.PROMOTED, 30.0),
        (PauseStep(), timedelta(minutes=45), End.PROMOTED, 45.0),
        (PauseStep(), None, End.HELD, 0.0),
    ],
    ids=["waits for the clock", "approved", "nobody approves"],
)
def test_pauses(step: PauseStep, approve: timedelta | None, end: End, least: float) -> None:
    """A pause step waits for the clock or for a person, and harm is watched meanwhile."""
    tried = scene(of=paused(step))
    (course,) = gone(replace(tried, profile=replace(tried.profile, approve=approve)), 1)
    assert (course.end, course.holds) == (end, 0)
    assert course.paused >= least
    late = replace(tried, profile=replace(tried.profile, faults=(replace(BROKEN, begins=25 * MINUTE),), approve=None))
    assert gone(late, 1)[0].end is (End.HELD if step.duration is None else End.ROLLED_BACK)


def test_a_version_that_never_gets_ready_is_no_false_rollback() -> None:
    """The policy's deadline takes it back, and nobody was hurt."""
    tried = scene()
    (course,) = gone(replace(tried, profile=replace(tried.profile, provisioning=None)), 1)
    assert (course.end, course.cause, course.false_rollback) == (End.ROLLED_BACK, Cause.PROVISIONING, False)
    assert course.requests == 0
    assert course.minutes == pytest.approx(46, abs=1)


def test_a_smoke_test_that_shows_the_fault_finds_it_before_any_user() -> None:
    """With `smoke: live` its requests fail as often as live ones would."""
    tried = scene(BROKEN)
    (course,) = gone(replace(tried, profile=replace(tried.profile, smoke="live")), 1)
    assert (course.cause, course.detected, course.requests) == (Cause.SMOKE, True, 0)


def test_a_mirror_finds_a_broken_version_without_hurting_anybody() -> None:
    """Only copies of requests reach it."""
    mirrored = policy((MirrorStep(20, duration=timedelta(minutes=15)), *CANARY[1:]))
    for course in gone(scene(BROKEN, of=mirrored), 5):
        assert (course.end, course.cause) == (End.ROLLED_BACK, Cause.JUDGE)
        assert (course.requests, course.hurt) == (0, 0.0)
    assert gone(scene(of=mirrored), 1)[0].end is End.PROMOTED


def test_a_freeze_holds_and_is_counted() -> None:
    """Begun on a Saturday evening that is frozen, green goes forward from midnight on."""
    frozen = scene(of=replace(policy(), freeze=(FreezeWindow("weekend", days=(5,)),)))
    saturday = datetime(2026, 1, 10, 21, tzinfo=UTC)
    (course,) = gone(replace(frozen, profile=replace(frozen.profile, start=saturday)), 1)
    assert course.end is End.PROMOTED
    assert 60 < course.frozen < 180
    assert gone(frozen, 1)[0].frozen == 0.0


def test_green_grows_before_its_share() -> None:
    """`proportional`: a weight waits until green has the instances for it, so slow machines make slow rollouts."""
    grown = replace(policy(), capacity=Capacity(green="proportional"))
    tried = scene(of=grown)
    slow = replace(tried, profile=replace(tried.profile, instances=10, scaling=timedelta(minutes=30)))
    (course,), (usual,) = gone(slow, 1), gone(scene(), 1)
    assert course.end is End.PROMOTED
    assert course.minutes > usual.minutes + 25


def test_smoke_alone_sends_all_traffic_at_once() -> None:
    """A policy without weights has nothing to judge by before all traffic is green's."""
    (course,) = gone(scene(of=policy((SmokeStep("smoke.jsonl"),))), 1)
    assert [share for _, share in course.weights] == [0.0, 1.0]


def test_steps_wait_for_a_late_log() -> None:
    """A log that is later than the policy expects makes a rollout slower, never wrong."""
    tried = scene(of=policy((WeightStep(10), WeightStep(50)), lag=2 * MINUTE))
    late = replace(tried, profile=replace(tried.profile, telemetry_lag=9 * MINUTE))
    slow, usual = gone(late, 10), gone(tried, 10)
    assert {course.end for course in (*slow, *usual)} == {End.PROMOTED}
    assert fmean(course.minutes for course in slow) > fmean(course.minutes for course in usual) + 10


def test_errors_that_go_with_time_are_followed() -> None:
    """Blue and green fail together in an incident, so nobody is blamed."""
    tried = scene()
    bad = replace(tried, profile=replace(tried.profile, errors=Constant(0.2)))
    assert summary(gone(bad, 20), faulty=False).ends.keys() <= {End.PROMOTED, End.HELD}


GATES: tuple[Gate, ...] = (ErrorsGate(), ClientErrorsGate(), LatencyGate())
REFUSING, SLOW = Fault(client_errors=Change("plus", 0.1)), Fault(latency=Change("times", 2.0))


@pytest.mark.parametrize(
    ("fault", "words"), [(REFUSING, "green refuses"), (SLOW, "green takes longer than")], ids=["refuses", "slow"]
)
@pytest.mark.parametrize("source", ["logs", "metrics"])
def test_refusals_and_slowness_are_found_where_a_gate_judges_them(fault: Fault, words: str, source: Source) -> None:
    """Errors are as usual, so only the gate for it can tell; without one such a version is promoted."""
    judged = policy(gates=GATES)
    tried = scene(fault, of=replace(judged, judge=replace(judged.judge, latency_from=source)))
    found = gone(tried, 10)
    assert all(course.detected and course.cause is Cause.JUDGE for course in found)
    assert all((course.hurt > 0) == (fault is REFUSING) for course in found)
    if source == "logs":
        assert all(words in course.reason for course in found)
    assert {course.end for course in gone(scene(fault), 10)} == {End.PROMOTED}


def test_a_usual_version_passes_all_gates() -> None:
    """Refused requests and times that differ by chance, and medians that wander a little, take nobody back."""
    assert {course.end for course in gone(scene(of=policy(gates=GATES)), 30)} == {End.PROMOTED}


def test_latency_that_wanders_far_by_itself_is_held_or_taken_back() -> None:
    """A deployment whose median differs by half from minute to minute cannot be told from a slow one."""
    tried = scene(of=policy(gates=GATES))
    wild = replace(tried, profile=replace(tried.profile, latency=Latency(noise=0.5)))
    assert sum(course.end is End.PROMOTED for course in gone(wild, 10)) < 10


def test_gates_that_a_profile_says_nothing_of_take_no_part() -> None:
    """Nobody waits for their evidence, and their part of the risk goes to the others."""
    gates = (ErrorsGate(), DisagreementGate(weight=50.0), QueryGate("drift", "drift.kql", role="critical", weight=50.0))
    steps = (WeightStep(10, gates=("errors", "drift")), WeightStep(50))
    told, untold = policy(steps, gates=gates), policy((WeightStep(10, gates=("errors",)), WeightStep(50)))
    assert gone(scene(FIVE_POINTS, of=told), 5) == gone(scene(FIVE_POINTS, of=untold), 5)
    assert gone(scene(of=told), 5) == gone(scene(of=untold), 5)


def test_a_critical_gate_s_certificate_is_waited_for() -> None:
    """Certified by refusals too, which are more frequent, a rollout takes longer, and still gets there."""
    strict = (ErrorsGate(), ClientErrorsGate(role="critical"))
    slow, usual = gone(scene(of=policy(gates=strict)), 10), gone(scene(), 10)
    assert {course.end for course in slow} == {End.PROMOTED}
    assert fmean(course.minutes for course in slow) > fmean(course.minutes for course in usual)
