"""How the judge is set for a replay: as the record says, if that fits the policy; otherwise by blue's recorded minutes.

It must never mix the two, and must say which it was.
"""

from __future__ import annotations

import math

from cli.simulate.recording import Recording
from shared.core.gates import DisagreementGate, Gate, LatencyGate, QueryGate
from shared.core.gates.calibration import Calibration, calibrate, past_of
from shared.core.policy import JudgeSettings

UNSAID = "the record does not say how the judge was set, so it is set from blue's recorded minutes"
OTHERS = "recorded under other gates, so the judge is set from blue's recorded minutes"


def calibration_of(recording: Recording, settings: JudgeSettings) -> tuple[Calibration, str]:
    """Return how the judge is set, and a note for people if that is not as the record says."""
    recorded = recording.record.calibration
    if recorded is not None and _fits(recorded, settings):
        return recorded, ""
    rows = [row for by_name in recording.minutes.values() for row in by_name.values()]
    unknown = {gate.name: "the record has none of it" for gate in settings.gates if not _known(gate, recording)}
    found = calibrate(settings, past_of(rows, recording.blue), unknown)
    return found, UNSAID if recorded is None else OTHERS


def _fits(recorded: Calibration, settings: JudgeSettings) -> bool:
    """Say whether the same gates had the same roles and parts of the risk (thresholds and budgets are the record's)."""
    judged = [gate for gate in settings.gates if gate.name not in recorded.unjudged]
    whole = sum(gate.weight for gate in judged if gate.role != "dry_run")
    wanted = {
        gate.name: (gate.role == "critical", 0.0 if gate.role == "dry_run" else gate.weight / whole) for gate in judged
    }
    found = {gate.name: (gate.critical, gate.share) for gate in recorded.panel.gates}
    return wanted.keys() == found.keys() and all(
        critical == found[name][0] and math.isclose(share, found[name][1], abs_tol=1e-9)
        for name, (critical, share) in wanted.items()
    )


def _known(gate: Gate, recording: Recording) -> bool:
    """Say whether the record has anything that such a gate is judged by."""
    rows = [row for by_name in recording.minutes.values() for row in by_name.values()]
    match gate:
        case QueryGate() | DisagreementGate():
            return any(gate.name in row.tallies for row in rows)
        case LatencyGate():
            return any(row.slowness is not None or row.percentiles is not None for row in rows)
        case _:
            return True
