"""The baselines of the judge's benchmark do what their documentation and sources say."""

from __future__ import annotations

import numpy as np
import pytest

from bench.judge.methods.argo import AnalysisRun, Argo, Limits, Measurement, Phase
from bench.judge.methods.common_loop import CommonLoop
from bench.judge.methods.flagger import Flagger
from bench.judge.methods.kayenta import Kayenta, Label, classify
from bench.judge.methods.mann_whitney import shift
from bench.judge.methods.sagemaker import canary, linear
from bench.judge.methods.z_test import ZTest
from bench.judge.minute import Judge, Minute, Move, Status

GOOD = Minute(0, 10, green_bad=0, green_total=100, blue_bad=0, blue_total=900)
BAD = Minute(0, 10, green_bad=50, green_total=100, blue_bad=0, blue_total=900)
SILENT = Minute(0, 10)


def story(judge: Judge, minutes: list[Minute | None]) -> list[Move]:
    """Return the judge's moves, from the first weight to the end of the rollout."""
    moves = [Move(judge.first_weight)]
    for minute in minutes:
        moves.append(judge.observe(minute))
        if moves[-1].status in {Status.PROMOTED, Status.ROLLED_BACK}:
            break
    return moves


@pytest.mark.parametrize(
    ("judge", "minutes", "tick", "status"),
    [
        pytest.param(Flagger(), [GOOD] * 20, 7, Status.PROMOTED, id="healthy: traffic moves at tick 7"),
        pytest.param(Flagger(), [BAD] * 20, 7, Status.ROLLED_BACK, id="bad: one tick after the fifth failure"),
        pytest.param(Flagger(), [SILENT] * 20, 7, Status.ROLLED_BACK, id="no values are failures"),
        pytest.param(Flagger(), [None] * 20, 7, Status.ROLLED_BACK, id="failed queries are failures"),
        pytest.param(
            Flagger(step_weight=2), [BAD, GOOD] * 20, 11, Status.ROLLED_BACK, id="failures add up in a long rollout"
        ),
    ],
)
def test_flagger_traces(judge: Flagger, minutes: list[Minute | None], tick: int, status: Status) -> None:
    """Flagger ends at the tick that follows from its source."""
    moves = story(judge, minutes)
    assert (len(moves), moves[-1].status) == (tick, status)


def test_flagger_weights_of_a_healthy_canary() -> None:
    """One step per tick, up to the maximum weight; then all traffic."""
    assert [move.weight for move in story(Flagger(), [GOOD] * 20)] == [10, 20, 30, 40, 50, 50, 100]


MEASURED: dict[str, Measurement] = {"S": "success", "F": "failure", "I": "inconclusive", "E": "error"}


@pytest.mark.parametrize(
    ("sequence", "limits", "phases"),
    [
        ("FFFF", Limits(failure=3), [Phase.RUNNING] * 3 + [Phase.FAILED]),
        ("EEEEE", Limits(failure=3), [Phase.RUNNING] * 4 + [Phase.ERROR]),
        ("EEEESEEEE", Limits(failure=3), [Phase.RUNNING] * 9),
        ("I", Limits(failure=3), [Phase.INCONCLUSIVE]),
        (
            "SFSFSFSS",
            Limits(failure=3, consecutive_successes=4, count=8),
            [Phase.RUNNING] * 7 + [Phase.INCONCLUSIVE],
        ),
        ("F", Limits(), [Phase.FAILED]),
        ("FFFFFF", Limits(failure=-1), [Phase.RUNNING] * 6),
        ("SSS", Limits(count=3), [Phase.RUNNING] * 2 + [Phase.SUCCESSFUL]),
    ],
)
def test_argo_analysis_runs(sequence: str, limits: Limits, phases: list[Phase]) -> None:
    """The counters lead to the phase that follows from the source of AnalysisRun."""
    run = AnalysisRun(limits)
    assert [run.measure(MEASURED[letter]) for letter in sequence] == phases


@pytest.mark.parametrize(
    ("judge", "minutes", "ended", "status"),
    [
        pytest.param(Argo(), [GOOD] * 40, 20, Status.PROMOTED, id="argo: four pauses of five minutes"),
        pytest.param(Argo(), [BAD] * 40, 4, Status.ROLLED_BACK, id="argo: the fourth failure is one too many"),
        pytest.param(CommonLoop(), [GOOD] * 40, 20, Status.PROMOTED, id="loop: four windows"),
        pytest.param(CommonLoop(), [BAD] * 40, 5, Status.ROLLED_BACK, id="loop: at the end of the window"),
        pytest.param(CommonLoop(), [SILENT] * 40, 20, Status.PROMOTED, id="loop: silence passes"),
        pytest.param(canary(), [GOOD] * 40, 20, Status.PROMOTED, id="canary: ten minutes, and ten at 100"),
        pytest.param(canary(), [BAD] * 40, 2, Status.ROLLED_BACK, id="canary: two of three minutes"),
        pytest.param(canary(), [None] * 40, 20, Status.PROMOTED, id="canary: missing is not breaching"),
        pytest.param(linear(), [GOOD] * 40, 25, Status.PROMOTED, id="linear: five bakes of five minutes"),
        pytest.param(linear(), [BAD, BAD, GOOD] * 9, 25, Status.PROMOTED, id="linear: never three in a row"),
        pytest.param(ZTest(), [GOOD] * 40, 20, Status.PROMOTED, id="z-test: steps by the clock"),
        pytest.param(ZTest(), [BAD] * 40, 1, Status.ROLLED_BACK, id="z-test: immediately"),
        pytest.param(Kayenta(), [GOOD] * 50, 40, Status.PROMOTED, id="kayenta: four judgements"),
        pytest.param(Kayenta(), [BAD] * 50, 10, Status.ROLLED_BACK, id="kayenta: at the first judgement"),
        pytest.param(Kayenta(), [SILENT] * 50, 10, Status.ROLLED_BACK, id="kayenta: no data scores 0"),
    ],
)
def test_when_each_method_ends(judge: Judge, minutes: list[Minute | None], ended: int, status: Status) -> None:
    """Healthy, broken and silent rollouts end in the minute that follows from the method's rules."""
    moves = story(judge, minutes)
    assert (len(moves) - 1, moves[-1].status) == (ended, status)


def test_argo_holds_when_inconclusive() -> None:
    """Between success and failure, the rollout waits at its weight for an operator."""
    between = Minute(0, 5, green_bad=3, green_total=100, blue_bad=0, blue_total=900)
    assert {(move.weight, move.status) for move in story(Argo(failure=0.95), [between] * 9)[1:]} == {(5, Status.HELD)}


CASE_780 = (
    [10.0 + 0.1 * i for i in range(7)] + [17.0 + 0.1 * i for i in range(8)],
    [1, 100, 4, 101, 5, 102, 6, 103, 7, 104, 8, 105, 9, 106, 17],
)


@pytest.mark.parametrize(
    ("experiment", "control", "lower", "upper", "estimate"),
    [
        pytest.param(*CASE_780, -88.4, 8.7, -1.78, id="kayenta 780"),
        pytest.param([0, 1, 2, 1, 0, 0], [0] * 6, 0.0, 2.0, 0.81, id="kayenta 426"),
        pytest.param(
            [0, 0.048, 0, 0.18, 0.089, 0, 0.098, 0.035, 0, 0], [0] * 10, 0.0, 0.089, 0.023, id="spinnaker 5622"
        ),
    ],
)
def test_kayenta_passes_what_its_users_expected_to_fail(
    experiment: list[float], control: list[float], lower: float, upper: float, estimate: float
) -> None:
    """The cases from the issue trackers give the reported intervals, and pass."""
    found = shift(np.array(experiment, float), np.array(control, float))
    assert (found.lower, found.upper) == pytest.approx((lower, upper), abs=0.06)
    assert found.estimate == pytest.approx(estimate, abs=0.006)
    assert classify(np.array(experiment, float), np.array(control, float)) is Label.PASS


@pytest.mark.parametrize(("points", "power"), [(10, 0.10), (20, 0.41), (50, 0.96)])
def test_kayentas_power_for_a_shift_of_ten_percent(points: int, power: float) -> None:
    """Ten points rarely show a shift of a tenth, fifty nearly always do."""
    rng = np.random.default_rng(7)
    high = sum(
        classify(rng.normal(110, 10, points), rng.normal(100, 10, points), "increase") is Label.HIGH for _ in range(200)
    )
    assert high / 200 == pytest.approx(power, abs=0.1)


@pytest.mark.parametrize(("requests", "power"), [(10, 0.0), (100, 0.45), (300, 1.0)])
def test_kayenta_is_blind_to_rare_errors_in_small_minutes(requests: int, power: float) -> None:
    """With little traffic, even ten times the errors for an hour do not show in the rates of single minutes."""
    rng = np.random.default_rng(7)
    high = sum(
        classify(rng.binomial(requests, 0.01, 60) / requests, rng.binomial(9 * requests, 0.001, 60) / (9 * requests))
        is Label.HIGH
        for _ in range(100)
    )
    assert high / 100 == pytest.approx(power, abs=0.12)
