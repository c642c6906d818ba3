"""JSON Schema of views, from their types: dataclasses whose fields are `Annotated` with descriptions."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from shared.views.plain import json_name

Schema = dict[str, Any]
REFERENCE = "#/components/schemas/"
_PLAIN: dict[object, Schema] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    datetime: {"type": "string", "format": "date-time"},
    object: {},
}


def schema_name(view: type) -> str:
    """Return a view's name in OpenAPI: its class name without `View`."""
    return view.__name__.removesuffix("View")


def reference(view: type, components: dict[str, Schema]) -> Schema:
    """Return a reference to a view's schema, which is added to `components` with all its dependencies."""
    name = schema_name(view)
    if name not in components:
        components[name] = {}  # a view may contain itself
        components[name] = _properties(view, components)
    return {"$ref": REFERENCE + name}


def _properties(view: type, components: dict[str, Schema]) -> Schema:
    hints = get_type_hints(view, include_extras=True)
    properties = {json_name(each.name): _documented(hints[each.name], components) for each in fields(view)}
    words = " ".join((view.__doc__ or "").split())
    return {"type": "object", "description": words, "properties": properties, "required": list(properties)}


def _documented(hint: object, components: dict[str, Schema]) -> Schema:
    kind, meaning = get_args(hint) if get_origin(hint) is Annotated else (hint, "")
    return {**_of(kind, components), "description": meaning}


def _of(kind: Any, components: dict[str, Schema]) -> Schema:  # noqa: ANN401 -- any annotation
    """Return the schema of a type. Raises TypeError for a type that views cannot have."""
    origin, arguments = get_origin(kind), get_args(kind)
    if kind in _PLAIN:
        return dict(_PLAIN[kind])
    if isinstance(kind, type) and origin is None:
        return _of_class(kind, components)
    if origin in {Union, UnionType}:
        return _nullable(arguments, components)
    if origin is Literal:
        return {"type": "string", "enum": list(arguments)}
    if origin is tuple and arguments[-1:] == (Ellipsis,):
        return {"type": "array", "items": _of(arguments[0], components)}
    if origin is dict and arguments[0] is str:
        return {"type": "object", "additionalProperties": _of(arguments[1], components)}
    raise TypeError(f"a view cannot have a field of type {kind}")


def _of_class(kind: type, components: dict[str, Schema]) -> Schema:
    if issubclass(kind, Enum):
        return {"type": "string", "enum": [member.value for member in kind]}
    if is_dataclass(kind):
        return reference(kind, components)
    raise TypeError(f"a view cannot have a field of type {kind}")


def _nullable(arguments: tuple[Any, ...], components: dict[str, Schema]) -> Schema:
    others = [argument for argument in arguments if argument is not NoneType]
    if len(others) != 1 or len(others) == len(arguments):
        raise TypeError(f"a view cannot have a field of one of {arguments}")
    found = _of(others[0], components)
    if "enum" in found:
        return {**found, "type": [found["type"], "null"], "enum": [*found["enum"], None]}
    return {**found, "type": [found["type"], "null"]} if "type" in found else {"oneOf": [found, {"type": "null"}]}
