"""Teal itself, through the public functions of the shipped judge, which is not reimplemented here.

Around the judge, this does what the core's loop does: a minute that was not entirely at the current weight is not
steady, each step starts with a fresh certificate, and when patience runs out the rollout is held or, if the policy says
so, advances without a certificate.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from bench.judge.methods.feeds import Feed
from bench.judge.minute import ROLL_BACK, Minute, Move, Status
from shared.core.judge import panel
from shared.core.judge.panel import Evidence
from shared.core.judge.verdict import Outcome, Verdict, judge
from shared.core.policy import JudgeSettings

WEIGHTS = (5, 10, 25, 50, 75, 100)


@dataclass(slots=True)
class Teal:
    """feed: where the judge's minutes come from. bake: the minimum number of minutes at the last weight."""

    feed: Feed
    settings: JudgeSettings = field(default_factory=JudgeSettings)
    weights: tuple[int, ...] = WEIGHTS
    bake: int = 0
    evidence: Evidence = field(default_factory=Evidence)
    step: int = 0
    waited: int = 0
    held: bool = False
    verdict: Verdict | None = None

    @property
    def first_weight(self) -> int:
        """The first step's weight."""
        return self.weights[0]

    @property
    def next_weight(self) -> int | None:
        """The weight of the step ahead; None at the last step."""
        return self.weights[self.step + 1] if self.step + 1 < len(self.weights) else None

    @property
    def _baking(self) -> int:
        return self.bake if self.next_weight is None else 0

    def observe(self, minute: Minute | None) -> Move:
        """Judge the settled minute; then step, hold, promote or roll back as the loop would."""
        self.waited += 1
        if minute is not None:
            self._judge(minute)
        outcome = self.verdict.outcome if self.verdict is not None else None
        if outcome is Outcome.FAIL:
            return ROLL_BACK
        if self.held or self.waited < self._baking:
            return self._stay()
        if outcome is Outcome.PASS:
            return self._advance()
        if self.waited >= self.settings.patience.total_seconds() / 60.0 + self._baking:
            return self._out_of_patience()
        return self._stay()

    def _judge(self, minute: Minute) -> None:
        gates = self.feed.panel
        judged = self.feed.judged(minute, self.weights[self.step], self.next_weight)
        self.evidence = panel.add_minute(self.evidence, judged, gates)
        self.verdict = judge(self.evidence, gates, self.settings.risk, self.next_weight)

    def _out_of_patience(self) -> Move:
        unsuspicious = self.verdict is not None and not self.verdict.suspicious
        if self.settings.inconclusive == "advance" and unsuspicious:
            return self._advance()
        self.held = True
        return self._stay()

    def _stay(self) -> Move:
        return Move(self.weights[self.step], Status.HELD if self.held else Status.RUNNING)

    def _advance(self) -> Move:
        if self.next_weight is None:
            return Move(self.weights[self.step], Status.PROMOTED)
        self.step, self.waited, self.verdict = self.step + 1, 0, None
        self.evidence = panel.begin_step(self.evidence)
        return self._stay()
