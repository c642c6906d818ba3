"""Checks answers against a smoke step's expectations and describes each problem. Sends nothing.

Secrets are removed from an answer before it is truncated, so that no part of one remains.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from shared.answer_schema import schema_mismatch
from shared.core.observation import SmokeResult
from shared.core.observation.observation import EXAMPLES
from shared.core.steps import SmokeStep
from shared.core.telemetry.answer_text import readings
from shared.ports import Answer, JsonSchema
from shared.redaction import redacted

SHOWN = 250  # characters of a problem
OWN = 8 * SHOWN  # characters for a policy's patterns: an answer can have a million, and a pattern can be slow


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
            problems.append(f"request {number}: {_shown(words, redact)}")
    return SmokeResult(sent, tuple(problems), failed)


def _shown(words: str, redact: Sequence[str]) -> str:
    """Return the beginning of a problem without secrets. Those of a known form are removed from all of it first."""
    return redacted(redacted(words)[:OWN], redact)[:SHOWN]


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
    """Return how an answer's content differs from what the step expects, or empty."""
    missing = "" if step.contains is None else _missing(json.loads(step.contains), content, "the answer")
    return missing or ("" if schema is None else schema_mismatch(schema, content))


def _missing(wanted: object, content: object, place: str) -> str:
    """Return where the content differs from what is wanted, or empty: objects by key, anything else must be equal."""
    if not isinstance(wanted, dict):
        return "" if _equal(wanted, content) else f"{place} is {json.dumps(content)} instead of {json.dumps(wanted)}"
    if not isinstance(content, dict):
        return f"{place} is {json.dumps(content)} instead of an object"
    for key, value in wanted.items():
        if key not in content:
            return f"{place} has no {key!r}"
        if words := _missing(value, content[key], f"{place}.{key}"):
            return words
    return ""


def _equal(wanted: object, content: object) -> bool:
    """Return whether both are equal in JSON, where true is not 1. Goes no deeper than `wanted`, which is bounded."""
    if isinstance(wanted, list) and isinstance(content, list):
        return len(wanted) == len(content) and all(map(_equal, wanted, content))
    if isinstance(wanted, dict) and isinstance(content, dict):
        return wanted.keys() == content.keys() and all(_equal(wanted[key], content[key]) for key in wanted)
    return isinstance(wanted, bool) is isinstance(content, bool) and wanted == content
