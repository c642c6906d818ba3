"""The methods for worlds with more telemetry than failures, by name.

Each checks latency or predictions as its own documentation suggests. Only Teal has a gate for predictions.
"""

from __future__ import annotations

from bench.judge.methods.catalogue import Entry
from bench.judge.methods.chi_square import ChiSquare
from bench.judge.methods.common_loop import CommonLoop
from bench.judge.methods.flagger import Flagger
from bench.judge.methods.kayenta import Kayenta, slow_answers
from bench.judge.methods.mirror_alarm import MirrorAlarm
from bench.judge.methods.teal import MINUTE, teal
from bench.judge.simulation import Method
from shared.core.gates import ClientErrorsGate, DisagreementGate, ErrorsGate, Gate, LatencyGate, PredictionsGate
from shared.core.policy import JudgeSettings
from shared.core.steps import MirrorStep

FLAGGER_MILLISECONDS = 500.0
COMMON_SLOWER = 1.5
MIRROR = 10  # percent
MIRROR_MINUTES = 60


def _teal(*gates: Gate) -> Method:
    return teal(JudgeSettings(gates=gates))


def _mirroring_teal(*gates: Gate) -> Method:
    return teal(JudgeSettings(gates=gates), (MirrorStep(MIRROR, duration=MIRROR_MINUTES * MINUTE),))


LAX_LATENCY = Entry("Teal, margin 1.5", _teal(ErrorsGate(), LatencyGate(worse_than=1.5)))
LATENCY = (
    Entry("Common loop", lambda _: CommonLoop(slower_than=COMMON_SLOWER)),
    Entry("Flagger, 5 checks", lambda _: Flagger(duration=FLAGGER_MILLISECONDS)),
    Entry("Kayenta", lambda _: Kayenta(metric=slow_answers)),
    Entry("Teal", teal(JudgeSettings())),
    Entry("Teal, latency critical", _teal(ErrorsGate(), LatencyGate(role="critical"))),
    LAX_LATENCY,
    Entry("Teal, from metrics", teal(JudgeSettings(latency_from="metrics"))),
)
PREDICTIONS = (
    Entry("Chi-square each minute", lambda _: ChiSquare()),
    Entry("Teal", _teal(ErrorsGate(), PredictionsGate())),
)
DISAGREEMENTS = (
    Entry("Alarm over 5 %", lambda _: MirrorAlarm()),
    Entry("Teal", _mirroring_teal(ErrorsGate(), DisagreementGate())),
)
PANELS = (
    Entry("Teal, errors", _teal(ErrorsGate())),
    Entry("Teal, errors and latency", teal(JudgeSettings())),
    Entry("Teal, client errors too", _teal(ErrorsGate(), LatencyGate(), ClientErrorsGate())),
    Entry("Teal, predictions too", _teal(ErrorsGate(), LatencyGate(), ClientErrorsGate(), PredictionsGate())),
)
