"""A policy's regular expression is refused if some text can make it take forever, and only then."""

from __future__ import annotations

import pytest

from shared.core.schema.texts import PATTERN
from shared.core.schema.words import Unfit, Word

USUAL = [
    r"ACME-[0-9]{6}",
    r"\b\d{3}-\d{2}-\d{4}\b",
    r"[\w.+-]+@(?:[\w-]+\.)+\w+",
    r"(\d{1,3}\.){3}\d{1,3}",
    r"(?:\d{4}[ -]?){3}\d{4}",
    r"DE\d{2}(?: ?\d{4}){4} ?\d{2}",
    r"\d+(?:-\d+)*",
    r"(?i)customer[: ]+\w+",
    r"(?:ACME|CORP|FOO)-\d+|ACME:[^;]*;",
    r"(?P<title>Mr|Mrs|Ms)\.? [A-Z][a-z]+(?: [A-Z][a-z]+)?",
    r"name=[^;]*;mail=[^;]*;",
    r"user=.*,",
    r"<id>(?:(?!</id>).)+</id>",
]
ENDLESS = [
    r"(([a-z]+)\.?)+@acme\.com",
    r"((\w+)[-. ]?)+@corp",
    r"(?:[A-Z]|[A-Z0-9])+!",
    r"(\w+|\d+)+@",
    r"(\S+\s?){3,}END",
    r"(?:(?:[0-9]{1,3} ?)+){2}x",
    r"(?:\w{1,9}){30}!",
    r"([^b]+[a-z]?)+!",
    r"(?i)([a-z]+[A-Z]?)+!",
    r"([я-ѿ]+[ѐ-ѫ]?)+!",
    r"(?:(?=.*,)\w)+!",
    r".*=.*=.*;",
    "a?" * 30 + "a" * 30,
    "(a|a)" * 30 + "b",
]
UNKNOWN = [r"(a)\1+b", r"(?x)(a+) +b", r"(a)(?#b)c", r"(a)(?(1)b|c)", r"(?P<a>b)(?P=a)"]


@pytest.mark.parametrize("pattern", USUAL)
def test_usual_patterns_are_accepted(pattern: str) -> None:
    """Customer and account numbers, addresses, names: each character decides how the match continues."""
    assert PATTERN.read(Word(pattern)) == pattern


@pytest.mark.parametrize("pattern", ENDLESS)
def test_a_pattern_that_can_take_forever_is_refused(pattern: str) -> None:
    """Deployments write the text, and nothing else runs while Python tries every way to divide it."""
    with pytest.raises(Unfit, match="can take forever"):
        PATTERN.read(Word(pattern))


@pytest.mark.parametrize("pattern", UNKNOWN)
def test_what_is_not_understood_is_refused(pattern: str) -> None:
    """It is not assumed to be harmless."""
    with pytest.raises(Unfit, match="whose time is not known"):
        PATTERN.read(Word(pattern))


@pytest.mark.parametrize("pattern", ["(a", "a{99999999999}"])
def test_what_python_does_not_accept_is_refused(pattern: str) -> None:
    """For Python, an excessive repetition is a different error from a missing bracket."""
    with pytest.raises(Unfit, match="not a valid Python regular expression"):
        PATTERN.read(Word(pattern))
