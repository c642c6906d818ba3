"""One value as a file writes it, and the error that says why it will not do. It must never know what is expected."""

from __future__ import annotations

from typing import NamedTuple

SHOWN = 60


class Unfit(Exception):  # noqa: N818 -- never leaves this package: it becomes a Problem
    """A value is not of its kind; the message says what would be."""


class Word(NamedTuple):
    """One value as it is written. type: what YAML takes it for, in words: `text`, `a number`, `nothing` and so on.

    written: what stood there before its variables were filled in, if there were any.
    """

    text: str
    type: str = "text"
    quoted: bool = False
    written: str = ""

    @property
    def plain(self) -> str:
        """The text as a message shows it where its type does not matter."""
        return self.text + self._origin

    @property
    def _origin(self) -> str:
        return f" (from {_short(self.written)})" if self.written else ""

    def __str__(self) -> str:
        if self.type == "nothing":
            return "an empty value"
        if self.type != "text":
            return ascii(_short(self.text))[1:-1]
        return repr(_short(self.text)) + (" (in quotes)" if self.quoted else "") + self._origin


def _short(text: str) -> str:
    return text if len(text) <= SHOWN else text[:SHOWN] + "…"
