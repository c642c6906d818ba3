"""Shared by the judge's tests: minutes at a weight, the resulting evidence, exact probabilities of small tables."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import product

from shared.core.judge import gate, panel
from shared.core.judge.gate import GateEvidence
from shared.core.judge.gate_minute import GateMinute, Share
from shared.core.judge.gate_setting import GateSetting
from shared.core.judge.odds import Counts
from shared.core.judge.panel import Evidence, JudgedMinute, Panel, errors_minute
from shared.core.judge.tuning import Tuning
from shared.core.observation import DeploymentMinute

START = datetime(2026, 11, 20, 12, tzinfo=UTC)
NEXT = {-20: 10, 10: 25, 25: 50, 50: 100, 100: None}
# Equal to 1 except for rounding.
FAIR = 1 + 1e-9


def at(weight: int, counts: Counts, *, steady: bool = True) -> JudgedMinute:
    """Return a minute of the errors gate at this weight, in a rollout of 10, 25, 50, 100."""
    return errors_minute(counts, weight, NEXT[weight], steady=steady)


def after(*minutes: JudgedMinute, judges: Panel | None = None, start: Evidence | None = None) -> Evidence:
    """Return the evidence after these minutes."""
    evidence = start or Evidence()
    for minute in minutes:
        evidence = panel.add_minute(evidence, minute, judges or Panel())
    return evidence


def past_minute(before: int) -> DeploymentMinute:
    """Return a calm minute of blue, this many minutes before the start."""
    return DeploymentMinute("blue", START - before * timedelta(minutes=1), 200, 2)


@dataclass(frozen=True)
class Game:
    """One gate before one minute: its settings and evidence, and the traffic share in that minute."""

    setting: GateSetting
    tuning: Tuning
    share: Share
    before: GateEvidence

    def harm(self, evidence: GateEvidence) -> float:
        """Return the odds that green is worse, as a plain number."""
        return math.exp(gate.log_harm(evidence, self.setting, self.tuning))

    def certificate(self, evidence: GateEvidence) -> float:
        """Return the odds that the next step is safe, as a plain number."""
        return math.exp(gate.log_certificate(evidence, self.setting, self.tuning))

    def growth(
        self, chances: Iterator[tuple[float, GateMinute]], odds: Callable[[GateEvidence], float] | None = None
    ) -> float:
        """Return the expected ratio of the odds (of harm) after the minute to those before, over all outcomes."""
        value = odds or self.harm
        found = math.fsum(
            chance * value(gate.add_minute(self.before, self.setting, minute, self.share, self.tuning))
            for chance, minute in chances
        )
        return found / value(self.before)


def binomial(bad: int, total: int, rate: float) -> float:
    """Return the probability of this many bad requests among independent ones."""
    return math.comb(total, bad) * rate**bad * (1 - rate) ** (total - bad)


def tables(arms: tuple[int, int], rates: tuple[float, float]) -> Iterator[tuple[float, Counts]]:
    """Yield every table of a minute with these totals of green and blue, and its probability at these rates."""
    green, blue = arms
    for x, y in product(range(green + 1), range(blue + 1)):
        yield binomial(x, green, rates[0]) * binomial(y, blue, rates[1]), Counts(x, green, y, blue)


def spreads(total: int, shares: Sequence[float]) -> Iterator[tuple[float, tuple[int, ...]]]:
    """Yield every distribution of the answers over classes with these shares, and its probability."""
    if len(shares) == 1:
        yield shares[0] ** total, (total,)
        return
    for first in range(total + 1):
        for chance, rest in spreads(total - first, shares[1:]):
            yield math.comb(total, first) * shares[0] ** first * chance, (first, *rest)
