"""What an answer predicts: labels to count, and whether two answers agree. Pure; knows nothing about deployments.

The policy's `PredictionReading` says where an answer's JSON has its predictions. `answer_text` reads the JSON.
"""

from __future__ import annotations

import json
import math
import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice, pairwise

from shared.core.telemetry.answer_text import Value, read_answer

LONGEST_LABEL = 64
MOST_PREDICTIONS = 10_000
NO_NUMBER = "no number"  # a bin's label, on records and in policies' reports
UNREADABLE = "(unreadable)"  # an answer without a prediction, which counts like any class
OTHER = "(other)"  # all labels that are not counted individually
_INDEX = re.compile(r"0|[1-9][0-9]{0,9}")
_LONE_TILDE = re.compile(r"~(?![01])")
_WORDS = {dict: "an object", list: "a list", str: "a string", bool: "a boolean", type(None): "null"}


class UnreadablePrediction(ValueError):  # noqa: N818 -- reads as what it means
    """An answer has no prediction where the policy expects it. The message has the pointer and what was found."""


@dataclass(frozen=True, slots=True)
class PredictionReading:
    """Where an answer's JSON has its predictions, and how they are grouped.

    at: a JSON Pointer (RFC 6901); empty for the whole answer. A list there is several predictions. edges: increasing
    boundaries of the bins for numbers; empty if predictions are classes.
    """

    at: str = ""
    edges: tuple[float, ...] = ()


def labels(body: str, reading: PredictionReading) -> tuple[str, ...]:
    """Return the label of each prediction in an answer (JSON text), in order.

    A list is several predictions, of which the first 10,000 count; a list or object with a single value within it (a
    row with one column) is that value. With edges, a number's label is its bin (an edge belongs to the bin above it),
    and the label of null and NaN is `no number`. Without edges, any scalar is its own label, cut to 64 characters; 7
    and 7.0 are the same. Raises UnreadablePrediction for anything else, including an empty list.
    """
    found = _found(body, reading.at)
    if found == []:
        raise _unreadable(reading.at, "an empty list")
    many = map(_alone, islice(found, MOST_PREDICTIONS)) if isinstance(found, list) else [found]
    bins = _bins(reading.edges)
    return tuple(_label(value, reading, bins) for value in many)


def agrees(answer: str, expected: str, reading: PredictionReading, tolerance: float) -> bool:
    """Return whether an answer (JSON text) has the predictions of the expected one.

    Numbers may differ by the tolerance, lists are compared element by element, objects by key; everything else must be
    equal, and NaN equals NaN. An answer without predictions does not agree. Raises UnreadablePrediction if the
    expected one has none, because there is nothing to compare with then.
    """
    wanted = _found(expected, reading.at)
    try:
        return _same(_found(answer, reading.at), wanted, tolerance)
    except UnreadablePrediction:
        return False
    except RecursionError as error:
        raise _unreadable(reading.at, "lists or objects nested too deeply") from error


def _found(body: str, pointer: str) -> Value:
    value = _json(body, pointer)
    for token in _steps(pointer):
        value = _step(value, token, pointer)
    return value


def _json(text: str, pointer: str) -> Value:
    try:
        return read_answer(text)
    except (ValueError, RecursionError) as error:
        # Never the text itself: the message goes to logs, and answers can contain personal data.
        where = f" at character {error.pos}" if isinstance(error, json.JSONDecodeError) else ""
        raise _unreadable(pointer, f"the answer, of {len(text)} characters, is not JSON{where}") from None


def _steps(pointer: str) -> Sequence[str]:
    if not pointer:
        return ()
    if not pointer.startswith("/") or _LONE_TILDE.search(pointer):
        raise UnreadablePrediction(
            f"{pointer!r} is not a JSON Pointer: it starts with / and writes ~ as ~0 and / as ~1"
        )
    return [token.replace("~1", "/").replace("~0", "~") for token in pointer[1:].split("/")]


def _step(value: Value, token: str, pointer: str) -> Value:
    if isinstance(value, dict) and token in value:
        return value[token]
    if isinstance(value, list) and _INDEX.fullmatch(token) and int(token) < len(value):
        return value[int(token)]
    raise _unreadable(pointer, f"found {_described(value)} without {token!a}")


def _alone(value: Value) -> Value:
    if isinstance(value, list | dict) and len(value) == 1:
        return next(iter(value.values() if isinstance(value, dict) else value))
    return value


def _label(value: Value, reading: PredictionReading, bins: Sequence[str]) -> str:
    if isinstance(value, dict | list):
        raise _unreadable(reading.at, f"found {_described(value)}")
    if not bins:
        return _class(value)
    if value is None or _is_nan(value):
        return NO_NUMBER
    if not _is_number(value):
        raise _unreadable(reading.at, f"found {_described(value)}, not a number")
    return bins[bisect_right(reading.edges, value)]


def _bins(edges: Sequence[float]) -> Sequence[str]:
    if not edges:
        return ()
    words = [_number(edge) for edge in edges]
    between = [f"{low} to {high}" for low, high in pairwise(words)]
    return (f"below {words[0]}", *between, f"{words[-1]} and above")


def _class(value: Value) -> str:
    if isinstance(value, str):
        words = " ".join("".join(sign if sign.isprintable() else " " for sign in value[:1000]).split())
        return _cut(words) or '""'
    return _number(value) if _is_number(value) else json.dumps(value)


def _number(value: Value) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return _cut(repr(value))


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_LABEL else text[: LONGEST_LABEL - 1] + "…"


def _same(one: Value, other: Value, tolerance: float) -> bool:
    if _is_number(one) and _is_number(other):
        return _near(one, other, tolerance)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(_same(a, b, tolerance) for a, b in zip(one, other, strict=True))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key], tolerance) for key in one)
    return type(one) is type(other) and bool(one == other)


def _near(one: float, other: float, tolerance: float) -> bool:
    if one == other or (_is_nan(one) and _is_nan(other)):
        return True
    try:
        return abs(float(one) - float(other)) <= tolerance
    except OverflowError:  # whole numbers with hundreds of digits
        return False


def _is_number(value: Value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_nan(value: Value) -> bool:
    return isinstance(value, float) and math.isnan(value)


def _described(value: Value) -> str:
    return _WORDS.get(type(value), "a number")


def _unreadable(pointer: str, found: str) -> UnreadablePrediction:
    place = f"at {pointer!a}" if pointer else "in the whole answer"
    return UnreadablePrediction(f"no prediction {place}: {found}")
