"""A kind of step from outside the package: the engine, the store and the history treat it like any other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

import pytest

from shared.core.observation import EndpointSeen, Observation
from shared.core.phases import Phase
from shared.core.rollout import Rollout
from shared.core.rollout.history import Decision
from shared.core.rollout.reasons import ReasonCode, reason
from shared.core.steps import STEP_KINDS, SmokeStep, Step, WeightStep, register_step
from shared.core.steps.traffic import next_step
from shared.json_codec import UnreadableError, decode, encode
from tests.scenarios.world import GREEN, POLICY, World


@dataclass(frozen=True, slots=True)
class EvenHourStep(Step):
    """Wait for the next even hour."""

    kind: Literal["even-hour"] = "even-hour"

    def advance(self, rollout: Rollout, observation: Observation, endpoint: EndpointSeen, now: datetime) -> Decision:
        """Advance once the hour is even."""
        del observation, endpoint
        if now.hour % 2:
            return Decision(rollout)
        return next_step(rollout, reason(ReasonCode.PAUSE_ENDED, limit_seconds=0.0), now)


@pytest.fixture
def toy() -> Iterator[None]:
    """Register the kind while a test runs."""
    register_step(EvenHourStep)
    yield
    del STEP_KINDS["even-hour"]


@pytest.mark.usefixtures("toy")
def test_a_rollout_takes_a_step_of_an_unknown_kind() -> None:
    """It waits as the kind says, with no traffic on green, and then continues to the promotion."""
    world = World(policy=replace(POLICY, steps=(SmokeStep("s"), EvenHourStep(), WeightStep(50))))
    world.minutes(60)
    world.register()
    world.until(Phase.STEPPING)
    world.minutes(40)
    assert (world.rollout().progress.step, GREEN in world.seen.traffic) == (1, False)
    world.until(Phase.PROMOTED, within=90)
    (passed,) = world.entries(ReasonCode.PAUSE_ENDED)
    assert passed.at.hour % 2 == 0


@pytest.mark.usefixtures("toy")
def test_a_registered_kind_is_stored_and_read_back() -> None:
    """The record names the kind, and comes back as it was."""
    policy = replace(POLICY, steps=(EvenHourStep(), WeightStep(50)))
    assert decode(encode(policy), type(policy)) == policy


def test_an_unregistered_kind_is_rejected() -> None:
    """A record from a newer Teal is not guessed at."""
    with pytest.raises(UnreadableError, match="steps"):
        decode(encode(replace(POLICY, steps=(EvenHourStep(),))), type(POLICY))
