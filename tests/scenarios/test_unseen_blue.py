"""Green fails by itself while blue's rows are missing, so the two cannot be compared."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.core.phases import Phase
from shared.core.rollout import Verb
from shared.core.rollout.reasons import ReasonCode as Why
from shared.core.steps.smoke import SmokeStep
from shared.core.steps.weight import WeightStep
from tests.scenarios.conduct import Conduct
from tests.scenarios.world import BLUE, GREEN, POLICY, World

SMOKE = SmokeStep("smoke.jsonl")


def unseen(share: float, *, weight: int = 25, smoke: bool = True) -> World:
    """Return a world in which green has this weight and fails this share, and blue's rows are missing."""
    steps = (*((SMOKE,) if smoke else ()), WeightStep(weight), WeightStep(75))
    world = World(replace(POLICY, steps=steps), rpm=1000)
    world.register()
    world.until_weight(weight)
    world.minutes(2)
    world.avoided, world.rates = {BLUE}, {GREEN: share}
    return world


@pytest.mark.parametrize(("weight", "share"), [(5, 0.6), (25, 0.2), (50, 0.9)])
def test_green_is_rolled_back_once_blue_passes_the_smoke_test(weight: int, share: float) -> None:
    """Otherwise it would fail that share of the requests until the step's deadline, a day later."""
    world = unseen(share, weight=weight)
    world.minutes(25)
    assert (world.rollout().phase, world.seen.traffic) == (Phase.ROLLED_BACK, {BLUE: 100}), world.told()
    assert world.rollout().status.reason.code is Why.GREEN_FAILS_UNCOMPARED


@pytest.mark.parametrize("failed", [1, 3])
def test_green_keeps_its_share_while_blue_fails_smoke_requests(failed: int) -> None:
    """Blue may then be no better, so that is reported, and an operator decides."""
    world = unseen(0.6)
    world.scoring.unlucky = {BLUE: failed}
    world.minutes(60)
    assert world.seen.traffic == {GREEN: 25, BLUE: 75}
    (held,) = [entry.reason.because for entry in world.entries(Why.HELD)]
    assert held is not None
    assert held.code is Why.GREEN_FAILS_UNCOMPARED
    world.ask(Verb.ROLLBACK)
    world.minutes(3)
    assert world.seen.traffic == {BLUE: 100}


def test_without_smoke_requests_an_operator_decides() -> None:
    """Nothing shows that blue works."""
    world = unseen(0.6, smoke=False)
    world.minutes(60)
    assert (world.seen.traffic, world.rollout().phase) == ({GREEN: 25, BLUE: 75}, Phase.STEPPING)


def test_a_green_that_fails_no_more_than_blue_did_is_not_rolled_back() -> None:
    """That blue's rows are missing says nothing about green."""
    world = unseen(0.001)
    world.minutes(60)
    assert world.seen.traffic == {GREEN: 25, BLUE: 75}


def test_rows_of_blue_that_come_again_end_the_hold() -> None:
    """Green is then compared with blue as usual; here both fail, which is an incident."""
    world = unseen(0.6)
    world.scoring.unlucky = {BLUE: 3}
    world.minutes(20)
    world.avoided, world.rates = set(), {GREEN: 0.6, BLUE: 0.6}
    world.minutes(20)
    assert world.seen.traffic == {GREEN: 25, BLUE: 75}
    assert world.entries(Why.HELD)[-1].reason.because.code is Why.INCIDENT  # type: ignore[union-attr]


def test_an_overloaded_green_keeps_its_capacity() -> None:
    """It refuses requests because there are too many, and blue's rows are missing: a rollback would make that worse."""
    world = unseen(0.5)
    world.conduct = {GREEN: Conduct(overloaded=0.5)}
    world.minutes(40)
    assert world.seen.traffic == {GREEN: 25, BLUE: 75}
