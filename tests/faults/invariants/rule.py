"""An invariant: a promise with its number, and a check that returns what violates it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from tests.faults.ledger import Order
from tests.faults.stage import Stage

Check = TypeVar("Check")
OrderCheck = Callable[[Stage, Order], Iterable[str]]
StateCheck = Callable[[Stage], Iterable[str]]


@dataclass(frozen=True, slots=True)
class Rule(Generic[Check]):
    """name: its number in docs/architecture.md, or a letter if it is not one of the twelve, and a short title."""

    name: str
    check: Check


def objections(rules: Iterable[Rule[StateCheck]], stage: Stage) -> Iterator[tuple[str, str]]:
    """Return the names of the rules that are violated now, each with what violates it."""
    for rule in rules:
        for what in rule.check(stage):
            yield rule.name, what
