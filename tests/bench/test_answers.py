"""Worlds of latency, predictions and mirrored requests do what their names say, and judges see them as rows."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from bench.judge.answers import CLASSES, AnswersHistory, AnswersWorld
from bench.judge.effects import plus
from bench.judge.latencies import Latency, Shape, bucket_counts, histogram, percentiles
from bench.judge.methods import chi_square
from bench.judge.methods.chi_square import ChiSquare, critical
from bench.judge.methods.common_loop import CommonLoop
from bench.judge.methods.flagger import Flagger
from bench.judge.methods.kayenta import Kayenta, slow_answers
from bench.judge.methods.mirror_alarm import MirrorAlarm
from bench.judge.methods.teal import Teal, teal, weight_steps
from bench.judge.minute import Judge, Minute, Status
from bench.judge.simulation import run
from shared.core.gates import DISAGREEMENT, ClientErrorsGate, DisagreementGate, ErrorsGate, LatencyGate
from shared.core.policy import JudgeSettings
from shared.core.steps import MirrorStep
from shared.core.telemetry.latency_buckets import bucket, edge

TIMED = AnswersWorld(10_000, 0.001, latency=Latency(shared=0.0))


def summed(history: AnswersHistory, minutes: int = 10) -> tuple[Counter[int], Counter[int]]:
    """Return green's and blue's histograms, summed over the first minutes at 50 percent."""
    green, blue = Counter[int](), Counter[int]()
    for number in range(minutes):
        rows = history.minute(number, 50).rows
        assert rows is not None
        for total, row in zip((green, blue), rows, strict=True):
            total.update(row.slowness or {})
    return green, blue


def slower(counts: Counter[int], milliseconds: float) -> float:
    """Return the share of requests that took longer, to the precision of a bucket."""
    return sum(many for index, many in counts.items() if index > bucket(milliseconds)) / counts.total()


@pytest.mark.parametrize("shape", list(Shape))
def test_a_drawn_histogram_has_its_shapes_percentiles(shape: Shape) -> None:
    """The percentiles computed from a drawn histogram are the shape's own, to the width of a bucket."""
    counts = bucket_counts(np.random.default_rng(1), 200_000, Latency(shape), 0.0, 0.0)
    found = percentiles(counts)
    assert found is not None
    below = {percent: float(shape.below(np.array([math.log(value)]))[0]) for percent, value in found.items()}
    assert below == pytest.approx({50: 0.5, 95: 0.95, 99: 0.99}, abs=0.01)
    assert sum(histogram(counts).values()) == 200_000


def test_a_factor_slows_every_request() -> None:
    """With three margins of five buckets, green exceeds a limit 15 buckets higher as often as blue the lower one."""
    green, blue = summed(replace(TIMED, latency=Latency(factor=1.25**3, shared=0.0)).draw(1))
    assert slower(green, edge(bucket(100.0) + 15)) == pytest.approx(slower(blue, edge(bucket(100.0))), abs=0.01)
    assert slower(blue, 100.0) == pytest.approx(0.5, abs=0.05)


def test_stragglers_are_few_and_far_slower() -> None:
    """One request in twenty takes four times as long: the median hardly moves, the tail does."""
    green, blue = summed(replace(TIMED, latency=Latency(stragglers=0.05, shared=0.0)).draw(1))
    assert slower(green, 100.0) == pytest.approx(slower(blue, 100.0), abs=0.04)
    assert slower(green, 600.0) > 0.005 > slower(blue, 600.0)


@pytest.mark.parametrize(
    ("latency", "least", "most"),
    [(Latency(shared=0.5), 0.0, 0.05), (Latency(shared=0.0, own=0.5), 0.3, 1.5)],
    ids=["shared", "own"],
)
def test_shared_slowdowns_move_both_deployments_alike(latency: Latency, least: float, most: float) -> None:
    """Shared slowdowns cancel between the deployments; a deployment's own do not."""
    history = replace(TIMED, latency=latency).draw(2)
    medians = [history.minute(number, 50).percentile(50) for number in range(60)]
    logs = [math.log(green / blue) for green, blue in medians if green is not None and blue is not None]
    assert len(logs) == 60
    assert least < np.std(logs) < most


def test_predictions_move_from_the_most_frequent_to_the_rarest_class() -> None:
    """The total variation between green and blue is the shift."""
    rows = replace(TIMED, latency=None, shift=0.1).draw(1).minute(0, 50).rows
    assert rows is not None
    shares = [{label: (row.predictions or {})[label] / (row.total - row.bad) for label in CLASSES} for row in rows]
    moved = {label: shares[0][label] - shares[1][label] for label in CLASSES}
    assert moved == pytest.approx({"a": -0.1, "b": 0.0, "c": 0.0, "d": 0.1}, abs=0.03)


def test_a_mirror_takes_nothing_from_blue_and_affects_no_user() -> None:
    """Green gets copies, whose answers are compared one by one; its failures reach no user."""
    history = AnswersWorld(10_000, 0.0, plus(0.1), disagreement=0.08).draw(1)
    minute = history.minute(0, 10)
    assert minute.rows is not None
    compared = minute.rows[0].tallies[DISAGREEMENT]
    assert minute.blue_total == int(history.total[60])
    assert minute.green_total == pytest.approx(1000, rel=0.15)
    assert compared.bad / compared.total == pytest.approx(0.08, abs=0.03)
    assert history.expected_excess(0) == 0.0


def test_excess_counts_everything_that_is_worse() -> None:
    """Of 10,000: five points more failures, two more client errors, and all answers slower than blue's P95."""
    world = AnswersWorld(10_000, 0.001, plus(0.05), refused=0.01, green_refused=0.03)
    assert world.draw(1).expected_excess(0, 10_000.0) == pytest.approx(700.0)
    timed = replace(world, latency=Latency(factor=2.0, shared=0.0))
    green, blue = summed(timed.draw(1), 30)
    limit = min(edge(index) for index in range(250) if slower(blue, edge(index)) <= 0.05)
    more = 10_000 * (slower(green, limit) - slower(blue, limit))
    assert timed.draw(1).expected_excess(0, 10_000.0) - 700.0 == pytest.approx(more, rel=0.1)


def detected(judge: Judge, world: AnswersWorld, weight: int = 10) -> bool:
    """Return whether the judge rolls back in this world, where green keeps its weight whatever the judge says."""
    history = world.draw(7)
    return any(
        judge.observe(history.minute(number, weight)).status is Status.ROLLED_BACK for number in range(world.minutes)
    )


SLOW, FAST = (replace(TIMED, latency=Latency(factor=factor, shared=0.0)) for factor in (3.0, 1.0))


@pytest.mark.parametrize(
    "build",
    [
        pytest.param(lambda: CommonLoop(slower_than=1.5), id="common loop"),
        pytest.param(lambda: Flagger(duration=500.0), id="Flagger"),
        pytest.param(lambda: Kayenta(metric=slow_answers), id="Kayenta"),
    ],
)
def test_what_the_baselines_check_of_latency(build: Callable[[], Judge]) -> None:
    """Each rolls back a green that is three times slower, at its own pace, but no green that is as fast as blue."""
    assert detected(build(), replace(SLOW, minutes=19))
    assert not detected(build(), replace(FAST, minutes=19))


def test_flagger_fails_a_check_without_latency() -> None:
    """A metric without a value fails the check."""
    judge = Flagger(duration=500.0)
    statuses = [judge.observe(Minute(number, 10, 0, 100, 0, 900)).status for number in range(6)]
    assert statuses[-1] is Status.ROLLED_BACK


def test_chi_square_agrees_with_the_textbook() -> None:
    """The statistic of a 2 x 2 table, and the tabulated critical values at 1 percent."""
    assert chi_square.statistic(Counter(a=30, b=70), Counter(a=50, b=50)) == pytest.approx(8.333, abs=1e-3)
    assert [critical(freedom, 0.01) for freedom in (1, 3, 7)] == pytest.approx([6.63, 11.34, 18.48], abs=0.1)
    assert detected(ChiSquare(), AnswersWorld(10_000, shift=0.05, minutes=15))
    assert not detected(ChiSquare(significance=1e-6), AnswersWorld(10_000, shift=0.0, minutes=15))


def test_the_mirror_alarm_needs_three_minutes_in_a_row() -> None:
    """Disagreement on 8 percent is found in the third minute; on 2 percent never."""
    assert run(AnswersWorld(10_000, disagreement=0.08), lambda _: MirrorAlarm(), 1).minutes == 3
    assert run(AnswersWorld(10_000, disagreement=0.02), lambda _: MirrorAlarm(), 1).status is Status.PROMOTED


def test_teals_gates_are_calibrated_and_fed_from_the_rows() -> None:
    """Every gate of the policy is judged from the first minute on; from metrics, latency is a ladder of percentiles."""
    history = replace(TIMED, refused=0.01, green_refused=0.01).draw(1)
    every = JudgeSettings(gates=(ErrorsGate(), LatencyGate(), ClientErrorsGate()))
    ladder = JudgeSettings(latency_from="metrics")
    for settings, samples in ((every, ["failed", "slower", "refused"]), (ladder, ["failed", "ladder"])):
        judged = Teal.calibrated(history.rows(), settings, weight_steps((50,)))
        for number in range(2):  # the first minute at a weight says nothing of latency
            judged.observe(history.minute(number, judged.first_weight))
        calibration, readings = judged.rollout.judging.calibration, judged.rollout.readings
        assert calibration is not None
        assert [sample.samples[0].kind for sample in calibration.samples] == samples
        assert [reading.gate for reading in readings] == [gate.name for gate in settings.gates]
        assert all(reading.green_total and not reading.missing for reading in readings)


@pytest.mark.parametrize(
    ("world", "mirror", "status"),
    [
        pytest.param(SLOW, False, Status.ROLLED_BACK, id="three times slower"),
        pytest.param(FAST, False, Status.PROMOTED, id="as fast"),
        pytest.param(AnswersWorld(10_000, disagreement=0.2), True, Status.ROLLED_BACK, id="disagrees"),
        pytest.param(AnswersWorld(10_000, disagreement=0.02), True, Status.PROMOTED, id="agrees"),
    ],
)
def test_teal_judges_more_than_failures(world: AnswersWorld, status: Status, *, mirror: bool) -> None:
    """Through the shipped gates, a worse green is rolled back and a good one is promoted."""
    settings = JudgeSettings(gates=(ErrorsGate(), DisagreementGate() if mirror else LatencyGate()))
    steps = (MirrorStep(10),) if mirror else weight_steps((10, 50))
    done = run(world, teal(settings, steps), 3)
    assert done.status is status
