"""The simulator's figures agree with an independent implementation of judge and steps, within sampling error."""

from __future__ import annotations

import math
from datetime import timedelta

import numpy as np
import pytest
from numpy.typing import NDArray

from cli.simulate.profile import Change, Fault
from cli.simulate.trial import trials
from shared.core.judge.verdict import Risk
from shared.core.steps import WeightStep
from tests.simulate.restated import Setting, restated
from tests.simulate.scenarios import DAY, policy, scenario

SIMULATED, RESTATED = 100, 2000
ORDERED = 22 / 60  # minutes from the whole minute to the change of the share
TOLERANCE = 4.0  # standard errors; with six comparisons per run, one false alarm in 2,600 runs of the test


def simulated(setting: Setting) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the simulator's results for a setting, in the form of `restated`."""
    steps = tuple(WeightStep(weight) for weight in setting.weights[:-1])
    risk = Risk(rollback=setting.alpha, advance=setting.beta)
    tried = scenario(
        Fault(Change("to", setting.green)),
        rate=setting.rate,
        errors=setting.blue,
        of=policy(steps, lag=timedelta(minutes=1), risk=risk, patience=DAY),
    )
    results = list(trials(tried, SIMULATED, 5))
    firsts = [result.shares[1][0] for result in results]
    pairs = list(zip(results, firsts, strict=True))
    back = [r.decided - first + ORDERED if r.decided and r.full is None else math.nan for r, first in pairs]
    return np.array(back), np.array([r.full - first if r.full else math.nan for r, first in pairs])


@pytest.mark.parametrize(
    "setting",
    [
        Setting((10, 50, 100), rate=1000, blue=0.005, green=0.005),
        Setting((10, 50, 100), rate=1000, blue=0.005, green=0.05),
        Setting((10, 50, 100), rate=1000, blue=0.005, green=0.008, alpha=0.2, beta=0.2),
    ],
    ids=["good", "5 percent fail", "hard to tell"],
)
def test_rates_and_times_agree(setting: Setting) -> None:
    """The shares rolled back and promoted agree, and so do the times."""
    expected = restated(setting, RESTATED, 7)
    for ours, theirs in zip(simulated(setting), (expected.rolled_back, expected.full), strict=True):
        here, there = ~np.isnan(ours), ~np.isnan(theirs)
        rate = there.mean()
        error = math.sqrt(rate * (1 - rate) * (1 / SIMULATED + 1 / RESTATED))
        assert abs(here.mean() - rate) <= max(TOLERANCE * error, 0.02)
        if here.sum() > 20 and there.sum() > 20:
            spread = math.sqrt(ours[here].var() / here.sum() + theirs[there].var() / there.sum())
            assert abs(ours[here].mean() - theirs[there].mean()) <= max(TOLERANCE * spread, 0.2)
