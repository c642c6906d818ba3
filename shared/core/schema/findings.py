"""What is wrong in a file and where, and the part of a file that is passed to a kind's own check.

A check never reports a value that is already known to be invalid: such a value is None.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

Values = dict[str, Any]


class Place(NamedTuple):
    """A position in a file, counted from 1; line 0 means the whole file."""

    line: int
    column: int


WHOLE_FILE = Place(0, 0)


class Problem(NamedTuple):
    """One problem. path: the key within the file, such as `steps[2].weight`; empty for the whole file."""

    file: str
    line: int
    column: int
    path: str
    message: str

    def __str__(self) -> str:
        place = f":{self.line}:{self.column}" if self.line else ""
        path = f"{self.path}: " if self.path else ""
        return f"{self.file}{place}: {path}{self.message}"


@dataclass(slots=True)
class Findings:
    """What was found in one file: the position of each key in it, and the problems so far.

    filled: the text in the file of each value in which variables were replaced.
    """

    file: str
    places: dict[str, Place] = field(default_factory=dict)
    filled: dict[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def add(self, path: str, message: str, place: Place | None = None) -> None:
        """Add a problem, by default at its key or, if that is absent, at the nearest key that contains it."""
        self.problems.append(self.problem(path, message, place))

    def problem(self, path: str, message: str, place: Place | None = None) -> Problem:
        """Return a problem with a key of this file, without adding it."""
        where = place or self._nearest(path)
        return Problem(self.file, where.line, where.column, path, message)

    def written(self, *paths: str) -> str:
        """Return the first of these keys that is in the file, or else the first: defaults have no position."""
        return next((path for path in paths if path in self.places), paths[0])

    def _nearest(self, path: str) -> Place:
        while path not in self.places and path:
            path = path[: max(path.rfind("."), path.rfind("["), 0)]
        return self.places.get(path, Place(1, 1))


@dataclass(frozen=True, slots=True)
class Part:
    """One table of a file, including defaults, as passed to its check.

    before: the items before it in its list. whole: the values of the file.
    """

    values: Values
    path: str
    before: Sequence[Any]
    whole: Values
    findings: Findings

    def __getitem__(self, key: str) -> Any:  # noqa: ANN401 -- as many types as kinds
        return self.values.get(key)

    def add(self, key: str, message: str) -> None:
        """Add a problem with one of the table's keys, or with the table itself if the key is empty."""
        self.findings.add(self.at(key), message)

    def at(self, key: str) -> str:
        """Return the path of one of the table's keys within the file."""
        return f"{self.path}.{key}" if self.path and key else self.path or key

    def writes(self, key: str) -> bool:
        """Return whether a key of this table is in the file, whatever its value."""
        return self.at(key) in self.findings.places

    def find(self, path: str) -> Any:  # noqa: ANN401 -- as many types as kinds
        """Return a value of the file by its path, such as `telemetry.lag`; None if it is absent or invalid."""
        return _below(self.whole, path)

    def earlier(self, path: str) -> list[Any]:
        """Return the values at a path, such as `weight.to`, in the items before this one that have it."""
        return [value for item in self.before if (value := _below(item, path)) is not None]


def _below(values: Any, path: str) -> Any:  # noqa: ANN401 -- as many types as kinds
    for key in path.split("."):
        values = (values or {}).get(key)
    return values
