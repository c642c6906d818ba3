"""Simulated rollouts: good versions are promoted, bad ones rolled back, and the same seed gives the same results."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from statistics import fmean

import pytest

from cli.simulate.curves import Constant
from cli.simulate.ending import Ending
from cli.simulate.parallel import WORTHWHILE, results
from cli.simulate.profile import Change, Fault, Latency
from cli.simulate.result import RunResult
from cli.simulate.summary import summary
from cli.simulate.trial import Scenario, trial, trials
from shared.core.gates import ClientErrorsGate, DisagreementGate, ErrorsGate, Gate, LatencyGate, QueryGate
from shared.core.judge.verdict import Risk
from shared.core.policy import Capacity, Deadlines, FreezeWindow, Source
from shared.core.rollout.reasons import ReasonCode
from shared.core.steps import MirrorStep, PauseStep, SmokeStep, WeightStep
from tests.simulate.scenarios import BROKEN, CANARY, FIVE_POINTS, paused, policy, scenario

MINUTE = timedelta(minutes=1)


def simulate(tried: Scenario, count: int = 40, seed: int = 1) -> list[RunResult]:
    """Return the results of this many rollouts."""
    return list(trials(tried, count, seed))


def stop(result: RunResult) -> tuple[Ending, ReasonCode] | None:
    """Return how a rollout ended and what stopped it; None if it was promoted."""
    return None if result.blocker is None else (result.blocker.ending, result.blocker.code)


@pytest.mark.parametrize(("rate", "errors"), [(300.0, 0.001), (1000.0, 0.01), (20_000.0, 0.0001)])
def test_a_good_version_is_hardly_ever_rolled_back(rate: float, errors: float) -> None:
    """It happens no more often than the policy's rollback risk, which is set high enough here to notice an excess."""
    risk = Risk(rollback=0.05)
    total = summary(simulate(scenario(rate=rate, errors=errors, of=policy(risk=risk)), 60), faulty=False)
    assert total.false_rollbacks is not None
    assert total.false_rollbacks.interval[0] <= risk.rollback
    assert total.false_rollbacks.count <= 8  # of 60 at a true 5%: more has a probability of 1 in 200


def test_a_broken_version_is_detected_in_its_first_settled_minute() -> None:
    """It fails every request, so the first settled minute is enough."""
    for result in simulate(scenario(BROKEN)):
        assert stop(result) == (Ending.ROLLED_BACK, ReasonCode.REGRESSION_DETECTED)
        assert result.decided is not None
        assert result.onset is not None
        # the fault's first or next minute ends, is settled five minutes later, and is read within one tick
        assert 5.0 < result.decided - result.onset <= 8.0
        assert result.requests == result.failed > 0


def test_an_early_detection_affects_few_requests() -> None:
    """Five points more errors are detected early: about forty requests are affected, at a thousand per minute."""
    total = summary(simulate(scenario(FIVE_POINTS)), faulty=True)
    assert total.detected is not None
    assert total.detected.value == 1.0
    assert total.affected is not None
    assert 20 < total.affected.median < 80


def test_a_late_fault_is_found_after_it_begins() -> None:
    """An earlier rollback would be a false one."""
    late = simulate(scenario(replace(BROKEN, begins=timedelta(minutes=15))))
    assert all(result.detected and not result.false_rollback for result in late)
    assert all(result.onset is not None and result.onset > 20 for result in late)


def test_a_short_fault_may_pass() -> None:
    """Half a percentage point more in the first five minutes is too little for a rollback."""
    fault = Fault(Change("plus", 0.005), ends=timedelta(minutes=5))
    assert sum(result.ending is Ending.PROMOTED for result in simulate(scenario(fault))) > 20


def test_the_same_seed_gives_the_same_results_in_any_order() -> None:
    """Each rollout has its own random numbers."""
    tried = scenario(FIVE_POINTS, rate=200.0)
    assert simulate(tried, 6, seed=7) == [trial(tried, 7, number) for number in (0, 1, 2, 3, 4, 5)]
    assert simulate(tried, 6, seed=7)[5] == trial(tried, 7, 5)
    assert simulate(tried, 6, seed=8) != simulate(tried, 6, seed=7)


def test_several_cores_give_the_same_results_in_the_same_order() -> None:
    """The number of processes changes only the time it takes."""
    tried = scenario(BROKEN, rate=50.0)
    assert list(results(tried, WORTHWHILE, 1, jobs=2)) == list(results(tried, WORTHWHILE, 1, jobs=1))


def test_weights_follow_the_policy() -> None:
    """They are 10, 25, 50 and then 100; a change takes effect seconds after its order."""
    (result,) = simulate(scenario(), 1)
    assert [round(100 * live) for _, live, _ in result.shares] == [0, 10, 25, 50, 100]
    assert result.full == result.shares[-1][0]
    assert result.minutes > result.full > 10


def test_without_traffic_a_rollout_pauses() -> None:
    """There is no evidence about green, so the rollout pauses until its deadline; a resume only restarts the wait."""
    (result,) = simulate(scenario(rate=0.0), 1)
    assert (result.ending, result.evidence_pauses, result.requests) == (Ending.ROLLED_BACK, 1, 0)
    quiet = scenario(rate=0.0, of=replace(policy(), deadlines=Deadlines(rollout=timedelta(hours=6))))
    (resumed,) = simulate(replace(quiet, profile=replace(quiet.profile, resume=timedelta(minutes=30))), 1)
    assert stop(resumed) == (Ending.ROLLED_BACK, ReasonCode.DEADLINE_EXCEEDED)
    assert resumed.evidence_pauses > 1


@pytest.mark.parametrize(
    ("step", "approve", "end", "least"),
    [
        (PauseStep(timedelta(minutes=30)), None, Ending.PROMOTED, 30.0),
        (PauseStep(), timedelta(minutes=45), Ending.PROMOTED, 45.0),
        (PauseStep(), None, Ending.PAUSED, 0.0),
    ],
    ids=["waits for the clock", "approved", "nobody approves"],
)
def test_pauses(step: PauseStep, approve: timedelta | None, end: Ending, least: float) -> None:
    """A pause step waits for a time or for an operator, and green is still judged."""
    tried = scenario(of=paused(step))
    (result,) = simulate(replace(tried, profile=replace(tried.profile, approve=approve)), 1)
    assert (result.ending, result.evidence_pauses) == (end, 0)
    assert result.paused >= least
    late = replace(tried, profile=replace(tried.profile, faults=(replace(BROKEN, begins=25 * MINUTE),), approve=None))
    assert simulate(late, 1)[0].ending is (Ending.PAUSED if step.duration is None else Ending.ROLLED_BACK)


def test_a_version_that_never_becomes_ready_is_not_a_false_rollback() -> None:
    """The policy's deadline ends it, and no request is affected."""
    tried = scenario()
    (result,) = simulate(replace(tried, profile=replace(tried.profile, provisioning=None)), 1)
    assert stop(result) == (Ending.ROLLED_BACK, ReasonCode.DEADLINE_EXCEEDED)
    assert result.blocker is not None
    assert (result.blocker.deadline, result.false_rollback) == ("provisioning", False)
    assert result.requests == 0
    assert result.minutes == pytest.approx(46, abs=1)


def test_a_smoke_test_finds_the_fault_before_any_user() -> None:
    """With `smoke: live` its requests fail as often as live ones would."""
    tried = scenario(BROKEN)
    (result,) = simulate(replace(tried, profile=replace(tried.profile, smoke="live")), 1)
    assert stop(result) == (Ending.ROLLED_BACK, ReasonCode.SMOKE_FAILED)
    assert (result.detected, result.requests) == (True, 0)


def test_a_mirror_detects_a_broken_version_before_any_user() -> None:
    """Only mirrored requests reach it."""
    mirrored = policy((MirrorStep(20, duration=timedelta(minutes=15)), *CANARY[1:]))
    for result in simulate(scenario(BROKEN, of=mirrored), 5):
        assert stop(result) == (Ending.ROLLED_BACK, ReasonCode.REGRESSION_DETECTED)
        assert (result.requests, result.affected) == (0, 0.0)
    assert simulate(scenario(of=mirrored), 1)[0].ending is Ending.PROMOTED


def test_a_freeze_holds_and_is_counted() -> None:
    """A rollout that starts on a frozen Saturday evening continues at midnight."""
    frozen = scenario(of=replace(policy(), freeze=(FreezeWindow("weekend", days=(5,)),)))
    saturday = datetime(2026, 1, 10, 21, tzinfo=UTC)
    (result,) = simulate(replace(frozen, profile=replace(frozen.profile, start=saturday)), 1)
    assert result.ending is Ending.PROMOTED
    assert 60 < result.frozen < 180
    assert simulate(frozen, 1)[0].frozen == 0.0


def test_green_grows_before_its_share() -> None:
    """With `proportional` a weight waits until green has the instances, so slow scaling makes a slow rollout."""
    grown = replace(policy(), capacity=Capacity(green="proportional"))
    tried = scenario(of=grown)
    slow = replace(tried, profile=replace(tried.profile, instances=10, scaling=timedelta(minutes=30)))
    (result,), (usual,) = simulate(slow, 1), simulate(scenario(), 1)
    assert result.ending is Ending.PROMOTED
    assert result.minutes > usual.minutes + 25


def test_a_smoke_only_policy_sends_all_traffic_immediately() -> None:
    """A policy without weights judges nothing before all traffic goes to green."""
    (result,) = simulate(scenario(of=policy((SmokeStep("smoke.jsonl"),))), 1)
    assert [live for _, live, _ in result.shares] == [0.0, 1.0]


def test_steps_wait_for_a_late_log() -> None:
    """A log that is later than the policy expects makes a rollout slower, not wrong."""
    tried = scenario(of=policy((WeightStep(10), WeightStep(50)), lag=2 * MINUTE))
    late = replace(tried, profile=replace(tried.profile, telemetry_lag=9 * MINUTE))
    slow, usual = simulate(late, 10), simulate(tried, 10)
    assert {result.ending for result in (*slow, *usual)} == {Ending.PROMOTED}
    assert fmean(result.minutes for result in slow) > fmean(result.minutes for result in usual) + 10


def test_errors_that_vary_over_time_are_tracked() -> None:
    """Blue and green fail together in an incident, so green is not rolled back."""
    tried = scenario()
    bad = replace(tried, profile=replace(tried.profile, errors=Constant(0.2)))
    assert summary(simulate(bad, 20), faulty=False).endings.keys() <= {Ending.PROMOTED, Ending.PAUSED}


GATES: tuple[Gate, ...] = (ErrorsGate(), ClientErrorsGate(), LatencyGate())
REFUSING, SLOW = Fault(client_errors=Change("plus", 0.1)), Fault(latency=Change("times", 2.0))


@pytest.mark.parametrize(("fault", "gate"), [(REFUSING, "client_errors"), (SLOW, "latency")], ids=["refuses", "slow"])
@pytest.mark.parametrize("source", ["logs", "metrics"])
def test_refusals_and_slowness_are_found_where_a_gate_judges_them(fault: Fault, gate: str, source: Source) -> None:
    """Errors are normal, so only that gate can detect the fault; without it the version is promoted."""
    judged = policy(gates=GATES)
    tried = scenario(fault, of=replace(judged, judge=replace(judged.judge, latency_from=source)))
    found = simulate(tried, 10)
    assert all(result.detected for result in found)
    blockers = {result.blocker for result in found}
    assert {(one.code, one.gate) for one in blockers if one} == {(ReasonCode.REGRESSION_DETECTED, gate)}
    assert all((result.affected > 0) == (fault is REFUSING) for result in found)
    assert {result.ending for result in simulate(scenario(fault), 10)} == {Ending.PROMOTED}


def test_a_normal_version_passes_all_gates() -> None:
    """Random differences and slightly drifting medians cause no rollback."""
    assert {result.ending for result in simulate(scenario(of=policy(gates=GATES)), 30)} == {Ending.PROMOTED}


def test_unstable_latency_is_paused_or_rolled_back() -> None:
    """A deployment whose median varies by half from minute to minute is indistinguishable from a slow one."""
    tried = scenario(of=policy(gates=GATES))
    wild = replace(tried, profile=replace(tried.profile, latency=Latency(noise=0.5)))
    assert sum(result.ending is Ending.PROMOTED for result in simulate(wild, 10)) < 10


def test_gates_without_simulated_data_are_left_out() -> None:
    """No step waits for them, and their share of the risk goes to the others."""
    gates = (ErrorsGate(), DisagreementGate(weight=50.0), QueryGate("drift", "drift.kql", role="critical", weight=50.0))
    steps = (WeightStep(10, gates=("errors", "drift")), WeightStep(50))
    with_them, without = policy(steps, gates=gates), policy((WeightStep(10, gates=("errors",)), WeightStep(50)))
    assert simulate(scenario(FIVE_POINTS, of=with_them), 5) == simulate(scenario(FIVE_POINTS, of=without), 5)
    assert simulate(scenario(of=with_them), 5) == simulate(scenario(of=without), 5)


def test_a_step_waits_for_every_critical_gate_s_certificate() -> None:
    """A rollout that also needs a certificate for client errors, which are more frequent, takes longer."""
    strict = (ErrorsGate(), ClientErrorsGate(role="critical"))
    slow, usual = simulate(scenario(of=policy(gates=strict)), 10), simulate(scenario(), 10)
    assert {result.ending for result in slow} == {Ending.PROMOTED}
    assert fmean(result.minutes for result in slow) > fmean(result.minutes for result in usual)
