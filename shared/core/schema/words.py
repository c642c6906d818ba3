"""One scalar value as written in a file, and the error for an invalid one."""

from __future__ import annotations

from typing import NamedTuple, Protocol

SHOWN = 60


class Unfit(Exception):  # noqa: N818 -- never leaves the readers: it becomes a Problem
    """A value does not fit its kind; the message says what would."""


class Expectation(Protocol):
    """A kind's description of itself: what is expected, in words, and an example."""

    @property
    def expects(self) -> str:
        """What is expected."""

    @property
    def example(self) -> str:
        """A valid value."""


class Word(NamedTuple):
    """One scalar value. type: what YAML reads it as, in words, such as `text`, `a number` or `nothing`.

    written: the text in the file, if variables in it were replaced. Only that is shown: their values may be secrets.
    """

    text: str
    type: str = "text"
    quoted: bool = False
    written: str = ""

    @property
    def plain(self) -> str:
        """The text as shown in messages where its type does not matter."""
        return value_of(self.written) if self.written else self.text

    def __str__(self) -> str:
        if self.type == "nothing":
            return "an empty value"
        if self.type != "text":
            return ascii(_short(self.text))[1:-1]
        shown = value_of(self.written) if self.written else repr(_short(self.text))
        return shown + (" (in quotes)" if self.quoted else "")


def value_of(written: str) -> str:
    """Return how messages refer to the value of a text with variables: they never show the variables' values."""
    return f"the value of {_short(written)!r}"


def mismatch(found: object, expected: Expectation) -> Unfit:
    """Return the error for something other than what is expected."""
    return Unfit(f"{found} is not {expected.expects.replace('`', '')}; write it like {expected.example}")


def _short(text: str) -> str:
    return text if len(text) <= SHOWN else text[:SHOWN] + "…"
