"""A gate's input for one minute: what it counts, and the traffic share."""

from __future__ import annotations

from dataclasses import dataclass

from shared.core.judge.measure import Item


@dataclass(frozen=True, slots=True)
class GateMinute:
    """What a gate sees of one minute: the items of its measures, and one for the certificate."""

    items: tuple[Item, ...]
    certified: Item | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """The traffic share during a minute.

    weight: green's share in percent; negative for a mirror. next_weight: the weight after this step, or None at the
    last. steady: whether it was in force for the whole minute; an unsteady minute counts for harm but not for the
    certificate. changed: whether the minute is the first at this weight. age: the number of earlier steady minutes at
    this weight. answered: how many requests green answered without failing, whatever other gates say about them.
    blue_answered: the same for blue.
    """

    weight: int
    next_weight: int | None
    steady: bool = True
    changed: bool = False
    age: int = 0
    answered: int = 0
    blue_answered: int = 0

    @property
    def alone(self) -> bool:
        """Whether green has all traffic; while the shift is under way, blue still has some to compare with."""
        return self.weight == 100 and self.steady
