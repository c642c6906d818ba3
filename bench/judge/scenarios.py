"""Every scenario of the benchmark. Those with failures only are defined here, the others in `answer_scenarios`.

A scenario's name seeds its runs: renaming one changes its figures.
"""

from __future__ import annotations

from dataclasses import replace

from bench.judge.answer_scenarios import RATES, latency, panels, predictions
from bench.judge.bursts import Gamma, Pods
from bench.judge.effects import broken, falls_at_night, from_minute, leak, plus, times, until_minute
from bench.judge.groups import Group, Scenario
from bench.judge.worlds import FailureWorld

HARMS = {
    "x2": times(2),
    "x5": times(5),
    "+0.5pp": plus(0.005),
    "+5pp": plus(0.05),
    "broken": broken,
}
OPERATING_POINTS = ((10, 0.001), (100, 0.001), (1000, 0.001), (1000, 0.01), (10_000, 0.001), (100_000, 0.001))
CLEAN_RATES, CLEAN_BASES = (10, 100, 1000, 10_000, 100_000), (0.0001, 0.001, 0.01)
PLAIN = FailureWorld(1000, 0.001)
BUSY = replace(PLAIN, rate=10_000)
WATCHED = replace(PLAIN, minutes=720)
ONSET = 60


def scenarios() -> list[Scenario]:
    """Return every scenario of the full benchmark."""
    failures = [*_clean(), *_harm(), *_adverse(), *_bursts(), *_hidden_harm()]
    return [*failures, *latency(), *predictions(), *panels(), *_watches()]


def quick() -> list[Scenario]:
    """Return the few scenarios of the quick benchmark: at least one of each group."""
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
        Scenario(f"clean at {_point(rate, base)}", Group.CLEAN, FailureWorld(rate, base, minutes=_minutes(rate)))
        for rate in CLEAN_RATES
        for base in CLEAN_BASES
    ]


def _harm() -> list[Scenario]:
    return [
        Scenario(
            f"{name} at {_point(rate, base)}", Group.HARM, FailureWorld(rate, base, effect, minutes=_minutes(rate))
        )
        for rate, base in OPERATING_POINTS
        for name, effect in HARMS.items()
    ]


def _adverse() -> list[Scenario]:
    worlds = {
        "shared incidents": replace(PLAIN, incidents=0.025),
        "shared incidents, 10000/min": replace(BUSY, incidents=0.025),
        "drifting base": replace(PLAIN, drift=0.7),
        "drifting base, 10000/min": replace(BUSY, drift=0.7),
        "telemetry 3 min late": replace(PLAIN, lag=3),
        "no telemetry for 10 min": replace(PLAIN, gap=range(8, 18)),
        "old version noisy": replace(PLAIN, bursts=Pods(), noisy="blue"),
        "traffic falls at night": replace(PLAIN, rate=300, traffic=falls_at_night, minutes=300),
        "bad start, fine after 5 min": replace(PLAIN, effect=until_minute(5, plus(0.02))),
        "1 request/min": replace(PLAIN, rate=1, minutes=600),
        "no traffic": replace(PLAIN, rate=0),
    }
    return _named(Group.ADVERSE, worlds)


def _bursts() -> list[Scenario]:
    worlds = {
        "clusters of 5": replace(PLAIN, cluster_size=5),
        "clusters of 5, 10000/min": replace(BUSY, cluster_size=5),
        "clusters of 5, counted once": replace(PLAIN, cluster_size=5, counted_once=True),
        "clusters of 5, 10000/min, counted once": replace(BUSY, cluster_size=5, counted_once=True),
        "clusters of 20": replace(PLAIN, cluster_size=20),
        "clusters of 20, 10000/min": replace(BUSY, cluster_size=20),
        "clusters of 20, counted once": replace(PLAIN, cluster_size=20, counted_once=True),
        "clusters of 20, 10000/min, counted once": replace(BUSY, cluster_size=20, counted_once=True),
        "gamma": replace(BUSY, bursts=Gamma()),
        "pods": replace(PLAIN, bursts=Pods()),
        "pods, 10000/min": replace(BUSY, bursts=Pods()),
        "blips of a minute": replace(PLAIN, bursts=Pods(pods=1, chance=0.005, points=0.05)),
        "pods for 3 min": replace(PLAIN, bursts=Pods(minutes=3)),
        "pods for 3 min, 100/min": replace(PLAIN, rate=100, bursts=Pods(minutes=3)),
    }
    return _named(Group.BURSTS, worlds)


def _hidden_harm() -> list[Scenario]:
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
        "x5, clusters of 5": replace(PLAIN, effect=times(5), cluster_size=5),
        "x5, clusters of 5, counted once": replace(PLAIN, effect=times(5), cluster_size=5, counted_once=True),
        "+5pp, pods": replace(PLAIN, effect=plus(0.05), bursts=Pods()),
        "x10, traffic falls at night": replace(PLAIN, rate=300, effect=times(10), traffic=falls_at_night, minutes=300),
    }
    return _named(Group.HIDDEN_HARM, worlds)


def _watches() -> list[Scenario]:
    """Return worlds in which blue gets no traffic after 100 %, watched for twelve hours or until a rollback."""
    good = {
        "good at 100/min": replace(WATCHED, rate=100),
        "good at 1000/min": WATCHED,
        "good at 10000/min": replace(WATCHED, rate=10_000),
        "good at 1000/min, 1 %": replace(WATCHED, base=0.01),
        "drifting base": replace(WATCHED, drift=0.7),
        "shared incidents": replace(WATCHED, incidents=0.025),
    }
    late = {
        f"{name} at {rate}/min, an hour later": replace(
            WATCHED, rate=rate, effect=from_minute(ONSET, HARMS[name]), minutes=300
        )
        for rate in RATES
        for name in ("x2", "x5", "+0.5pp", "+5pp")
    }
    return _named(Group.WATCH, good) + _named(Group.WATCH_HARM, late, ONSET)


def _named(group: Group, worlds: dict[str, FailureWorld], onset: int = 0) -> list[Scenario]:
    return [Scenario(name, group, world, onset) for name, world in worlds.items()]
