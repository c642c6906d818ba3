"""Missing data: a source that fails, a past that is late, a green that nobody calls.

Missing evidence is neither harm nor safety. It is reported, and the other gates are judged meanwhile.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.core.gates import ErrorsGate, LatencyGate, QueryGate
from shared.core.judge.verdict import Cause, Outcome
from shared.core.phases import Phase
from shared.core.policy import JudgeSettings
from shared.core.rollout.reasons import ReasonCode
from shared.core.steps import MirrorStep, SmokeStep, WeightStep
from shared.json_codec import encode
from shared.views import rollout_detail_view
from tests.scenarios.conduct import Conduct
from tests.scenarios.test_gates import QUICK, judged_by, reading
from tests.scenarios.world import BLUE, GREEN, POLICY, World

FRAUD = QueryGate("fraud", "gates/fraud.kql")
ALIKE = Conduct(counted={"fraud": 0.01})
AWAY = "the query for churn: throttled"


def with_query() -> World:
    """Return a world with a query gate next to errors, and green at 10 percent."""
    world = World(judged_by(ErrorsGate(), FRAUD), conduct={BLUE: ALIKE, GREEN: ALIKE})
    world.register()
    world.until_weight(10)
    return world


def test_a_failing_query_is_missing_and_not_passed() -> None:
    """Its reading says why, and missing counts are no evidence: errors alone do not promote the rollout."""
    world = with_query()
    world.telemetry.missing["fraud"] = AWAY
    world.minutes(6)
    assert (reading(world, "fraud").missing, reading(world, "errors").missing) == (AWAY, "")
    why = world.until(Phase.PAUSED).status.reason.because
    assert why is not None
    assert (why.code, why.facts["gate"], why.facts["message"]) == (ReasonCode.GATE_WITHOUT_DATA, "fraud", AWAY)
    world.telemetry.missing.clear()
    assert world.until(Phase.PROMOTED).observed.serving == GREEN


def test_errors_still_roll_back_while_a_query_fails() -> None:
    """A missing source affects only its own gates."""
    world = with_query()
    world.telemetry.missing["fraud"] = AWAY
    world.rates[GREEN] = 0.1
    measured = world.until(Phase.ROLLED_BACK).status.reason.facts["measured"]
    assert (measured["gate"], measured["green_bad"] / measured["green_total"]) == ("errors", 0.1)


def test_a_query_that_answers_again_is_judged_from_then_on() -> None:
    """The gap is not read again, and the minutes after it roll green back."""
    world = with_query()
    world.minutes(2)
    world.telemetry.missing["fraud"] = AWAY
    world.minutes(1)
    before = reading(world, "fraud").green_total
    world.telemetry.missing.clear()
    world.conduct[GREEN] = Conduct(counted={"fraud": 0.5})
    ended = world.until(Phase.ROLLED_BACK)
    assert (ended.status.reason.code, ended.status.reason.facts["gate"]) == (ReasonCode.REGRESSION_DETECTED, "fraud")
    assert before < reading(world, "fraud").green_total < reading(world, "errors").green_total


def test_a_critical_gate_that_is_missing_for_long_pauses() -> None:
    """Missing data cannot certify: when patience runs out, the rollout pauses at its weight."""
    gates = (ErrorsGate(), replace(FRAUD, role="critical"))
    world = World(judged_by(*gates), conduct={BLUE: ALIKE, GREEN: ALIKE})
    world.register()
    world.until_weight(10)
    world.telemetry.missing["fraud"] = AWAY
    paused = world.until(Phase.PAUSED)
    assert world.seen.traffic == {GREEN: 10, BLUE: 90}
    assert (paused.status.reason.code, paused.status.reason.facts["limit_seconds"]) == (
        ReasonCode.EVIDENCE_INSUFFICIENT,
        30 * 60,
    )
    assert paused.status.reason.because is not None
    assert paused.status.reason.because.facts["gate"] == "fraud"
    assert reading(world, "fraud").missing == AWAY


def test_the_past_is_waited_for_and_then_done_without() -> None:
    """A source that does not answer for five minutes leaves its gate out, and the first weight's entry says so."""
    world = World(judged_by(ErrorsGate(), FRAUD), conduct={BLUE: ALIKE, GREEN: ALIKE})
    world.telemetry.missing["fraud"] = AWAY
    world.register()
    world.until(Phase.STEPPING)
    world.minutes(4)
    assert (world.rollout().traffic.weight, world.rollout().judging.calibration) == (0, None)
    world.minutes(2)
    assert world.rollout().traffic.weight == 10
    assert world.entries(ReasonCode.WEIGHT_REQUESTED)[0].reason.facts["unjudged"] == {"fraud": AWAY}
    assert world.until(Phase.PROMOTED).observed.serving == GREEN


def test_nothing_is_mirrored_before_the_past_is_known() -> None:
    """Mirrored requests are judged, too, and by thresholds that were frozen before green's first request."""
    policy = replace(judged_by(ErrorsGate(), FRAUD), steps=(SmokeStep("smoke.jsonl"), MirrorStep(20), WeightStep(50)))
    world = World(policy, conduct={BLUE: ALIKE, GREEN: ALIKE})
    world.telemetry.missing["fraud"] = AWAY
    world.register()
    world.until(Phase.STEPPING)
    world.minutes(4)
    assert (world.seen.mirror, world.rollout().judging.calibration) == ({}, None)
    world.minutes(3)
    assert world.seen.mirror == {GREEN: 20}


def test_a_late_past_is_used() -> None:
    """Three minutes without an answer delay the rollout by three minutes; no gate is lost."""
    world = World(judged_by(ErrorsGate(), FRAUD), conduct={BLUE: ALIKE, GREEN: Conduct(counted={"fraud": 0.5})})
    world.telemetry.missing["fraud"] = AWAY
    world.register()
    world.until(Phase.STEPPING)
    world.minutes(3)
    world.telemetry.missing.clear()
    measured = world.until(Phase.ROLLED_BACK).status.reason.facts["measured"]
    assert (measured["gate"], measured["green_bad"] / measured["green_total"]) == ("fraud", 0.5)


def test_starvation_and_its_end_are_each_reported_once() -> None:
    """Blue gets requests and green none of its share: neither good nor bad, but operators should know."""
    world = World(avoided={GREEN})
    world.register()
    world.until_weight(10)
    world.minutes(10)
    rollout = world.rollout()
    assert rollout.verdict is not None
    assert (rollout.verdict.outcome, rollout.verdict.cause) == (Outcome.INCONCLUSIVE, Cause.STARVED)
    assert len(world.entries(ReasonCode.GREEN_STARVED)) == 1
    assert not world.entries(ReasonCode.GREEN_RECEIVES_TRAFFIC)
    world.avoided.clear()
    world.minutes(3)
    (again,) = world.entries(ReasonCode.GREEN_RECEIVES_TRAFFIC)
    assert again.reason.facts["deployment"] == GREEN
    assert world.until(Phase.PROMOTED).observed.serving == GREEN


@pytest.mark.parametrize("inconclusive", ["pause", "advance"])
def test_a_starved_green_pauses_when_patience_runs_out(inconclusive: str) -> None:
    """Even if the policy advances uncertified: a higher weight would not bring green requests either."""
    judge: JudgeSettings = replace(POLICY.judge, inconclusive=inconclusive)  # type: ignore[arg-type] # one of the two
    world = World(replace(POLICY, judge=judge), avoided={GREEN})
    world.register()
    why = world.until(Phase.PAUSED, within=90).status.reason.because
    assert why is not None
    assert why.code is ReasonCode.GREEN_STARVED


def test_a_quiet_endpoint_starves_nobody() -> None:
    """If blue gets nothing either, green is not starved: there is no traffic to see."""
    world = World(conduct={BLUE: QUICK, GREEN: QUICK})
    world.register()
    world.until_weight(10)
    world.rpm = 0
    world.minutes(20)
    assert not world.entries(ReasonCode.GREEN_STARVED)


def test_latency_is_missing_if_only_its_source_fails() -> None:
    """Errors and latency have different sources: without latency, errors alone promote, and the gap is reported."""
    policy = judged_by(ErrorsGate(), LatencyGate(), latency_from="metrics")
    timed = replace(QUICK, percentiles=True)
    world = World(policy, conduct={BLUE: timed, GREEN: timed})
    world.register()
    world.until_weight(10)
    world.telemetry.missing["latency"] = "the platform's metrics of churn knows nothing of these minutes"
    world.until(Phase.PROMOTED)
    assert "knows nothing of these minutes" in reading(world, "latency").missing


def test_a_needed_gate_that_is_waited_for_is_shown_and_named_at_the_deadline() -> None:
    """A query has no answer before the first weight: the step waits, says what for, and ends by its deadline."""
    fraud = QueryGate("fraud", "fraud.kql", role="critical")
    judge = replace(POLICY.judge, gates=(ErrorsGate(), fraud))
    world = World(replace(POLICY, judge=judge))
    world.telemetry.missing = {"fraud": "throttled"}
    world.register()
    world.minutes(30)
    assert rollout_detail_view(world.rollout()).missing_telemetry == {"fraud": "throttled"}
    assert world.seen.traffic == {BLUE: 100}
    why = world.until(Phase.ROLLED_BACK, within=200).status.reason.because
    assert why is not None
    assert (why.code, why.facts["unjudged"]) == (ReasonCode.GATES_NOT_CALIBRATED, {"fraud": "throttled"})


def test_long_explanations_of_what_is_missing_fit_in_a_record() -> None:
    """A source may quote whole pages for each of many gates; a row holds 480,000 characters."""
    world = World()
    world.telemetry.missing = {f"gate-{n}": "x" * 5000 for n in range(100)}
    world.register()
    world.until_weight(10)
    written = [encode(value) for value, _ in world.store.rows.values()] + [encode(entry) for entry in world.history()]
    assert max(map(len, written)) < 100_000
