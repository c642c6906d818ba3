"""`bench.gates` measures every kind of gate, and the evidence of those without absolute limits fits on the record."""

from __future__ import annotations

import pytest

from bench.gates import GOAL_BYTES, KINDS, measure

WITHOUT_LIMITS = [name for name in KINDS if "too" not in name]


@pytest.mark.parametrize("name", WITHOUT_LIMITS)
def test_evidence_fits_on_the_record(name: str) -> None:
    """After 200 minutes a gate's evidence is at most 1.25 kilobytes of JSON, and every part of a minute is timed."""
    figures = measure(KINDS[name], rounds=1)
    assert 100 < figures["evidence bytes"] <= GOAL_BYTES
    assert min(figures[step] for step in ("sample", "judge", "readings")) > 0
