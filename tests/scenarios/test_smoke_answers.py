"""Smoke tests parse answers as the gates do: no version is rolled back for how its script encodes JSON."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from time import process_time

import pytest

from shared.core.observation import SmokeResult
from shared.core.steps import SmokeStep
from shared.core.telemetry.predictions import PredictionReading, labels
from shared.ports import Answer, JsonSchema
from shared.smoke import smoke_result

SCORED = {"type": "object", "required": ["score"], "properties": {"score": {"type": "number"}}}


def result_of(text: str, *, contains: object = None, schema: JsonSchema | None = None) -> SmokeResult:
    """Return the result of a smoke test that got this one answer."""
    step = SmokeStep("smoke.json", contains=None if contains is None else json.dumps(contains))
    return smoke_result(step, [Answer(200, text, 0.2)], schema, 1)


def test_no_part_of_a_secret_is_shown_however_many_there_are() -> None:
    """Redacted, five long passwords become short, so text from much further on is shown; it has no secrets either."""
    (problem,) = result_of(5 * f"https://teal:{'hunter' * 70}@h ", contains=1).problems
    assert "https://***" in problem
    assert "hunter" not in problem


def test_a_long_answer_is_redacted_in_no_time() -> None:
    """A policy's pattern may be slow on each line, and an answer can have a thousand lines."""
    lines = "\n".join(["ab" * 600] * 1000)
    began = process_time()
    found = smoke_result(SmokeStep("smoke.json"), [Answer(500, lines, 0.2)], None, 1, [r"(?:[ab]{2})+c"])
    assert not found.passed
    assert process_time() - began < 2


@pytest.mark.parametrize(("seconds", "passes"), [(0.5, True), (0.501, False)])
def test_the_slowest_answer_may_take_as_long_as_the_policy_says(seconds: float, *, passes: bool) -> None:
    """500 ms are within `slowest: 500ms`."""
    step = SmokeStep("smoke.json", slowest=timedelta(milliseconds=500))
    assert smoke_result(step, [Answer(200, "{}", seconds)], None, 1).passed is passes


@pytest.mark.parametrize("times", [1, 2])
def test_an_answer_may_be_encoded_twice(times: int) -> None:
    """A script that returns `json.dumps(...)` passes the same smoke test and gives the gates the same label."""
    text = json.dumps({"score": 0.4, "model": {"name": "churn", "version": 12}})
    text = text if times == 1 else json.dumps(text)
    assert result_of(text, contains={"model": {"version": 12}}, schema=SCORED).passed
    assert labels(text, PredictionReading("/model/version")) == ("12",)


@pytest.mark.parametrize(
    ("text", "contains", "schema"),
    [
        pytest.param('"17"', "17", None, id="a text that looks like a number, wanted as text"),
        pytest.param('"17"', 17, None, id="a number encoded twice"),
        pytest.param('"17"', None, {"type": "string"}, id="a class that looks like a number"),
        pytest.param('"17"', None, {"type": "integer"}, id="a number by its schema, encoded twice"),
        pytest.param('"[0.25, 0.75]"', [0.25, 0.75], {"type": "array"}, id="a list encoded twice"),
        pytest.param('"cat"', "cat", {"type": "string"}, id="a plain text"),
    ],
)
def test_either_reading_may_fit(text: str, contains: object, schema: JsonSchema | None) -> None:
    """A JSON string that contains JSON can mean either; the policy says which."""
    assert result_of(text, contains=contains, schema=schema).passed


@pytest.mark.parametrize(
    ("text", "contains", "words"),
    [
        pytest.param(
            '"{\\"score\\": 0.4}"', {"score": 0.5}, "the answer.score is 0.4 instead of 0.5", id="another value"
        ),
        pytest.param('"{\\"label\\": 1}"', {"score": 0.5}, "the answer has no 'score'", id="another key"),
        pytest.param('"cat"', {"score": 0.5}, 'the answer is "cat" instead of an object', id="no JSON within"),
        pytest.param("<html>", {"score": 0.5}, "the answer is not JSON: <html>", id="no JSON at all"),
        pytest.param("[" * 100_000, {"score": 0.5}, "the answer is not JSON", id="very deep"),
    ],
)
def test_a_wrong_answer_is_still_wrong(text: str, contains: object, words: str) -> None:
    """The message says what the innermost reading lacks."""
    (problem,) = result_of(text, contains=contains).problems
    assert words in problem


@pytest.mark.parametrize(
    ("text", "contains"),
    [
        ('{"churns": 1}', {"churns": True}),
        ('{"churns": false}', {"churns": 0}),
        ("[[1, true]]", [[1, 1]]),
        ('[{"a": 1}]', [{"a": True}]),
        ('[{"a": 1, "b": 2}]', [{"a": 1}]),
        ("[1, 2]", [1]),
    ],
)
def test_true_is_not_1_in_an_answer(text: str, contains: object) -> None:
    """Both are equal in Python. A caller that gets 1 instead of true may not understand it."""
    assert not result_of(text, contains=contains).passed
    assert result_of(text, contains=json.loads(text)).passed


def test_a_number_may_be_written_in_two_ways() -> None:
    """JSON has one kind of numbers."""
    assert result_of('{"scores": [1.0, {"n": 2}]}', contains={"scores": [1, {"n": 2.0}]}).passed


LONG = "a" * 1201
NAMED = {"patternProperties": {"a+b": False}}
DIALECT = "https://json-schema.org/draft/2020-12/schema"


@pytest.mark.parametrize(
    ("schema", "content"),
    [
        pytest.param({"pattern": "a+b?"}, LONG, id="a text"),
        pytest.param(NAMED, {LONG: 1}, id="a name"),
        pytest.param({"additionalProperties": {}, **NAMED}, {LONG: 1}, id="other names"),
        pytest.param({"unevaluatedProperties": {}, "anyOf": [NAMED]}, {LONG: 1}, id="names not yet looked at"),
        pytest.param(
            {"$schema": DIALECT, "type": ["array", "string"], "items": {"$ref": "#"}, "pattern": "a+b?"},
            [LONG],
            id="within a reference to the schema itself",
        ),
    ],
)
def test_a_pattern_is_not_applied_to_a_long_text(schema: JsonSchema, content: object) -> None:
    """Matching might never finish and block the whole app. The message says why the answer does not pass."""
    (problem,) = result_of(json.dumps(content), schema=schema).problems
    assert "1,201 characters; a pattern is applied to at most 1,200" in problem


@pytest.mark.parametrize("content", [LONG, {"text": LONG, "id": "a7"}, {"id": "a7", "$schema": "x"}])
def test_a_long_text_without_a_pattern_passes(content: object) -> None:
    """A long text next to a short one with a pattern is nothing unusual."""
    properties = {"id": {"pattern": "^a[0-9]$"}, "text": {"type": "string"}, "$schema": {"type": "string"}}
    schema = {"$schema": DIALECT, "properties": properties, "additionalProperties": False}
    assert result_of(json.dumps(content), schema=schema).passed


MANY = [{"a": number} for number in range(4_000)]


@pytest.mark.parametrize(
    ("content", "unique"),
    [
        (MANY, True),
        ([*MANY, {"a": 7.0}], False),
        ([1, True, "1", [1], {"a": 1, "b": 2}, {"a": 1}, None, 0, False], True),
        ([{"a": 1, "b": [2]}, {"b": [2], "a": 1}], False),
    ],
)
def test_many_items_are_compared_in_no_time(content: list[object], *, unique: bool) -> None:
    """Comparing 4,000 objects in pairs takes 20 seconds, during which nothing else runs."""
    began = process_time()
    assert result_of(json.dumps(content), schema={"uniqueItems": True}).passed is unique
    assert process_time() - began < 2


@pytest.mark.parametrize(
    "schema",
    [
        pytest.param({"$ref": "#/$defs/absent"}, id="a reference to nothing"),
        pytest.param({"$ref": "#"}, id="a circle"),
        pytest.param(
            {"patternProperties": {"a": {}, "(?i)b": {}}, "additionalProperties": {}}, id="a flag in the middle"
        ),
    ],
)
def test_a_schema_that_cannot_be_applied_fails_the_test(schema: JsonSchema) -> None:
    """The reconcile continues, so the rollout can be rolled back, and the history says what is wrong."""
    (problem,) = result_of('{"c": 1}', schema=schema).problems
    assert problem.startswith("request 1: the schema cannot be applied to the answer: ")


FRACTION = {"properties": {"score": {"type": "number", "multipleOf": 0.01}}}


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-1e400", f"1{'0' * 400}"])
def test_no_number_stops_the_reconcile(number: str) -> None:
    """For such numbers Python and its schema library raise various errors. Each fails the smoke test."""
    (problem,) = result_of(f'{{"score": {number}}}', schema=FRACTION).problems
    assert problem.startswith("request 1: the schema cannot be applied to the answer: ")


def test_a_number_of_many_digits_is_no_json() -> None:
    """Python refuses to parse more than 4,300 digits."""
    (problem,) = result_of(f'{{"score": 1{"0" * 5000}}}', schema=FRACTION).problems
    assert problem.startswith("request 1: the answer is not JSON")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # raised by jsonschema when it reads one
def test_a_reference_to_a_file_is_not_read(tmp_path: Path) -> None:
    """Nor is one to the network: an answer must not reveal local files, and nothing may make the app wait."""
    (tmp_path / "secret.json").write_text('{"const": "secret"}')
    (problem,) = result_of('{"c": 1}', schema={"$ref": (tmp_path / "secret.json").as_uri()}).problems
    assert "the schema cannot be applied" in problem
