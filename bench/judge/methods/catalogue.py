"""Every judge of failures by name, with its documented defaults and the one setting that is tuned to match it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from bench.judge.methods import sagemaker
from bench.judge.methods.argo import Argo
from bench.judge.methods.common_loop import CommonLoop
from bench.judge.methods.flagger import Flagger
from bench.judge.methods.kayenta import Kayenta
from bench.judge.methods.oracle import Oracle
from bench.judge.methods.teal import WEIGHTS, teal, weight_steps
from bench.judge.methods.z_test import ZTest
from bench.judge.minute import Judge
from bench.judge.simulation import Method, Truth
from shared.core.gates import ErrorsGate
from shared.core.judge.tuning import REFERENCE
from shared.core.judge.verdict import Risk
from shared.core.policy import JudgeSettings

DAY = 1440  # minutes


@dataclass(frozen=True, slots=True)
class Dial:
    """A method's tunable threshold. lax, strict: the ends of its range; the strict end rolls back least."""

    lax: float
    strict: float
    build: Callable[[Truth, float], Judge]

    def at(self, position: float) -> float:
        """Return the setting at this position, 0 (lax) to 1 (strict), on a logarithmic scale."""
        return math.exp(math.log(self.lax) * (1.0 - position) + math.log(self.strict) * position)

    def method(self, setting: float) -> Method:
        """Return the method with this setting."""
        return lambda truth: self.build(truth, setting)


@dataclass(frozen=True, slots=True)
class Entry:
    """One method: its name, its factory with defaults, and its dial (None for the oracle and for variants)."""

    name: str
    default: Method
    dial: Dial | None = None


FROM_10 = weight_steps(WEIGHTS[1:])
IMPATIENT = JudgeSettings(gates=(ErrorsGate(),), inconclusive="advance")


def _impatient_teal(truth: Truth, risk: float) -> Judge:
    return teal(replace(IMPATIENT, risk=Risk(rollback=risk)))(truth)


ORACLE = Entry("Oracle (SPRT)", lambda truth: Oracle(truth.blue, truth.green))
TEAL = Entry("Teal", teal())
TEAL_AT_10 = Entry("Teal, from 10 %", teal(steps=FROM_10))
TEAL_REFERENCE = Entry("Teal, reference", teal(steps=FROM_10, tuning=REFERENCE))
TEAL_IMPATIENT = Entry(
    "Teal, impatient",
    teal(IMPATIENT),
    Dial(0.9, 1e-6, _impatient_teal),
)
BASELINES = (
    Entry(
        "Common loop",
        lambda _: CommonLoop(),
        Dial(1e-5, 0.6, lambda _, limit: CommonLoop(threshold=limit)),
    ),
    Entry(
        "Flagger, 5 checks",
        lambda _: Flagger(),
        Dial(1e-5, 0.6, lambda _, limit: Flagger(success_rate=1.0 - limit)),
    ),
    Entry("Flagger, 10 checks", lambda _: Flagger(threshold=10)),
    Entry(
        "Argo",
        lambda _: Argo(),
        Dial(1e-5, 0.6, lambda _, limit: Argo(success=1.0 - limit)),
    ),
    Entry("Argo, inconclusive", lambda _: Argo(failure=0.95)),
    Entry(
        "SageMaker canary",
        lambda _: sagemaker.canary(),
        Dial(1e-5, 0.6, lambda _, limit: sagemaker.canary(limit)),
    ),
    Entry(
        "SageMaker linear",
        lambda _: sagemaker.linear(),
        Dial(1e-5, 0.6, lambda _, limit: sagemaker.linear(limit)),
    ),
    Entry(
        "Kayenta",
        lambda _: Kayenta(),
        Dial(0.5, 1e-6, lambda _, doubt: Kayenta(confidence=1.0 - doubt)),
    ),
    Entry(
        "z-test each minute",
        lambda _: ZTest(),
        Dial(0.2, 1e-9, lambda _, level: ZTest(significance=level)),
    ),
)
FAILURES = (*BASELINES, TEAL, TEAL_AT_10, TEAL_REFERENCE, TEAL_IMPATIENT, ORACLE)
WATCHES = (
    Entry("SageMaker canary", lambda _: sagemaker.canary(watch=60)),
    Entry("SageMaker canary, a day", lambda _: sagemaker.canary(watch=DAY)),
    Entry("Teal", teal(steps=weight_steps(bake=DAY))),
)
