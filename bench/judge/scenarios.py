"""The scenarios of failures: each a world, a name, and whether green deserves promotion. It must never run one."""

from __future__ import annotations

from dataclasses import replace

from bench.judge.bursts import Bursts, Clusters, Gamma, Pods
from bench.judge.effects import broken, falls_at_night, from_minute, leak, plus, same, times, until_minute
from bench.judge.groups import Group, Scenario
from bench.judge.more_scenarios import latency, panels, predictions, watches
from bench.judge.worlds import World

HARMS = {
    "x2": times(2),
    "x5": times(5),
    "+0.5pp": plus(0.005),
    "+5pp": plus(0.05),
    "broken": broken,
}
OPERATING_POINTS = ((10, 0.001), (100, 0.001), (1000, 0.001), (1000, 0.01), (10_000, 0.001), (100_000, 0.001))
CLEAN_RATES, CLEAN_BASES = (10, 100, 1000, 10_000, 100_000), (0.0001, 0.001, 0.01)
BURSTS: dict[str, tuple[float, Bursts]] = {
    "clusters of 5": (1000, Clusters(5)),
    "clusters of 5, 10000/min": (10_000, Clusters(5)),
    "clusters of 5, counted once": (1000, Clusters(5, counted_once=True)),
    "clusters of 5, 10000/min, counted once": (10_000, Clusters(5, counted_once=True)),
    "clusters of 20": (1000, Clusters(20)),
    "clusters of 20, 10000/min": (10_000, Clusters(20)),
    "clusters of 20, counted once": (1000, Clusters(20, counted_once=True)),
    "clusters of 20, 10000/min, counted once": (10_000, Clusters(20, counted_once=True)),
    "gamma": (10_000, Gamma()),
    "pods": (1000, Pods()),
    "pods, 10000/min": (10_000, Pods()),
    "blips of a minute": (1000, Pods(pods=1, chance=0.005, points=0.05)),
    "pods for 3 min": (1000, Pods(minutes=3)),
    "pods for 3 min, 100/min": (100, Pods(minutes=3)),
}
PLAIN = World(1000, 0.001)


def scenarios() -> list[Scenario]:
    """Return every cell of the full form."""
    failures = [*_clean(), *_harm(), *_trouble(), *_bursts(), *_stories()]
    return [*failures, *latency(), *predictions(), *panels(), *watches()]


def quick() -> list[Scenario]:
    """Return the few cells of the quick form: at least one of each group."""
    names = {
        *(f"{harm} at {_point(1000, 0.001)}" for harm in HARMS),
        *(f"clean at {_point(rate, base)}" for rate, base in ((1000, 0.001), (1000, 0.01), (10_000, 0.001))),
        "shared incidents",
        "drifting base, 10000/min",
        "clusters of 5",
        "no traffic",
        "x5 from minute 15",
        *(f"{what} lognormal at 1000/min, noise 0.05" for what in ("x1", "x1.25", "x1.5")),
        *("0.02 at 1000/min", "0.1 at 1000/min", "5 % at 1000/min", "10 % at 1000/min"),
        *("clean at 1000/min, noise 0.05", "errors +5pp at 1000/min"),
        *("good at 1000/min", "+0.5pp at 1000/min, an hour later"),
    }
    return [scenario for scenario in scenarios() if scenario.name in names]


def _point(rate: float, base: float) -> str:
    return f"{rate:g}/min, {100 * base:g} %"


def _minutes(rate: float) -> int:
    return 600 if rate < 100 else 120


def _clean() -> list[Scenario]:
    return [
        Scenario(f"clean at {_point(rate, base)}", Group.CLEAN, World(rate, base, minutes=_minutes(rate)), good=True)
        for rate in CLEAN_RATES
        for base in CLEAN_BASES
    ]


def _harm() -> list[Scenario]:
    return [
        Scenario(
            name=f"{name} at {_point(rate, base)}",
            group=Group.HARM,
            world=World(rate, base, effect, minutes=_minutes(rate)),
            good=False,
        )
        for rate, base in OPERATING_POINTS
        for name, effect in HARMS.items()
    ]


def _trouble() -> list[Scenario]:
    worlds = {
        "shared incidents": replace(PLAIN, incidents=0.025),
        "shared incidents, 10000/min": replace(PLAIN, rate=10_000, incidents=0.025),
        "drifting base": replace(PLAIN, drift=0.7),
        "drifting base, 10000/min": replace(PLAIN, rate=10_000, drift=0.7),
        "telemetry 3 min late": replace(PLAIN, lag=3),
        "no telemetry for 10 min": replace(PLAIN, gap=range(8, 18)),
        "old version noisy": replace(PLAIN, bursts=Pods(), noisy="blue"),
        "traffic falls at night": replace(PLAIN, rate=300, traffic=falls_at_night, minutes=300),
        "bad start, fine after 5 min": replace(PLAIN, effect=until_minute(5, plus(0.02))),
        "1 request/min": replace(PLAIN, rate=1, minutes=600),
        "no traffic": replace(PLAIN, rate=0),
    }
    return [Scenario(name, Group.TROUBLE, world, good=True) for name, world in worlds.items()]


def _bursts() -> list[Scenario]:
    return [
        Scenario(name, Group.BURSTS, World(rate, 0.001, same, bursts=bursts), good=True)
        for name, (rate, bursts) in BURSTS.items()
    ]


def _stories() -> list[Scenario]:
    worlds = {
        "x5, telemetry 3 min late": replace(PLAIN, effect=times(5), lag=3),
        "+5pp, telemetry 3 min late": replace(PLAIN, effect=plus(0.05), lag=3),
        "broken, telemetry 3 min late": replace(PLAIN, effect=broken, lag=3),
        "x5 from minute 15": replace(PLAIN, effect=from_minute(15, times(5))),
        "+5pp from minute 15": replace(PLAIN, effect=from_minute(15, plus(0.05))),
        "broken from minute 15": replace(PLAIN, effect=from_minute(15, broken)),
        "slow leak, 5pp an hour": replace(PLAIN, effect=leak(0.05)),
        "+5pp, no telemetry for 10 min": replace(PLAIN, effect=plus(0.05), gap=range(1, 11)),
        "+5pp, shared incidents": replace(PLAIN, effect=plus(0.05), incidents=0.025),
        "x5, drifting base": replace(PLAIN, effect=times(5), drift=0.7),
        "x5, clusters of 5": replace(PLAIN, effect=times(5), bursts=Clusters(5)),
        "x5, clusters of 5, counted once": replace(PLAIN, effect=times(5), bursts=Clusters(5, counted_once=True)),
        "+5pp, pods": replace(PLAIN, effect=plus(0.05), bursts=Pods()),
        "x10, traffic falls at night": replace(PLAIN, rate=300, effect=times(10), traffic=falls_at_night, minutes=300),
    }
    return [Scenario(name, Group.STORIES, world, good=False) for name, world in worlds.items()]
