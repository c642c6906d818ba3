"""The JSON Schema of policy files, generated from the tables, for completion and validation in editors.

It covers a file's structure, not the checks on combinations of keys, and adds no information of its own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from shared.core.schema.grammar import REQUIRED, Document, Field, Kind, Labels, Sequence, Table, Variants
from shared.core.schema.times import spell
from shared.policies.tables.policy import policy_table
from shared.policies.variables import NAME

DRAFT = "http://json-schema.org/draft-07/schema#"
Schema = dict[str, Any]
VARIABLE = {"$ref": "#/definitions/variable"}
DEFINITIONS = {
    "variable": {
        "type": "string",
        "pattern": rf"\$\{{{NAME}\}}",
        "description": "Replaced by the environment variable of that name when policies are read.",
    }
}


def policy_schema() -> Schema:
    """Return the schema of a policy file (draft 7, which editors support best)."""
    top = {"$schema": DRAFT, "title": "A rollout policy of Teal", "definitions": DEFINITIONS}
    return top | _structure(policy_table())


def text_of(schema: Schema) -> str:
    """Return a schema as file content."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def plain(value: object) -> Any:  # noqa: ANN401 -- whatever JSON has
    """Return a value in file notation: durations as `1h30m`, tuples as lists."""
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
            entries = {field.key: _field(field, REQUIRED) for field in kind.fields}
            whole = {"type": "object", "properties": entries, "additionalProperties": False}
            return whole | {"minProperties": 1, "maxProperties": 1}
        case Sequence():
            many = {"type": "array", "items": _structure(kind.of), "minItems": kind.least}
            many |= {} if kind.most is None else {"maxItems": kind.most}
            return {"anyOf": [_structure(kind.of), many]} if kind.alone else many
        case Labels():
            keys = {"propertyNames": kind.key.schema} if kind.key else {}
            return {"type": "object", "additionalProperties": _structure(kind.value)} | keys
        case Document():
            return {}
        case _:
            return {"anyOf": [kind.schema, VARIABLE]}


def _table(table: Table) -> Schema:
    needed = [field.key for field in table.fields if table.default(field) is REQUIRED]
    whole: Schema = {
        "type": "object",
        "properties": {field.key: _field(field, table.default(field)) for field in table.fields},
        "additionalProperties": False,
    }
    if needed:
        whole["required"] = needed
    short = table.short_field
    return {"anyOf": [_structure(short.kind), whole]} if short is not None else whole


def _field(field: Field, default: object) -> Schema:
    about: Schema = {"description": field.about + (f" Default: {field.otherwise}." if field.otherwise else "")}
    if default is not REQUIRED and plain(default) not in (None, [], {}, "") and not field.otherwise:
        about["default"] = plain(default)
    return about | _structure(field.kind)
