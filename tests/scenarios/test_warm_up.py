"""Smoke tests with several rounds: the last round counts, and all are sent in one reconcile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from shared.core.phases import Phase
from shared.core.rollout.reasons import ReasonCode
from shared.core.steps import SmokeStep, WeightStep
from shared.ports import Answer
from tests.fakes import FakeScoring
from tests.scenarios.world import POLICY, World


@dataclass
class WarmingUp(FakeScoring):
    """A deployment that is slow at first, and a limit on the total time of a call's requests."""

    slow: int = 0
    most: int = 100

    def answers(
        self, endpoint: str, deployment: str, bodies: Sequence[bytes], timeout: timedelta
    ) -> tuple[Answer, ...]:
        answered = super().answers(endpoint, deployment, bodies, timeout)
        timed = tuple(replace(answer, seconds=5.0) if n < self.slow else answer for n, answer in enumerate(answered))
        unsent = (Answer(0, "not sent: the requests before took 100 s", 0.0),) * (len(timed) - self.most)
        return timed[: self.most] + unsent


def world_of(scoring: WarmingUp, repeat: int) -> World:
    """Return a world in which churn:7 was registered and three requests are sent this many times."""
    smoke = SmokeStep("smoke.jsonl", slowest=timedelta(seconds=1), repeat=repeat)
    world = World(replace(POLICY, steps=(smoke, WeightStep(10))), scoring=scoring)
    world.register()
    return world


def test_only_the_last_round_counts() -> None:
    """Two slow rounds are warm-up; the third is fast enough."""
    world = world_of(WarmingUp(slow=6), repeat=3)
    assert world.until(Phase.PROMOTED).phase is Phase.PROMOTED
    assert [entry.reason.facts["requests"] for entry in world.entries(ReasonCode.SMOKE_PASSED)] == [9]


def test_rounds_that_take_too_long_together_fail_with_an_explanation() -> None:
    """That the rounds do not fit into one reconcile is reported, not retried until the step's deadline."""
    world = world_of(WarmingUp(most=100), repeat=40)
    world.until(Phase.ROLLED_BACK)
    (failed, *_) = world.entries(ReasonCode.SMOKE_FAILED)
    assert any("not sent: the requests before took 100 s" in problem for problem in failed.reason.facts["examples"])
