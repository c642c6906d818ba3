"""Live traffic weights over time, as observed in Azure."""

from __future__ import annotations

from dataclasses import dataclass, field

Weights = dict[str, int]


@dataclass(frozen=True, slots=True)
class Period:
    """A span of time (unix seconds on the demo's clock) with constant weights; `ended` is None for the last."""

    began: float
    ended: float | None
    weights: Weights


@dataclass(slots=True)
class Timeline:
    """Traffic weights, and when each set was first seen."""

    seen: list[tuple[float, Weights]] = field(default_factory=list)

    def note(self, moment: float, weights: Weights) -> None:
        """Record the weights observed at `moment`; only changes are kept."""
        if not self.seen or self.seen[-1][1] != weights:
            self.seen.append((moment, weights))

    def periods(self) -> list[Period]:
        """Return the periods, in order."""
        ends = [moment for moment, _ in self.seen[1:]]
        return [Period(began, ended, weights) for (began, weights), ended in zip(self.seen, [*ends, None], strict=True)]

    def shares(self, deployment: str) -> list[int]:
        """Return the shares (percent) that a deployment was seen with, in order, without repeats."""
        found: list[int] = []
        for _, weights in self.seen:
            share = weights.get(deployment, 0)
            if (found or share) and (not found or found[-1] != share):
                found.append(share)
        return found
