"""What a gate counts, as JSON-compatible data. `shared.words.gates` turns it into a sentence."""

from __future__ import annotations

from typing import Required, TypedDict


class Measured(TypedDict, total=False):
    """What a reading counts.

    what: what was counted; it selects the sentence. item: index of the gate's item. label: a class or bin.
    green_slower_than_milliseconds, blue_slower_than_milliseconds: what counts as a slow answer. margin: the acceptable
    multiple of blue's. limit: the share that is allowed, whatever blue does. A kind of gate can add facts of its own.
    """

    what: Required[str]
    item: int
    label: str
    green_slower_than_milliseconds: float
    blue_slower_than_milliseconds: float
    margin: float
    limit: float


class GateFacts(Measured, total=False):
    """What a gate measured, with its counts: a fact in reasons that are based on it."""

    gate: str
    green_bad: int
    green_total: int
    blue_bad: int
    blue_total: int
