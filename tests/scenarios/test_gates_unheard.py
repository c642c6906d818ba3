"""A green that gives a gate nothing to count, or nothing readable, does not pass that gate."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.core.gates import ErrorsGate, PredictionsGate, QueryGate
from shared.core.judge.verdict import Cause
from shared.core.phases import Phase
from shared.core.rollout.reasons import ReasonCode
from tests.scenarios.conduct import Conduct
from tests.scenarios.test_gates import judged_by, reading
from tests.scenarios.world import BLUE, GREEN, POLICY, World

FRAUD = QueryGate("fraud", "gates/fraud.kql")
COUNTED = Conduct(counted={"fraud": 0.01})
USUAL = Conduct(predictions={"stay": 0.7, "leave": 0.3})


@pytest.mark.parametrize("share", [0.2, 1.0])
def test_answers_without_a_prediction_are_harm(share: float) -> None:
    """A fifth or all of green's answers have none, while all of blue's do: the predictions gate rolls it back."""
    rest = 1.0 - share
    empty = Conduct(predictions={"stay": 0.7 * rest, "leave": 0.3 * rest, "(unreadable)": share})
    world = World(judged_by(ErrorsGate(), PredictionsGate()), conduct={BLUE: USUAL, GREEN: empty})
    world.register()
    assert world.until(Phase.ROLLED_BACK).status.reason.facts["gate"] == "predictions"


def test_equally_unreadable_answers_are_no_harm() -> None:
    """Unreadable answers that are as frequent with blue do not count against green."""
    halves = Conduct(predictions={"stay": 0.6, "(unreadable)": 0.4})
    world = World(judged_by(ErrorsGate(), PredictionsGate()), conduct={BLUE: halves, GREEN: halves})
    world.register()
    assert world.until(Phase.PROMOTED).observed.serving == GREEN


@pytest.mark.parametrize("share", [0.07, 0.3])
@pytest.mark.parametrize("read_as", ["stay", "leave", "maybe"])
def test_a_green_that_reads_what_blue_could_not_is_promoted(share: float, read_as: str) -> None:
    """Fewer unreadable answers are no harm, whichever class they turn out to have."""
    known = {"stay": 0.8 * (1 - share), "leave": 0.2 * (1 - share)}
    old, new = Conduct(predictions=known | {"(unreadable)": share}), dict(known)
    new[read_as] = new.get(read_as, 0.0) + share
    gates = judged_by(ErrorsGate(), PredictionsGate())
    world = World(gates, rpm=4000, conduct={BLUE: old, GREEN: Conduct(predictions=new)})
    world.register()
    assert world.until(Phase.PROMOTED).observed.serving == GREEN


@pytest.mark.parametrize("share", [0.1, 0.3, 0.7, 1.0])
@pytest.mark.parametrize("lost", [("stay", "leave"), ("leave",)])
def test_a_blue_that_becomes_unreadable_is_not_greens_harm(share: float, lost: tuple[str, ...]) -> None:
    """It happens in the middle of the rollout. share: how many of blue's answers of these classes become unreadable."""
    left = {label: part * (1 - share * (label in lost)) for label, part in {"stay": 0.7, "leave": 0.3}.items()}
    gates = judged_by(ErrorsGate(), PredictionsGate())
    world = World(gates, rpm=4000, conduct={BLUE: USUAL, GREEN: USUAL})
    world.register()
    world.until_weight(10)
    world.conduct[BLUE] = Conduct(predictions=left | {"(unreadable)": 1 - sum(left.values())})
    world.minutes(90)
    assert world.seen.traffic[GREEN] >= 10
    world.conduct[BLUE] = USUAL
    assert world.until(Phase.PROMOTED, within=240).observed.serving == GREEN


def test_another_class_is_harm_next_to_a_blue_that_becomes_unreadable() -> None:
    """Blue's unreadable answers excuse no larger shift than their own share."""
    gates = judged_by(ErrorsGate(), PredictionsGate())
    world = World(gates, rpm=4000, conduct={BLUE: USUAL, GREEN: USUAL})
    world.register()
    world.until_weight(10)
    world.conduct[BLUE] = Conduct(predictions={"stay": 0.49, "leave": 0.21, "(unreadable)": 0.3})
    world.conduct[GREEN] = Conduct(predictions={"stay": 0.1, "leave": 0.9})
    why = world.until(Phase.ROLLED_BACK).status.reason
    assert (why.facts["gate"], why.facts["measured"]["blue_bad"] > 0) == ("predictions", True)


def test_more_unreadable_answers_than_blues_are_harm() -> None:
    """Blue has some, and green three times as many."""
    few, many = ({"stay": 0.9 - share, "leave": 0.1, "(unreadable)": share} for share in (0.06, 0.18))
    gates = judged_by(ErrorsGate(), PredictionsGate())
    world = World(gates, rpm=4000, conduct={BLUE: Conduct(predictions=few), GREEN: Conduct(predictions=many)})
    world.register()
    measured = world.until(Phase.ROLLED_BACK).status.reason.facts["measured"]
    assert measured["label"] == "(unreadable)"


def test_a_class_that_becomes_rarer_is_harm_although_blue_leaves_answers_unreadable() -> None:
    """Blue's unreadable answers excuse only classes that become more frequent."""
    old, new = {"stay": 0.6, "leave": 0.2, "(unreadable)": 0.2}, {"stay": 0.75, "leave": 0.05, "(unreadable)": 0.2}
    gates = judged_by(ErrorsGate(), PredictionsGate())
    world = World(gates, rpm=4000, conduct={BLUE: Conduct(predictions=old), GREEN: Conduct(predictions=new)})
    world.register()
    measured = world.until(Phase.ROLLED_BACK).status.reason.facts["measured"]
    assert measured["label"] == "leave"


@pytest.mark.parametrize("inconclusive", ["pause", "advance"])
def test_a_gate_with_data_only_from_blue_lets_nothing_advance(inconclusive: str) -> None:
    """Green collects nothing: it stays at the first weight, even under `advance`; the reason names the gate."""
    world = World(judged_by(ErrorsGate(), PredictionsGate(), inconclusive=inconclusive), conduct={BLUE: USUAL})
    world.register()
    paused = world.until(Phase.PAUSED, within=90)
    assert paused.status.reason.because is not None
    assert (paused.status.reason.because.code, paused.status.reason.because.facts["gate"]) == (
        ReasonCode.GREEN_UNHEARD,
        "predictions",
    )
    assert world.seen.traffic == {BLUE: 90, GREEN: 10}


def test_late_data_from_green_lets_it_continue() -> None:
    """Answers whose collection starts late cost only minutes."""
    world = World(judged_by(ErrorsGate(), FRAUD), conduct={BLUE: COUNTED})
    world.register()
    world.until_weight(10)
    world.minutes(6)
    assert world.rollout().verdict is not None
    assert world.rollout().verdict.cause is Cause.UNHEARD  # type: ignore[union-attr] # asserted above
    world.conduct[GREEN] = COUNTED
    assert world.until(Phase.PROMOTED).observed.serving == GREEN


def test_a_green_that_falls_silent_later_is_not_promoted() -> None:
    """It had data at 10 percent but has none with all traffic: no elapsed time ends the bake."""
    policy = judged_by(ErrorsGate(), FRAUD)
    world = World(policy, conduct={BLUE: COUNTED, GREEN: COUNTED})
    world.register()
    world.until(Phase.PROMOTING)
    world.conduct.pop(GREEN)
    world.minutes(50)
    assert world.rollout().phase is Phase.PROMOTING
    assert reading(world, "fraud").green_total > 0


@pytest.mark.parametrize(("bakes", "deadline"), [(False, "rollout"), (True, "step")])
def test_a_green_that_is_never_heard_is_rolled_back_at_the_deadline(*, bakes: bool, deadline: str) -> None:
    """Not earlier: missing data is usually caused by a setting, and says nothing about the model."""
    limits = replace(POLICY.deadlines, step=timedelta(hours=1), rollout=timedelta(hours=2))
    policy = replace(judged_by(ErrorsGate(), FRAUD), deadlines=limits)
    world = World(policy, conduct={BLUE: COUNTED, GREEN: COUNTED} if bakes else {BLUE: COUNTED})
    world.register()
    if bakes:
        world.until(Phase.PROMOTING)
        world.conduct.pop(GREEN)
    why = world.until(Phase.ROLLED_BACK, within=150).status.reason
    assert (why.code, why.facts["deadline"]) == (ReasonCode.DEADLINE_EXCEEDED, deadline)
    assert why.because is not None
    assert why.because.code is ReasonCode.GREEN_UNHEARD


def test_a_dry_run_without_data_from_green_holds_nothing() -> None:
    """It cannot roll back, so nothing waits for it."""
    world = World(judged_by(ErrorsGate(), replace(FRAUD, role="dry_run")), conduct={BLUE: COUNTED})
    world.register()
    assert world.until(Phase.PROMOTED).observed.serving == GREEN


def test_a_gate_for_rare_events_does_not_wait_without_need() -> None:
    """Events are one in a thousand requests and traffic is low: counting none means nothing."""
    rare = Conduct(counted={"fraud": 0.0})
    world = World(judged_by(ErrorsGate(), FRAUD), rpm=100, conduct={BLUE: rare})
    world.telemetry.rows = [
        replace(row, tallies={name: replace(tally, total=1) for name, tally in row.tallies.items()})
        for row in world.telemetry.rows
    ]
    world.register()
    world.minutes(20)
    assert not [entry for entry in world.history() if entry.reason.code is ReasonCode.GREEN_UNHEARD]
    assert world.rollout().policy.judge.patience == POLICY.judge.patience
