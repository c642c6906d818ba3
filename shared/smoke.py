"""Checks answers against a smoke step's expectations and describes each problem. Sends nothing.

Secrets are removed from an answer before it is truncated, so that no part of one remains.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from shared.core.observation import SmokeResult
from shared.core.observation.observation import EXAMPLES
from shared.core.steps import SmokeStep
from shared.core.telemetry.answer_text import readings
from shared.ports import Answer, JsonSchema
from shared.redaction import LONGEST_LINE, redacted

SHOWN = 250  # characters of a problem
WITH_PATTERNS = {"pattern", "patternProperties", "additionalProperties", "unevaluatedProperties"}
REDACTED = 8 * SHOWN  # of which secrets are removed: an answer can have a million characters


def smoke_result(
    step: SmokeStep, answers: Sequence[Answer], schema: JsonSchema | None, sent: int, redact: Sequence[str] = ()
) -> SmokeResult:
    """Return the result of the last round of answers; `sent` includes warm-up rounds, `schema` is a JSON Schema.

    redact: regular expressions for text to remove from answers.
    """
    problems, failed = list[str](), 0
    for number, answer in enumerate(answers, 1):
        words = _problem(step, answer, schema)
        failed += bool(words)
        if words and failed <= EXAMPLES:
            problems.append(f"request {number}: {redacted(words[:REDACTED], redact)[:SHOWN]}")
    return SmokeResult(sent, tuple(problems), failed)


def _problem(step: SmokeStep, answer: Answer, schema: JsonSchema | None) -> str:
    if answer.status != step.status:
        got = f"status {answer.status}" if answer.status else "no answer"
        return f"{got} instead of {step.status}: {answer.text}"
    if step.slowest is not None and answer.seconds > step.slowest.total_seconds():
        return f"answered after {answer.seconds:.2f} s instead of within {step.slowest.total_seconds():g} s"
    if schema is None and step.contains is None:
        return ""
    try:
        contents = readings(answer.text)
    except (ValueError, RecursionError):
        return f"the answer is not JSON: {answer.text}"
    found = [_misfit(step, content, schema) for content in contents]
    return "" if "" in found else found[0]


def _misfit(step: SmokeStep, content: object, schema: JsonSchema | None) -> str:
    """Return how what an answer says differs from what the step expects, or empty."""
    missing = "" if step.contains is None else _missing(json.loads(step.contains), content, "the answer")
    return missing or ("" if schema is None else _unfit(schema, content))


def _missing(wanted: object, content: object, place: str) -> str:
    """Return where the content differs from what is wanted, or empty: objects by key, anything else must be equal."""
    if not isinstance(wanted, dict):
        return "" if wanted == content else f"{place} is {json.dumps(content)} instead of {json.dumps(wanted)}"
    if not isinstance(content, dict):
        return f"{place} is {json.dumps(content)} instead of an object"
    for key, value in wanted.items():
        if key not in content:
            return f"{place} has no {key!r}"
        if words := _missing(value, content[key], f"{place}.{key}"):
            return words
    return ""


def _unfit(schema: JsonSchema, content: Any) -> str:  # noqa: ANN401 -- whatever JSON holds
    error = next(iter(_validator(schema).iter_errors(content)), None)
    return "" if error is None else f"the answer does not fit the schema at {error.json_path}: {error.message}"


def _validator(schema: JsonSchema) -> Any:  # noqa: ANN401 -- jsonschema's classes have no common type
    """Return the schema's validator, which applies regular expressions only to what they finish in time."""
    from jsonschema import validators  # noqa: PLC0415 -- 0.1 s that only a step with a schema should cost

    usual = validators.validator_for(schema)
    bounded = {keyword: _bounded(usual.VALIDATORS[keyword]) for keyword in WITH_PATTERNS & usual.VALIDATORS.keys()}
    bounding = validators.extend(usual, bounded)  # type: ignore[no-untyped-call]
    return bounding(_without_dialects(schema))


def _bounded(check: Callable[..., Iterable[Any] | None]) -> Callable[..., Iterator[Any]]:
    """Return jsonschema's check of a keyword, but without trying texts or names that are too long for a pattern."""

    def bounded(validator: Any, value: Any, content: Any, schema: Any) -> Iterator[Any]:  # noqa: ANN401 -- jsonschema's
        from jsonschema import ValidationError  # noqa: PLC0415 -- as above

        longest = max(map(len, _tried(value, content)), default=0)
        if longest > LONGEST_LINE:
            yield ValidationError(f"{longest:,} characters; a pattern is applied to at most {LONGEST_LINE:,}")
        else:
            yield from check(validator, value, content, schema) or ()

    return bounded


def _tried(value: Any, content: Any) -> Iterable[str]:  # noqa: ANN401 -- whatever JSON holds
    """Return the texts that a keyword with this value applies patterns to: the text itself for `pattern`, or names."""
    if isinstance(value, str):
        return [content] if isinstance(content, str) else []
    return content if isinstance(content, dict) else []


def _without_dialects(part: Any) -> Any:  # noqa: ANN401 -- any part of a schema
    """Return the schema without `$schema`, by which jsonschema would take another validator for a part of it."""
    if isinstance(part, list):
        return [_without_dialects(each) for each in part]
    if isinstance(part, dict):
        return {
            key: _without_dialects(value) for key, value in part.items() if key != "$schema" or isinstance(value, dict)
        }
    return part
