"""Checks whether an answer fits a JSON Schema, in bounded time for any answer: the check blocks the process.

Regular expressions are applied to texts of limited length, and items are compared by their hash instead of in pairs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Any

from shared.ports import JsonSchema
from shared.redaction import LONGEST_LINE

WITH_PATTERNS = {"pattern", "patternProperties", "additionalProperties", "unevaluatedProperties"}
Value = Any  # of JSON
Check = Callable[[Any, Value, Value, Any], Iterable[Any] | None]  # of a keyword: its value, and what it is applied to


def schema_mismatch(schema: JsonSchema, content: Value) -> str:
    """Return where an answer's content does not fit the schema, or why the schema cannot be applied; or empty."""
    try:
        return _misfit(schema, content)
    except Exception as wrong:  # noqa: BLE001 -- the library raises any, such as for NaN or a number of 400 digits
        return f"the schema cannot be applied to the answer: {wrong}"


def _misfit(schema: JsonSchema, content: Value) -> str:
    error = next(iter(_validator(schema).iter_errors(content)), None)
    return "" if error is None else f"the answer does not fit the schema at {error.json_path}: {error.message}"


def _validator(schema: JsonSchema) -> Any:  # noqa: ANN401 -- jsonschema's classes have no common type
    from jsonschema import validators  # noqa: PLC0415 -- 0.1 s that only a step with a schema should cost
    from referencing import Registry  # noqa: PLC0415 -- as above

    # With a registry of its own, jsonschema reads no references from files or the network.
    return _bounding(validators.validator_for(schema))(without_dialects(schema), registry=Registry())


@lru_cache
def _bounding(usual: Any) -> Any:  # noqa: ANN401 -- as above
    """Return jsonschema's class of validators with these checks instead of its own."""
    from jsonschema import validators  # noqa: PLC0415 -- as above

    checks = {keyword: _bounded(usual.VALIDATORS[keyword]) for keyword in WITH_PATTERNS & usual.VALIDATORS.keys()}
    return validators.extend(usual, checks | {"uniqueItems": _unique})  # type: ignore[no-untyped-call]


def _bounded(check: Check) -> Check:
    """Return jsonschema's check of a keyword, but without trying texts or names that are too long for a pattern."""

    def bounded(validator: Any, value: Value, content: Value, schema: Any) -> Iterator[Any]:  # noqa: ANN401 -- jsonschema's
        from jsonschema import ValidationError  # noqa: PLC0415 -- as above

        longest = max(map(len, _tried(value, content)), default=0)
        if longest > LONGEST_LINE:
            yield ValidationError(f"{longest:,} characters; a pattern is applied to at most {LONGEST_LINE:,}")
        else:
            yield from check(validator, value, content, schema) or ()

    return bounded


def _tried(value: Value, content: Value) -> Iterable[str]:
    """Return the texts that a keyword with this value applies patterns to: the text itself for `pattern`, or names."""
    if isinstance(value, str):
        return [content] if isinstance(content, str) else []
    return content if isinstance(content, dict) else []


def _unique(_validator: Any, value: Value, content: Value, _schema: Any) -> Iterator[Any]:  # noqa: ANN401 -- jsonschema's
    from jsonschema import ValidationError  # noqa: PLC0415 -- as above

    if value and isinstance(content, list) and len(set(map(_hashable, content))) < len(content):
        yield ValidationError("some items are equal")


def _hashable(part: Value) -> object:
    """Return a value that equals another one exactly if both are equal in JSON, where true is not 1."""
    if isinstance(part, dict):
        return frozenset((key, _hashable(value)) for key, value in part.items())
    if isinstance(part, list):
        return tuple(map(_hashable, part))
    return (bool, part) if isinstance(part, bool) else part


def without_dialects(part: Any) -> Any:  # noqa: ANN401 -- any part of a schema
    """Return the schema without `$schema`, which would make jsonschema use another validator for a part of it."""
    if isinstance(part, list):
        return [without_dialects(each) for each in part]
    if isinstance(part, dict):
        return {
            key: without_dialects(value) for key, value in part.items() if key != "$schema" or isinstance(value, dict)
        }
    return part
