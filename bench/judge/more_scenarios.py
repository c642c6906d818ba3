"""Scenarios beyond failures: latency, predictions, several gates at once, the watch after 100. Never runs one."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

from bench.judge.answers import AnswersWorld
from bench.judge.effects import from_minute, plus, times
from bench.judge.groups import Group, Scenario
from bench.judge.latencies import Latency, Shape
from bench.judge.worlds import World

RATES = (100, 1000, 10_000)
NOISES = (0.0, 0.05, 0.15)
SHIFTS = (0.0, 0.02, 0.05, 0.1, 0.2)
DISAGREEMENTS = (0.02, 0.05, 0.08, 0.1, 0.2)
ALLOWED = 0.05
ONSET = 60
WATCHED = World(1000, 0.001, minutes=720)


def latency() -> list[Scenario]:
    """Return green as fast as blue or a little slower, just as slow as allowed, and slower than that."""
    groups = {1.0: Group.LATENCY, 1.1: Group.LATENCY, 1.25: Group.EDGE, 1.5: Group.SLOWER, 2.0: Group.SLOWER}
    cells = [
        Scenario(f"x{factor:g} {place}", group, replace(world, latency=replace(known, factor=factor)), factor < 1.5)
        for factor, group in groups.items()
        for place, world, known in _places()
    ]
    return cells + [
        Scenario(f"5 % x4 {place}", Group.SLOWER, replace(world, latency=replace(known, stragglers=0.05)), good=False)
        for place, world, known in _places()
    ]


def _places() -> list[tuple[str, AnswersWorld, Latency]]:
    return [
        (
            f"{shape.name.lower()} at {rate}/min, noise {noise:g}",
            AnswersWorld(rate, latency=Latency()),
            Latency(shape, arm=noise),
        )
        for shape, rate, noise in product(Shape, RATES, NOISES)
    ]


def predictions() -> list[Scenario]:
    """Return green that predicts as blue, as a normal retrain does, or otherwise; live and mirrored."""
    shifted = [
        Scenario(
            f"{shift:g} at {rate}/min",
            Group.PREDICTED if shift < ALLOWED else Group.SHIFTED,
            AnswersWorld(rate, shift=shift),
            good=shift < ALLOWED,
        )
        for rate, shift in product(RATES, SHIFTS)
    ]
    return shifted + [
        Scenario(
            f"{100 * share:g} % at {rate}/min",
            Group.AGREEING if share <= ALLOWED else Group.DISAGREEING,
            AnswersWorld(rate, disagreement=share),
            good=share <= ALLOWED,
        )
        for rate, share in product(RATES, DISAGREEMENTS)
    ]


def panels() -> list[Scenario]:
    """Return worlds in which a minute tells of failures, refusals, times and predictions."""
    everything = AnswersWorld(1000, 0.001, refused=0.01, green_refused=0.01, latency=Latency(), shift=0.0, minutes=120)
    clean = [
        Scenario(
            f"clean at {rate}/min, noise {noise:g}",
            Group.PANEL,
            replace(everything, rate=rate, latency=Latency(arm=noise)),
            good=True,
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
        Scenario(f"{name} at {rate}/min", Group.PANEL_HARM, replace(world, rate=rate), good=False)
        for name, world in worse.items()
        for rate in (100, 1000)
    ]


def watches() -> list[Scenario]:
    """Return worlds in which blue gets nothing after 100 per cent, for twelve hours or until green is found out."""
    kind = {
        "good at 100/min": replace(WATCHED, rate=100),
        "good at 1000/min": WATCHED,
        "good at 10000/min": replace(WATCHED, rate=10_000),
        "good at 1000/min, 1 %": replace(WATCHED, base=0.01),
        "drifting base": replace(WATCHED, drift=0.7),
        "shared incidents": replace(WATCHED, incidents=0.025),
    }
    harm = {"x2": times(2), "x5": times(5), "+0.5pp": plus(0.005), "+5pp": plus(0.05)}
    return [Scenario(name, Group.WATCH, world, good=True) for name, world in kind.items()] + [
        Scenario(
            f"{name} at {rate}/min, an hour later",
            Group.WATCH_HARM,
            replace(WATCHED, rate=rate, effect=from_minute(ONSET, effect), minutes=300),
            good=False,
            onset=ONSET,
        )
        for rate in RATES
        for name, effect in harm.items()
    ]
