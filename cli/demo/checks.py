"""The checks at the end of a scene: expected and observed values."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Check:
    """One check: its subject, the expected value and the observed one."""

    what: str
    expected: str
    seen: str
    passed: bool

    def words(self) -> str:
        """Return the check as a line of text."""
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
        """Record a check that the caller has evaluated."""
        self.done.append(Check(what, expected, str(seen), passed))

    @property
    def failed(self) -> list[Check]:
        """The checks that failed."""
        return [check for check in self.done if not check.passed]


class SceneFailedError(Exception):
    """A scene failed; the message has the expected and observed values."""
