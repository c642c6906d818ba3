"""Numbers as `az ml` reads them: YAML 1.1 for plain ones, and Python's notation for those in quotes."""

from __future__ import annotations

import re
from typing import Any

import yaml

from shared.core.schema.words import Unfit, Word

# YAML 1.1 reads 010 as eight, YAML 1.2 as ten.
OCTAL = re.compile(r"[-+]?0[0-7_]+")
LONGEST = 20


def plain_whole(word: Word) -> Word:
    """Return a word with the whole number that `az ml` reads in it, in the usual notation.

    Anything but a whole number is returned unchanged. Raises Unfit for one that people and `az ml` may read
    differently.
    """
    value = _read(word)
    if value is not None and not word.quoted and OCTAL.fullmatch(word.text) and value != int(word.text):
        raise Unfit(f"az ml reads {word} as octal, which is {value}; write it without the leading 0")
    return word if value is None else word._replace(text=str(value), quoted=False)


def number_of(value: Any) -> float | None:  # noqa: ANN401 -- whatever JSON has
    """Return a number in a JSON document of a template; None for anything else, which the loader rejects.

    In quotes, or in a notation that JSON lacks, it is a text there.
    """
    if isinstance(value, str):
        read = _read(Word(value, quoted=True))
        return _read(Word(value, "a number")) if read is None else read
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _read(word: Word) -> int | None:
    text = word.text.strip() if word.quoted else word.text
    if len(text) > LONGEST:
        return None
    try:
        value = text if word.quoted else yaml.safe_load(text)
        value = int(value) if isinstance(value, str) else value
    except (ValueError, yaml.YAMLError):
        return None
    whole = isinstance(value, int | float) and not isinstance(value, bool) and value == value // 1
    return int(value) if whole else None
