"""Worlds in which more than failures is known of an answer: its time, refusals, predictions, disagreement with blue.

An `AnswersWorld` is a handful of numbers, as a `World` is; its minutes carry what telemetry's rows would. It must never
know a judge.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from bench.judge.bursts import Series
from bench.judge.effects import Effect, same
from bench.judge.latencies import Latency, drawn, histogram, percentiles
from bench.judge.minute import Minute
from bench.judge.worlds import START, wander
from shared.core.gates import DISAGREEMENT
from shared.core.observation import DeploymentMinute, Tally

FINE_HISTORY_MINUTES = 60
CLASSES = ("a", "b", "c", "d")
SHARES = (0.4, 0.3, 0.2, 0.1)
ARM_MEMORY = 0.8


@dataclass(frozen=True, slots=True)
class AnswersWorld:
    """What is true in a simulation.

    rate, base, effect, minutes, lag, gap: as in `World`. refused, green_refused: shares of 4xx. latency: None if the
    times of answers are not known. shift: the share of green's predictions that are of the rarest class instead of the
    commonest (None: predictions are not known). disagreement: share of mirrored requests that green answers otherwise
    (None: nothing is mirrored; else nothing but a mirror reaches green, and its weight is the mirror's).
    """

    rate: float
    base: float = 0.001
    effect: Effect = same
    refused: float = 0.0
    green_refused: float = 0.0
    latency: Latency | None = None
    shift: float | None = None
    disagreement: float | None = None
    minutes: int = 60
    lag: int = 0
    gap: range = range(0)

    def draw(self, seed: int) -> AnswersHistory:
        """Return one history of this world: an hour of blue alone, then the rollout."""
        rng = np.random.default_rng(seed)
        length = FINE_HISTORY_MINUTES + self.minutes
        blue = np.full(length, self.base)
        green = self.effect(np.arange(-FINE_HISTORY_MINUTES, self.minutes, dtype=np.float64), blue)
        latency = self.latency or Latency(shared=0.0)
        shared = np.log(wander(rng, length, latency.shared))
        own = [np.log(wander(rng, length, latency.arm, ARM_MEMORY)) for _ in range(2)]
        moved = np.array(SHARES) + (self.shift or 0.0) * np.array([-1.0, 0.0, 0.0, 1.0])
        return AnswersHistory(
            world=self,
            rng=rng,
            total=rng.poisson(self.rate, length),
            blue=_Arm("blue", blue, self.refused, shared + own[0], 0.0, np.array(SHARES)),
            green=_Arm(
                "green",
                green,
                self.green_refused,
                shared + own[1] + math.log(latency.factor),
                latency.stragglers,
                moved,
            ),
        )


@dataclass(frozen=True, slots=True)
class _Arm:
    """One deployment: failure probabilities and log shifts by minute, and what does not change."""

    name: str
    failing: Series
    refused: float
    shifts: Series
    stragglers: float
    shares: Series


@dataclass(slots=True)
class AnswersHistory:
    """One history: the past first, then the rollout."""

    world: AnswersWorld
    rng: np.random.Generator
    total: NDArray[np.int64]
    blue: _Arm
    green: _Arm

    @property
    def usual(self) -> tuple[Series, Series]:
        """Blue's and green's failure probabilities in the minutes of the rollout."""
        return self.blue.failing[FINE_HISTORY_MINUTES:], self.green.failing[FINE_HISTORY_MINUTES:]

    def past(self) -> tuple[list[int], list[int]]:
        """Return blue's failed and total requests in the minutes before the rollout, oldest first."""
        rows = self.rows()
        return [row.bad for row in rows], [row.total for row in rows]

    def rows(self) -> list[DeploymentMinute]:
        """Return blue's past as telemetry would give it, oldest first."""
        return [self._row(self.blue, at, int(self.total[at])) for at in range(FINE_HISTORY_MINUTES)]

    def minute(self, number: int, weight: int) -> Minute:
        """Return one minute of the rollout, with this share (per cent) on green."""
        at = FINE_HISTORY_MINUTES + number
        total = int(self.total[at])
        green = int(self.rng.binomial(total, weight / 100.0))
        blue = total if self.world.disagreement is not None else total - green
        ours, theirs = self._row(self.green, at, green), self._row(self.blue, at, blue)
        return Minute(number, weight, ours.bad, green, theirs.bad, blue, rows=(ours, theirs))

    def expected_excess(self, number: int, requests: float | None = None) -> float:
        """Return answers that are worse for green's sake: failed, refused, slow, of another class. None in a mirror."""
        if self.world.disagreement is not None:
            return 0.0
        world, at = self.world, FINE_HISTORY_MINUTES + number
        share = float(self.green.failing[at] - self.blue.failing[at]) + world.green_refused - world.refused
        share += (world.latency.slower if world.latency is not None else 0.0) + (world.shift or 0.0)
        return share * float(self.total[at] if requests is None else requests)

    def _row(self, arm: _Arm, at: int, requests: int) -> DeploymentMinute:
        world = self.world
        bad = int(self.rng.binomial(requests, arm.failing[at]))
        refused = int(self.rng.binomial(requests - bad, arm.refused)) if arm.refused else 0
        good = requests - bad - refused
        times = drawn(self.rng, good, world.latency, float(arm.shifts[at]), arm.stragglers) if world.latency else None
        return DeploymentMinute(
            deployment=arm.name,
            minute=START + timedelta(minutes=at),
            total=requests,
            bad=bad,
            client_errors=refused,
            slowness=None if times is None else histogram(times),
            percentiles=None if times is None else percentiles(times),
            predictions=None if world.shift is None else self._predicted(good, arm),
            tallies=self._compared(arm, good),
        )

    def _predicted(self, good: int, arm: _Arm) -> dict[str, int]:
        return dict(zip(CLASSES, self.rng.multinomial(good, arm.shares).tolist(), strict=True))

    def _compared(self, arm: _Arm, good: int) -> dict[str, Tally]:
        if self.world.disagreement is None or arm is self.blue:
            return {}
        return {DISAGREEMENT: Tally(int(self.rng.binomial(good, self.world.disagreement)), good)}
