"""Judge and steps said again in numpy, many rollouts side by side: written from the specification, not from the code.

Only for policies that are weights and nothing else, telemetry one minute late, and Azure that takes 20 seconds for a
write ordered two seconds after the minute began. It must never import what it is to check.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
HARM_BETS = np.array([1.5, 2.5, 6.0, 30.0, 1000.0])
SAFE_BETS = np.array([0.02, 0.1, 0.25, 0.45, 0.65, 0.8, 0.9])
SAFE_SHARES = np.array([0.4, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1])
MINOR, SEVERE = (1.1, 0.0001), (3.0, 0.2)
OLD_SHARE_SECONDS = 22.0 / 60.0
SETTLED, SUSPICION = 3, 3.0


@dataclass(frozen=True)
class Setting:
    """weights end with 100. blue, green: shares of failed requests."""

    weights: tuple[int, ...]
    rate: float
    blue: float
    green: float
    alpha: float = 0.01
    beta: float = 0.05
    history: int = 60
    minutes: int = 240


@dataclass(frozen=True)
class Outcome:
    """For each rollout: minutes from green's first live request to the rollback, and to all traffic (nan: never)."""

    rolled_back: Floats
    full: Floats


def log_e(counts: Floats, bets: Floats, rho: Floats, delta: Floats) -> Floats:
    """Return one minute's log e-values, a row a rollout, a column a bet. counts: green bad, total, blue bad, total."""
    green_bad, green, blue_bad, blue = (column[:, None] for column in counts)
    allowed = rho[:, None] * green
    with np.errstate(invalid="ignore", divide="ignore"):
        theta = np.where(allowed > 0, allowed / (allowed + blue), 0.0)
    divisor = 1 + theta * (bets - 1)
    edge = (bets - 1) * (1 - theta) / divisor
    won: Floats = green_bad * np.log(bets) - (green_bad + blue_bad) * np.log(divisor) - green * delta[:, None] * edge
    return won


class Judge:
    """All that is remembered of each rollout's evidence."""

    def __init__(self, setting: Setting, runs: int, draw: np.random.Generator) -> None:
        self.setting = setting
        total = draw.poisson(setting.rate, (setting.history, runs))
        bad = draw.binomial(total, setting.blue)
        pooled = (bad[1:] + bad[:-1]) / (total[1:] + total[:-1])
        harmonic = total[1:] * total[:-1] / (total[1:] + total[:-1])
        jumps = (bad[1:] / total[1:] - bad[:-1] / total[:-1]) ** 2 * harmonic**2
        phi = np.maximum(1, (jumps.sum(0) + 2) / ((pooled * (1 - pooled) * harmonic).sum(0) + 2))
        self.cap = 8.3 / np.minimum(12, np.ceil(3 * np.sqrt(phi) - 0.2))
        self.temper = np.minimum(phi, 4)
        self.budget = np.clip(2 / total.mean(0), 0.001, 0.01)
        self.unspent = np.ones(runs)
        self.lanes = np.zeros((2, runs, len(HARM_BETS)))
        self.safe = np.zeros((runs, len(SAFE_BETS)))
        self.settled = np.zeros(runs)
        self.weight = np.zeros(runs)
        self.begun = np.zeros(runs, dtype=bool)

    def learn(self, counts: Floats, weight: Floats, following: Floats, steady: Flags, who: Flags) -> None:
        """Take in a minute of the rollouts `who`."""
        changed = steady & self.begun & (self.weight > 0) & (weight != self.weight)
        fresh = steady & (weight != self.weight)
        stake = np.where(self.begun, np.where(changed, 0.25, 0.01), 0.5) * self.unspent
        for lane, (rho, delta), cap in zip(self.lanes, (MINOR, SEVERE), (self.cap, np.inf), strict=True):
            ones = np.ones_like(weight)
            won = np.minimum(log_e(counts, HARM_BETS, rho * ones, delta * ones), np.reshape(cap, (-1, 1)))
            lane[who] = (np.exp(won) * (lane + stake[:, None]))[who]
        self.unspent[who] -= stake[who]
        self.begun |= who
        self.safe[fresh & who], self.settled[fresh & who] = 0, 0
        share = following / 100
        won = log_e(counts, SAFE_BETS, 1 + 0.25 / share, self.budget / share) / self.temper[:, None]
        self.safe[steady & who] += won[steady & who]
        self.settled[steady & who] += counts[1][steady & who] > 0
        self.weight[steady & who] = weight[steady & who]

    @property
    def harm(self) -> Floats:
        """The odds that green is worse."""
        odds: Floats = (self.lanes.mean(2) + self.unspent).mean(0)
        return odds

    @property
    def certified(self) -> Flags:
        """Whether the next weight is within the harm budget."""
        odds = (np.exp(self.safe) * SAFE_SHARES).sum(1)
        enough: Flags = (odds >= 1 / self.setting.beta) & (self.settled >= SETTLED) & (self.harm < SUSPICION)
        return enough


def restated(setting: Setting, runs: int, seed: int) -> Outcome:
    """Return how so many rollouts go. Minute 0 is the one in which the first weight is ordered."""
    draw = np.random.default_rng(seed)
    judge, weights = Judge(setting, runs, draw), np.array([0, *setting.weights], dtype=float)
    step, shifted = np.ones(runs, dtype=int), np.zeros(runs, dtype=int)
    rolled_back, full = np.full(runs, np.nan), np.full(runs, np.nan)
    latest = _minute(setting, draw, _share(weights, step, shifted, 0))
    for tick in range(2, setting.minutes):
        judged, latest = latest, _minute(setting, draw, _share(weights, step, shifted, tick - 1))
        going = np.isnan(rolled_back) & np.isnan(full)
        steady = (tick - 2) > shifted
        judge.learn(judged, weights[step], weights[np.minimum(step + 1, len(weights) - 1)], steady, going)
        failed = going & (judge.harm >= 1 / setting.alpha)
        rolled_back[failed] = tick
        passed = going & ~failed & judge.certified
        step[passed], shifted[passed] = step[passed] + 1, tick
        judge.safe[passed], judge.settled[passed] = 0, 0
        full[passed & (step == len(weights) - 1)] = tick
    return Outcome(rolled_back, full)


def _share(weights: Floats, step: NDArray[np.int_], shifted: NDArray[np.int_], minute: int) -> Floats:
    """Return green's mean share in a minute: the one in which the weight was ordered has some of the old."""
    old = np.where(shifted == minute, OLD_SHARE_SECONDS, 0.0)
    share: Floats = (old * weights[step - 1] + (1 - old) * weights[step]) / 100
    return share


def _minute(setting: Setting, draw: np.random.Generator, share: Floats) -> Floats:
    green, blue = draw.poisson(setting.rate * share), draw.poisson(setting.rate * (1 - share))
    return np.array([draw.binomial(green, setting.green), green, draw.binomial(blue, setting.blue), blue], dtype=float)
