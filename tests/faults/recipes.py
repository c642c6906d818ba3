"""Policies for long random histories: together they cover every kind of step and of capacity, and first deployments.

Never fit a recipe to what the code does: it is what a platform team might write.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from shared.core.gates import (
    ClientErrorsGate,
    DisagreementGate,
    ErrorsGate,
    LatencyGate,
    LatencyLimit,
    PredictionsGate,
    QueryGate,
)
from shared.core.policy import Capacity, Deadlines, FreezeWindow, Policy
from shared.core.steps import MirrorStep, PauseStep, SmokeStep, WeightStep
from tests.scenarios.conduct import Conduct
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
EVERY_GATE = (
    ErrorsGate(at_most=0.3),
    ClientErrorsGate(),
    LatencyGate(role="critical", at_most=(LatencyLimit(95, 1000),)),
    PredictionsGate(),
    DisagreementGate(),
    QueryGate("fraud", "gates/fraud.kql", role="critical", budget=0.02),
    QueryGate("tried", "gates/tried.kql", role="dry_run"),
)
JUDGED = replace(PLAIN, judge=replace(PLAIN.judge, gates=EVERY_GATE))
BY_METRICS = replace(
    PLAIN, judge=replace(PLAIN.judge, errors_from="metrics", latency_from="metrics", inconclusive="advance")
)
QUERIED = (WeightStep(10, gates=("fraud",)), WeightStep(50, gates=()))

USUAL = Conduct(
    refused=0.01,
    median=100.0,
    predictions={"stay": 0.9, "leave": 0.1},
    counted={"fraud": 0.01, "tried": 0.01, "disagreement": 0.01},
)
# How a version may answer; the first two are as good as what serves.
CONDUCTS = (
    USUAL,
    replace(USUAL, median=110.0),
    replace(USUAL, median=250.0),
    replace(USUAL, median=None, predictions=None, counted={}),
    replace(USUAL, refused=0.2),
    replace(USUAL, predictions={"stay": 0.5, "leave": 0.5}),
    replace(USUAL, counted={"fraud": 0.3, "tried": 0.3, "disagreement": 0.3}),
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
    "every gate": Recipe(JUDGED),
    "every gate, by copies first": Recipe(replace(JUDGED, steps=SHADOW, newer_version="replace")),
    "steps that name their gates": Recipe(replace(JUDGED, steps=QUERIED)),
    "by metrics": Recipe(BY_METRICS),
    "first": Recipe(PLAIN, serves=False),
    "first with mirrors": Recipe(replace(PLAIN, steps=SHADOW, newer_version="replace"), serves=False),
}
