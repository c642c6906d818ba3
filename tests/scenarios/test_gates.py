"""Gates other than errors: what each rolls back for, with which reason, and that dry runs have no effect."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from shared.core.gates import ClientErrorsGate, ErrorsGate, Gate, LatencyGate, LatencyLimit, Role
from shared.core.gates.readings import Reading
from shared.core.phases import Phase
from shared.core.policy import JudgeSettings, Policy
from shared.core.rollout.reasons import ReasonCode
from shared.core.steps import WeightStep
from tests.scenarios.conduct import Conduct
from tests.scenarios.world import BLUE, GREEN, POLICY, World

QUICK = Conduct(median=100.0)
SLOWER = Conduct(median=160.0)


def judged_by(*gates: Gate, **settings: object) -> Policy:
    """Return the scenarios' policy with these gates. settings: changes to the judge's settings."""
    judge: JudgeSettings = replace(POLICY.judge, gates=gates, **settings)  # type: ignore[arg-type] # dataclass fields
    return replace(POLICY, judge=judge)


def reading(world: World, gate: str) -> Reading:
    """Return a gate's last reading."""
    return next(one for one in world.rollout().readings if one.gate == gate)


def test_a_slower_version_is_rolled_back_by_its_latency() -> None:
    """At 1.6 times blue's latency, without errors: the reason has both latencies, both shares and the odds."""
    world = World(conduct={BLUE: QUICK, GREEN: SLOWER})
    world.register()
    ended = world.until_finished()
    assert ended.phase is Phase.ROLLED_BACK
    assert ended.verdict is not None
    assert ended.verdict.gate == "latency"
    assert (ended.status.reason.code, ended.status.reason.facts["gate"]) == (ReasonCode.REGRESSION_DETECTED, "latency")
    assert ended.status.reason.facts["log_odds_worse"] > ended.status.reason.facts["log_odds_worse_threshold"]
    measured = ended.status.reason.facts["measured"]
    assert measured["what"] == "slow_answers"
    assert measured["green_slower_than_milliseconds"] > measured["blue_slower_than_milliseconds"] > 0
    assert measured["green_bad"] / measured["green_total"] > measured["blue_bad"] / measured["blue_total"]
    assert world.endpoints.traffic_written == [{GREEN: 10, BLUE: 90}, {BLUE: 100}]


def test_a_latency_dry_run_changes_nothing_but_is_recorded() -> None:
    """The same version is promoted; the odds that would have rolled it back are recorded."""
    gates = (ErrorsGate(), LatencyGate(role="dry_run"))
    world = World(judged_by(*gates), conduct={BLUE: QUICK, GREEN: SLOWER})
    world.register()
    assert world.until(Phase.PROMOTED).observed.serving == GREEN
    seen = reading(world, "latency")
    assert (seen.role, seen.harm_threshold, seen.to_rollback) == ("dry_run", None, None)
    assert math.exp(seen.log_harm) > 1e9


@pytest.mark.parametrize("median", [100.0, 120.0])
def test_a_version_within_the_allowed_times_is_promoted(median: float) -> None:
    """It is as fast as blue, or slower by less than the policy allows."""
    world = World(conduct={BLUE: QUICK, GREEN: Conduct(median=median)})
    world.register()
    assert world.until(Phase.PROMOTED).observed.serving == GREEN


def test_a_version_that_rejects_callers_is_rolled_back() -> None:
    """Green rejects, as bad requests, five percent of what blue accepts: no server errors, but noticed."""
    policy = judged_by(ErrorsGate(), ClientErrorsGate())
    world = World(policy, conduct={BLUE: Conduct(refused=0.01), GREEN: Conduct(refused=0.06)})
    world.register()
    ended = world.until(Phase.ROLLED_BACK)
    measured = ended.status.reason.facts["measured"]
    assert (measured["gate"], measured["what"]) == ("client_errors", "rejected_requests")
    assert measured["green_bad"] / measured["green_total"] == 0.06
    assert measured["blue_bad"] / measured["blue_total"] == 0.01


def test_rejections_are_ignored_if_they_are_not_judged() -> None:
    """A policy without that gate promotes the same version."""
    world = World(judged_by(ErrorsGate()), conduct={BLUE: Conduct(refused=0.01), GREEN: Conduct(refused=0.06)})
    world.register()
    assert world.until(Phase.PROMOTED).observed.serving == GREEN


LIMITS: list[tuple[str, Gate, float, Conduct, str]] = [
    ("errors", ErrorsGate(at_most=0.01), 0.03, Conduct(), "errors"),
    ("client errors", ClientErrorsGate(at_most=0.01), 0.0, Conduct(refused=0.05), "client_errors"),
    ("times", LatencyGate(at_most=(LatencyLimit(95, 150),)), 0.0, QUICK, "latency"),
]


@pytest.mark.parametrize(("gate", "rate", "conduct", "name"), [row[1:] for row in LIMITS], ids=[r[0] for r in LIMITS])
def test_an_absolute_limit_applies_however_blue_performs(gate: Gate, rate: float, conduct: Conduct, name: str) -> None:
    """Blue and green are alike, and both exceed the limit: green does not advance."""
    gates = (gate,) if isinstance(gate, ErrorsGate) else (ErrorsGate(), gate)
    world = World(judged_by(*gates), rates={BLUE: rate, GREEN: rate}, conduct={BLUE: conduct, GREEN: conduct})
    world.register()
    reason = world.until(Phase.ROLLED_BACK).status.reason
    measured = reason.facts["measured"]
    assert (reason.code, measured["gate"]) == (ReasonCode.REGRESSION_DETECTED, name)
    assert measured["green_bad"] / measured["green_total"] > measured["limit"]


def test_without_a_limit_errors_on_both_sides_are_no_harm() -> None:
    """Three percent of errors on both sides is not green's fault."""
    world = World(judged_by(ErrorsGate(), budget=0.02), rates={BLUE: 0.03, GREEN: 0.03})
    world.register()
    assert world.until(Phase.PROMOTED, within=200).observed.serving == GREEN


def test_a_bad_day_for_both_does_not_hold_a_good_version() -> None:
    """Nothing failed in the past hour; now 2 % fail on both sides. Betting on the past alone would hold green."""
    world = World(judged_by(ErrorsGate(), budget=0.02))
    world.rates |= {BLUE: 0.02, GREEN: 0.02}
    world.register()
    assert world.until(Phase.PROMOTED).observed.serving == GREEN


def test_percentiles_roll_back_if_nothing_else_is_known() -> None:
    """The platform metrics have no individual latencies, but minutes with a higher P95 are enough."""
    slow = Conduct(median=300.0, percentiles=True)
    world = World(
        judged_by(ErrorsGate(), LatencyGate(), latency_from="metrics"),
        conduct={BLUE: replace(QUICK, percentiles=True), GREEN: slow},
    )
    world.register()
    why = world.until(Phase.ROLLED_BACK).status.reason
    assert (why.code, why.facts["gate"]) == (ReasonCode.REGRESSION_DETECTED, "latency")
    assert (why.facts["measured"]["what"], why.facts["measured"]["margin"]) == ("slow_minutes", 1.25)


def test_a_step_waits_for_the_gates_that_it_names() -> None:
    """At 10 percent only latency must be certified, although it is not critical; at 50 percent errors, the default."""
    steps = (WeightStep(10, gates=("latency",)), WeightStep(50))
    policy = replace(judged_by(ErrorsGate(), LatencyGate()), steps=steps)
    world = World(policy, conduct={BLUE: QUICK, GREEN: QUICK})
    world.register()
    world.until_weight(10)
    world.minutes(2)
    assert reading(world, "latency").certificate_threshold is not None
    assert reading(world, "errors").certificate_threshold is None
    world.until_weight(50)
    [passed] = world.entries(ReasonCode.STEP_PASSED)
    assert (passed.reason.facts["gate"], passed.reason.facts["next_weight"]) == ("latency", 50)
    world.minutes(2)
    assert reading(world, "latency").certificate_threshold is None
    assert reading(world, "errors").certificate_threshold is not None
    assert world.until(Phase.PROMOTED).observed.serving == GREEN


def test_a_critical_gate_without_a_past_holds_the_rollout() -> None:
    """Blue's latency was not measured in the past hour, so nothing can be certified and an operator is needed."""
    world = World(judged_by(ErrorsGate(), LatencyGate(role="critical")))
    world.register()
    paused = world.until(Phase.PAUSED)
    assert world.seen.traffic == {GREEN: 10, BLUE: 90}
    why = paused.status.reason.because
    assert why is not None
    assert (why.code, why.facts["next_weight"]) == (ReasonCode.GATE_NOT_JUDGED, 50)
    assert "blue gave fewer than 100 successful answers in the past hour" in why.facts["unjudged"]["latency"]


ROLES: tuple[Role, ...] = ("non_blocking", "dry_run")


@pytest.mark.parametrize("role", ROLES)
def test_a_gate_without_a_past_that_nothing_waits_for_is_left_out(role: Role) -> None:
    """The rollout continues with the other gates, and the first weight's entry says what is not judged."""
    world = World(judged_by(ErrorsGate(), LatencyGate(role=role)))
    world.register()
    world.until(Phase.PROMOTED)
    first = world.entries(ReasonCode.WEIGHT_REQUESTED)[0].reason
    assert (first.facts["deployment"], first.facts["weight"]) == (GREEN, 10)
    assert "blue gave fewer than 100" in first.facts["unjudged"]["latency"]


def bad_answers() -> dict[str, tuple[float, Conduct]]:
    """Return two ways to go bad, each as a failure rate and a conduct."""
    return {"errors": (0.2, QUICK), "latency": (0.0, Conduct(median=400.0))}


@pytest.mark.parametrize("gate", ["errors", "latency"])
def test_a_version_that_goes_bad_with_all_traffic_is_rolled_back(gate: str) -> None:
    """At 100 percent there is no blue to compare with, so green is compared with the past."""
    world = World(conduct={BLUE: QUICK, GREEN: QUICK})
    world.register()
    world.until(Phase.PROMOTING)
    world.rates[GREEN], world.conduct[GREEN] = bad_answers()[gate]
    ended = world.until(Phase.ROLLED_BACK)
    assert {GREEN: 100} in world.endpoints.traffic_written
    assert ended.verdict is not None
    assert (ended.verdict.gate, world.seen.traffic) == (gate, {BLUE: 100})
