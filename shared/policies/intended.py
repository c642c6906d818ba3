"""What an invalid value was probably meant to be. A suggestion is made only if it would be valid."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from shared.core.schema.kinds import Scalar
from shared.core.schema.times import UNITS, spell
from shared.core.schema.words import Unfit, Word

# The units that people write, by the unit of a policy.
SPELLINGS = {
    "w": "w week weeks",
    "d": "d day days",
    "h": "h hr hrs hour hours",
    "m": "m min mins minute minutes",
    "s": "s sec secs second seconds",
    "ms": "ms msec msecs milli millis millisecond milliseconds",
}
SPANS = UNITS | {"w": timedelta(days=7)}
BY_SPELLING = {word: SPANS[unit] for unit, words in SPELLINGS.items() for word in words.split()}
LONGEST_VALUE = 120  # of a value that is worth a suggestion
AMOUNT = re.compile(r"(\d{1,6}(?:[.,]\d{1,3})?)\s*([a-z]+)[\s,]*", re.ASCII)
CLOCK = re.compile(r"(?:(\d{1,3})\.)?(\d{1,2}):(\d{2}):(\d{2})", re.ASCII)
PERCENT = re.compile(r"(\d{1,3}(?:\.\d{1,6})?)\s*(?:%|percent|per cent|pct)", re.ASCII)
GROUPED = re.compile(r"\d{1,3}(?:[,_ ']\d{3})+", re.ASCII)
DECIMAL_COMMA = re.compile(r"\d{1,9},\d{1,12}", re.ASCII)
TIME_OF_DAY = re.compile(r"(\d{1,2})(?:[:.](\d\d))?(?::\d\d)?\s*(am|pm|h|uhr)?", re.ASCII)
DATE = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})", re.ASCII)
GERMAN_DATE = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})", re.ASCII)
VARIABLE = re.compile(r"\$(?:\((\w+)\)|([A-Za-z_]\w*)|\{\{\s*[\w.]*?(\w+)\s*\}\})", re.ASCII)
REFERENCE = re.compile(r"(?:azureml:)?([^:/@]+)[:@][^:/@]*")
HOST = re.compile(r"https?://([^./]+)\..*")
TRUE, FALSE = {"true", "yes", "on", "y"}, {"false", "no", "off", "n"}
NOTHING = FALSE | {"0", "none", "never"}


def hint(word: Word, kind: Scalar[Any], message: str) -> str | None:
    """Return a question that names the value that was probably meant; None if no valid one is likely.

    message: what is wrong, which may end with the same value as its example. A variable's value is never shown.
    """
    if word.written or len(word.text) > LONGEST_VALUE:
        return None
    variable = VARIABLE.sub(lambda use: f"${{{use[1] or use[2] or use[3]}}}", word.text)
    if variable != word.text and word.type == "text":
        return f"did you mean {variable}?"
    for candidate in _candidates(word, kind):
        if candidate != word.text and _fits(candidate, kind):
            return None if message.endswith(f"like {candidate}") else f"did you mean {candidate}?"
    if word.quoted and _fits(word.text, kind):
        return "leave out the quotes"
    return None


def _fits(text: str, kind: Scalar[Any]) -> bool:
    try:
        kind.read(Word(text.strip('"')))
    except Unfit:
        return False
    return True


def _candidates(word: Word, kind: Scalar[Any]) -> Iterator[str]:
    """Yield values that people may have meant, by the kind of value that is expected."""
    text, lower = word.text.strip(), word.text.strip().lower()
    schemas = kind.schema.get("anyOf", [kind.schema])
    types = {schema.get("type") for schema in schemas}
    if "integer" in types:
        yield from _whole(lower, kind.expects)
    if "number" in types and len(types) == 1:
        yield from _number(lower)
    if "boolean" in types:
        yield from (("true",) if lower in TRUE else ("false",) if lower in FALSE else ())
    if any("enum" in schema for schema in schemas):
        snake = re.sub(r"[-\s]+", "_", lower)
        yield from (lower, snake, *([lower[:3]] if lower.isalpha() else []))
    if "examples" in kind.schema:
        yield from _times(lower)
    elif "pattern" in kind.schema:
        yield from _names(text)


def _whole(text: str, expects: str) -> Iterator[str]:
    if plain := re.fullmatch(r"\+?(\d{1,9})(?:\.0*)?", text, re.ASCII):
        yield plain[1]
    if percent := PERCENT.fullmatch(text):
        yield percent[1]
    if GROUPED.fullmatch(text):
        yield re.sub(r"\D", "", text)
    if "percent" in expects and re.fullmatch(r"0?\.\d{1,4}", text, re.ASCII):
        yield f"{float(text) * 100:.6g}"
    span = _span(text) if "(minutes)" in expects else None
    if span is not None and not span % SPANS["m"]:
        yield str(span // SPANS["m"])


def _number(text: str) -> Iterator[str]:
    if percent := PERCENT.fullmatch(text):
        yield f"{float(percent[1]) / 100:.12g}"
    if DECIMAL_COMMA.fullmatch(text):
        yield text.replace(",", ".")


def _times(text: str) -> Iterator[str]:
    """Yield durations, times of day and dates: each kind takes only its own."""
    if text in NOTHING:
        yield "0s"
    if span := _span(text):
        yield spell(span)
    if clock := TIME_OF_DAY.fullmatch(text):
        yield f'"{_hour(int(clock[1]), clock[3]):02}:{clock[2] or "00"}"'
    if date := DATE.fullmatch(text):
        yield f"{date[1]}-{int(date[2]):02}-{int(date[3]):02}"
    if date := GERMAN_DATE.fullmatch(text):
        yield f"{date[3]}-{int(date[2]):02}-{int(date[1]):02}"


def _hour(hour: int, half: str | None) -> int:
    if half in {"am", "pm"}:
        return hour % 12 + (12 if half == "pm" else 0)
    return 0 if hour == 24 else hour  # the end of a day is the midnight of the next


def _span(text: str) -> timedelta | None:
    """Return a duration in words or units (`10 min`, `1.5h`), as in ISO 8601 (`PT1H`), or as `hh:mm:ss`."""
    if clock := CLOCK.fullmatch(text):
        days, hours, minutes, seconds = (int(part or 0) for part in clock.groups())
        return timedelta(days, seconds, minutes=minutes, hours=hours)
    if not text.startswith("p"):
        return _amounts(text)
    date, _, time = text.removeprefix("p").partition("t")
    return None if "m" in date else _amounts(date + time)  # months have no length


def _amounts(text: str) -> timedelta | None:
    """Return the sum of amounts with units, in any order; None if the text has anything else."""
    total = timedelta()
    while text:
        amount = AMOUNT.match(text)
        if not amount or amount[2] not in BY_SPELLING:
            return None
        total += float(amount[1].replace(",", ".")) * BY_SPELLING[amount[2]]
        text = text[amount.end() :]
    return total or None


def _names(text: str) -> Iterator[str]:
    """Yield the name in a reference, an address or an ARM id, and a Windows path with forward slashes."""
    if "\\" in text:
        yield text.replace("\\", "/")
    if reference := REFERENCE.fullmatch(text):
        yield reference[1]
    if host := HOST.fullmatch(text):
        yield host[1]
    elif text.startswith(("/subscriptions/", "azureml://", "azureml:/")):
        yield text.rstrip("/").rpartition("/")[2]
