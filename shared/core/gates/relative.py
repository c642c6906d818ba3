"""Calibration of gates that compare green's bad share with blue's, and optionally with an absolute limit."""

from __future__ import annotations

from shared.core.gates.absolute_limits import with_limits
from shared.core.gates.gate import Calibrated, Gate, Terms
from shared.core.gates.past import Past
from shared.core.gates.samples import CountSample, GateSamples
from shared.core.judge.burstiness import burstiness, lasting
from shared.core.judge.gate_setting import GateSetting
from shared.core.judge.measure import Measure
from shared.core.judge.panel import long_enough, past_rate


def relative_to_blue(
    gate: Gate, sample: CountSample, past: Past, terms: Terms, at_most: float | None = None
) -> Calibrated:
    """Return such a gate's calibration. sample: what it counts. at_most: the share allowed, whatever blue does."""
    bad, total = past.series(sample)
    limits = () if at_most is None else (at_most,)
    setting = GateSetting(
        name=gate.name,
        critical=gate.role == "critical",
        phi=burstiness(bad, total),
        lasting=lasting(bad, total, terms.tuning),
        known=long_enough(total),
        rate=past_rate(bad, total),
        budget=terms.budget,
        measures=with_limits((Measure(),), limits),
    )
    return Calibrated(setting, GateSamples((sample, *[sample for _ in limits]), sample))
