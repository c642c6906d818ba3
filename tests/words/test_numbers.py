"""Formatting of numbers."""

from __future__ import annotations

import pytest

from shared.words.numbers import duration, moment, percent, traffic
from shared.words.template import counted, fill

DURATIONS = [
    (0, "0 s"),
    (45, "45 s"),
    (60, "1 min"),
    (90, "1 min 30 s"),
    (1800, "30 min"),
    (5400, "1 h 30 min"),
    (86_400, "1 d"),
    (90_000, "1 d 1 h"),
    (86_460, "1 d"),
    (0.4, "0 s"),
]


@pytest.mark.parametrize(("seconds", "text"), DURATIONS)
def test_durations(seconds: float, text: str) -> None:
    """They have at most two adjacent units."""
    assert duration(seconds) == text


def test_the_rest() -> None:
    """This covers percentages, traffic splits, times and counts with their nouns."""
    assert (percent(10), percent(0.5)) == ("10%", "0.5%")
    assert traffic({"b": 90, "a": 10}) == "a 10%, b 90%"
    assert traffic({}) == "no deployment"
    assert moment("2026-11-20T15:30:00+01:00") == "2026-11-20 14:30 UTC"
    assert [counted(number, "minute") for number in (0, 1, 1200)] == ["0 minutes", "1 minute", "1,200 minutes"]


@pytest.mark.parametrize(
    ("facts", "text"),
    [
        ({"a": 1, "b": 2}, "always (1 and 2)"),
        ({"a": 1}, "always"),
        ({"b": 2}, "always"),
        ({"a": 1, "b": ""}, "always"),
        ({"a": 0, "b": 2}, "always (0 and 2)"),
    ],
)
def test_a_part_in_brackets_needs_every_fact_in_it(facts: dict[str, object], text: str) -> None:
    """Zero is a value; an empty text is not."""
    assert fill("always[ ({a} and {b})]", facts, lambda _, value: str(value)) == text
