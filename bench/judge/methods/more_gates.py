"""The methods of the worlds in which more than failures is known, by name. It must never turn a dial.

What each asks of latency or predictions is what its own documents propose; nobody but Teal has a gate for predictions.
"""

from __future__ import annotations

from collections.abc import Callable

from bench.judge.methods import sagemaker, sight
from bench.judge.methods.catalogue import Entry, teal_of_errors
from bench.judge.methods.chi_square import ChiSquare
from bench.judge.methods.common_loop import CommonLoop
from bench.judge.methods.flagger import Flagger
from bench.judge.methods.kayenta import Kayenta, slow_answers
from bench.judge.methods.mirror_alarm import MirrorAlarm
from bench.judge.methods.teal import Teal
from bench.judge.simulation import Method
from shared.core.gates import ClientErrorsGate, DisagreementGate, ErrorsGate, Gate, LatencyGate, PredictionsGate
from shared.core.policy import JudgeSettings

FLAGGER_MILLISECONDS = 500.0
COMMON_SLOWER = 1.5
MIRROR = 10
MIRROR_MINUTES = 60
DAY = 1440
METRICS = JudgeSettings(latency_from="metrics")
CRITICAL = JudgeSettings(gates=(ErrorsGate(), LatencyGate(role="critical")))
LAX = JudgeSettings(gates=(ErrorsGate(), LatencyGate(worse_than=1.5)))


def _teal(settings: JudgeSettings) -> Method:
    return lambda truth: Teal(sight.of_gates(truth.rows(), settings), settings)


def _gates(*gates: Gate) -> Method:
    return _teal(JudgeSettings(gates=gates))


def _mirroring(*gates: Gate) -> Method:
    settings = JudgeSettings(gates=gates)
    return lambda truth: Teal(
        sight.of_gates(truth.rows(), settings, mirror=True), settings, (MIRROR,), bake=MIRROR_MINUTES
    )


LAX_LATENCY = Entry("Teal, margin 1.5", _teal(LAX))
LATENCY = (
    Entry("Common loop", lambda _: CommonLoop(slower_than=COMMON_SLOWER)),
    Entry("Flagger, 5 checks", lambda _: Flagger(duration=FLAGGER_MILLISECONDS)),
    Entry("Kayenta", lambda _: Kayenta(metric=slow_answers)),
    Entry("Teal", _teal(JudgeSettings())),
    Entry("Teal, latency critical", _teal(CRITICAL)),
    LAX_LATENCY,
    Entry("Teal, from metrics", _teal(METRICS)),
)
PREDICTIONS = (
    Entry("Chi-square each minute", lambda _: ChiSquare()),
    Entry("Teal", _gates(ErrorsGate(), PredictionsGate())),
)
DISAGREEMENTS = (
    Entry("Alarm over 5 %", lambda _: MirrorAlarm()),
    Entry("Teal", _mirroring(ErrorsGate(), DisagreementGate())),
)
PANELS = (
    Entry("Teal, errors", _gates(ErrorsGate())),
    Entry("Teal, errors and latency", _teal(JudgeSettings())),
    Entry("Teal, client errors too", _gates(ErrorsGate(), LatencyGate(), ClientErrorsGate())),
    Entry("Teal, predictions too", _gates(ErrorsGate(), LatencyGate(), ClientErrorsGate(), PredictionsGate())),
)


def _watching(build: Callable[[int], sagemaker.SageMaker], minutes: int) -> Method:
    return lambda _: build(minutes)


WATCHES = (
    Entry("SageMaker canary", _watching(lambda minutes: sagemaker.canary(watch=minutes), 60)),
    Entry("SageMaker canary, a day", _watching(lambda minutes: sagemaker.canary(watch=minutes), DAY)),
    Entry("Teal", lambda truth: teal_of_errors(truth.past(), JudgeSettings(), bake=DAY)),
)
