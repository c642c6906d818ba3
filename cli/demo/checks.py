"""What a scene must end with, said in words and looked at one by one. It holds; it never fetches what it looks at."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that must hold: what was looked at, what was expected and what was seen."""

    what: str
    expected: str
    seen: str
    passed: bool

    def words(self) -> str:
        """Return the check as a line for a person."""
        if self.passed:
            return f"{self.what}: {self.seen}"
        return f"{self.what}: expected {self.expected}, but saw {self.seen}"


@dataclass(slots=True)
class Checks:
    """The checks of one scene."""

    done: list[Check] = field(default_factory=list)

    def equal(self, what: str, seen: object, expected: object) -> None:
        """Note that `seen` must be `expected`."""
        self.done.append(Check(what, str(expected), str(seen), seen == expected))

    def holds(self, what: str, seen: object, expected: str, *, passed: bool) -> None:
        """Note that something must hold that takes more than one comparison to tell."""
        self.done.append(Check(what, expected, str(seen), passed))

    @property
    def failed(self) -> list[Check]:
        """The checks that did not hold."""
        return [check for check in self.done if not check.passed]


class SceneFailedError(Exception):
    """A scene did not end as it must; the message says what was expected and what was seen."""
