"""How the values of a policy nest: tables, lists, steps and labels. Data only; it must never read or build anything.

These and the kinds are named tuples: a dataclass takes ten times as long to make, and every start of the app waits.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import NamedTuple

from shared.policies.kinds import Scalar, Text

NO_HINTS: Mapping[str, str] = MappingProxyType({})


class Need(Enum):
    """Why a field has no default."""

    REQUIRED = "required"


REQUIRED = Need.REQUIRED


class Field(NamedTuple):
    """A key that a table may hold. default: the value when the key is not there, or REQUIRED. about: what it means.

    otherwise: the default in words, where it is not one value.
    """

    key: str
    kind: Kind
    about: str
    default: object = REQUIRED
    otherwise: str = ""


class Table(NamedTuple):
    """A mapping with known keys. short: the key whose value alone may stand for the table, as `weight: 10` does.

    hints: keys that people try, and what to do instead; `unsupported` are those that the reference lists too.
    """

    fields: tuple[Field, ...]
    example: str
    short: str = ""
    expects: str = "a mapping"
    hints: Mapping[str, str] = NO_HINTS
    unsupported: tuple[str, ...] = ()

    @property
    def short_field(self) -> Field | None:
        """The field whose value may stand for the table."""
        return next((entry for entry in self.fields if entry.key == self.short), None)


class Variants(NamedTuple):
    """A mapping with exactly one of these keys. noun: what such a thing is called."""

    noun: str
    fields: tuple[Field, ...]
    example: str
    hints: Mapping[str, str] = NO_HINTS
    unsupported: tuple[str, ...] = ()

    @property
    def expects(self) -> str:
        """What is expected, in words."""
        return f"a {self.noun}"


class Sequence(NamedTuple):
    """A list of things of one kind. least: how many there must be. alone: whether one may stand without brackets."""

    of: Kind
    example: str
    least: int = 1
    alone: bool = False
    expects: str = "a list"


class Labels(NamedTuple):
    """A mapping to values of one kind, from any text or, if `key` is given, from texts of that kind."""

    value: Scalar
    example: str
    expects: str = "a mapping of text to text"
    key: Text | None = None


class Document(NamedTuple):
    """Any value that JSON has, kept as JSON text. strict: whether what only YAML has is wrong, or else kept as text."""

    example: str
    strict: bool = True
    expects: str = "a value that JSON has"


Kind = Scalar | Table | Variants | Sequence | Labels | Document


def complete(table: Table) -> dict[str, object]:
    """Return the values of a table in which nothing optional is written."""
    return {entry.key: None if entry.default is REQUIRED else entry.default for entry in table.fields}
