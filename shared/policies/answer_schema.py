"""The one reader of the JSON Schema files that smoke steps check answers against."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from shared.core.schema.findings import Problem
from shared.core.schema.texts import check_pattern
from shared.core.schema.words import Unfit, Word
from shared.policies.document import read_text
from shared.policies.json_errors import json_problem
from shared.policies.problems import PolicyError
from shared.policies.schema_references import check_references
from shared.policies.template import LARGEST_FILE

if TYPE_CHECKING:
    from shared.ports import JsonSchema  # imports the whole rollout record, which reading policies does not need

DIALECT = '"https://json-schema.org/draft/2020-12/schema"'


def read_schema(folder: Path, name: str) -> JsonSchema:
    """Return the JSON Schema in a file; raises PolicyError if it is not valid, or if an answer could make it hang."""
    shown = str(folder / name)
    try:
        schema: JsonSchema = json.loads(read_text(folder / name, shown, LARGEST_FILE), parse_constant=_refuse)
        _check(schema)
    except json.JSONDecodeError as error:
        raise PolicyError([Problem(shown, error.lineno, error.colno, "", json_problem(error))]) from error
    except (ValueError, RecursionError) as error:
        raise PolicyError([Problem(shown, 1, 1, "", f"not valid JSON: {error}")]) from error
    except Unfit as wrong:
        raise PolicyError([Problem(shown, 1, 1, "", str(wrong))]) from wrong
    return schema


def _check(schema: object) -> None:
    from jsonschema import SchemaError, validators  # noqa: PLC0415 -- 0.1 s that only a policy with a schema should cost

    if not isinstance(schema, dict | bool):
        raise Unfit('not a valid JSON Schema, which is an object; write it like {"type": "object"}')
    for pattern in _patterns(schema):
        check_pattern(Word(pattern))
    if isinstance(schema, dict):
        _check_dialect(schema.get("$schema", ""))
        validator = validators.validator_for(schema)
        try:
            validator.check_schema(schema)
        except SchemaError as error:
            raise Unfit(f"not a valid JSON Schema: {error.message} (at {error.json_path})") from error
        check_references(schema, validator)


def _check_dialect(name: object) -> None:
    if not isinstance(name, str):
        raise Unfit(f"$.$schema: {json.dumps(name)} is not the name of a dialect; leave it out, or write {DIALECT}")


def _patterns(part: object) -> Iterator[str]:
    """Return every regular expression in a schema: in `pattern`, and as a name in `patternProperties`."""
    if isinstance(part, list):
        for each in part:
            yield from _patterns(each)
    if isinstance(part, dict):
        if isinstance(part.get("pattern"), str):
            yield part["pattern"]
        if isinstance(part.get("patternProperties"), dict):
            yield from part["patternProperties"]
        yield from _patterns(list(part.values()))


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not a JSON number")
