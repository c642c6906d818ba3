"""What a single value of a policy may be, and how its text is read. It must never know YAML's nodes or a key's name.

Each kind says in words what it expects and gives an example: the messages, the reference and the editor's hints are
made of these.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

SHOWN = 60
UNITS = {"d": timedelta(days=1), "h": timedelta(hours=1), "m": timedelta(minutes=1), "s": timedelta(seconds=1)}
DURATION = re.compile(r"(?=.)" + "".join(rf"(?:(\d{{1,6}}){unit})?" for unit in UNITS), re.ASCII)
WHOLE = re.compile(r"-?(?:0|[1-9][0-9]{0,8})")
NUMBER = re.compile(r"-?(?:[0-9]{1,9}\.?[0-9]{0,12}|\.[0-9]{1,12})(?:[eE][-+]?[0-9]{1,2})?")


class Unfit(Exception):  # noqa: N818 -- never leaves this package: it becomes a Problem
    """A value is not of its kind; the message says what would be."""


@dataclass(frozen=True, slots=True)
class Word:
    """One value as it is written. type: what YAML takes it for, in words: `text`, `a number`, `nothing` and so on."""

    text: str
    type: str = "text"
    quoted: bool = False

    def __str__(self) -> str:
        if self.type == "nothing":
            return "an empty value"
        short = self.text if len(self.text) <= SHOWN else self.text[:SHOWN] + "…"
        return repr(short) + (" (in quotes)" if self.quoted else "") if self.type == "text" else ascii(short)[1:-1]


@dataclass(frozen=True, slots=True)
class Text:
    """Text that fits a pattern as a whole. rule: the pattern in words."""

    pattern: str
    rule: str
    example: str

    @property
    def expects(self) -> str:
        """What is expected, in words."""
        return self.rule

    def read(self, word: Word) -> str:
        """Return the text; raises Unfit."""
        if word.type not in {"text", "nothing"}:
            raise Unfit(f"{word} is {word.type} to YAML, not text; put it in quotes")
        if word.type == "nothing" or not re.fullmatch(self.pattern, word.text):
            raise Unfit(f"{word} is not {self.rule}; write it like {self.example}")
        return word.text


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number between two bounds, both allowed."""

    least: int
    most: int
    unit: str
    example: str

    @property
    def expects(self) -> str:
        """What is expected, in words."""
        return f"a whole number from {self.least} to {self.most} ({self.unit})"

    def read(self, word: Word) -> int:
        """Return the number; raises Unfit. Octal and the like, which YAML would turn into another number, are unfit."""
        if word.quoted or not WHOLE.fullmatch(word.text) or not self.least <= int(word.text) <= self.most:
            raise Unfit(f"{word} is not {self.expects}; write it like {self.example}")
        return int(word.text)


@dataclass(frozen=True, slots=True)
class Share:
    """A probability between two bounds, neither allowed."""

    above: float
    below: float
    example: str

    @property
    def expects(self) -> str:
        """What is expected, in words."""
        return f"a number above {self.above:g} and below {self.below:g}"

    def read(self, word: Word) -> float:
        """Return the number; raises Unfit."""
        if word.quoted or not NUMBER.fullmatch(word.text) or not self.above < float(word.text) < self.below:
            raise Unfit(f"{word} is not {self.expects}; write it like {self.example}")
        return float(word.text)


@dataclass(frozen=True, slots=True)
class Duration:
    """A length of time between two bounds, both allowed."""

    least: timedelta
    most: timedelta
    example: str

    @property
    def expects(self) -> str:
        """What is expected, in words."""
        return f"a duration from {spell(self.least)} to {spell(self.most)}"

    def read(self, word: Word) -> timedelta:
        """Return the duration; raises Unfit."""
        match = DURATION.fullmatch(word.text)
        if not match:
            raise Unfit(f"{word} is not a duration; write it like {self.example} (units d, h, m, s; or 1h30m)")
        parts = zip(UNITS.values(), match.groups(default="0"), strict=True)
        span = sum((unit * int(count) for unit, count in parts), timedelta())
        if not self.least <= span <= self.most:
            raise Unfit(f"{word.text} is not {self.expects}; write it like {self.example}")
        return span


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few words. planned: words that will be choices one day."""

    options: tuple[str, ...]
    planned: tuple[str, ...] = ()

    @property
    def example(self) -> str:
        """The first choice."""
        return self.options[0]

    @property
    def expects(self) -> str:
        """What is expected, in words."""
        return " or ".join(f"`{option}`" for option in self.options)

    def read(self, word: Word) -> str:
        """Return the word; raises Unfit."""
        if word.text in self.planned:
            raise Unfit(f"{word} is not supported yet; only {' and '.join(self.options)} can be chosen")
        if word.text not in self.options:
            raise Unfit(f"{word} is not {' or '.join(self.options)}")
        return word.text


Scalar = Text | Whole | Share | Duration | Choice


def spell(span: timedelta) -> str:
    """Return a duration as a policy writes it, such as `1h30m`."""
    left, words = span, ""
    for letter, unit in UNITS.items():
        count, left = divmod(left, unit)
        words += f"{count}{letter}" if count else ""
    return words or "0s"
