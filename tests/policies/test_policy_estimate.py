"""Estimates: what the judge itself would take and notice. Figures that can be counted on fingers, and bounds."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cli.policy.estimate import Estimate, estimate
from cli.policy.journey import Traffic
from cli.policy.overlap import Overlap, overlap
from cli.policy.sentences import cautions, remarks, sentence
from shared.core.gates import ClientErrorsGate, ErrorsGate, Gate, LatencyGate, QueryGate
from shared.core.judge.verdict import Risk
from shared.core.policy import Capacity, Deadlines, JudgeSettings, ModelSelector, Policy
from shared.core.steps import MirrorStep, PauseStep, SmokeStep, Step, WeightStep

MODELS = (ModelSelector("m"),)
HOUR = timedelta(hours=1)
# With telemetry five minutes late, a step without doubt takes a minute to change, three to settle, five to be seen.
BRISK = 9.0
BUSY, QUIET = Traffic(100_000, error_rate=0.0), Traffic(10)


def canary(*steps: Step, judge: JudgeSettings | None = None, capacity: Capacity | None = None) -> Policy:
    """Return a policy with these steps."""
    return Policy("churn", MODELS, steps, judge or JudgeSettings(), capacity=capacity or Capacity())


def test_a_busy_endpoint_takes_what_settling_takes() -> None:
    """Without doubt each weight takes its settled minutes, the lag and the change; then all traffic is watched so."""
    found = estimate(canary(SmokeStep(), WeightStep(10), WeightStep(50)), BUSY)
    assert [stay.minutes for stay in found.stays] == [BRISK, BRISK, BRISK]
    assert (found.full, found.promoted) == (2 * BRISK + 1, 3 * BRISK)


def test_a_step_s_own_settled_minutes_count() -> None:
    """A weight that must settle for longer takes that much longer, and no other does."""
    found = estimate(canary(WeightStep(10, settled_minutes=33), WeightStep(50)), BUSY)
    assert [stay.minutes for stay in found.stays] == [BRISK + 30, BRISK, BRISK]


def test_pauses_count_and_persons_do_not() -> None:
    """A pause for a time takes that time; how long a person takes nobody knows."""
    found = estimate(canary(WeightStep(10), PauseStep(HOUR), PauseStep()), BUSY)
    assert found.full == BRISK + 60 + 1


@pytest.mark.parametrize(
    ("step", "minutes"),
    [
        (MirrorStep(10, HOUR), 66),
        (MirrorStep(10, requests=200_000), 26),
        (MirrorStep(10, HOUR, 200_000), 26),
        (MirrorStep(10), BRISK),
    ],
)
def test_a_mirror_ends_by_time_by_requests_or_by_the_judge(step: MirrorStep, minutes: float) -> None:
    """Whichever is given and comes first ends it; without either the judge does."""
    found = estimate(canary(step, WeightStep(10)), BUSY)
    assert found.stays[0].minutes == pytest.approx(minutes, abs=1)


def test_all_at_once_bakes_once() -> None:
    """A policy that ends at 100 has watched all traffic by then, and does not do it twice."""
    found = estimate(canary(WeightStep(100, settled_minutes=60)), BUSY)
    assert (found.full, found.promoted) == (1, 66)


def test_a_quiet_endpoint_takes_hours() -> None:
    """At 10 requests a minute evidence for five weights takes about five hours, and patience is over before it."""
    policy = canary(*(WeightStep(weight) for weight in (10, 25, 50, 75, 100)))
    found = estimate(policy, QUIET)
    assert found.full is not None
    assert found.noticed is not None
    assert 4 * 60 < found.full < 8 * 60
    assert 60 < found.noticed < 180
    assert any("patience ends before the evidence" in words for words in cautions(policy, found))


def test_a_step_without_gates_does_not_wait_for_evidence() -> None:
    """The same quiet endpoint passes by settled minutes alone where no gate is asked."""
    free = estimate(canary(WeightStep(10, gates=()), WeightStep(50, gates=())), QUIET)
    assert free.full is not None
    assert free.full < 60


def test_patience_ends_the_waiting_of_who_advances() -> None:
    """A policy that goes on without certainty takes its patience for a step that stays uncertain."""
    judge = JudgeSettings(inconclusive="advance", patience=HOUR)
    found = estimate(canary(WeightStep(50), judge=judge), Traffic(2))
    assert found.stays[0].minutes == 66
    assert "go on uncertified" in " ".join(cautions(canary(WeightStep(50), judge=judge), found))


def test_a_broken_green_goes_after_its_first_minute() -> None:
    """Where every request fails, one settled minute and the lag are enough."""
    assert estimate(canary(WeightStep(10)), Traffic(1000, rise=0.9)).noticed == 6


def test_more_traffic_notices_no_later() -> None:
    """A rise of five points is noticed sooner the more requests tell of it."""
    found = [estimate(canary(WeightStep(10), WeightStep(50)), Traffic(rate)).noticed for rate in (10, 100, 1000)]
    assert [minutes for minutes in found if minutes is not None] == sorted(
        map(float, filter(None, found)), reverse=True
    )
    assert len(set(found)) == 3


def test_the_same_question_has_the_same_answer() -> None:
    """Estimates are drawn at random, but not anew each time."""
    policy = canary(WeightStep(10), WeightStep(50))
    assert estimate(policy, QUIET) == estimate(policy, QUIET)


def test_what_takes_too_long_is_said() -> None:
    """A rollout that its own deadline ends before it is through is a mistake that no file shows."""
    policy = Policy("churn", MODELS, (WeightStep(10), WeightStep(50)), deadlines=Deadlines(rollout=3 * HOUR))
    found = estimate(policy, Traffic(2))
    assert found.full is None
    assert "does not reach 100 within 3 hours" in sentence(found)
    assert any("deadlines.rollout, 3h, may be over" in words for words in cautions(policy, found))


def test_what_is_not_noticed_is_said() -> None:
    """A policy that promotes before a handful of requests can tell says so."""
    found = estimate(canary(SmokeStep()), Traffic(1, rise=0.05))
    assert sentence(found) == (
        "at 1 requests a minute it needs about 1 minute to reach 100 "
        "and would most likely not notice a 5-point error rise"
    )


REMARKS = [
    (canary(SmokeStep(), WeightStep(10)), []),
    (canary(WeightStep(10)), ["no smoke step: green gets traffic without having answered a single request"]),
    (canary(SmokeStep()), ["no weight step: green gets all traffic at once, and is only watched there"]),
    (
        canary(SmokeStep(), WeightStep(80)),
        ["the first weight is 80: most requests meet a version that met none before"],
    ),
    (
        canary(SmokeStep(), PauseStep(), WeightStep(10)),
        ["a person must resume within deadlines.rollout, 1d, or it is rolled back"],
    ),
    (
        canary(SmokeStep(), WeightStep(10), capacity=Capacity(autoscale=False)),
        ["autoscale: false: green keeps its instance count however much traffic comes"],
    ),
]


@pytest.mark.parametrize(("policy", "expected"), REMARKS)
def test_what_is_unwise_is_remarked(policy: Policy, expected: list[str]) -> None:
    """Policies that are right but careless get a remark each."""
    assert remarks(policy) == expected


def test_risks_of_the_policy_count() -> None:
    """Who wants to be surer waits longer."""
    strict = JudgeSettings(risk=Risk(advance=0.0001))
    plain, sure = (estimate(canary(WeightStep(10), judge=judge), Traffic(100)) for judge in (JudgeSettings(), strict))
    assert plain.full is not None
    assert sure.full is not None
    assert sure.full > plain.full


@pytest.mark.parametrize(
    ("capacity", "green", "blue"),
    [
        (Capacity(), 4 * 3 * BRISK, 4 * 24),
        (Capacity(green=2), 2 * 3 * BRISK, 4 * 24),
        (Capacity(green="proportional"), (1 + 2 + 4) * BRISK, 24),
        (Capacity(kept_blue=1), 4 * 3 * BRISK, 24),
    ],
)
def test_overlap_is_counted_in_instance_hours(capacity: Capacity, green: float, blue: float) -> None:
    """Green's instances during the rollout, and blue's while it is kept; proportional green grows with its share."""
    policy = canary(WeightStep(25), WeightStep(50), capacity=capacity)
    found: Estimate = estimate(policy, BUSY)
    assert overlap(policy, found, instances=4) == Overlap(3 * BRISK / 60, kept=24, green=green / 60, blue=blue)


def test_every_gate_that_traffic_says_something_of_counts() -> None:
    """Who wants refusals certified too waits longer; a query, of which usual traffic says nothing, changes nothing."""
    gates: list[tuple[Gate, ...]] = [
        (ErrorsGate(),),
        (ErrorsGate(), QueryGate("drift", "drift.kql", role="critical")),
        (ErrorsGate(), ClientErrorsGate(role="critical")),
    ]
    steps = (WeightStep(10), WeightStep(50))
    calm = Traffic(200, error_rate=0.0)
    errors, query, refusals = (estimate(canary(*steps, judge=JudgeSettings(gates=some)), calm) for some in gates)
    assert errors == query
    assert errors.full is not None
    assert refusals.full is not None
    assert refusals.full > errors.full


def test_too_few_answers_to_compare_latency_hold_a_step_that_needs_it() -> None:
    """A critical gate that cannot be set lets nothing through, as in the core."""
    judge = JudgeSettings(gates=(ErrorsGate(), LatencyGate(role="critical")))
    assert estimate(canary(WeightStep(50), judge=judge), Traffic(1)).full is None
