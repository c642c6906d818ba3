"""An independent numpy implementation of judge and steps, vectorized over rollouts, written from the specification.

It covers only policies that consist of weights, telemetry that is one minute late, and an Azure that takes 20 seconds
for a write ordered two seconds after the start of a minute. It imports nothing of what it checks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
Flags = NDArray[np.bool_]
MINOR_BETS, MINOR_SHARES = np.array([1.4, 2.0, 3.5, 8.0, 40.0]), np.array([0.15, 0.25, 0.25, 0.2, 0.15])
SEVERE_BETS, SEVERE_SHARES = np.array([1.5, 2.5, 6.0, 30.0, 1000.0]), np.full(5, 0.2)
MINOR, SEVERE, SEVERE_SHARE = (1.05, 0.00003), (3.0, 0.2), 0.1
FIRST, CHANGED, ANY = (
    0.75,
    0.25,
    0.01,
)  # share of the unspent budget bet in the first minute, after a change, and otherwise
CALM = 1.3  # burstiness below which two bad minutes are enough
SAFE_SHARES, CLEAN_BET, POWERS = np.array([0.15, 0.25, 0.35, 0.25]), 0.02, np.array([0.6, 1.0, 1.7])
CANDIDATES = 1 / (1 + np.exp(5.5 - 9.5 * np.arange(60) / 59))  # for the fastest-growing bet
PAIRS = 5.0  # weight of blue's past, in units of variance, relative to what green and blue show
OLD_SHARE_SECONDS = 22.0 / 60.0
SETTLED, SUSPICION = 3, 1.0 + 1e-6


@dataclass(frozen=True)
class Setting:
    """weights: the last is 100. blue, green: shares of failed requests."""

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
    """Return one minute's log e-values: rollouts by bets. counts: green bad and total, blue bad and total."""
    green_bad, green, blue_bad, blue = (column[:, None] for column in counts)
    allowed = rho[:, None] * green
    with np.errstate(invalid="ignore", divide="ignore"):
        theta = np.where(allowed > 0, allowed / (allowed + blue), 0.0)
    divisor = 1 + theta * (bets - 1)
    edge = (bets - 1) * (1 - theta) / divisor
    won: Floats = green_bad * np.log(bets) - (green_bad + blue_bad) * np.log(divisor) - green * delta[:, None] * edge
    return won


def variance(
    bad: Floats | Whole, total: Floats | Whole, other_bad: Floats | Whole, other: Floats | Whole
) -> tuple[Floats, Floats]:
    """Return the weighted squared difference of two rates, and its expectation for independent requests."""
    with np.errstate(invalid="ignore", divide="ignore"):
        harmonic = total * other / (total + other)
        pooled = (bad + other_bad) / (total + other)
        observed = (bad / total - other_bad / other) ** 2 * harmonic**2
        return np.nan_to_num(observed), np.nan_to_num(pooled * (1 - pooled) * harmonic)


class Judge:
    """The state of each rollout's evidence."""

    def __init__(self, setting: Setting, runs: int, draw: np.random.Generator) -> None:
        self.setting = setting
        total = draw.poisson(setting.rate, (setting.history, runs))
        bad = draw.binomial(total, setting.blue)
        observed, expected = variance(bad[1:], total[1:], bad[:-1], total[:-1])
        self.phi = np.maximum(1, (observed.sum(0) + 2) / (expected.sum(0) + 2))
        needed = np.minimum(12, np.ceil(3 * np.sqrt(self.phi) - 0.2))
        self.cap = np.where(self.phi < CALM, 8.3 / 2, 6.6 / needed)
        self.blue_rate = (bad.sum(0) + 0.5) / (total.sum(0) + 1)
        self.budget = np.clip(2 / total.mean(0), 0.001, 0.01)
        self.pairs = np.zeros((2, runs))
        self.unspent = np.ones(runs)
        self.lanes = np.zeros((2, runs, len(MINOR_BETS)))
        self.bets = np.zeros((runs, len(SAFE_SHARES)))
        self.safe = np.zeros((runs, len(SAFE_SHARES)))
        self.settled = np.zeros(runs)
        self.weight = np.zeros(runs)
        self.begun = np.zeros(runs, dtype=bool)

    def learn(self, counts: Floats, weight: Floats, following: Floats, steady: Flags, who: Flags) -> None:
        """Process a minute of the rollouts `who`."""
        self._bet_on_harm(counts, steady & (self.weight > 0) & (weight != self.weight), who)
        self._certify(counts, weight, following, steady & who)
        observed, expected = variance(*counts)
        self.pairs += np.where(who, [observed, expected], 0)
        self.weight[steady & who] = weight[steady & who]

    def _bet_on_harm(self, counts: Floats, changed: Flags, who: Flags) -> None:
        stake = np.where(self.begun, np.where(changed, CHANGED, ANY), FIRST) * self.unspent
        ones = np.ones_like(stake)
        lanes = ((MINOR_BETS, MINOR, self.cap), (SEVERE_BETS, SEVERE, ones * np.inf))
        for lane, (bets, (rho, delta), cap) in zip(self.lanes, lanes, strict=True):
            won = np.minimum(log_e(counts, bets, rho * ones, delta * ones), cap[:, None])
            lane[who] = (np.exp(won) * (lane + stake[:, None]))[who]
        self.unspent[who] -= stake[who]
        self.begun |= who

    def _certify(self, counts: Floats, weight: Floats, following: Floats, who: Flags) -> None:
        fresh = who & (weight != self.weight)
        share = following / 100
        rho, delta = 1 + 0.25 / share, self.budget / share
        self.safe[fresh], self.settled[fresh] = 0, 0
        self.bets[fresh] = self._best(weight / 100, rho, delta)[fresh]
        now = (self.phi * PAIRS + self.pairs[0]) / (PAIRS + self.pairs[1])
        temper = np.where(self.phi > 1, np.clip(np.minimum(now, self.phi), 1, 4), 1)
        bets = np.where(self.bets > 0, self.bets, 0.5)
        self.safe[who] += (log_e(counts, bets, rho, delta) / temper[:, None])[who]
        self.settled[who] += counts[1][who] > 0

    def _best(self, green: Floats, rho: Floats, delta: Floats) -> Floats:
        """Return the bets on no harm: around the fastest-growing one if green is as bad as blue was."""
        green, rho, delta, rate = (column[:, None] for column in (green, rho, delta, self.blue_rate))
        theta = rho * green / (rho * green + 1 - green)
        divisor = 1 + theta * (CANDIDATES - 1)
        lost = rate * np.log(divisor) + green * delta * (CANDIDATES - 1) * (1 - theta) / divisor
        best = CANDIDATES[np.argmax(green * rate * np.log(CANDIDATES) - lost, axis=1)]
        around = np.clip(best[:, None] ** POWERS, 0.002, 0.97)
        return np.hstack([np.full((len(best), 1), CLEAN_BET), around])

    @property
    def harm(self) -> Floats:
        """The odds that green is worse."""
        minor, severe = self.lanes[0] @ MINOR_SHARES, self.lanes[1] @ SEVERE_SHARES
        odds: Floats = (1 - SEVERE_SHARE) * minor + SEVERE_SHARE * severe + self.unspent
        return odds

    @property
    def certified(self) -> Flags:
        """Whether the next weight is within the harm budget."""
        odds = (np.exp(self.safe) * SAFE_SHARES).sum(1)
        enough: Flags = (odds >= 1 / self.setting.beta) & (self.settled >= SETTLED) & (self.harm <= SUSPICION)
        return enough


def restated(setting: Setting, runs: int, seed: int) -> Outcome:
    """Return the outcome of `runs` rollouts. The first weight is ordered in minute 0."""
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
    """Return green's mean share in a minute; the minute of the order still has some of the old share."""
    old = np.where(shifted == minute, OLD_SHARE_SECONDS, 0.0)
    share: Floats = (old * weights[step - 1] + (1 - old) * weights[step]) / 100
    return share


def _minute(setting: Setting, draw: np.random.Generator, share: Floats) -> Floats:
    green, blue = draw.poisson(setting.rate * share), draw.poisson(setting.rate * (1 - share))
    return np.array([draw.binomial(green, setting.green), green, draw.binomial(blue, setting.blue), blue], dtype=float)
