"""Policies for long random histories: between them they have every kind of step, machine and first time.

A recipe must never be fitted to what the code does: it is what a platform team could write.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from shared.core.policy import (
    Capacity,
    Deadlines,
    FreezeWindow,
    MirrorStep,
    PauseStep,
    Policy,
    SmokeStep,
    WeightStep,
)
from tests.scenarios.world import MIDNIGHT, MINUTE, POLICY

DEADLINES = Deadlines(
    timedelta(minutes=20), timedelta(minutes=60), rollback=timedelta(minutes=30), rollout=timedelta(hours=3)
)
PLAIN = replace(POLICY, deadlines=DEADLINES)
SHADOW = (SmokeStep("smoke.jsonl"), MirrorStep(20, requests=2000), MirrorStep(50), WeightStep(10), WeightStep(50))
SHADOW_FIRST = (MirrorStep(30, duration=5 * MINUTE), PauseStep(3 * MINUTE), SmokeStep("smoke.jsonl"), WeightStep(20))
FREEZES = (
    FreezeWindow("the fair", since=MIDNIGHT + 6 * MINUTE, until=MIDNIGHT + 16 * MINUTE),
    FreezeWindow("the night", since=MIDNIGHT + 40 * MINUTE, until=MIDNIGHT + 55 * MINUTE),
)


@dataclass(frozen=True, slots=True)
class Recipe:
    """A policy, and whether a deployment serves when the first rollout begins."""

    policy: Policy
    serves: bool = True


RECIPES: dict[str, Recipe] = {
    "plain": Recipe(PLAIN),
    "mirrors": Recipe(replace(PLAIN, steps=SHADOW)),
    "mirrors, green kept": Recipe(replace(PLAIN, steps=SHADOW, on_rollback="keep")),
    "a mirror before the smoke test": Recipe(replace(PLAIN, steps=SHADOW_FIRST, newer_version="replace")),
    "proportional": Recipe(replace(PLAIN, steps=SHADOW, capacity=Capacity("proportional"))),
    "blue kept small": Recipe(replace(PLAIN, capacity=Capacity(kept_blue=2), keep_blue=timedelta(hours=2))),
    "frozen, newer versions replace": Recipe(replace(PLAIN, freeze=FREEZES, newer_version="replace")),
    "frozen mirrors, proportional": Recipe(
        replace(PLAIN, steps=SHADOW, freeze=FREEZES, capacity=Capacity("proportional"))
    ),
    "first": Recipe(PLAIN, serves=False),
    "first with mirrors": Recipe(replace(PLAIN, steps=SHADOW, newer_version="replace"), serves=False),
}
