"""What is read from answers: labels, agreement, and messages for what cannot be read."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.core.gates import PredictionReading
from shared.core.telemetry.predictions import UnreadablePrediction, agrees, labels

WHOLE = PredictionReading()
SCORE = PredictionReading("/score", (0.2, 0.5, 0.8))
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=12)


@pytest.mark.parametrize(
    ("body", "reading", "expected"),
    [
        pytest.param("true", WHOLE, ("true",), id="a truth value"),
        pytest.param('"cat"', WHOLE, ("cat",), id="a text"),
        pytest.param("[7, 7.0, 7.5, -0.0]", WHOLE, ("7", "7", "7.5", "0"), id="whole floats are integers"),
        pytest.param("[null, NaN, Infinity]", WHOLE, ("null", "nan", "inf"), id="no number is a class too"),
        pytest.param("[[1], [0]]", WHOLE, ("1", "0"), id="rows of one column"),
        pytest.param('[{"0": "a"}, {"0": "b"}]', WHOLE, ("a", "b"), id="records of one column"),
        pytest.param('{"p": {"of": [1, 2]}}', PredictionReading("/p/of"), ("1", "2"), id="further in"),
        pytest.param('{"p": [1, 2]}', PredictionReading("/p/1"), ("2",), id="one of a list"),
        pytest.param('{"": {"a/b": {"m~n": 1}}}', PredictionReading("//a~1b/m~0n"), ("1",), id="signs of pointers"),
        pytest.param('{"~1": 3}', PredictionReading("/~01"), ("3",), id="a tilde is decoded once"),
        pytest.param('{"score": [0.1, 0.2, 0.79, 0.8, 5]}', SCORE,
            ("below 0.2", "0.2 to 0.5", "0.5 to 0.8", "0.8 and above", "0.8 and above"), id="bins"),
        pytest.param('{"score": [null, NaN]}', SCORE, ("no number", "no number"), id="no score"),
        pytest.param('"{\\"score\\": [0.1]}"', SCORE, ("below 0.2",), id="JSON encoded twice"),
        pytest.param('"[\\"7\\"]"', WHOLE, ("7",), id="texts in JSON encoded twice"),
        pytest.param('" a \\n b\\u0000"', WHOLE, ("a b",), id="one line"),
        pytest.param('""', WHOLE, ('""',), id="an empty text"),
        pytest.param("1e400", PredictionReading("", (1.0,)), ("1 and above",), id="beyond every bin"),
    ],
)  # fmt: skip
def test_labels(body: str, reading: PredictionReading, expected: tuple[str, ...]) -> None:
    """Each prediction in an answer has its class or bin."""
    assert labels(body, reading) == expected


@pytest.mark.parametrize(
    ("body", "reading", "words"),
    [
        pytest.param(
            "no JSON", SCORE, "at '/score': the answer, of 7 characters, is not JSON at character 0", id="no JSON"
        ),
        pytest.param("", WHOLE, "in the whole answer: the answer, of 0 characters, is not JSON", id="an empty answer"),
        pytest.param('{"other": 1}', SCORE, "at '/score': found an object without 'score'", id="not there"),
        pytest.param('{"score": {"a": 1}}', SCORE, "at '/score': found an object", id="an object"),
        pytest.param('{"score": [[1, 2]]}', SCORE, "at '/score': found a list", id="a list of lists"),
        pytest.param('{"score": "high"}', SCORE, "at '/score': found a string, not a number", id="a text in a bin"),
        pytest.param('{"score": true}', SCORE, "found a boolean, not a number", id="a truth value in a bin"),
        pytest.param("[1]", PredictionReading("/1"), "a list without '1'", id="beyond the list"),
        pytest.param("[1]", PredictionReading("/00"), "a list without '00'", id="no index"),
        pytest.param("[1]", PredictionReading("/-"), "a list without '-'", id="the end of the list"),
        pytest.param("7", PredictionReading("/p"), "a number without 'p'", id="into a number"),
        pytest.param("[1]", PredictionReading("0"), "'0' is not a JSON Pointer", id="no slash"),
        pytest.param("[1]", PredictionReading("/~2"), "'/~2' is not a JSON Pointer", id="a tilde of nothing"),
        pytest.param("[" * 100_000, WHOLE, "of 100000 characters, is not JSON", id="very deep"),
        pytest.param("9" * 10_000, WHOLE, "of 10000 characters, is not JSON", id="very many digits"),
    ],
)
def test_what_cannot_be_read(body: str, reading: PredictionReading, words: str) -> None:
    """An answer without the expected prediction gives an error that says where it was sought and what was found."""
    with pytest.raises(UnreadablePrediction) as caught:
        labels(body, reading)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("one", "other", "tolerance", "expected"),
    [
        pytest.param("[1, 2]", "[1.0, 2]", 0.0, True, id="equal numbers"),
        pytest.param("[1, 2]", "[1, 2.25]", 0.25, True, id="near numbers"),
        pytest.param("[1, 2]", "[1, 2.5]", 0.25, False, id="numbers too far apart"),
        pytest.param("[1, 2]", "[1]", 9.0, False, id="lists of other lengths"),
        pytest.param("[1, 2]", "[2, 1]", 0.0, False, id="another order"),
        pytest.param('{"a": 1, "b": 2}', '{"b": 2.1, "a": 1}', 0.2, True, id="objects in another order"),
        pytest.param('{"a": 1}', '{"b": 1}', 9.0, False, id="other keys"),
        pytest.param("1", "true", 1.0, False, id="a truth value is no number"),
        pytest.param("null", "0", 1.0, False, id="null is no number"),
        pytest.param('"1"', "1", 0.0, True, id="a text that holds JSON"),
        pytest.param("NaN", "NaN", 0.0, True, id="both no number"),
        pytest.param("NaN", "1", math.inf, False, id="one no number"),
        pytest.param("Infinity", "Infinity", 0.0, True, id="both infinite"),
        pytest.param("1" * 400, "1.5", 9.0, False, id="more than a float holds"),
        pytest.param('"[1]"', "[1]", 0.0, True, id="one encoded twice"),
    ],
)
def test_agreement(one: str, other: str, tolerance: float, *, expected: bool) -> None:
    """Two answers agree if they hold the same values, numbers within the tolerance, in either order."""
    assert agrees(one, other, WHOLE, tolerance) is expected
    assert agrees(other, one, WHOLE, tolerance) is expected


def test_only_what_the_pointer_leads_to_is_compared() -> None:
    """Anything else in the answers may differ, such as times and versions."""
    one, other = '{"score": [1, 2], "took": 3}', '{"score": [1, 2], "took": 4}'
    assert agrees(one, other, SCORE, 0.0)
    assert not agrees(one, other, WHOLE, 0.0)


def test_an_answer_that_cannot_be_read_does_not_agree() -> None:
    """The expected answer can be read."""
    assert not agrees("broken", "1", WHOLE, 9.0)


@pytest.mark.parametrize("answer", ["[]", '{"score": 1}'])
def test_nothing_to_compare_with(answer: str) -> None:
    """If blue's answer cannot be read, it is unknown what green's should be."""
    with pytest.raises(UnreadablePrediction, match="score"):
        agrees(answer, "{}", SCORE, 0.0)


def test_answers_of_any_size_are_bounded() -> None:
    """Of very many predictions the first ten thousand count, and a very long text is cut."""
    assert len(labels(json.dumps([1] * 10_001), WHOLE)) == 10_000
    (label,) = labels(json.dumps("x" * 100_000), WHOLE)
    assert len(label) == 64


@given(VALUES, st.sampled_from([WHOLE, SCORE, PredictionReading("/0/a"), PredictionReading("", (0.0, 1.0))]))
def test_any_answer_is_read_or_refused(value: object, reading: PredictionReading) -> None:
    """Any answer gives either short labels that every store accepts, or the one expected error."""
    try:
        found = labels(json.dumps(value), reading)
    except UnreadablePrediction:
        return
    for label in found:
        assert 0 < len(label) <= 64
        assert label.isprintable()
        assert label.encode()


@given(VALUES)
def test_an_answer_agrees_with_itself(value: object) -> None:
    """The same answer, even encoded twice, agrees with itself."""
    body = json.dumps(value)
    assert agrees(body, body, WHOLE, 0.0)
    if not isinstance(value, str):
        assert agrees(body, json.dumps(body), WHOLE, 0.0)


@given(VALUES, VALUES, st.floats(0.0, 1e6))
def test_agreement_has_no_order(one: object, other: object, tolerance: float) -> None:
    """Agreement is symmetric, and answers that agree also agree at any larger tolerance."""
    first, second = json.dumps(one), json.dumps(other)
    same = agrees(first, second, WHOLE, tolerance)
    assert same == agrees(second, first, WHOLE, tolerance)
    assert not same or agrees(first, second, WHOLE, tolerance + 1)


@given(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=6, unique=True), st.floats(allow_nan=False))
def test_every_number_has_one_bin(edges: list[float], number: float) -> None:
    """Bins have no gaps and no overlaps: a number's bin is the number of edges not above it."""
    rising = tuple(sorted(edges))
    every = [labels(json.dumps(edge), PredictionReading("", rising))[0] for edge in (-1e10, *rising)]
    assert len(set(every)) == len(rising) + 1
    place = sum(edge <= number for edge in rising)
    assert labels(json.dumps(number), PredictionReading("", rising)) == (every[place],)
