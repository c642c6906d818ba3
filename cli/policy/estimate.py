"""How long a policy takes at some traffic, and when it would notice a worse green: from the shipped judge itself.

A few seeded journeys of one good and one bad green, minute by minute through the judge; the median is told. Gates that
usual traffic says nothing of (predictions, disagreement, queries) take no part. It is an estimate for choosing a
policy, not a simulation of Teal and Azure: `teal policy simulate` is that.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import lru_cache
from statistics import median

import numpy as np

from cli.policy.holds import Hold, holds
from cli.policy.journey import NOON, Journey, Traffic, World, travel
from cli.simulate.gates import judged_here, latency_source
from cli.simulate.profile import Answering, Latency, Profile
from cli.simulate.rows import Rows
from shared.core.gates.calibration import Calibration, Past, calibrate
from shared.core.policy import JudgeSettings, Policy
from shared.core.reconcile.plan import FINE_HISTORY

JOURNEYS = 9
MINUTE = timedelta(minutes=1)
LONGEST = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Stay:
    """What a good green is held at, on the typical journey. minutes: None if it does not end within the horizon.

    impatient: whether patience ends before the evidence is there on most journeys.
    """

    hold: Hold
    minutes: float | None
    impatient: bool


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a policy does at this traffic, in minutes from when green is ready; None: not within `horizon` minutes.

    full: until green has all traffic. promoted: until it is the one that serves. noticed: from its first request until
    a green that fails by `traffic.rise` more than blue is rolled back. Waiting for persons is not counted.
    """

    traffic: Traffic
    horizon: float
    full: float | None
    promoted: float | None
    noticed: float | None
    stays: tuple[Stay, ...]


def estimate(policy: Policy, traffic: Traffic) -> Estimate:
    """Return the estimate; always the same for the same recipe and traffic, whatever the endpoint."""
    return _estimate(replace(judged_here(policy), endpoint="", name="", models=()), traffic)


@lru_cache(maxsize=1024)
def _estimate(policy: Policy, traffic: Traffic) -> Estimate:
    settings = policy.judge
    usual = Profile().usual(NOON, NOON)._replace(errors=traffic.error_rate)
    rows = Rows(np.random.default_rng(zlib.crc32(str(traffic).encode())), Latency(), latency_source(settings))
    world = World(
        requests_per_minute=traffic.requests_per_minute,
        green=usual,
        blue=usual,
        calibration=calibration(settings, traffic, usual, rows),
        risk=settings.risk,
        lag=settings.telemetry_lag / MINUTE,
        horizon=min(policy.deadlines.rollout, LONGEST) / MINUTE,
        rows=rows,
    )
    road = holds(policy)
    good = sorted((travel(road, world) for _ in range(JOURNEYS)), key=_length)
    typical = good[JOURNEYS // 2]
    worse = replace(world, green=usual._replace(errors=min(1.0, traffic.error_rate + traffic.rise)))
    bad = [travel(road, worse) for _ in range(JOURNEYS)]
    return Estimate(
        traffic=traffic,
        horizon=world.horizon,
        full=typical.full,
        promoted=typical.promoted,
        noticed=_median(journey.noticed for journey in bad),
        stays=tuple(_stay(hold, typical, good) for hold in road),
    )


def calibration(settings: JudgeSettings, traffic: Traffic, usual: Answering, rows: Rows) -> Calibration:
    """Return how the judge would be set by a past with this traffic, in which blue answered as usual."""
    minutes = round(settings.history / MINUTE)
    totals = rows.generator.poisson(traffic.requests_per_minute, minutes).tolist()
    untold = replace(rows, told=None)
    fine = minutes - round(FINE_HISTORY / MINUTE)  # only of the last hour latency is asked for
    return calibrate(
        settings,
        Past(
            tuple(
                [
                    (rows if number >= fine else untold).row("blue", NOON, total, usual)
                    for number, total in enumerate(totals)
                ]
            )
        ),
    )


def _stay(hold: Hold, typical: Journey, journeys: list[Journey]) -> Stay:
    minutes = next((stop.minutes for stop in typical.stops if stop.hold is hold), None)
    patient = sum(stop.hold is hold and not stop.impatient for journey in journeys for stop in journey.stops)
    return Stay(hold, minutes, patient * 2 <= len(journeys) and hold.certified is not None)


def _length(journey: Journey) -> float:
    return math.inf if journey.promoted is None else journey.promoted


def _median(found: Iterable[float | None]) -> float | None:
    """Return the median of what most journeys came to; None if most did not."""
    value = median(math.inf if minutes is None else minutes for minutes in found)
    return None if value == math.inf else float(value)
