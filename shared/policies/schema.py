"""The JSON Schema of policy files, made from the tables: what an editor completes, shows and underlines.

It describes a file's structure, not what several keys mean together. It must never hold a fact of its own.
`python -m shared.policies.schema policies/policy.schema.json` writes it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from shared.policies.grammar import REQUIRED, Document, Field, Kind, Labels, Sequence, Table, Variants
from shared.policies.kinds import Choice, Either, Number, Scalar, Share, Text, Whole, YesNo
from shared.policies.tables.policy import POLICY
from shared.policies.times import DURATION, MOMENT, TIME_OF_DAY, Duration, Moment, TimeOfDay, Zone, spell
from shared.policies.variables import NAME

Schema = dict[str, Any]
DRAFT = "http://json-schema.org/draft-07/schema#"
VARIABLE = {"$ref": "#/definitions/variable"}
DEFINITIONS = {
    "variable": {
        "type": "string",
        "pattern": rf"\$\{{{NAME}\}}",
        "description": "Filled in from the environment when the app starts.",
    }
}


def policy_schema() -> Schema:
    """Return the schema of a policy file (draft 7, which editors know best)."""
    top = {"$schema": DRAFT, "title": "A rollout policy of Teal", "definitions": DEFINITIONS}
    return top | _structure(POLICY)


def text_of(schema: Schema) -> str:
    """Return a schema as it is written to a file."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def plain(value: object) -> Any:  # noqa: ANN401 -- whatever JSON has
    """Return a value of the reader as a file would write it: durations as `1h30m`, tuples as lists."""
    match value:
        case timedelta():
            return spell(value)
        case Mapping():
            return {key: plain(inner) for key, inner in value.items() if inner is not None}
        case tuple() | list():
            return [plain(inner) for inner in value]
        case _:
            return value


def _structure(kind: Kind) -> Schema:
    match kind:
        case Table():
            return _table(kind)
        case Variants():
            entries = {field.key: _field(field) for field in kind.fields}
            return {"type": "object", "properties": entries, "additionalProperties": False} | {
                "minProperties": 1,
                "maxProperties": 1,
            }
        case Sequence():
            many = {"type": "array", "items": _structure(kind.of), "minItems": kind.least}
            return {"anyOf": [_structure(kind.of), many]} if kind.alone else many
        case Labels():
            keys = {"propertyNames": _scalar(kind.key)} if kind.key else {}
            return {"type": "object", "additionalProperties": _structure(kind.value)} | keys
        case Document():
            return {}
        case _:
            return {"anyOf": [_scalar(kind), VARIABLE]}


def _table(table: Table) -> Schema:
    needed = [field.key for field in table.fields if field.default is REQUIRED]
    whole: Schema = {
        "type": "object",
        "properties": {field.key: _field(field) for field in table.fields},
        "additionalProperties": False,
    }
    if needed:
        whole["required"] = needed
    short = table.short_field
    return {"anyOf": [_structure(short.kind), whole]} if short is not None else whole


def _field(field: Field) -> Schema:
    about: Schema = {"description": field.about + (f" Default: {field.otherwise}." if field.otherwise else "")}
    if field.default is not REQUIRED and plain(field.default) not in (None, [], {}, "") and not field.otherwise:
        about["default"] = plain(field.default)
    return about | _structure(field.kind)


def _scalar(kind: Scalar) -> Schema:
    match kind:
        case Text():
            text = {"type": "string", "pattern": f"^(?:{kind.pattern})$"}
            return {"anyOf": [text, {"type": "number"}]} if kind.numbers else text
        case Whole():
            return {"type": "integer", "minimum": kind.least, "maximum": kind.most}
        case Share():
            return {"type": "number", "exclusiveMinimum": kind.above, "exclusiveMaximum": kind.below}
        case Number():
            return {"type": "number", "minimum": kind.least, "maximum": kind.most}
        case Choice() | YesNo() | Either():
            return _choice(kind)
        case _:
            return _time(kind)


def _choice(kind: Choice | YesNo | Either) -> Schema:
    match kind:
        case Choice():
            return {"enum": [*kind.options]}
        case YesNo():
            return {"type": "boolean"}
        case Either():
            return {"anyOf": [_scalar(inner) for inner in kind.kinds]}


def _time(kind: Duration | TimeOfDay | Moment | Zone) -> Schema:
    match kind:
        case Duration():
            return {"type": "string", "pattern": f"^{DURATION.pattern}$", "examples": [kind.example]}
        case TimeOfDay():
            return {"type": "string", "pattern": f"^(?:{TIME_OF_DAY.pattern})$", "examples": [kind.example]}
        case Moment():
            return {"type": "string", "pattern": f"^(?:{MOMENT.pattern})$", "examples": [kind.example]}
        case Zone():
            return {"type": "string", "minLength": 1, "examples": [kind.example]}


def main(arguments: list[str]) -> None:
    """Write the schema to each file named, or print it if none is."""
    for name in arguments:
        Path(name).write_text(text_of(policy_schema()), encoding="utf-8")
    if not arguments:
        sys.stdout.write(text_of(policy_schema()))


if __name__ == "__main__":
    main(sys.argv[1:])
