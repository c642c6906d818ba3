"""Every judge of failures by name: at its documented defaults, and with the one dial that is turned to match.

It must never give the truth to any but the oracle.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from bench.judge.methods import sagemaker, sight
from bench.judge.methods.argo import Argo
from bench.judge.methods.common_loop import CommonLoop
from bench.judge.methods.flagger import Flagger
from bench.judge.methods.kayenta import Kayenta
from bench.judge.methods.oracle import Oracle
from bench.judge.methods.teal import WEIGHTS, Teal
from bench.judge.methods.z_test import ZTest
from bench.judge.minute import Judge
from bench.judge.simulation import Method, Truth
from shared.core.judge.tuning import REFERENCE, TUNED, Tuning
from shared.core.judge.verdict import Risk
from shared.core.policy import JudgeSettings

Build = Callable[[Truth, float], Judge]


@dataclass(frozen=True, slots=True)
class Dial:
    """A method's threshold. lax, strict: the ends between which it is turned (the strict end rolls back least)."""

    name: str
    lax: float
    strict: float
    build: Build

    def at(self, position: float) -> float:
        """Return the setting at this position, 0 (lax) to 1 (strict), on a logarithmic scale."""
        return math.exp(math.log(self.lax) * (1.0 - position) + math.log(self.strict) * position)

    def method(self, setting: float) -> Method:
        """Return the method with this setting."""
        return lambda truth: self.build(truth, setting)


@dataclass(frozen=True, slots=True)
class Entry:
    """One method: its name, how it is built at its defaults, and its dial (None for the oracle and for variants)."""

    name: str
    default: Method
    dial: Dial | None = None


def teal_of_errors(
    past: tuple[list[int], list[int]],
    settings: JudgeSettings,
    weights: tuple[int, ...] = WEIGHTS,
    tuning: Tuning = TUNED,
    bake: int = 0,
) -> Judge:
    """Return Teal with the errors gate alone, set by blue's past minutes."""
    return Teal(sight.of_errors(past, settings.budget, tuning), settings, weights, bake)


def _teal_at(truth: Truth, alpha: float) -> Judge:
    return teal_of_errors(truth.past(), JudgeSettings(risk=Risk(rollback=alpha), inconclusive="advance"))


ORACLE = Entry("Oracle (SPRT)", lambda truth: Oracle(truth.blue, truth.green))
TEAL_AT_10 = Entry("Teal, from 10 %", lambda truth: teal_of_errors(truth.past(), JudgeSettings(), WEIGHTS[1:]))
TEAL_REFERENCE = Entry(
    "Teal, reference", lambda truth: teal_of_errors(truth.past(), JudgeSettings(), WEIGHTS[1:], REFERENCE)
)
TEAL = Entry("Teal", lambda truth: teal_of_errors(truth.past(), JudgeSettings()))
TEAL_ADVANCE = Entry(
    "Teal, impatient",
    lambda truth: teal_of_errors(truth.past(), JudgeSettings(inconclusive="advance")),
    Dial("rollback_risk", 0.9, 1e-6, _teal_at),
)
BASELINES = (
    Entry(
        "Common loop",
        lambda _: CommonLoop(),
        Dial("error rate", 1e-5, 0.6, lambda _, limit: CommonLoop(threshold=limit)),
    ),
    Entry(
        "Flagger, 5 checks",
        lambda _: Flagger(),
        Dial("1 - success rate", 1e-5, 0.6, lambda _, limit: Flagger(success_rate=1.0 - limit)),
    ),
    Entry("Flagger, 10 checks", lambda _: Flagger(threshold=10)),
    Entry(
        "Argo",
        lambda _: Argo(),
        Dial("1 - success rate", 1e-5, 0.6, lambda _, limit: Argo(success=1.0 - limit)),
    ),
    Entry("Argo, inconclusive", lambda _: Argo(failure=0.95)),
    Entry(
        "SageMaker canary",
        lambda _: sagemaker.canary(),
        Dial("alarm threshold", 1e-5, 0.6, lambda _, limit: sagemaker.canary(limit)),
    ),
    Entry(
        "SageMaker linear",
        lambda _: sagemaker.linear(),
        Dial("alarm threshold", 1e-5, 0.6, lambda _, limit: sagemaker.linear(limit)),
    ),
    Entry(
        "Kayenta",
        lambda _: Kayenta(),
        Dial("1 - confidence", 0.5, 1e-6, lambda _, doubt: Kayenta(confidence=1.0 - doubt)),
    ),
    Entry(
        "z-test each minute",
        lambda _: ZTest(),
        Dial("significance", 0.2, 1e-9, lambda _, level: ZTest(significance=level)),
    ),
)
ENTRIES = (*BASELINES, TEAL, TEAL_AT_10, TEAL_REFERENCE, TEAL_ADVANCE, ORACLE)
