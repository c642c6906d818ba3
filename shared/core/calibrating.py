"""Alias of `shared.core.gates.calibration`, kept for scripts that use the old name."""

from shared.core.gates.calibration import Calibration, Past, calibrate, past_of

__all__ = ["Calibration", "Past", "calibrate", "past_of"]
