"""The checks at the end of a scene: what was expected and what was seen."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Check:
    """One check: its subject, what was expected and what was seen."""

    what: str
    expected: str
    seen: str
    passed: bool

    def words(self) -> str:
        """Return the check as a line to read."""
        if self.passed:
            return f"{self.what}: {self.seen}"
        return f"{self.what}: expected {self.expected}, but was {self.seen}"


@dataclass(slots=True)
class Checks:
    """The checks of one scene."""

    done: list[Check] = field(default_factory=list)

    def equal(self, what: str, seen: object, expected: object) -> None:
        """Check that `seen` equals `expected`."""
        self.done.append(Check(what, str(expected), str(seen), seen == expected))

    def holds(self, what: str, seen: object, expected: str, *, passed: bool) -> None:
        """Record a check whose result the caller has worked out."""
        self.done.append(Check(what, expected, str(seen), passed))

    @property
    def failed(self) -> list[Check]:
        """The checks that failed."""
        return [check for check in self.done if not check.passed]


class SceneFailedError(Exception):
    """A scene failed; the message says what was expected and what was seen."""
