"""How values nest (tables, lists, variants and labels), and operations on values with such a structure.

Everything here works on plain values. The readers read them from YAML, with their positions.
"""

from __future__ import annotations

import collections.abc
import dataclasses
from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from typing import Any, NamedTuple

from shared.core.schema.findings import Part, Values
from shared.core.schema.kinds import NO_HINTS, Scalar


class Need(Enum):
    """Why a field has no default."""

    REQUIRED = "required"


REQUIRED = Need.REQUIRED


class Field(NamedTuple):
    """A key of a table. about: its meaning.

    default: the value if the key is absent; by default that of the class that the table makes, if it has one.
    otherwise: the default in words, if it is not a single value. attribute: the key's name in that class, if different.
    """

    key: str
    kind: Kind
    about: str
    default: object = REQUIRED
    otherwise: str = ""
    attribute: str = ""

    @property
    def name(self) -> str:
        """The field's name in the class that the table makes."""
        return self.attribute or self.key


class Table(NamedTuple):
    """A mapping with known keys. short: the key whose value can stand for the whole table, as in `weight: 10`.

    hints: keys that people try, and what to write instead. makes: the dataclass that the values become; make: the
    conversion, if the fields are not simply its arguments. check: reports problems with combinations of keys.
    """

    fields: tuple[Field, ...]
    example: str
    makes: type[Any] | None = None
    make: Callable[[Values], object] | None = None
    check: Callable[[Part], None] | None = None
    short: str = ""
    expects: str = "a mapping"
    hints: Mapping[str, str] = NO_HINTS

    @property
    def short_field(self) -> Field | None:
        """The field whose value can stand for the whole table."""
        return next((field for field in self.fields if field.key == self.short), None)

    def default(self, field: Field) -> object:
        """Return the value of a field that is absent, or REQUIRED."""
        if field.default is not REQUIRED or self.makes is None:
            return field.default
        own = {attribute.name: attribute for attribute in dataclasses.fields(self.makes)}.get(field.name)
        if own is None or own.default is not dataclasses.MISSING:
            return REQUIRED if own is None else own.default
        return REQUIRED if own.default_factory is dataclasses.MISSING else own.default_factory()

    def defaults(self) -> Values:
        """Return the table's values if no optional key is given, with None for required keys."""
        given = {field.key: self.default(field) for field in self.fields}
        return {key: None if value is REQUIRED else value for key, value in given.items()}


class Variants(NamedTuple):
    """A mapping with exactly one of these keys. noun: what such a mapping is called."""

    noun: str
    fields: tuple[Field, ...]
    example: str
    hints: Mapping[str, str] = NO_HINTS

    @property
    def expects(self) -> str:
        """What is expected, in words."""
        return f"a {self.noun}"


class Sequence(NamedTuple):
    """A list of values of one kind. least, most: its length. alone: whether a single value needs no brackets."""

    of: Kind
    example: str
    least: int = 1
    alone: bool = False
    expects: str = "a list"
    most: int | None = None


class Labels(NamedTuple):
    """A mapping to values of one kind, from any text or, if `key` is given, from text of that kind."""

    value: Scalar[Any]
    example: str
    expects: str = "a mapping of text to text"
    key: Scalar[str] | None = None


class Document(NamedTuple):
    """Any JSON value, kept as JSON text. strict: whether YAML-only values are rejected rather than kept as text."""

    example: str
    strict: bool = True
    expects: str = "any JSON value"


Kind = Scalar[Any] | Table | Variants | Sequence | Labels | Document


class Node(NamedTuple):
    """A value of a file with its kind and path. owner: the mapping or list that has it under `key`, if any."""

    kind: Kind
    value: Any
    path: str
    before: collections.abc.Sequence[Any] = ()
    owner: Any = None
    key: str | int = ""


def walk(node: Node) -> Iterator[Node]:
    """Yield a value and everything below it, except what is absent or invalid."""
    kind, value, path = node.kind, node.value, node.path
    if value is None:
        return
    yield node
    match kind:
        case Table() | Variants():
            for field in kind.fields:
                inner = f"{path}.{field.key}" if path else field.key
                yield from walk(Node(field.kind, value.get(field.key), inner, node.before, value, field.key))
        case Sequence():
            for index, item in enumerate(value):
                yield from walk(Node(kind.of, item, f"{path}[{index}]", value[:index], value, index))
        case _:
            pass


def build(kind: Kind, value: Any) -> Any:  # noqa: ANN401 -- as many types as kinds
    """Convert valid values: tables to the classes that they make, lists to tuples; scalars are unchanged."""
    match kind:
        case Table() if value is not None:
            made = {field.name: build(field.kind, value[field.key]) for field in kind.fields}
            return kind.make(made) if kind.make else kind.makes(**made) if kind.makes else made
        case Variants():
            return next(build(field.kind, value[field.key]) for field in kind.fields if field.key in value)
        case Sequence() if value is not None:
            return tuple(build(kind.of, item) for item in value)
        case Labels():
            return dict(value)
        case _:
            return value
