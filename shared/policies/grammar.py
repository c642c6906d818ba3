"""How the values of a policy nest: tables, lists, steps and labels. Data only; it must never read or build anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from shared.policies.kinds import Scalar, Text


class Need(Enum):
    """Why a field has no default."""

    REQUIRED = "required"


REQUIRED = Need.REQUIRED


@dataclass(frozen=True, slots=True)
class Field:
    """A key that a table may hold. default: the value when the key is not there, or REQUIRED. about: what it means."""

    key: str
    kind: Kind
    about: str
    default: object = REQUIRED


@dataclass(frozen=True, slots=True)
class Table:
    """A mapping with known keys. planned: keys that are known but not supported yet, and what holds until then."""

    fields: tuple[Field, ...]
    example: str
    planned: Mapping[str, str] = field(default_factory=dict)
    expects: str = "a mapping"


@dataclass(frozen=True, slots=True)
class Variants:
    """A mapping with exactly one of these keys. noun: what such a thing is called."""

    noun: str
    fields: tuple[Field, ...]
    example: str
    planned: Mapping[str, str] = field(default_factory=dict)

    @property
    def expects(self) -> str:
        """What is expected, in words."""
        return f"a {self.noun}"


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list of things of one kind, at least one."""

    of: Kind
    example: str
    expects: str = "a list"


@dataclass(frozen=True, slots=True)
class Labels:
    """A mapping from any text to text."""

    value: Text
    example: str
    expects: str = "a mapping of text to text"


Kind = Scalar | Table | Variants | Sequence | Labels


def complete(table: Table) -> dict[str, object]:
    """Return the values of a table in which nothing optional is written."""
    return {entry.key: None if entry.default is REQUIRED else entry.default for entry in table.fields}
