"""Teal itself, through the public functions of its judge: nothing of the judge is written again here.

What the loop adds is done as the core does it: a minute that was not
wholly at the present weight is not steady, a certified step begins the next with a fresh certificate, patience ends
in a hold or, by policy, an uncertified step.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from bench.judge.methods.sight import Sight
from bench.judge.minute import ROLL_BACK, Minute, Move, Status
from shared.core.judge import panel
from shared.core.judge.panel import Evidence
from shared.core.judge.verdict import Outcome, Verdict, judge
from shared.core.policy import JudgeSettings

WEIGHTS = (5, 10, 25, 50, 75, 100)


@dataclass(slots=True)
class Teal:
    """sight: what is seen of each minute. bake: for how many minutes at the last share the judge goes on at least."""

    sight: Sight
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
        """The first step's share."""
        return self.weights[0]

    @property
    def next_weight(self) -> int | None:
        """The share of the step ahead; None at the last."""
        return self.weights[self.step + 1] if self.step + 1 < len(self.weights) else None

    @property
    def _baking(self) -> int:
        return self.bake if self.next_weight is None else 0

    def observe(self, minute: Minute | None) -> Move:
        """Judge the settled minute, then step, hold, promote or roll back as the loop would."""
        self.waited += 1
        if minute is not None:
            self._judge(minute)
        outcome = self.verdict.outcome if self.verdict is not None else None
        if outcome is Outcome.FAIL:
            return ROLL_BACK
        if self.held or self.waited < self._baking:
            return Move(self.weights[self.step], Status.HELD if self.held else Status.RUNNING)
        if outcome is Outcome.PASS:
            return self._next()
        if self.waited >= self.settings.patience.total_seconds() / 60.0 + self._baking:
            return self._impatient()
        return Move(self.weights[self.step])

    def _judge(self, minute: Minute) -> None:
        gates = self.sight.panel
        judged = self.sight.judged(minute, self.weights[self.step], self.next_weight)
        self.evidence = panel.add_minute(self.evidence, judged, gates)
        self.verdict = judge(self.evidence, gates, self.settings.risk, self.next_weight)

    def _impatient(self) -> Move:
        sure_enough = self.verdict is not None and not self.verdict.suspicious
        if self.settings.inconclusive == "advance" and sure_enough:
            return self._next()
        self.held = True
        return Move(self.weights[self.step], Status.HELD)

    def _next(self) -> Move:
        if self.next_weight is None:
            return Move(self.weights[self.step], Status.PROMOTED)
        self.step, self.waited, self.verdict = self.step + 1, 0, None
        self.evidence = panel.begin_step(self.evidence)
        return Move(self.weights[self.step])
