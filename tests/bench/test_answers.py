"""Worlds of latency, predictions and mirrored requests are what they are called, and judges see them as rows."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from bench.judge.answers import CLASSES, AnswersHistory, AnswersWorld
from bench.judge.effects import plus
from bench.judge.latencies import Latency, Shape, drawn, histogram, percentiles
from bench.judge.methods import chi_square, sight
from bench.judge.methods.chi_square import ChiSquare, critical
from bench.judge.methods.common_loop import CommonLoop
from bench.judge.methods.flagger import Flagger
from bench.judge.methods.kayenta import Kayenta, slow_answers
from bench.judge.methods.mirror_alarm import MirrorAlarm
from bench.judge.methods.teal import Teal
from bench.judge.minute import Judge, Minute, Status
from bench.judge.simulation import run
from shared.core.gates import DISAGREEMENT, ClientErrorsGate, DisagreementGate, ErrorsGate, LatencyGate
from shared.core.gates.latency import bucket, edge
from shared.core.judge.ladder import Percentiles
from shared.core.policy import JudgeSettings

TIMED = AnswersWorld(10_000, 0.001, latency=Latency(shared=0.0))


def summed(history: AnswersHistory, minutes: int = 10) -> tuple[Counter[int], Counter[int]]:
    """Return green's and blue's histograms, added up over the first minutes at 50 per cent."""
    green, blue = Counter[int](), Counter[int]()
    for number in range(minutes):
        rows = history.minute(number, 50).rows
        assert rows is not None
        for total, row in zip((green, blue), rows, strict=True):
            total.update(row.slowness or {})
    return green, blue


def slower(counts: Counter[int], milliseconds: float) -> float:
    """Return the share of answers that took longer, to a bucket."""
    return sum(many for index, many in counts.items() if index > bucket(milliseconds)) / counts.total()


@pytest.mark.parametrize("shape", list(Shape))
def test_half_of_the_answers_are_below_the_median(shape: Shape) -> None:
    """What is drawn has the shape's own percentiles, to the width of a bucket, and so has the summary of it."""
    counts = drawn(np.random.default_rng(1), 200_000, Latency(shape), 0.0, 0.0)
    found = percentiles(counts)
    assert found is not None
    below = {percent: float(shape.below(np.array([math.log(value)]))[0]) for percent, value in found.items()}
    assert below == pytest.approx({50: 0.5, 95: 0.95, 99: 0.99}, abs=0.01)
    assert sum(histogram(counts).values()) == 200_000


def test_a_factor_moves_every_answer() -> None:
    """Green at three margins of five buckets is as often behind the fifteenth bucket further up as blue behind its."""
    green, blue = summed(replace(TIMED, latency=Latency(factor=1.25**3, shared=0.0)).draw(1))
    assert slower(green, edge(bucket(100.0) + 15)) == pytest.approx(slower(blue, edge(bucket(100.0))), abs=0.01)
    assert slower(blue, 100.0) == pytest.approx(0.5, abs=0.05)


def test_stragglers_are_few_and_far_behind() -> None:
    """One answer in twenty takes four times as long: hardly another median, many more behind a second."""
    green, blue = summed(replace(TIMED, latency=Latency(stragglers=0.05, shared=0.0)).draw(1))
    assert slower(green, 100.0) == pytest.approx(slower(blue, 100.0), abs=0.04)
    assert slower(green, 600.0) > 0.005 > slower(blue, 600.0)


@pytest.mark.parametrize(
    ("latency", "least", "most"),
    [(Latency(shared=0.5), 0.0, 0.05), (Latency(shared=0.0, arm=0.5), 0.3, 1.5)],
    ids=["shared", "own"],
)
def test_what_is_shared_moves_both_arms_alike(latency: Latency, least: float, most: float) -> None:
    """Shared slowdowns cancel between the arms; an arm's own do not."""
    history = replace(TIMED, latency=latency).draw(2)
    medians = [history.minute(number, 50).percentile(50) for number in range(60)]
    logs = [math.log(green / blue) for green, blue in medians if green is not None and blue is not None]
    assert len(logs) == 60
    assert least < np.std(logs) < most


def test_predictions_move_from_the_commonest_to_the_rarest_class() -> None:
    """The total variation between green and blue is the shift."""
    rows = replace(TIMED, latency=None, shift=0.1).draw(1).minute(0, 50).rows
    assert rows is not None
    shares = [{label: (row.predictions or {})[label] / (row.total - row.bad) for label in CLASSES} for row in rows]
    moved = {label: shares[0][label] - shares[1][label] for label in CLASSES}
    assert moved == pytest.approx({"a": -0.1, "b": 0.0, "c": 0.0, "d": 0.1}, abs=0.03)


def test_a_mirror_takes_nothing_from_blue_and_hurts_nobody() -> None:
    """Green gets copies, compared one by one; failures of copies are nobody's."""
    history = AnswersWorld(10_000, 0.0, plus(0.1), disagreement=0.08).draw(1)
    minute = history.minute(0, 10)
    assert minute.rows is not None
    compared = minute.rows[0].tallies[DISAGREEMENT]
    assert minute.blue_total == int(history.total[60])
    assert minute.green_total == pytest.approx(1000, rel=0.15)
    assert compared.bad / compared.total == pytest.approx(0.08, abs=0.03)
    assert history.expected_excess(0) == 0.0


def test_excess_counts_whatever_is_worse() -> None:
    """Of 10,000: five points more failures, two more refusals, and what is slower than blue's 95th percentile."""
    world = AnswersWorld(10_000, 0.001, plus(0.05), refused=0.01, green_refused=0.03)
    assert world.draw(1).expected_excess(0, 10_000.0) == pytest.approx(700.0)
    timed = replace(world, latency=Latency(factor=2.0, shared=0.0))
    green, blue = summed(timed.draw(1), 30)
    limit = min(edge(index) for index in range(250) if slower(blue, edge(index)) <= 0.05)
    more = 10_000 * (slower(green, limit) - slower(blue, limit))
    assert timed.draw(1).expected_excess(0, 10_000.0) - 700.0 == pytest.approx(more, rel=0.1)


def detected(judge: Judge, world: AnswersWorld, weight: int = 10) -> bool:
    """Say whether the judge rolls back within 60 minutes of this world, whose green keeps its share."""
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
def test_what_others_ask_of_latency(build: Callable[[], Judge]) -> None:
    """Each takes back a green that is three times slower, at its own pace, and none one that is as fast."""
    assert detected(build(), replace(SLOW, minutes=19))
    assert not detected(build(), replace(FAST, minutes=19))


def test_no_latency_is_a_failed_check_of_flaggers() -> None:
    """A metric that has no value fails the check, as its errors do."""
    judge = Flagger(duration=500.0)
    statuses = [judge.observe(Minute(number, 10, 0, 100, 0, 900)).status for number in range(6)]
    assert statuses[-1] is Status.ROLLED_BACK


def test_chi_square_is_the_textbooks() -> None:
    """The statistic of a 2 x 2 table, and the tables' value at 1 per cent."""
    assert chi_square.statistic(Counter(a=30, b=70), Counter(a=50, b=50)) == pytest.approx(8.333, abs=1e-3)
    assert [critical(freedom, 0.01) for freedom in (1, 3, 7)] == pytest.approx([6.63, 11.34, 18.48], abs=0.1)
    assert detected(ChiSquare(), AnswersWorld(10_000, shift=0.05, minutes=15))
    assert not detected(ChiSquare(significance=1e-6), AnswersWorld(10_000, shift=0.0, minutes=15))


def test_the_mirrors_alarm_needs_three_minutes_in_a_row() -> None:
    """8 per cent of copies answered otherwise is found in the third minute; 2 per cent never."""
    assert run(AnswersWorld(10_000, disagreement=0.08), lambda _: MirrorAlarm(), 1).minutes == 3
    assert run(AnswersWorld(10_000, disagreement=0.02), lambda _: MirrorAlarm(), 1).status is Status.PROMOTED


def test_teals_gates_are_set_and_fed_by_the_rows() -> None:
    """Every gate of the policy is on the panel and has its items; from metrics these are percentiles."""
    gates = (ErrorsGate(), LatencyGate(), ClientErrorsGate())
    history = replace(TIMED, refused=0.01, green_refused=0.01).draw(1)
    seen = sight.of_gates(history.rows(), JudgeSettings(gates=gates))
    judged = seen.judged(history.minute(0, 10), 10, 25)
    assert [gate.name for gate in seen.panel.gates] == ["errors", "latency", "client_errors"]
    assert [len(minute.items) for minute in judged.gates if minute is not None] == [1, 3, 1]
    assert (judged.weight, judged.next_weight, judged.steady) == (10, 25, True)
    ladder = sight.of_gates(history.rows(), JudgeSettings(latency_from="metrics"))
    found = ladder.judged(history.minute(0, 10), 25, 50)
    assert not found.steady
    assert [isinstance(m.items[0], Percentiles) for m in found.gates if m is not None] == [False, True]


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
    """Through the shipped gates, what is worse goes back and what is not gets through."""
    settings = JudgeSettings(gates=(ErrorsGate(), DisagreementGate() if mirror else LatencyGate()))
    weights = (10,) if mirror else (10, 50, 100)
    done = run(world, lambda truth: Teal(sight.of_gates(truth.rows(), settings, mirror=mirror), settings, weights), 3)
    assert done.status is status
