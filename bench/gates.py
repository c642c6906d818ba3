"""What one judged minute costs for each kind of gate, and how large the gate's evidence is on the record.

Run: `python -m bench.gates [ROUNDS]` (half a minute). It measures CPU time, because the machine may be shared: the
median of several rounds over the same 200 minutes, with a panel of one gate. `sample` extracts the counts from
telemetry rows, `judge` is `panel.add_minute` and `verdict.judge`, and `readings` is what an operator sees of the gate.
`of errors` is the ratio to the errors gate, which does not depend on the machine. Bytes are the size of the JSON on the
record after these minutes.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from bench.judge.answers import AnswersWorld
from bench.judge.latencies import Latency
from shared.core.gates import (
    ClientErrorsGate,
    DisagreementGate,
    ErrorsGate,
    Gate,
    LatencyGate,
    LatencyLimit,
    PredictionsGate,
    QueryGate,
)
from shared.core.gates.calibration import Calibration, calibrate, past_of
from shared.core.gates.readings import Thresholds, readings
from shared.core.gates.samples import gate_minute
from shared.core.judge import panel
from shared.core.judge.gate_minute import GateMinute
from shared.core.judge.panel import Evidence, JudgedMinute
from shared.core.judge.verdict import Risk, judge
from shared.core.observation import DeploymentMinute, Tally
from shared.core.policy import JudgeSettings
from shared.json_codec import encode

MINUTES = 200
GOAL_MICROSECONDS, GOAL_BYTES = 50.0, 1280
LIVE = AnswersWorld(10_000, 0.001, refused=0.01, green_refused=0.01, latency=Latency(), shift=0.0, minutes=MINUTES)
MIRRORED = replace(LIVE, disagreement=0.02)
QUERY = QueryGate("orders", "orders.kql")
THRESHOLDS = Thresholds(Risk(), 25)
LIMITS = (LatencyLimit(95.0, 400.0), LatencyLimit(99.0, 800.0))


@dataclass(frozen=True, slots=True)
class Kind:
    """A gate, the judge's settings, and the world. split_classes: split each of the world's classes in two."""

    gate: Gate
    settings: JudgeSettings = field(default_factory=JudgeSettings)
    world: AnswersWorld = LIVE
    split_classes: bool = False

    def rows(self, row: DeploymentMinute) -> DeploymentMinute:
        """Return the row with the query's counts added, and with its classes split if requested."""
        seen = row.predictions or {}
        split = {f"{label}{half}": (count + half) // 2 for label, count in seen.items() for half in (0, 1)}
        tallies = {**row.tallies, QUERY.name: Tally(row.bad, row.total)}
        return replace(row, tallies=tallies, predictions=split if self.split_classes else row.predictions)


KINDS = {
    "errors": Kind(ErrorsGate()),
    "errors, absolute limit too": Kind(ErrorsGate(at_most=0.01)),
    "client errors": Kind(ClientErrorsGate()),
    "latency, histograms": Kind(LatencyGate(role="critical")),
    "latency, two limits too": Kind(LatencyGate(role="critical", at_most=LIMITS)),
    "latency, percentiles": Kind(LatencyGate(role="critical"), JudgeSettings(latency_from="metrics")),
    "predictions, four classes": Kind(PredictionsGate()),
    "predictions, eight classes": Kind(PredictionsGate(), split_classes=True),
    "disagreement": Kind(DisagreementGate(), world=MIRRORED),
    "query": Kind(QUERY),
}


def measure(kind: Kind, rounds: int) -> dict[str, float]:
    """Return one gate's microseconds per minute and bytes."""
    history = kind.world.draw(1)
    past = past_of([kind.rows(row) for row in history.rows()], "blue")
    calibration = calibrate(replace(kind.settings, gates=(kind.gate,)), past)
    rows = [minute.rows for minute in (history.minute(number, 10) for number in range(MINUTES)) if minute.rows]
    pairs = [(kind.rows(green), kind.rows(blue)) for green, blue in rows]
    minutes = [_minute(calibration, *pair) for pair in pairs]
    states = _states(calibration, minutes)
    return {
        "sample": _microseconds(lambda: [_minute(calibration, *pair) for pair in pairs], rounds),
        "judge": _microseconds(lambda: _judged(calibration, minutes), rounds),
        "readings": _microseconds(lambda: [readings(one, calibration, THRESHOLDS) for one in states], rounds),
        "evidence bytes": len(encode(states[-1].gates[0])),
        "reading bytes": len(encode(readings(states[-1], calibration, THRESHOLDS)[0])),
        "frozen setting bytes": len(encode(calibration.panel.gates[0])) + len(encode(calibration.samples[0])),
    }


def _minute(calibration: Calibration, green: DeploymentMinute, blue: DeploymentMinute) -> JudgedMinute:
    seen: GateMinute | None = gate_minute(calibration.samples[0], green, blue)
    return JudgedMinute((seen,), 10, 25, green=green.total, blue=blue.total)


def _states(calibration: Calibration, minutes: Sequence[JudgedMinute]) -> list[Evidence]:
    states = [Evidence()]
    for minute in minutes:
        states.append(panel.add_minute(states[-1], minute, calibration.panel))
    return states[1:]


def _judged(calibration: Calibration, minutes: Sequence[JudgedMinute]) -> None:
    evidence = Evidence()
    for minute in minutes:
        evidence = panel.add_minute(evidence, minute, calibration.panel)
        judge(evidence, calibration.panel, THRESHOLDS.risk, THRESHOLDS.next_weight)


def _microseconds(work: Callable[[], object], rounds: int) -> float:
    """Return the median CPU time per minute, in microseconds."""
    taken = []
    for _ in range(rounds):
        began = time.process_time()
        work()
        taken.append(time.process_time() - began)
    return 1e6 * statistics.median(taken) / MINUTES


def report(rounds: int) -> dict[str, object]:
    """Return the figures of every kind of gate, and which gates miss the goals."""
    found = {name: measure(kind, rounds) for name, kind in KINDS.items()}
    errors = found["errors"]["judge"]
    over = [
        f"{name}: {figures['judge']:.0f} us, {figures['evidence bytes']} bytes"
        for name, figures in found.items()
        if figures["judge"] > GOAL_MICROSECONDS or figures["evidence bytes"] > GOAL_BYTES
    ]
    rows = {
        name: {
            **{key: round(value, 1) for key, value in figures.items()},
            "of errors": round(figures["judge"] / errors, 2),
        }
        for name, figures in found.items()
    }
    return {"microseconds per minute and bytes": rows, "over 50 us or 1.25 KB": over}


if __name__ == "__main__":
    print(json.dumps(report(int(sys.argv[1]) if len(sys.argv) > 1 else 31), indent=1))
