"""The promises of the judge over whole rollouts, by simulation with fixed seeds: risks kept, and power there."""

from __future__ import annotations

import math
from random import Random

from shared.core.judge.certificate import null_for
from shared.core.judge.gate import Calibration, Evidence, JudgedMinute, add_minute
from shared.core.judge.harm import MINOR
from shared.core.judge.odds import Counts

RUNS, MINUTES = 250, 60
BUDGET = 0.01


def drawn(random: Random, total: int, rate: float) -> int:
    """Return how many of `total` independent requests fail."""
    return sum(random.random() < rate for _ in range(total))


def minute_of(random: Random, green_rate: float, blue_rate: float) -> JudgedMinute:
    """Return a steady minute at 25 per cent of 80 requests, on the way to 50."""
    return JudgedMinute(Counts(drawn(random, 20, green_rate), 20, drawn(random, 60, blue_rate), 60), 25, 50)


def share_crossing(line: float, seed: int, *, harm: bool, green: tuple[float, float]) -> float:
    """Return the share of runs whose odds ever reach the line; green fails rho x blue + delta, and blue drifts."""
    random, crossed = Random(seed), 0  # noqa: S311 -- a simulation, not a secret
    for _ in range(RUNS):
        evidence = Evidence()
        for number in range(MINUTES):
            blue_rate = 0.06 + 0.04 * math.sin(number / 7)
            minute = minute_of(random, green[0] * blue_rate + green[1], blue_rate)
            evidence = add_minute(evidence, minute, Calibration(budget=BUDGET))
            log_odds = evidence.harm.log_odds if harm else evidence.certificate.log_odds
            if log_odds >= math.log(line):
                crossed += 1
                break
    return crossed / RUNS


def test_a_green_at_the_edge_of_no_worse_is_rarely_rolled_back() -> None:
    """Looked at every minute, and with blue drifting, odds of 20 : 1 are reached in at most 1 of 20 runs."""
    assert share_crossing(20, seed=1, harm=True, green=(MINOR.rho, MINOR.delta)) <= 0.05


def test_a_green_at_the_edge_of_the_budget_is_rarely_certified() -> None:
    """Odds of safety of 20 : 1 are reached in at most 1 of 20 runs (and what chance adds to 250 of them)."""
    edge = null_for(50, BUDGET)
    assert share_crossing(20, seed=2, harm=False, green=(edge.rho, edge.delta)) <= 0.05 + 2 * math.sqrt(0.05 / RUNS)


def test_a_green_that_fails_four_times_as_often_is_found() -> None:
    """The risks are not kept by never speaking: most harmful versions are found within the hour."""
    assert share_crossing(100, seed=3, harm=True, green=(4.0, 0.0)) > 0.9


def test_a_green_that_never_fails_is_certified() -> None:
    """A version that is plainly good advances within the hour."""
    assert share_crossing(20, seed=4, harm=False, green=(0.0, 0.0)) > 0.9
