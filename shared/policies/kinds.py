"""What a single value of a policy may be, and how its text is read. It must never know YAML's nodes or a key's name.

Each kind says in words what it expects and gives an example: the messages, the reference, the JSON Schema and the
editor's hints are made of these. Times are in `times`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from shared.policies.times import Duration, Moment, TimeOfDay, Zone
from shared.policies.words import Unfit, Word

WHOLE = re.compile(r"-?(?:0|[1-9][0-9]{0,8})")
NUMBER = re.compile(r"-?(?:[0-9]{1,9}\.?[0-9]{0,12}|\.[0-9]{1,12})(?:[eE][-+]?[0-9]{1,2})?")


class Text(NamedTuple):
    """Text that fits a pattern as a whole. numbers: whether it may be written like a number, without quotes."""

    pattern: str
    rule: str
    example: str
    numbers: bool = False

    @property
    def expects(self) -> str:
        """What is expected, in words."""
        return self.rule

    def read(self, word: Word) -> str:
        """Return the text; raises Unfit."""
        if word.type not in {"text", "nothing"} and not (self.numbers and word.type == "a number"):
            raise Unfit(f"{word} is {word.type} to YAML, not text; put it in quotes")
        if word.type == "nothing" or not re.fullmatch(self.pattern, word.text):
            raise Unfit(f"{word} is not {self.rule}; write it like {self.example}")
        return word.text


class Whole(NamedTuple):
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


class Share(NamedTuple):
    """A number between two bounds, neither allowed: a probability, or a price."""

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


class Number(NamedTuple):
    """A number between two bounds, both allowed."""

    least: float
    most: float
    example: str

    @property
    def expects(self) -> str:
        """What is expected, in words."""
        return f"a number from {self.least:.12g} to {self.most:.12g}"

    def read(self, word: Word) -> float:
        """Return the number; raises Unfit."""
        if word.quoted or not NUMBER.fullmatch(word.text) or not self.least <= float(word.text) <= self.most:
            raise Unfit(f"{word} is not {self.expects}; write it like {self.example}")
        return float(word.text)


class Choice(NamedTuple):
    """One of a few words. hints: words that people try, and what to write instead."""

    options: tuple[str, ...]
    hints: Mapping[str, str] = MappingProxyType({})

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
        if word.text in self.options:
            return word.text
        hint = self.hints.get(word.text)
        raise Unfit(f"{word} is not {' or '.join(self.options)}" + (f"; {hint}" if hint else ""))


class YesNo(NamedTuple):
    """`true` or `false`."""

    example: str = "true"
    expects: str = "`true` or `false`"

    def read(self, word: Word) -> bool:
        """Return the truth value; raises Unfit. YAML's other spellings are unfit: editors disagree on them."""
        if word.quoted or word.text not in {"true", "false"}:
            raise Unfit(f"{word} is not true or false")
        return word.text == "true"


class Either(NamedTuple):
    """A value of one of several kinds; the first that fits is taken."""

    kinds: tuple[Choice | Whole, ...]
    example: str

    @property
    def expects(self) -> str:
        """What is expected, in words."""
        return ", or ".join(kind.expects for kind in self.kinds)

    def read(self, word: Word) -> str | int:
        """Return the value; raises Unfit."""
        for kind in self.kinds:
            try:
                return kind.read(word)
            except Unfit:
                continue
        raise Unfit(f"{word} is not {self.expects.replace('`', '')}; write it like {self.example}")


Scalar = Text | Whole | Share | Number | Choice | YesNo | Either | Duration | TimeOfDay | Moment | Zone
