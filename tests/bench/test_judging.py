"""Teal and the oracle in the benchmark: driven as the real loop drives them, and given no more than they may know."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import timedelta
from typing import Literal

import pytest

from bench.judge.methods.oracle import Oracle
from bench.judge.methods.teal import BLUE, MINUTE, START, Teal, weight_steps
from bench.judge.minute import Minute, Move, Status
from shared.core.gates import ErrorsGate
from shared.core.judge import panel
from shared.core.judge.odds import Counts
from shared.core.judge.verdict import Outcome, judge
from shared.core.observation import DeploymentMinute
from shared.core.policy import JudgeSettings

SETTINGS = JudgeSettings(gates=(ErrorsGate(),))
PAST = ([1] * 360, [1000] * 360)


def teal(settings: JudgeSettings | None = None, bake: int = 0) -> Teal:
    """Return Teal with the errors gate alone."""
    begins = START - len(PAST[0]) * MINUTE
    past = [
        DeploymentMinute(BLUE, begins + number * MINUTE, total, bad)
        for number, (bad, total) in enumerate(zip(*PAST, strict=True))
    ]
    return Teal.calibrated(past, settings or SETTINGS, weight_steps(bake=bake))


def minute(number: int, weight: int, green_bad: int = 0) -> Minute:
    """Return a minute of a thousand requests, of which blue fails one."""
    return Minute(number, weight, green_bad, 10 * weight, min(1, 1000 - 10 * weight), 1000 - 10 * weight)


def weights(teal: Teal, minutes: int, green_bad: int = 0, lag: int = 0) -> list[Move]:
    """Return the moves of a rollout whose minutes are read `lag` minutes late."""
    moves, served = [Move(teal.first_weight)], [teal.first_weight]
    for number in range(minutes):
        read = number - lag
        moves.append(teal.observe(minute(read, served[read], green_bad) if read >= 0 else None))
        served.append(moves[-1].weight)
        if moves[-1].status in {Status.PROMOTED, Status.ROLLED_BACK}:
            break
    return moves


def test_teal_steps_when_the_shipped_verdict_passes() -> None:
    """The first step ends in exactly the minute in which judging the same minutes by hand gives PASS."""
    gates, evidence, by_hand = panel.errors_panel(*PAST), panel.Evidence(), 0
    while judge(evidence, gates, JudgeSettings().risk, 10).outcome is not Outcome.PASS:
        seen = minute(by_hand, 5)
        counts = Counts(seen.green_bad, seen.green_total, seen.blue_bad, seen.blue_total)
        evidence = panel.add_minute(evidence, panel.errors_minute(counts, 5, 10), gates)
        by_hand += 1
    moves = [move.weight for move in weights(teal(), 60)]
    assert moves.index(10) == by_hand


def test_teal_walks_every_step_and_promotes() -> None:
    """A good green gets each weight in order and is promoted after it was watched at 100."""
    moves = weights(teal(), 300)
    assert list(dict.fromkeys(move.weight for move in moves)) == [5, 10, 25, 50, 75, 100]
    assert (moves[-1].status, [move.weight for move in moves].count(100)) == (Status.PROMOTED, 4)


def test_teal_rolls_back_a_broken_green_after_one_minute() -> None:
    """The severe lane needs a single minute."""
    assert [move.status for move in weights(teal(), 9, green_bad=50)][1:] == [Status.ROLLED_BACK]


def test_teal_watches_green_after_100_for_the_whole_bake() -> None:
    """With a bake of 30 minutes, green has all traffic that long before it is promoted, and harm rolls back."""
    moves = weights(teal(bake=30), 300)
    assert (moves[-1].status, [move.weight for move in moves].count(100)) == (Status.PROMOTED, 31)
    watching = teal(bake=30)
    weights(watching, len(moves) - 15)
    assert watching.observe(Minute(200, 100, 500, 1000)) == Move(5, Status.RUNNING)
    beside = [watching.observe(Minute(200 + after, 5, 25, 50, 0, 950)).status for after in range(1, 5)]
    assert Status.ROLLED_BACK in beside


def test_late_minutes_of_the_previous_weight_do_not_certify() -> None:
    """With telemetry three minutes late, each step takes three minutes longer."""
    at_once, late = (weights(teal(), 400, lag=lag) for lag in (0, 3))
    assert len(late) >= len(at_once) + 3 * 5


@pytest.mark.parametrize(
    ("inconclusive", "status", "weight"), [("pause", Status.HELD, 5), ("advance", Status.RUNNING, 10)]
)
def test_without_traffic_patience_ends_as_the_policy_says(
    inconclusive: Literal["pause", "advance"], status: Status, weight: int
) -> None:
    """No traffic never passes: the rollout is held for an operator, or advances uncertified if the policy allows."""
    judged = teal(replace(SETTINGS, patience=timedelta(minutes=5), inconclusive=inconclusive))
    moves = [judged.observe(Minute(number, 5)) for number in range(5)]
    assert [move.status for move in moves[:4]] == [Status.RUNNING] * 4
    assert moves[4] == Move(weight, status)


def test_the_oracle_adds_log_likelihood_ratios() -> None:
    """It rolls back when the odds of the two true rates reach its threshold, and not before."""
    oracle = Oracle([0.01] * 9, [0.1] * 9, threshold=math.log(100))
    ten_good, two_bad = Minute(0, 10, 0, 10, 0, 90), Minute(1, 10, 2, 2, 0, 18)
    moves = [oracle.observe(seen) for seen in (ten_good, two_bad, two_bad)]
    assert oracle.evidence == pytest.approx(4 * math.log(10) + 10 * math.log(0.9 / 0.99))
    assert [move.status for move in moves] == [Status.RUNNING, Status.RUNNING, Status.ROLLED_BACK]
