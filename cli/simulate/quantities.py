"""The notation of a profile's quantities, in files and as flags, and its meaning."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Generic, TypeVar

from cli.simulate.profile import Change
from shared.core.schema.kinds import Scalar, text
from shared.core.schema.times import duration
from shared.core.schema.words import Word

T = TypeVar("T")
DECIMALS = r"(?:\.[0-9]{1,9})?"
PER_CENT = rf"(?:100(?:\.0{{1,9}})?|[0-9]{{1,2}}{DECIMALS})%"
PROBABILITY = r"(?:0?\.[0-9]{1,9}|0|1|1\.0{1,9})"
SHARE = rf"(?:{PER_CENT}|{PROBABILITY})"
LONGEST = timedelta(days=30)
DURATION = duration(timedelta(), LONGEST, "15m")
SPAN = r"(?=[0-9])(?:[0-9]{1,6}d)?(?:[0-9]{1,6}h)?(?:[0-9]{1,6}m)?(?:[0-9]{1,6}s)?"


@dataclass(frozen=True, slots=True)
class Quantity(Generic[T]):
    """A notation and its meaning. `of` never fails on text that `kind` accepts."""

    kind: Scalar[str]
    of: Callable[[str], T]

    def read(self, text: str) -> T:
        """Parse a text. Raises Unfit, which says what would be valid."""
        return self.of(self.kind.read(Word(text)))


def share_of(text: str) -> float:
    """Return a probability, written as such or as a percentage."""
    return float(text[:-1]) / 100.0 if text.endswith("%") else float(text)


def change_of(text: str) -> Change:
    """Return a change: `x5`, `+0.5%` (points), or the share itself."""
    if text.startswith("x"):
        return Change("times", float(text[1:]))
    if text.startswith("+"):
        return Change("plus", share_of(text[1:]))
    return Change("to", share_of(text))


def milliseconds_of(text: str) -> float:
    """Return milliseconds, written with or without a unit."""
    if text.endswith("ms"):
        return float(text[:-2])
    return 1000.0 * float(text[:-1]) if text.endswith("s") else float(text)


def slowing_of(text: str) -> Change:
    """Return a change of a time: `x1.5`, `+20ms`, or the time itself."""
    if text.startswith("x"):
        return Change("times", float(text[1:]))
    if text.startswith("+"):
        return Change("plus", milliseconds_of(text[1:]))
    return Change("to", milliseconds_of(text))


def span_of(text: str) -> timedelta | None:
    """Return a duration; None for `never`."""
    return None if text == "never" else min(DURATION.read(Word(text)), LONGEST)


REQUESTS = Quantity(
    text(rf"[0-9]{{1,7}}{DECIMALS}", "a number of requests per minute, from 0 to 9999999", "1000", numbers=True), float
)
ERRORS = Quantity(
    text(SHARE, "a share of requests in percent, or a probability", "0.1%", numbers=True),
    share_of,
)
CHANGE = Quantity(
    text(rf"x[0-9]{{1,6}}{DECIMALS}|\+?{SHARE}", "a factor, points more, or a share", "x5, +5% or 100%", numbers=True),
    change_of,
)
WAIT = Quantity(text(rf"never|{SPAN}", "a duration or `never`", "15m"), span_of)
TIME = r"[0-9]{1,6}(?:\.[0-9]{1,3})?(?:ms|s)?"
LATENCY = Quantity(text(TIME, "a time in milliseconds or seconds", "80ms", numbers=True), milliseconds_of)
SLOWING = Quantity(
    text(
        rf"x[0-9]{{1,4}}{DECIMALS}|\+?{TIME}", "a factor, a time more, or a time", "x1.5, +20ms or 120ms", numbers=True
    ),
    slowing_of,
)
DEVIATION = Quantity(
    text(r"[0-3](?:\.[0-9]{1,4})?|\.[0-9]{1,4}", "a number from 0 to 3.9999", "0.4", numbers=True), float
)
