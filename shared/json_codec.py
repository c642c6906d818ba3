"""Converts our records to JSON text and back, exactly: a value survives the round trip, or it is rejected.

It uses cattrs, which needs no changes to the core's dataclasses (pydantic cannot read a slotted class with a field
named like a module in its annotation), is 0.8 MB of pure Python, and loads in about 40 ms. Its own conversions are
lenient (`int("7")`, `str(None)`), so types are checked here. Fields added by a newer version are ignored, and fields
that an older one lacked get their defaults. Nothing is guessed: an invalid value is an error that says where it is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from functools import cache
from types import GenericAlias, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from cattrs import transform_error
from cattrs.errors import BaseValidationError
from cattrs.preconf.json import JsonConverter, make_converter

from shared.core.gates import GATE_KINDS, SAMPLE_KINDS, Gate, Sample
from shared.core.gates.samples import CountSample
from shared.core.steps import STEP_KINDS, Step

T = TypeVar("T")
# Kinds found through registries: for each base class, the classes by stored name.
FAMILIES: Mapping[type, Mapping[str, type]] = {
    Gate: GATE_KINDS,
    Sample: SAMPLE_KINDS,
    CountSample: {name: kind for name, kind in SAMPLE_KINDS.items() if issubclass(kind, CountSample)},
    Step: STEP_KINDS,
}
_WHOLE = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")


class UnreadableError(ValueError):
    """The text is not a valid record. `problems` name the fields, one line each."""

    def __init__(self, *problems: str) -> None:
        self.problems = problems
        super().__init__("; ".join(problems))


def encode(value: object) -> str:
    """Return the value as compact ASCII JSON. Raises ValueError for what JSON cannot represent (NaN)."""
    return json.dumps(_converter().unstructure(value), allow_nan=False, separators=(",", ":"))


def decode(text: str, kind: type[T]) -> T:
    """Parse a value of this kind. Raises UnreadableError."""
    try:
        content = json.loads(text, parse_constant=_refuse)
    except ValueError as error:
        raise UnreadableError(str(error)) from error
    return structured(content, kind)


def structured(content: object, kind: type[T]) -> T:
    """Convert parsed JSON to a value of this kind. Raises UnreadableError."""
    try:
        return _converter().structure(content, kind)
    except BaseValidationError as error:
        raise UnreadableError(*transform_error(error)) from error
    except (ValueError, TypeError, KeyError) as error:
        raise UnreadableError(str(error)) from error


@cache
def _converter() -> JsonConverter:
    converter = make_converter()
    # By predicate, because registering the class `object` would match everything.
    converter.register_structure_hook_func(lambda kind: kind is object, lambda value, _: value)
    converter.register_structure_hook_func(_is_kinds, lambda value, kinds: _by_kind(converter, value, _members(kinds)))
    converter.register_structure_hook_func(_is_family, lambda value, of: _by_kind(converter, value, FAMILIES[of]))
    converter.register_unstructure_hook_func(_is_family, converter.unstructure)
    converter.register_structure_hook_func(_is_word_or_number, _word_or_number)
    converter.register_structure_hook_func(lambda kind: kind == str | tuple[str, ...], _text_or_texts)
    converter.register_structure_hook_func(_is_numbered, lambda value, kind: _numbered(converter, value, kind))
    converter.register_structure_hook_func(_is_named_tuple, lambda value, kind: _named(converter, value, kind))
    converter.register_structure_hook(str, _text)
    converter.register_structure_hook(bool, _exactly)
    converter.register_structure_hook(int, _exactly)
    converter.register_structure_hook(float, _number)
    converter.register_structure_hook(datetime, _moment)
    converter.register_structure_hook(timedelta, lambda value, _: timedelta(seconds=_number(value, float)))
    converter.register_structure_hook(time, lambda value, _: time.fromisoformat(_exactly(value, str)))
    converter.register_unstructure_hook(time, time.isoformat)
    converter.register_unstructure_hook(timedelta, timedelta.total_seconds)
    converter.register_unstructure_hook(datetime, _iso)
    return converter


def _is_kinds(kind: Any) -> bool:  # noqa: ANN401 -- cattrs passes the annotation, whatever it is
    """Return whether this is a union of dataclasses that are identified by their field `kind`."""
    members = get_args(kind) if get_origin(kind) in {Union, UnionType} else ()
    return bool(members) and all("kind" in getattr(member, "__dataclass_fields__", {}) for member in members)


@cache
def _members(kinds: Any) -> Mapping[str, type]:  # noqa: ANN401 -- as above
    return {member.__dataclass_fields__["kind"].default: member for member in get_args(kinds)}


def _is_family(kind: Any) -> bool:  # noqa: ANN401 -- as above
    return isinstance(kind, type) and kind in FAMILIES


def _by_kind(converter: JsonConverter, value: object, kinds: Mapping[str, type]) -> object:
    name = value.get("kind") if isinstance(value, dict) else None
    if not isinstance(name, str) or name not in kinds:
        raise ValueError(f"its kind is {name!r:.80}, not one of {', '.join(kinds)}")
    return converter.structure(value, kinds[name])


def _is_word_or_number(kind: Any) -> bool:  # noqa: ANN401 -- as above
    members = get_args(kind) if get_origin(kind) in {Union, UnionType} else ()
    return int in members and any(get_origin(member) is Literal for member in members)


def _word_or_number(value: object, kind: Any) -> object:  # noqa: ANN401 -- as above
    words = {word for member in get_args(kind) for word in get_args(member)}
    if type(value) is not int and value not in words:
        raise ValueError(f"expected a whole number or one of {', '.join(sorted(words))}, not {value!r:.80}")
    return value


def _text_or_texts(value: object, _: Any) -> str | tuple[str, ...]:  # noqa: ANN401 -- as above
    return tuple(_exactly(item, str) for item in value) if isinstance(value, list) else _exactly(value, str)


def _is_numbered(kind: Any) -> bool:  # noqa: ANN401 -- as above
    return get_origin(kind) is dict and get_args(kind)[0] is int


def _numbered(converter: JsonConverter, value: object, kind: Any) -> object:  # noqa: ANN401 -- as above
    """Return a mapping with integer keys, which are text in JSON."""
    known = _exactly(value, dict)
    if wrong := [key for key in known if not _WHOLE.fullmatch(key)]:
        raise ValueError(f"expected a whole number, not {wrong[0]!r:.80}")
    named: Any = GenericAlias(dict, (str, get_args(kind)[1]))
    return {int(key): found for key, found in converter.structure(known, named).items()}


def _is_named_tuple(kind: Any) -> bool:  # noqa: ANN401 -- as above
    return isinstance(kind, type) and issubclass(kind, tuple) and hasattr(kind, "_fields")


def _named(converter: JsonConverter, value: object, kind: Any) -> object:  # noqa: ANN401 -- as above
    """Return a NamedTuple. cattrs leaves its types as text under postponed annotations."""
    types: Any = GenericAlias(tuple, tuple(get_type_hints(kind).values()))
    return kind(*converter.structure(value, types))


def _exactly(value: object, kind: type[T]) -> T:
    if type(value) is not kind:
        raise TypeError(f"expected {kind.__name__}, not {value!r:.80}")
    return value


def _text(value: object, kind: type[str]) -> str:
    # Registered for str, so cattrs also uses it for every StrEnum, whose constructor rejects non-members.
    return kind(_exactly(value, str))


def _number(value: object, _: Any) -> float:  # noqa: ANN401 -- cattrs passes the annotation, whatever it is
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"expected a number, not {value!r:.80}")
    return float(value)


def _moment(value: object, _: Any) -> datetime:  # noqa: ANN401 -- as in _number
    moment = datetime.fromisoformat(_exactly(value, str))
    if moment.tzinfo is None:
        raise ValueError(f"a time without a zone: {value}")
    return moment.astimezone(UTC)


def _iso(moment: datetime) -> str:
    if moment.tzinfo is None:
        raise ValueError(f"a time without a zone: {moment}")
    return moment.astimezone(UTC).isoformat()


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is not a number that a record may hold")
