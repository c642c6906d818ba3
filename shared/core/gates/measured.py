"""What a gate's counts are of, as data in values that JSON has. `shared.words.gates` makes the sentence."""

from __future__ import annotations

from typing import Required, TypedDict


class Measured(TypedDict, total=False):
    """What the counts of a reading are of.

    what: what was counted; it picks the sentence. item: which of the gate's items, from 0. label: a class or bin.
    green_slower_than_milliseconds, blue_slower_than_milliseconds: what counts as a slow answer. margin: how many times
    blue's is acceptable. limit: the share that is allowed, whatever blue does. A kind of gate may add facts of its own.
    """

    what: Required[str]
    item: int
    label: str
    green_slower_than_milliseconds: float
    blue_slower_than_milliseconds: float
    margin: float
    limit: float


class GateFacts(Measured, total=False):
    """What a gate measured, with its counts: a fact of the reasons that rest on it."""

    gate: str
    green_bad: int
    green_total: int
    blue_bad: int
    blue_total: int
