"""The kinds of scalar values other than times: a description of each, and how it is parsed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Generic, Literal, NamedTuple, TypeVar

from shared.core.schema.words import Unfit, Word, mismatch

T = TypeVar("T")
WHOLE = re.compile(r"-?(?:0|[1-9][0-9]{0,8})")
NUMBER = re.compile(r"-?(?:[0-9]{1,9}\.?[0-9]{0,12}|\.[0-9]{1,12})(?:[eE][-+]?[0-9]{1,2})?")
NO_HINTS: Mapping[str, str] = MappingProxyType({})
Contents = Literal["requests", "schema", "query", "template"]


class Scalar(NamedTuple, Generic[T]):
    """A kind of scalar. expects: a description. parse: returns the value; raises ValueError, or Unfit with details.

    schema: the JSON Schema. contents: if the value is the path of a file, what that file contains.
    """

    expects: str
    example: str
    parse: Callable[[Word], T]
    schema: dict[str, Any]
    contents: Contents | None = None

    def read(self, word: Word) -> T:
        """Parse a word; raises Unfit."""
        try:
            return self.parse(word)
        except ValueError:
            raise mismatch(word, self) from None


def text(pattern: str, expects: str, example: str, *, numbers: bool = False) -> Scalar[str]:
    """Return the kind of text that fully matches a pattern. numbers: whether it can look like a number unquoted."""

    def parse(word: Word) -> str:
        if word.type not in {"text", "nothing"} and not (numbers and word.type == "a number"):
            raise Unfit(f"YAML reads {word} as {word.type}, not as text; put it in quotes")
        if word.type == "nothing" or not re.fullmatch(pattern, word.text):
            raise ValueError
        return word.text

    schema = {"type": "string", "pattern": f"^(?:{pattern})$"}
    return Scalar(expects, example, parse, {"anyOf": [schema, {"type": "number"}]} if numbers else schema)


def file(contents: Contents, example: str) -> Scalar[str]:
    """Return the kind of the path of a file inside the policies folder."""
    path = text(r"[^\x00-\x1f\x7f\\]+", "a valid path (with / between its parts)", example)
    return path._replace(contents=contents)


def whole(least: int, most: int, unit: str, example: str) -> Scalar[int]:
    """Return the kind of a whole number between two bounds, inclusive."""

    def parse(word: Word) -> int:
        """Reject octal and similar notations, which YAML would turn into another number."""
        if word.quoted or not WHOLE.fullmatch(word.text) or not least <= int(word.text) <= most:
            raise ValueError
        return int(word.text)

    schema = {"type": "integer", "minimum": least, "maximum": most}
    return Scalar(f"a whole number from {least} to {most} ({unit})", example, parse, schema)


def number(least: float, most: float, example: str) -> Scalar[float]:
    """Return the kind of a number between two bounds, inclusive."""
    expects = f"a number from {least:.12g} to {most:.12g}"
    schema = {"type": "number", "minimum": least, "maximum": most}
    return Scalar(expects, example, lambda word: _number(word, lambda value: least <= value <= most), schema)


def between(above: float, below: float, example: str) -> Scalar[float]:
    """Return the kind of a number strictly between two bounds, such as a probability."""
    expects = f"a number above {above:g} and below {below:g}"
    schema = {"type": "number", "exclusiveMinimum": above, "exclusiveMaximum": below}
    return Scalar(expects, example, lambda word: _number(word, lambda value: above < value < below), schema)


def choice(*options: str, hints: Mapping[str, str] = NO_HINTS) -> Scalar[str]:
    """Return the kind of a choice between a few words. hints: words that people try, and what to write instead."""
    *most, last = (f"`{option}`" for option in options)
    expects = f"{', '.join(most)} or {last}" if most else last

    def parse(word: Word) -> str:
        if word.text in options:
            return word.text
        hint = f"; {hints[word.text]}" if word.text in hints else ""
        raise Unfit(f"{word} is not {expects.replace('`', '')}{hint}")

    return Scalar(expects, options[0], parse, {"enum": [*options]})


def yes_no() -> Scalar[bool]:
    """Return the kind of `true` or `false`, without YAML's other spellings, which editors disagree about."""

    def parse(word: Word) -> bool:
        if word.quoted or word.text not in {"true", "false"}:
            raise Unfit(f"{word} is not true or false")
        return word.text == "true"

    return Scalar("`true` or `false`", "true", parse, {"type": "boolean"})


def either(example: str, *kinds: Scalar[Any]) -> Scalar[Any]:
    """Return the union of several kinds; the first that fits is used."""

    def parse(word: Word) -> object:
        for kind in kinds:
            try:
                return kind.read(word)
            except Unfit:
                continue
        raise ValueError

    expects = ", or ".join(kind.expects for kind in kinds)
    return Scalar(expects, example, parse, {"anyOf": [kind.schema for kind in kinds]})


def _number(word: Word, allowed: Callable[[float], bool]) -> float:
    if word.quoted or not NUMBER.fullmatch(word.text) or not allowed(float(word.text)):
        raise ValueError
    return float(word.text)
