"""What is wrong in policy files, and where. It must never decide whether something is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from shared.errors import Misconfigured
from shared.policies.variables import Variables


class Place(NamedTuple):
    """A place in a file, both counted from 1; line 0 means the file as a whole."""

    line: int
    column: int


WHOLE_FILE = Place(0, 0)


class Problem(NamedTuple):
    """One thing that is wrong. path: of the key within the policy, such as `steps[2].weight`; empty for the whole."""

    file: str
    line: int
    column: int
    path: str
    message: str

    def __str__(self) -> str:
        place = f":{self.line}:{self.column}" if self.line else ""
        path = f"{self.path}: " if self.path else ""
        return f"{self.file}{place}: {path}{self.message}"


class PolicyError(Misconfigured):
    """Policies that cannot be used. The message has one line for each of `problems`, sorted by file and place."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = sorted(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


@dataclass(slots=True)
class Findings:
    """What was found in one file: where each key stands, and the problems so far. variables: what `${NAME}` means."""

    file: str
    variables: Variables = field(default_factory=Variables)
    places: dict[str, Place] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def add(self, path: str, message: str, place: Place | None = None) -> None:
        """Note a problem, by default where the key stands or, if it is not written, the nearest around it."""
        where = place or self._nearest(path)
        self.problems.append(Problem(self.file, where.line, where.column, path, message))

    def written(self, *paths: str) -> str:
        """Return the first of these keys that is written in the file: a default is no place to look at."""
        return next((path for path in paths if path in self.places), paths[0])

    def _nearest(self, path: str) -> Place:
        while path not in self.places and path:
            path = path[: max(path.rfind("."), path.rfind("["), 0)]
        return self.places.get(path, Place(1, 1))
