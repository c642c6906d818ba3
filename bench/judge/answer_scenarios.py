"""Scenarios with more telemetry than failures: latency, predictions, disagreement, several gates together.

A scenario's name seeds its runs: renaming one changes its figures.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product

from bench.judge.answers import AnswersWorld
from bench.judge.effects import plus, times
from bench.judge.groups import Group, Scenario
from bench.judge.latencies import Latency, Shape

RATES = (100, 1000, 10_000)
NOISES = (0.0, 0.05, 0.15)
SHIFTS = (0.0, 0.02, 0.05, 0.1, 0.2)
DISAGREEMENTS = (0.02, 0.05, 0.08, 0.1, 0.2)
ALLOWED = 0.05


def latency() -> list[Scenario]:
    """Return worlds where green is as fast as blue or a little slower, as slow as allowed, and too slow."""
    groups = {1.0: Group.LATENCY, 1.1: Group.LATENCY, 1.25: Group.EDGE, 1.5: Group.SLOWER, 2.0: Group.SLOWER}
    greens = [(f"x{factor:g}", group, {"factor": factor}) for factor, group in groups.items()]
    greens.append(("5 % x4", Group.SLOWER, {"stragglers": 0.05}))
    return [
        Scenario(
            f"{name} {shape.name.lower()} at {rate}/min, noise {noise:g}",
            group,
            AnswersWorld(rate, latency=Latency(shape, own=noise, **slower)),
        )
        for name, group, slower in greens
        for shape, rate, noise in product(Shape, RATES, NOISES)
    ]


def predictions() -> list[Scenario]:
    """Return worlds where green predicts like blue, as after a normal retrain, or differently; live and mirrored."""
    shifted = [
        Scenario(
            f"{shift:g} at {rate}/min",
            Group.PREDICTED if shift < ALLOWED else Group.SHIFTED,
            AnswersWorld(rate, shift=shift),
        )
        for rate, shift in product(RATES, SHIFTS)
    ]
    return shifted + [
        Scenario(
            f"{100 * share:g} % at {rate}/min",
            Group.AGREEING if share <= ALLOWED else Group.DISAGREEING,
            AnswersWorld(rate, disagreement=share),
        )
        for rate, share in product(RATES, DISAGREEMENTS)
    ]


def panels() -> list[Scenario]:
    """Return worlds with telemetry on failures, client errors, latency and predictions."""
    everything = AnswersWorld(1000, 0.001, refused=0.01, green_refused=0.01, latency=Latency(), shift=0.0, minutes=120)
    clean = [
        Scenario(
            f"clean at {rate}/min, noise {noise:g}",
            Group.PANEL,
            replace(everything, rate=rate, latency=Latency(own=noise)),
        )
        for rate, noise in product(RATES, NOISES[:2])
    ]
    worse = {
        "errors x5": replace(everything, effect=times(5)),
        "errors +0.5pp": replace(everything, effect=plus(0.005)),
        "errors +5pp": replace(everything, effect=plus(0.05)),
        "latency x1.5": replace(everything, latency=Latency(factor=1.5)),
        "client errors x3": replace(everything, green_refused=0.03),
        "predictions moved by 0.1": replace(everything, shift=0.1),
    }
    return clean + [
        Scenario(f"{name} at {rate}/min", Group.PANEL_HARM, replace(world, rate=rate))
        for name, world in worse.items()
        for rate in (100, 1000)
    ]
