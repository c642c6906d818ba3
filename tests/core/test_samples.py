"""What a gate takes from a minute: the right counts of each arm, and nothing where telemetry says nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.core.gates.client_errors import Refused
from shared.core.gates.disagreement import Disagreed
from shared.core.gates.errors import Failed
from shared.core.gates.latency import Ladder, Slower
from shared.core.gates.predictions import Predicted
from shared.core.gates.query import Counted
from shared.core.gates.samples import GateSamples, Sample, gate_minute
from shared.core.judge.gate import GateMinute
from shared.core.judge.ladder import LEAST_REQUESTS, Percentiles
from shared.core.judge.odds import Counts
from shared.core.observation import DeploymentMinute, Tally
from shared.core.telemetry.predictions import OTHER
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
        (Counted("stale"), [Counts(2, 40, 30, 400)]),
        (Disagreed(), [Counts(3, 20, 0, 0)]),
        (Counted("unheard of"), [Counts()]),
        (Ladder(), [Percentiles(80.0, 80.0, 240.0, 240.0)]),
    ],
    ids=str,
)
def test_each_kind_takes_its_own(sample: Sample, expected: list[Counts | Percentiles]) -> None:
    """Green's bad and total, then blue's: green's latency against its own thresholds, blue's against blue's."""
    assert sample.items(GREEN, BLUE) == expected


@pytest.mark.parametrize("sample", KINDS, ids=str)
def test_a_deployment_without_rows_had_no_requests(sample: Sample) -> None:
    """No row is nothing of nothing; what the other had is counted all the same."""
    both, alone, nobody = (sample.items(*pair) for pair in ((GREEN, BLUE), (GREEN, None), (None, None)))
    assert both is not None
    assert alone == [Counts(one.green_bad, one.green_total) for one in both if isinstance(one, Counts)]
    assert nobody == [Counts()] * len(both)


def unknown(row: DeploymentMinute) -> DeploymentMinute:
    """Return the minute as a source gives it that knows of requests and errors alone."""
    return replace(row, slowness=None, percentiles=None, predictions=None, tallies={})


@pytest.mark.parametrize(("green", "blue"), [(unknown(GREEN), BLUE), (GREEN, unknown(BLUE))], ids=["green", "blue"])
@pytest.mark.parametrize("sample", [Slower(((100, 95),)), Ladder()], ids=["histogram", "percentiles"])
def test_what_is_not_known_is_no_evidence(sample: Sample, green: DeploymentMinute, blue: DeploymentMinute) -> None:
    """Requests whose latency is unknown are not requests that were fast: the minute says nothing of the gate."""
    assert sample.items(green, blue) is None
    assert gate_minute(GateSamples((sample,), sample), green, blue) is None


def test_predictions_that_are_not_known_count_for_neither_side() -> None:
    """Without green's predictions there is nothing to compare; no class is missing by that."""
    items = CLASSES.items(unknown(GREEN), BLUE)
    assert items == [Counts(0, 0, 700, 850), Counts(0, 0, 150, 850), Counts(0, 0, 0, 850)]


def test_no_request_needs_no_latency() -> None:
    """A minute in which green answered nothing says so, although its source tells no latency of it."""
    idle = replace(unknown(GREEN), total=0, bad=0)
    assert Slower(((100, 95),)).items(idle, BLUE) == [Counts(0, 0, 170, 870)]


@pytest.mark.parametrize(("green", "blue"), [(LEAST_REQUESTS - 1, 900), (900, LEAST_REQUESTS - 1), (0, 900)])
def test_percentiles_of_few_requests_say_nothing(green: int, blue: int) -> None:
    """A P95 of a handful of answers is their slowest: such a minute is passed over."""
    few = replace(GREEN, total=green, bad=0, client_errors=0), replace(BLUE, total=blue, bad=0, client_errors=0)
    assert Ladder().items(*few) is None
    assert Ladder().items(None, BLUE) is None


@pytest.mark.parametrize("known", [{50: 1.0}, {95: 1.0}, {90: 1.0, 99: 1.0}, {}], ids=str)
def test_both_percentiles_are_needed_of_both(known: dict[int, float]) -> None:
    """A minute of which P50 or P95 is missing says nothing."""
    assert Ladder().items(replace(GREEN, percentiles=known), BLUE) is None


def test_a_gate_of_several_samples_needs_all_of_them() -> None:
    """What one measure cannot see the gate does not judge by halves."""
    both = GateSamples((Failed(), Slower(((100, 95),))), Failed())
    assert gate_minute(both, GREEN, BLUE) == GateMinute(
        (Counts(5, 100, 9, 900), Counts(10, 90, 170, 870)), Counts(5, 100, 9, 900)
    )
    assert gate_minute(both, unknown(GREEN), BLUE) is None


def test_a_certificate_has_counts_of_its_own() -> None:
    """The certificate of latency looks at another threshold than the harm; a gate without one has none."""
    gate = GateSamples((Slower(((100, 95),)),), Slower(((105, 100),)))
    found = gate_minute(gate, GREEN, BLUE)
    assert found is not None
    assert found.certified == Counts(0, 90, 20, 870)
    assert gate_minute(GateSamples((CLASSES,), None), GREEN, BLUE) == GateMinute(
        tuple(CLASSES.items(GREEN, BLUE) or ())
    )


def test_blues_past_is_counted_as_blues_part_is() -> None:
    """What is learnt from blue's past is what blue's minutes count for later."""
    rows = [BLUE, None, unknown(BLUE)]
    assert Failed().series(rows) == [([9, 0, 9], [900, 0, 900])]
    assert Slower(((100, 95),)).series(rows) == [([170, 0, 0], [870, 0, 0])]
    assert Ladder().series(rows) == []


@settings(max_examples=200, deadline=None, derandomize=True)
@given(*[st.dictionaries(st.sampled_from("abcdefxyz"), st.integers(0, 1000))] * 2)
def test_every_prediction_is_of_one_class(green: dict[str, int], blue: dict[str, int]) -> None:
    """Classes that are not told apart are counted together: the classes' counts add up to all predictions."""
    sample = Predicted((*"abc", OTHER))
    items = sample.items(replace(GREEN, predictions=green), replace(BLUE, predictions=blue))
    assert items is not None
    found = [one for one in items if isinstance(one, Counts)]
    assert sum(one.green_bad for one in found) == sum(green.values()) == found[0].green_total
    assert sum(one.blue_bad for one in found) == sum(blue.values()) == found[0].blue_total
