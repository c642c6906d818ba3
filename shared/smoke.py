"""Whether answers are what a smoke step expects, with each problem described. Nothing is sent here."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from shared.core.observation import SmokeResult
from shared.core.steps import SmokeStep
from shared.ports import Answer, JsonSchema

SHOWN = 200  # characters of an answer in a problem's words


def smoke_result(step: SmokeStep, answers: Sequence[Answer], schema: JsonSchema | None, sent: int) -> SmokeResult:
    """Return what the last round of answers gave; `sent` counts the warm-up rounds too, `schema` is a JSON Schema."""
    problems = (
        f"request {number}: {words}" for number, a in enumerate(answers, 1) if (words := _problem(step, a, schema))
    )
    return SmokeResult(sent=sent, problems=tuple(problems))


def _problem(step: SmokeStep, answer: Answer, schema: JsonSchema | None) -> str:
    if answer.status != step.status:
        got = f"status {answer.status}" if answer.status else "no answer"
        return f"{got} instead of {step.status}: {answer.text[:SHOWN]}"
    if step.slowest is not None and answer.seconds > step.slowest.total_seconds():
        return f"answered after {answer.seconds:.2f} s instead of within {step.slowest.total_seconds():g} s"
    if schema is None and step.contains is None:
        return ""
    try:
        content = json.loads(answer.text)
    except ValueError:
        return f"the answer is not JSON: {answer.text[:SHOWN]}"
    missing = "" if step.contains is None else _missing(json.loads(step.contains), content, "the answer")
    return missing or ("" if schema is None else _unfit(schema, content))


def _missing(wanted: object, content: object, place: str) -> str:
    """Return where the content lacks what is wanted, or empty: objects by key, all else must be equal."""
    if not isinstance(wanted, dict):
        return "" if wanted == content else f"{place} is {json.dumps(content)[:SHOWN]} instead of {json.dumps(wanted)}"
    if not isinstance(content, dict):
        return f"{place} is {json.dumps(content)[:SHOWN]} instead of an object"
    for key, value in wanted.items():
        if key not in content:
            return f"{place} has no {key!r}"
        if words := _missing(value, content[key], f"{place}.{key}"):
            return words
    return ""


def _unfit(schema: JsonSchema, content: Any) -> str:  # noqa: ANN401 -- whatever JSON holds
    from jsonschema import validators  # noqa: PLC0415 -- 0.1 s that only a step with a schema should cost

    validator = validators.validator_for(schema)(schema)
    error = next(iter(validator.iter_errors(content)), None)
    return "" if error is None else f"the answer does not fit the schema at {error.json_path}: {error.message[:SHOWN]}"
