"""The bench of the gates measures every kind, and the evidence of those in ready policies fits on the record."""

from __future__ import annotations

import pytest

from bench.gates import GOAL_BYTES, KINDS, measure

READY = [name for name in KINDS if "too" not in name]


@pytest.mark.parametrize("name", READY)
def test_evidence_fits_on_the_record(name: str) -> None:
    """After 200 minutes a gate's evidence is at most a kilobyte of JSON, and every step of a minute was timed."""
    figures = measure(KINDS[name], rounds=1)
    assert 100 < figures["evidence bytes"] <= GOAL_BYTES
    assert min(figures[step] for step in ("sample", "judge", "readings")) > 0
