"""The judge's calibration for a replay: the recorded one if it fits the policy, else one from blue's recorded minutes.

Never a mixture of the two; the result says which one it is.
"""

from __future__ import annotations

import math

from cli.simulate.recording import Recording
from shared.core.gates.calibration import Calibration, calibrate, past_of
from shared.core.policy import JudgeSettings

NOT_RECORDED = "the record has no calibration, so the judge is calibrated from blue's recorded minutes"
OTHER_GATES = "recorded with other gates, so the judge is calibrated from blue's recorded minutes"


def calibration_of(recording: Recording, settings: JudgeSettings) -> tuple[Calibration, str]:
    """Return the calibration, and a note for the reader if it is not the recorded one."""
    recorded = recording.record.calibration
    if recorded is not None and _fits(recorded, settings):
        return recorded, ""
    rows = [row for by_name in recording.minutes.values() for row in by_name.values()]
    unknown = {
        gate.name: "the record has no data for it" for gate in settings.gates if not any(map(gate.recorded, rows))
    }
    found = calibrate(settings, past_of(rows, recording.blue), unknown)
    return found, NOT_RECORDED if recorded is None else OTHER_GATES


def _fits(recorded: Calibration, settings: JudgeSettings) -> bool:
    """Return whether the same gates had the same roles and shares of the risk (thresholds are always the record's)."""
    judged = [gate for gate in settings.gates if gate.name not in recorded.unjudged]
    whole = sum(gate.rollback_weight for gate in judged)
    wanted = {gate.name: (gate.role == "critical", gate.rollback_weight / whole) for gate in judged}
    found = {gate.name: (gate.critical, gate.share) for gate in recorded.panel.gates}
    return wanted.keys() == found.keys() and all(
        critical == found[name][0] and math.isclose(share, found[name][1], abs_tol=1e-9)
        for name, (critical, share) in wanted.items()
    )
