"""Estimates of `teal policy check` and `explain`: the simulator's figures, what blocks progress, and costs."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import time, timedelta
from pathlib import Path
from typing import Any

import pytest

from cli.__main__ import main
from cli.policy import estimate as estimating
from cli.policy.choice import ChosenPolicy
from cli.policy.costs import Overlap, overlap
from cli.policy.estimate import BAD, GOOD, Estimate, estimate
from cli.policy.estimate_words import estimate_lines, slowest_step
from cli.policy.notes import notes
from cli.policy.remarks import remarks
from cli.simulate.curves import Constant
from cli.simulate.ending import Ending
from cli.simulate.profile import Change, Fault, Profile
from cli.simulate.trial import Scenario
from shared.core.gates import ClientErrorsGate, ErrorsGate, Gate, LatencyGate
from shared.core.judge.verdict import Risk
from shared.core.policy import Capacity, Deadlines, FreezeWindow, JudgeSettings, ModelSelector, Policy
from shared.core.steps import MirrorStep, PauseStep, SmokeStep, Step, WeightStep
from shared.views import step_words

HOUR = timedelta(hours=1)
BUSY = Profile(requests=Constant(100_000.0), errors=Constant(0.0))
READY = 8.0  # minutes until green is ready
# With telemetry five minutes late, a clear step takes a minute to start, three to settle, and the lag to be seen.
BRISK = 9.0
CHURN = str(Path(__file__).parents[2] / "policies" / "churn.yaml")
ERRORS_ALONE = JudgeSettings(gates=(ErrorsGate(),))


def canary(*steps: Step, judge: JudgeSettings = ERRORS_ALONE, **more: Any) -> Policy:  # noqa: ANN401 -- fields of a policy
    """Return a policy with these steps."""
    return Policy("churn", (ModelSelector("m"),), steps, judge, **more)


def estimated(policy: Policy, profile: Profile = BUSY, counts: tuple[int, int] = (2, 2)) -> Estimate:
    """Return an estimate from a few rollouts."""
    return estimate(ChosenPolicy(policy, "churn.yaml", {}), profile, 1, lambda: None, counts)


def traffic(rate: float) -> Profile:
    """Return a world with this many requests per minute."""
    return Profile(requests=Constant(rate))


def step_minutes(found: Estimate) -> list[float]:
    """Return how long each step of the first good version took, and the promotion."""
    return [round(minutes) for minutes in found.good[0].step_minutes]


@pytest.mark.parametrize("rate", ["10", "100", "1000"])
def test_check_and_simulate_give_the_same_figures(rate: str, capsys: pytest.CaptureFixture[str]) -> None:
    """At the same traffic and seed, `check` reports the first rollouts of `simulate`, for good and bad versions."""
    shared = ["--requests", rate, "--seed", "7", "--json"]
    assert main(["policy", "check", CHURN, *shared]) == 0
    (found,) = json.loads(capsys.readouterr().out)["policies"][0]["estimates"]
    for version, count, fault in (("good", GOOD, []), ("bad", BAD, ["--green-errors", "+5%"])):
        assert main(["policy", "simulate", CHURN, "--rollouts", str(count), *fault, *shared]) == 0
        assert found[version] == json.loads(capsys.readouterr().out)["summary"]


def test_a_busy_endpoint_takes_only_the_time_to_settle() -> None:
    """With clear evidence, each weight takes its settled minutes, the lag and the change; so does the promotion."""
    found = estimated(canary(SmokeStep(), WeightStep(10), WeightStep(50)))
    smoke, *weights = step_minutes(found)
    assert smoke == 0
    assert weights == pytest.approx([BRISK] * 3, abs=1)
    assert found.good_summary.full is not None
    assert found.good_summary.full.median == pytest.approx(READY + 2 * BRISK + 1, abs=2)


def test_a_step_s_own_settled_minutes_count() -> None:
    """A weight with more settled minutes takes that much longer, and no other step does."""
    found = estimated(canary(WeightStep(10, settled_minutes=33), WeightStep(50)))
    assert step_minutes(found) == pytest.approx([BRISK + 30, BRISK, BRISK], abs=1)
    assert slowest_step(found.good) is not None


@pytest.mark.parametrize(
    ("step", "minutes"),
    [
        (MirrorStep(10, HOUR), 61),
        (MirrorStep(10, requests=200_000), 27),
        (MirrorStep(10, HOUR, 200_000), 27),
        (MirrorStep(10), BRISK),
        (MirrorStep(10, timedelta(minutes=15)), 16),
    ],
)
def test_a_mirror_ends_by_time_by_requests_or_by_the_judge(step: MirrorStep, minutes: float) -> None:
    """The first condition reached ends it; without any, the judge does."""
    assert step_minutes(estimated(canary(step, WeightStep(10))))[0] == pytest.approx(minutes, abs=2)


def test_a_final_weight_of_100_is_watched_once() -> None:
    """A policy that ends at 100 has already watched all traffic, so promotion does not repeat that."""
    found = estimated(canary(WeightStep(100, settled_minutes=60, patience=3 * HOUR)))
    assert step_minutes(found) == pytest.approx([BRISK + 57, 0], abs=1)


def test_a_step_without_gates_does_not_wait_for_evidence() -> None:
    """On a quiet endpoint, a step that needs no gate passes on settled minutes alone; others wait for evidence."""
    free = estimated(canary(WeightStep(10, gates=()), WeightStep(50, gates=())), traffic(10))
    assert {result.ending for result in free.good} == {Ending.PROMOTED}
    waiting = estimated(canary(WeightStep(10), WeightStep(50)), traffic(10))
    assert {(result.ending, result.evidence_pauses > 0) for result in waiting.good} == {(Ending.PROMOTED, True)}


def test_with_advance_an_uncertain_step_takes_its_patience() -> None:
    """A policy that advances uncertified waits for its patience in a step that stays uncertain."""
    judge = replace(ERRORS_ALONE, inconclusive="advance", patience=HOUR)
    assert step_minutes(estimated(canary(WeightStep(50), judge=judge), traffic(2)))[0] == pytest.approx(61, abs=2)


def test_a_lower_risk_takes_longer() -> None:
    """More certainty requires more evidence."""
    patient = replace(ERRORS_ALONE, patience=6 * HOUR)
    sure = replace(patient, risk=Risk(advance=0.0001))
    plain, strict = (estimated(canary(WeightStep(10), judge=each), traffic(100), (5, 0)) for each in (patient, sure))
    assert plain.good_summary.promoted is not None
    assert strict.good_summary.promoted is not None
    assert strict.good_summary.promoted.mean > plain.good_summary.promoted.mean


def test_a_freeze_window_counts() -> None:
    """With freeze windows nearly all the time, a rollout takes days."""
    nights = FreezeWindow("nights", days=(0, 1, 2, 3, 4, 5, 6), start=time(0, 30))
    found = estimated(canary(WeightStep(50), freeze=(nights,)), counts=(1, 0))
    assert found.good_summary.full is not None
    assert found.good_summary.full.median > 13 * 60


def test_more_traffic_gives_earlier_detection() -> None:
    """The more requests show a rise of five points, the sooner it is detected."""
    found = [estimated(canary(WeightStep(50)), traffic(rate), (0, 5)).bad_summary.detection for rate in (30, 1000)]
    assert found[0] is not None
    assert found[1] is not None
    assert found[0].median > found[1].median


def test_rollouts_that_take_weeks_are_simulated_only_a_few_times(monkeypatch: pytest.MonkeyPatch) -> None:
    """The estimate must take only seconds; the number of rollouts is reported."""
    monkeypatch.setattr(estimating, "MOST_MINUTES", 100.0)
    found = estimated(canary(WeightStep(50)), counts=(10, 10))
    assert len(found.good) == 4
    assert "4 of 4 promoted" in " ".join(estimate_lines(canary(WeightStep(50)), found))


SLOW = replace(traffic(1000), faults=(Fault(latency=Change("times", 2.0)),))
BLOCKED: list[tuple[Policy, Profile, str]] = [
    (
        canary(WeightStep(10), deadlines=Deadlines(rollout=3 * HOUR)),
        traffic(5),
        "1 rolled back at step 1 ({step}): the rollout deadline of 3 h passed (errors gate not certified)",
    ),
    (
        canary(WeightStep(50), deadlines=Deadlines(step=timedelta(minutes=40))),
        traffic(2),
        "1 rolled back at step 1 ({step}): the step deadline of 40 min passed (errors gate not certified)",
    ),
    (
        canary(PauseStep(), WeightStep(50), deadlines=Deadlines(rollout=HOUR)),
        replace(BUSY, approve=timedelta(hours=2)),
        "1 rolled back at step 1 ({step}): the rollout deadline of 1 h passed (pause started)",
    ),
    (
        canary(WeightStep(10)),
        replace(BUSY, provisioning=None),
        "1 rolled back during provisioning: the provisioning deadline of 45 min passed",
    ),
]


@pytest.mark.parametrize(("policy", "profile", "words"), BLOCKED)
def test_what_blocks_a_good_version_is_named(policy: Policy, profile: Profile, words: str) -> None:
    """The blocker is a gate, a step or a deadline."""
    found = list(estimate_lines(policy, estimated(policy, profile, (1, 0))))
    assert found[1] == "  good version: 0 of 1 promoted"
    assert found[2] == f"    {words.format(step=step_words(policy.steps[0]))}"


def test_the_gate_that_rolls_back_a_bad_version_is_named() -> None:
    """A slow version is rolled back by the latency gate, not paused."""
    policy = canary(WeightStep(10), WeightStep(50), judge=JudgeSettings(gates=(ErrorsGate(), LatencyGate())))
    lines = list(estimate_lines(policy, estimated(policy, SLOW, (0, 2))))
    assert lines[2].startswith("  bad version: 2 of 2 rolled back, ")
    place = step_words(policy.steps[0])
    assert lines[3:] == [f"    2 rolled back at step 1 ({place}): regression detected by the latency gate"]


REMARKS = [
    (canary(SmokeStep(), WeightStep(10)), []),
    (canary(WeightStep(10)), ["no smoke step: green gets traffic without having answered a single request"]),
    (canary(SmokeStep()), ["no weight step: green gets all traffic at once, and is only watched there"]),
    (
        canary(SmokeStep(), WeightStep(80)),
        ["the first weight is 80: most requests go to a version that has served none before"],
    ),
    (
        canary(SmokeStep(), PauseStep(), WeightStep(10)),
        ["an operator must resume within deadlines.rollout (1 d), or the rollout is rolled back"],
    ),
    (
        canary(SmokeStep(), WeightStep(10), capacity=Capacity(autoscale=False)),
        ["autoscale: false: green keeps its instance count however much traffic it gets"],
    ),
    (
        replace(
            canary(SmokeStep(), WeightStep(10)), models=(ModelSelector("m", {"stage": "$(STAGE)", "price": "5 $"}),)
        ),
        ["models require the tag stage=$(STAGE) with exactly this text; a variable is written ${NAME}"],
    ),
]


@pytest.mark.parametrize(("policy", "expected"), REMARKS)
def test_unwise_policies_get_remarks(policy: Policy, expected: list[str]) -> None:
    """Each row is a valid but careless policy."""
    assert remarks(policy) == expected


def spent(policy: Policy, **world: Any) -> Overlap:  # noqa: ANN401 -- fields of a profile
    """Return the overlap for a good version on a busy endpoint with four instances."""
    return overlap(Scenario(policy, replace(BUSY, instances=4, **world)), 1, 0)


STEP, SCALING = BRISK / 60.0, 5.0 / 60.0  # hours
SEEN = 1 / 3  # hours until green was seen to serve well and blue was scaled down


@pytest.mark.parametrize(
    ("capacity", "green", "blue"),
    [
        (Capacity(), 4 * (READY / 60 + 3 * STEP), 4 * 24),
        (Capacity(green=2), 2 * (READY / 60 + 3 * STEP), 4 * 24),
        (
            Capacity(green="proportional"),
            READY / 60 + STEP + 2 * (STEP + SCALING) + 4 * (STEP + SCALING),
            24 + 3 * SEEN,
        ),
        (Capacity(kept_blue=1), 4 * (READY / 60 + 3 * STEP), 24 + 3 * SEEN),
    ],
)
def test_overlap_is_counted_in_instance_hours(capacity: Capacity, green: float, blue: float) -> None:
    """Green counts from its order to the promotion, blue while it is kept; a proportional green grows."""
    found = spent(canary(WeightStep(25), WeightStep(50), capacity=capacity))
    assert found.ending is Ending.PROMOTED
    assert found.green == pytest.approx(green, abs=0.3)
    assert found.kept == pytest.approx(24, abs=0.1)
    assert found.blue == pytest.approx(blue, abs=0.1)


def test_waiting_costs_too() -> None:
    """Both deployments run during provisioning and pauses, whatever the wait is for."""
    short = spent(canary(WeightStep(10), WeightStep(50)))
    slow = spent(canary(WeightStep(10), WeightStep(50)), provisioning=HOUR / 2)
    paused = spent(canary(WeightStep(10), PauseStep(), WeightStep(50)), approve=3 * HOUR)
    assert slow.green == pytest.approx(short.green + 4 * (30 - READY) / 60, abs=0.3)
    assert paused.green == pytest.approx(short.green + 4 * 3, abs=0.3)


def test_a_rollback_ends_the_cost_of_green() -> None:
    """Green is deleted, and blue continues alone."""
    found = overlap(Scenario(canary(WeightStep(10)), replace(BUSY, instances=4, provisioning=None)), 1, 0)
    assert (found.ending, found.blue) == (Ending.ROLLED_BACK, 0.0)
    assert found.green == pytest.approx(4 * 45 / 60, abs=0.5)


def test_every_gate_that_has_simulated_data_counts() -> None:
    """Requiring a certificate for client errors as well takes longer."""
    gates: list[tuple[Gate, ...]] = [(ErrorsGate(),), (ErrorsGate(), ClientErrorsGate(role="critical"))]
    calm = Profile(requests=Constant(200.0), errors=Constant(0.0))
    errors, refusals = (
        estimated(canary(WeightStep(10), judge=JudgeSettings(gates=some, patience=3 * HOUR)), calm, (3, 0)).good_summary
        for some in gates
    )
    assert errors.promoted is not None
    assert refusals.promoted is not None
    assert refusals.promoted.mean > errors.promoted.mean


def test_a_critical_gate_that_cannot_be_judged_blocks_progress() -> None:
    """With too few responses to compare latency, a step that needs its certificate never passes."""
    judge = JudgeSettings(gates=(ErrorsGate(), LatencyGate(role="critical")))
    found = estimated(canary(WeightStep(50), judge=judge), traffic(1), (1, 0))
    assert found.good_summary.full is None
    assert found.good[0].blocker is not None


@pytest.mark.parametrize(("green", "noted"), [(1, True), (3, True), (4, False), ("same", False)])
def test_a_green_smaller_than_what_serves_is_noted(green: Any, *, noted: bool) -> None:  # noqa: ANN401 -- a capacity
    """`check` and `explain` compare the policy's number with that of `--instances`."""
    policy = canary(SmokeStep(), WeightStep(10), capacity=Capacity(green=green))
    found = [words for words in notes(policy, replace(BUSY, instances=4)) if "may be overloaded" in words]
    assert len(found) == noted
