"""The kinds of single values, other than times: how each is read from text and described to an editor.

Each says in words what it expects and gives an example; messages, the reference and the JSON Schema are made of these.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from shared.core.schema.times import Duration, Moment, TimeOfDay, Zone
from shared.core.schema.words import Unfit, Word, mismatch

WHOLE = re.compile(r"-?(?:0|[1-9][0-9]{0,8})")
NUMBER = re.compile(r"-?(?:[0-9]{1,9}\.?[0-9]{0,12}|\.[0-9]{1,12})(?:[eE][-+]?[0-9]{1,2})?")
Schema = dict[str, Any]
Contents = Literal["requests", "schema", "query", "template"]


class Text(NamedTuple):
    """Text that matches a pattern as a whole. numbers: whether it may look like a number without being quoted.

    contents: what the file holds that the text is the path of, if it is one.
    """

    pattern: str
    expects: str
    example: str
    numbers: bool = False
    contents: Contents | None = None

    def read(self, word: Word) -> str:
        """Return the text; raises Unfit."""
        if word.type not in {"text", "nothing"} and not (self.numbers and word.type == "a number"):
            raise Unfit(f"YAML reads {word} as {word.type}, not as text; put it in quotes")
        if word.type == "nothing" or not re.fullmatch(self.pattern, word.text):
            raise mismatch(word, self)
        return word.text

    def json_schema(self) -> Schema:
        """Return the JSON Schema."""
        text = {"type": "string", "pattern": f"^(?:{self.pattern})$"}
        return {"anyOf": [text, {"type": "number"}]} if self.numbers else text


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
        """Return the number; raises Unfit, also for octal and the like, which YAML would turn into another number."""
        if word.quoted or not WHOLE.fullmatch(word.text) or not self.least <= int(word.text) <= self.most:
            raise mismatch(word, self)
        return int(word.text)

    def json_schema(self) -> Schema:
        """Return the JSON Schema."""
        return {"type": "integer", "minimum": self.least, "maximum": self.most}


class Number(NamedTuple):
    """A number between two bounds. bounds: whether the bounds themselves are allowed."""

    least: float
    most: float
    example: str
    bounds: bool = True

    @property
    def expects(self) -> str:
        """What is expected, in words."""
        if self.bounds:
            return f"a number from {self.least:.12g} to {self.most:.12g}"
        return f"a number above {self.least:g} and below {self.most:g}"

    def read(self, word: Word) -> float:
        """Return the number; raises Unfit."""
        if word.quoted or not NUMBER.fullmatch(word.text) or not self._allows(float(word.text)):
            raise mismatch(word, self)
        return float(word.text)

    def json_schema(self) -> Schema:
        """Return the JSON Schema."""
        least, most = ("minimum", "maximum") if self.bounds else ("exclusiveMinimum", "exclusiveMaximum")
        return {"type": "number", least: self.least, most: self.most}

    def _allows(self, value: float) -> bool:
        return self.least <= value <= self.most and (self.bounds or value not in {self.least, self.most})


def between(above: float, below: float, example: str) -> Number:
    """Return the kind of a number strictly between two bounds, such as a probability."""
    return Number(above, below, example, bounds=False)


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
        *most, last = (f"`{option}`" for option in self.options)
        return f"{', '.join(most)} or {last}" if most else last

    def read(self, word: Word) -> str:
        """Return the word; raises Unfit."""
        if word.text in self.options:
            return word.text
        hint = self.hints.get(word.text)
        raise Unfit(f"{word} is not {self.expects.replace('`', '')}" + (f"; {hint}" if hint else ""))

    def json_schema(self) -> Schema:
        """Return the JSON Schema."""
        return {"enum": [*self.options]}


class YesNo(NamedTuple):
    """`true` or `false`."""

    example: str = "true"
    expects: str = "`true` or `false`"

    def read(self, word: Word) -> bool:
        """Return the truth value; raises Unfit, also for YAML's other spellings: editors disagree on them."""
        if word.quoted or word.text not in {"true", "false"}:
            raise Unfit(f"{word} is not true or false")
        return word.text == "true"

    def json_schema(self) -> Schema:
        """Return the JSON Schema."""
        return {"type": "boolean"}


class Either(NamedTuple):
    """A value of one of several kinds; the first that matches is taken."""

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
        raise mismatch(word, self)

    def json_schema(self) -> Schema:
        """Return the JSON Schema."""
        return {"anyOf": [kind.json_schema() for kind in self.kinds]}


Scalar = Text | Whole | Number | Choice | YesNo | Either | Duration | TimeOfDay | Moment | Zone
