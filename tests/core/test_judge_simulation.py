"""The judge's promises over whole rollouts, simulated with fixed seeds: risks are kept, and harm is found.

Each promise is tested at its edge, where it is hardest to keep, and checked after every minute. The number of runs that
may break it is the most that chance allows; if the promise were broken twice as often, the test would fail.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from shared.core.gates import ClientErrorsGate, ErrorsGate, LatencyGate
from shared.core.gates.calibration import calibrate, past_of
from shared.core.gates.latency import Slower
from shared.core.gates.samples import gate_minute
from shared.core.judge import certificate, gate, panel
from shared.core.judge.gate import GateEvidence
from shared.core.judge.gate_minute import GateMinute, Share
from shared.core.judge.gate_setting import GateSetting
from shared.core.judge.interval import interval
from shared.core.judge.ladder import RUNGS, Percentiles
from shared.core.judge.measure import Measure
from shared.core.judge.odds import Counts
from shared.core.judge.panel import Evidence, JudgedMinute, Panel, errors_minute
from shared.core.judge.tuning import REFERENCE, TUNED, Tuning
from shared.core.judge.verdict import Outcome, Risk, judge
from shared.core.observation import DeploymentMinute
from shared.core.policy import JudgeSettings
from tests.core.judging import START, past_minute

RUNS, MINUTES = 400, 60
RISK = 0.1
SURE = 0.0005
Draws = np.random.Generator


def most(chance: float, runs: int = RUNS) -> int:
    """Return the largest plausible number of runs with an event of this probability; only `SURE` is left for more."""
    tail, count = 1.0, -1
    while tail > SURE:
        count += 1
        tail -= math.comb(runs, count) * chance**count * (1 - chance) ** (runs - count)
    return count


def test_the_tolerance_would_show_a_broken_promise() -> None:
    """If the true probability were twice the promised one, the tolerance would nearly always be exceeded."""
    draws = np.random.default_rng(0)
    assert np.mean(draws.binomial(RUNS, 2 * RISK, 10_000) > most(RISK)) > 0.98


def ever(run: Callable[[Draws], bool], seed: int, runs: int = RUNS) -> int:
    """Return the number of runs in which it happened."""
    draws = np.random.default_rng(seed)
    return sum(run(draws) for _ in range(runs))


def counts_of(draws: Draws, arms: tuple[int, int], rates: tuple[float, float]) -> Counts:
    """Return a minute of independent requests, with these numbers for green and blue."""
    green, blue = arms
    return Counts(int(draws.binomial(green, rates[0])), green, int(draws.binomial(blue, rates[1])), blue)


def drifting(minute: int, around: float = 0.06) -> float:
    """Return blue's rate in a minute: it drifts up and down by two thirds."""
    return around * (1.0 + math.sin(minute / 7) * 2 / 3)


def weight_of(minute: int) -> tuple[int, int | None]:
    """Return the weight in a minute, and the next one."""
    return ((10, 25), (25, 50), (50, 100))[minute * 3 // MINUTES]


GATES = Panel((GateSetting("errors", 0.5), GateSetting("client_errors", 0.1, critical=False), GateSetting("q", 0.4)))


@pytest.mark.parametrize("tuning", [TUNED, REFERENCE], ids=["tuned", "reference"])
@pytest.mark.parametrize("phi", [1.0, 4.0], ids=["calm", "bursty"])
def test_a_green_at_the_edge_of_no_worse_is_rarely_rolled_back(tuning: Tuning, phi: float) -> None:
    """One gate, blue drifting, the weight rising: the threshold is reached in at most the allowed share of rollouts."""
    judges, line = Panel((GateSetting(phi=phi),), tuning), -math.log(RISK)

    def rolls_back(draws: Draws) -> bool:
        evidence = Evidence()
        for minute in range(MINUTES):
            weight, next_weight = weight_of(minute)
            blue = drifting(minute)
            rates = tuning.minor.rho * blue + tuning.minor.delta, blue
            counts = counts_of(draws, (4 * weight, 400 - 4 * weight), rates)
            evidence = panel.add_minute(evidence, errors_minute(counts, weight, next_weight), judges)
            if gate.log_harm(evidence.gates[0], judges.gates[0], tuning) >= line:
                return True
        return False

    assert ever(rolls_back, 1) <= most(RISK)


def test_several_gates_at_their_edges_share_one_risk() -> None:
    """Three gates by weight, each at its own edge: all together stay within the risk of one rollout."""
    null = GATES.tuning.minor

    def rolls_back(draws: Draws) -> bool:
        evidence = Evidence()
        for minute in range(MINUTES):
            weight, next_weight = weight_of(minute)
            arms = 4 * weight, 400 - 4 * weight
            blues = drifting(minute), drifting(minute + 20, 0.3), drifting(minute, 0.005)
            found = [counts_of(draws, arms, (null.rho * blue + null.delta, blue)) for blue in blues]
            seen = tuple(GateMinute((counts,), counts) for counts in found)
            evidence = panel.add_minute(evidence, JudgedMinute(seen, weight, next_weight, green=1), GATES)
            if judge(evidence, GATES, Risk(rollback=RISK), next_weight).outcome is Outcome.FAIL:
                return True
        return False

    assert ever(rolls_back, 2) <= most(RISK)


@pytest.mark.parametrize("wrong_by", [0.1, 1.0, 10.0])
def test_a_green_at_the_edge_of_the_budget_is_rarely_certified(wrong_by: float) -> None:
    """Bets are based on blue's past, but a misleading past makes no certificate more likely to be wrong."""
    rate, budget = 0.04, 0.01
    setting = GateSetting(rate=rate * wrong_by, budget=budget, phi=1.5)
    null, share = certificate.null_for(50, budget), Share(25, 50)

    def certified(draws: Draws) -> bool:
        evidence = GateEvidence()
        for minute in range(MINUTES):
            blue = drifting(minute, rate)
            counts = counts_of(draws, (25, 75), (null.rho * blue + null.delta, blue))
            seen = GateMinute((counts,), counts)
            evidence = gate.add_minute(evidence, setting, seen, replace(share, age=minute), TUNED)
            if gate.log_certificate(evidence, setting, TUNED) >= -math.log(RISK):
                return True
        return False

    assert ever(certified, 3) <= most(RISK)


def latencies(draws: Draws, total: int, slow: float) -> dict[int, int]:
    """Return a histogram of answers, log-normal over buckets, shifted by this many buckets."""
    buckets, counts = np.unique(np.ceil(draws.normal(100 + slow, 8, total)), return_counts=True)
    return {int(bucket): int(count) for bucket, count in zip(buckets, counts, strict=True)}


def test_a_green_slower_by_exactly_the_margin_is_rarely_rolled_back() -> None:
    """Green takes 1.25 times as long as blue, and both are slow at times: three thresholds together keep the risk."""
    draws = np.random.default_rng(4)
    hour = [replace(past_minute(n), slowness=latencies(draws, 400, 0)) for n in range(60)]
    found = calibrate(JudgeSettings(gates=(LatencyGate(worse_than=1.25),)), past_of(hour, "blue"))

    def rolls_back(draws: Draws) -> bool:
        evidence = Evidence()
        for minute in range(MINUTES):
            slow = 6.0 * math.sin(minute / 5)
            green = DeploymentMinute("green", START, 30, 0, slowness=latencies(draws, 30, slow + 5))
            blue = DeploymentMinute("blue", START, 90, 0, slowness=latencies(draws, 90, slow))
            seen = gate_minute(found.samples[0], green, blue)
            evidence = panel.add_minute(evidence, JudgedMinute((seen,), 25, 50, green=30, blue=90), found.panel)
            if judge(evidence, found.panel, Risk(rollback=RISK), 50).outcome is Outcome.FAIL:
                return True
        return False

    assert isinstance(found.samples[0].samples[0], Slower)
    assert ever(rolls_back, 5, 200) <= most(RISK, 200)


def test_the_ladder_keeps_the_risk_under_its_assumption() -> None:
    """P50 and P95 exceed each rung as often as the rungs allow, together: rollbacks are as rare as promised."""
    setting = GateSetting(measures=(Measure(margin=1.25, severe=False),))
    chances = [1 - RUNGS[0][1], 0.25, 0.15, RUNGS[-1][1]]
    ratios = [0.9, *[factor * 1.01 * 1.25 for factor, _ in RUNGS]]

    def rolls_back(draws: Draws) -> bool:
        evidence = GateEvidence()
        for minute, ratio in enumerate(draws.choice(ratios, MINUTES, p=chances)):
            found = Percentiles(100 * ratio, 100, 100 * ratio, 100)
            evidence = gate.add_minute(evidence, setting, GateMinute((found,)), Share(25, 50, age=minute), TUNED)
            if gate.log_harm(evidence, setting, TUNED) >= -math.log(RISK):
                return True
        return False

    assert ever(rolls_back, 6) <= most(RISK)


def test_the_interval_holds_at_all_times_together() -> None:
    """However the rate moves, the interval contains its mean so far after every minute of a rollout, simultaneously."""
    miss = 0.1

    def misses(draws: Draws) -> bool:
        bad = total = 0
        meant = 0.0
        for minute in range(80):
            rate, requests = drifting(minute, 0.02), (3, 40, 300)[minute % 3]
            bad, total = bad + int(draws.binomial(requests, rate)), total + requests
            meant += rate * requests
            found = interval(bad, total, miss)
            assert found is not None
            if not found.low <= meant / total <= found.high:
                return True
        return False

    assert ever(misses, 7) <= most(miss)


@pytest.mark.parametrize("rate", [0.001, 0.02, 0.2])
def test_a_green_as_good_as_blue_keeps_all_traffic(rate: float) -> None:
    """At 100 percent, compared with blue in an ordinary rollout, a green that fails as often stays."""
    judges = Panel((GateSetting(rate=rate, budget=0.002),))

    def rolls_back(draws: Draws) -> bool:
        evidence = Evidence()
        for minute in range(40):
            alone = minute >= 10
            arms = (1000, 0) if alone else (500, 500)
            counts = counts_of(draws, arms, (rate, rate))
            told = errors_minute(counts, 100 if alone else 50, None if alone else 100)
            evidence = panel.add_minute(evidence, told, judges)
            if judge(evidence, judges, Risk(), None).outcome is Outcome.FAIL:
                return True
        return False

    assert ever(rolls_back, 8, 200) <= most(0.01, 200)


def fate(draws: Draws, green: float, blue: float, line: float) -> tuple[bool, bool]:
    """Return whether an hour at 25 percent of 400 requests rolled back, and whether it certified the next step."""
    judges, evidence = Panel((GateSetting(rate=blue),)), Evidence()
    for _ in range(MINUTES):
        minute = errors_minute(counts_of(draws, (100, 300), (green, blue)), 25, 50)
        evidence = panel.add_minute(evidence, minute, judges)
        verdict = judge(evidence, judges, Risk(line, 0.05), 50)
        if verdict.outcome is not Outcome.INCONCLUSIVE:
            return verdict.outcome is Outcome.FAIL, verdict.outcome is Outcome.PASS
    return False, False


def test_a_green_that_fails_four_times_as_often_is_found() -> None:
    """The risks are not kept by never deciding: most harmful versions are found within the hour."""
    assert ever(lambda draws: fate(draws, 0.08, 0.02, 0.01)[0], 9, 60) >= 54


def test_a_green_that_is_as_good_as_blue_is_certified() -> None:
    """A clearly good version advances within the hour."""
    assert ever(lambda draws: fate(draws, 0.002, 0.002, 0.01)[1], 10, 60) >= 54


def test_gates_of_the_policy_find_what_they_are_for() -> None:
    """Rejected requests roll back by their own gate, even though no answer is an error."""
    hour = [replace(past_minute(n), client_errors=4) for n in range(60)]
    found = calibrate(JudgeSettings(gates=(ErrorsGate(), ClientErrorsGate())), past_of(hour, "blue"))
    evidence, minutes = Evidence(), 0
    while judge(evidence, found.panel, Risk(), 50).outcome is not Outcome.FAIL and minutes < MINUTES:
        rows = [
            DeploymentMinute(name, START, 200, 0, client_errors=many) for name, many in (("green", 60), ("blue", 4))
        ]
        seen = tuple(gate_minute(samples, *rows) for samples in found.samples)
        evidence = panel.add_minute(evidence, JudgedMinute(seen, 50, 100, green=200, blue=200), found.panel)
        minutes += 1
    assert 2 <= minutes <= 5
    assert judge(evidence, found.panel, Risk(), 50).gate == "client_errors"
