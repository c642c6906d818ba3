"""The predictions gate with few collected answers: on quiet endpoints, and on those that collect only a sample."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.core.gates import ErrorsGate
from shared.core.phases import Phase
from shared.core.rollout.reasons import ReasonCode as Why
from shared.core.steps import SmokeStep, WeightStep
from shared.words import sentence
from tests.scenarios.test_gates import judged_by
from tests.scenarios.test_late_gates import PREDICTIONS, CollectedTelemetry
from tests.scenarios.world import BLUE, GREEN, MINUTE, World

STAYS, NOTHING = '{"class": "stay"}', "{}"


def collecting(rpm: int, answer: str, every: int = 1) -> World:
    """Return a world in which half of the requests go to green. every: the number of requests per collected answer."""
    steps = (SmokeStep("smoke.jsonl"), WeightStep(50))
    policy = replace(judged_by(ErrorsGate(), PREDICTIONS, telemetry_lag=5 * MINUTE), steps=steps)
    log = CollectedTelemetry(bodies={BLUE: STAYS, GREEN: answer}, every=every)
    world = World(policy, rpm=rpm, telemetry=log)
    log.world = world
    world.register()
    return world


@pytest.mark.parametrize(("rpm", "every"), [(2, 1), (3, 1), (6, 1), (40, 10), (60, 10), (600, 1)])
def test_a_green_without_a_readable_answer_is_rolled_back(rpm: int, every: int) -> None:
    """However quiet the endpoint is, provided that blue gave 100 answers in the past hour."""
    world = collecting(rpm, NOTHING, every)
    assert world.until(Phase.ROLLED_BACK, within=200).status.reason.facts["gate"] == "predictions", world.told()


@pytest.mark.parametrize(("rpm", "every"), [(3, 1), (6, 1), (40, 10)])
def test_a_green_that_answers_as_blue_does_is_promoted_on_a_quiet_endpoint(rpm: int, every: int) -> None:
    """With few answers judging takes longer, but a good green is promoted."""
    world = collecting(rpm, STAYS, every)
    world.until(Phase.PROMOTED, within=24 * 60)
    assert unjudged(world) == {""}, world.told()


@pytest.mark.parametrize(("rpm", "every"), [(1, 1), (10, 10)])
def test_fewer_answers_than_100_in_the_past_hour_judge_nothing(rpm: int, every: int) -> None:
    """The predictions gate is then left out, but no other, and every step's entry says so."""
    world = collecting(rpm, STAYS, every)
    world.until_weight(50)
    told = "predictions (fewer than 100 of blue's predictions could be read from the past hour)"
    assert unjudged(world) == {told}


def unjudged(world: World) -> set[str]:
    """Return what the entries for requested weights say is not judged."""
    told = [sentence(entry.reason) for entry in world.entries(Why.WEIGHT_REQUESTED)]
    return {each.partition("not judged: ")[2] for each in told}
