"""What a gate takes from a minute: each deployment's own counts, and nothing if telemetry has no data."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.core.gates.client_errors import Refused
from shared.core.gates.disagreement import Disagreed
from shared.core.gates.errors import Failed
from shared.core.gates.latency import Ladder, Slower, SlowMinute
from shared.core.gates.predictions import Predicted
from shared.core.gates.query import Counted
from shared.core.gates.samples import GateSamples, Sample, gate_minute
from shared.core.judge.gate_minute import GateMinute
from shared.core.judge.ladder import LEAST_REQUESTS, Percentiles
from shared.core.judge.odds import Counts
from shared.core.observation import DeploymentMinute, Tally
from shared.core.telemetry.predictions import OTHER, UNREADABLE
from tests.core.judging import START

GREEN = DeploymentMinute(
    "green",
    START,
    100,
    5,
    client_errors=7,
    slowness={90: 50, 100: 30, 105: 10},
    percentiles={50: 80.0, 95: 240.0},
    predictions={"yes": 60, "no": 30, "maybe": 4},
    tallies={"stale": Tally(2, 40), "disagreement": Tally(3, 20)},
)
BLUE = replace(
    GREEN,
    deployment="blue",
    total=900,
    bad=9,
    client_errors=18,
    slowness={90: 700, 100: 150, 105: 20},
    predictions={"yes": 700, "no": 150},
    tallies={"stale": Tally(30, 400)},
)
CLASSES = Predicted(("yes", "no", OTHER))
KINDS: list[Sample] = [Failed(), Refused(), Slower(((100, 95),)), CLASSES, Counted("stale"), Disagreed()]


@pytest.mark.parametrize(
    ("sample", "expected"),
    [
        (Failed(), [Counts(5, 100, 9, 900)]),
        (Refused(), [Counts(7, 100, 18, 900)]),
        (Slower(((100, 95), (104, 99))), [Counts(10, 90, 170, 870), Counts(10, 90, 170, 870)]),
        (Slower(((95, 101),)), [Counts(40, 90, 20, 870)]),
        (CLASSES, [Counts(60, 94, 700, 850), Counts(30, 94, 150, 850), Counts(4, 94, 0, 850)]),
        (replace(CLASSES, any_class=True), [Counts(60, 94, 700, 850), Counts(30, 94, 150, 850), Counts(4, 94, 0, 850)]),
        (Counted("stale"), [Counts(2, 40, 30, 400)]),
        (Disagreed(), [Counts(3, 20, 0, 0)]),
        (Counted("unheard of"), [Counts()]),
        (Ladder(), [Percentiles(80.0, 80.0, 240.0, 240.0)]),
    ],
    ids=str,
)
def test_each_sample_takes_its_own_counts(sample: Sample, expected: list[Counts | Percentiles]) -> None:
    """Green's bad and total, then blue's, each with the deployment's own latency thresholds."""
    assert sample.items(GREEN, BLUE) == expected


@pytest.mark.parametrize("sample", KINDS, ids=str)
def test_a_deployment_without_rows_had_no_requests(sample: Sample) -> None:
    """No row means 0 of 0; the other deployment's requests still count."""
    both, alone, nobody = (sample.items(*pair) for pair in ((GREEN, BLUE), (GREEN, None), (None, None)))
    assert both is not None
    assert alone == [Counts(one.green_bad, one.green_total) for one in both if isinstance(one, Counts)]
    assert nobody == [Counts()] * len(both)


def unknown(row: DeploymentMinute) -> DeploymentMinute:
    """Return the minute from a source that has only requests and errors."""
    return replace(row, slowness=None, percentiles=None, predictions=None, tallies={})


@pytest.mark.parametrize(("green", "blue"), [(unknown(GREEN), BLUE), (GREEN, unknown(BLUE))], ids=["green", "blue"])
@pytest.mark.parametrize("sample", [Slower(((100, 95),)), Ladder()], ids=["histogram", "percentiles"])
def test_unknown_data_is_not_evidence(sample: Sample, green: DeploymentMinute, blue: DeploymentMinute) -> None:
    """Requests with unknown latency are not fast requests: the gate has no data for that minute."""
    assert sample.items(green, blue) is None
    assert gate_minute(GateSamples((sample,), sample), green, blue) is None


def test_predictions_that_are_not_known_count_for_neither_side() -> None:
    """Without green's predictions there is nothing to compare, and that does not mean that a class is missing."""
    items = CLASSES.items(unknown(GREEN), BLUE)
    assert items == [Counts(0, 0, 700, 850), Counts(0, 0, 150, 850), Counts(0, 0, 0, 850)]


def test_no_request_needs_no_latency() -> None:
    """A minute in which green answered nothing is known to be empty, even without latency data."""
    idle = replace(unknown(GREEN), total=0, bad=0)
    assert Slower(((100, 95),)).items(idle, BLUE) == [Counts(0, 0, 170, 870)]


@pytest.mark.parametrize(("green", "blue"), [(LEAST_REQUESTS - 1, 900), (900, LEAST_REQUESTS - 1), (0, 900)])
def test_percentiles_of_few_requests_say_nothing(green: int, blue: int) -> None:
    """The P95 of a handful of answers is the slowest one, so such a minute is skipped."""
    few = replace(GREEN, total=green, bad=0, client_errors=0), replace(BLUE, total=blue, bad=0, client_errors=0)
    assert Ladder().items(*few) is None
    assert Ladder().items(None, BLUE) is None


def test_a_slow_minute_of_few_requests_is_none() -> None:
    """One slow answer in a quiet night is the median of its minute, and not an incident."""
    rows = [replace(BLUE, total=total, bad=0) for total in (LEAST_REQUESTS - 1, LEAST_REQUESTS)]
    assert SlowMinute(79.0).series(rows) == [([0, 1], [0, 1])]
    assert SlowMinute(81.0).series(rows) == [([0, 0], [0, 1])]


@pytest.mark.parametrize("known", [{50: 1.0}, {95: 1.0}, {90: 1.0, 99: 1.0}, {}], ids=str)
def test_both_percentiles_are_needed_of_both(known: dict[int, float]) -> None:
    """A minute without P50 or P95 of either deployment says nothing."""
    assert Ladder().items(replace(GREEN, percentiles=known), BLUE) is None


def test_a_gate_of_several_samples_needs_all_of_them() -> None:
    """If one measure lacks data, the gate does not judge the minute by the others."""
    both = GateSamples((Failed(), Slower(((100, 95),))), Failed())
    assert gate_minute(both, GREEN, BLUE) == GateMinute(
        (Counts(5, 100, 9, 900), Counts(10, 90, 170, 870)), Counts(5, 100, 9, 900)
    )
    assert gate_minute(both, unknown(GREEN), BLUE) is None


def test_a_certificate_has_counts_of_its_own() -> None:
    """The latency certificate uses another threshold than harm; a gate without a certificate has no such counts."""
    gate = GateSamples((Slower(((100, 95),)),), Slower(((105, 100),)))
    found = gate_minute(gate, GREEN, BLUE)
    assert found is not None
    assert found.certified == Counts(0, 90, 20, 870)
    assert gate_minute(GateSamples((CLASSES,), None), GREEN, BLUE) == GateMinute(
        tuple(CLASSES.items(GREEN, BLUE) or ())
    )


def test_blues_past_is_counted_like_blues_minutes() -> None:
    """Calibration counts blue's past the same way as blue's minutes are counted later."""
    rows = [BLUE, None, unknown(BLUE)]
    assert Failed().series(rows) == [([9, 0, 9], [900, 0, 900])]
    assert Slower(((100, 95),)).series(rows) == [([170, 0, 0], [870, 0, 0])]
    assert Ladder().series(rows) == []


def test_an_answer_of_blue_that_cannot_be_read_could_be_of_any_class() -> None:
    """It counts for every class where the gate allows for that; an unreadable answer of green's counts for none."""
    known = {"yes": 6, OTHER: 1, UNREADABLE: 3}
    both = replace(GREEN, predictions=known), replace(BLUE, predictions=known)
    assert CLASSES.items(*both) == [Counts(6, 10, 6, 10), Counts(0, 10, 0, 10), Counts(1, 10, 1, 10)]
    assert replace(CLASSES, any_class=True).items(*both) == [
        Counts(6, 10, 9, 10),
        Counts(0, 10, 3, 10),
        Counts(1, 10, 4, 10),
    ]


@settings(max_examples=200, deadline=None, derandomize=True)
@given(*[st.dictionaries(st.sampled_from("abcdefxyz"), st.integers(0, 1000))] * 2)
def test_every_prediction_is_of_one_class(green: dict[str, int], blue: dict[str, int]) -> None:
    """Rare classes are counted together: the classes' counts add up to all predictions."""
    sample = Predicted((*"abc", OTHER))
    items = sample.items(replace(GREEN, predictions=green), replace(BLUE, predictions=blue))
    assert items is not None
    found = [one for one in items if isinstance(one, Counts)]
    assert sum(one.green_bad for one in found) == sum(green.values()) == found[0].green_total
    assert sum(one.blue_bad for one in found) == sum(blue.values()) == found[0].blue_total
