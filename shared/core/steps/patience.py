"""Checks a policy's patience against the minimum time for a verdict and the step's deadline."""

from __future__ import annotations

from datetime import timedelta

from shared.core.schema.findings import Part
from shared.core.schema.times import MINUTE, spell


def check_patience(part: Part, patience: timedelta | None, settled: int | None, keys: tuple[str, ...]) -> None:
    """Compare patience with the time that a verdict needs (settled minutes, log lag) and with the step's deadline.

    keys: the paths of the keys where a problem can be reported; the first that is in the file is used.
    """
    lag, deadline, written = part.find("telemetry.lag"), part.find("deadlines.step"), part.findings.written
    if patience is None or settled is None:
        return
    if lag is not None and patience < settled * MINUTE + lag + MINUTE:
        part.findings.add(
            written(*(key for key in keys if key != "deadlines.step")),
            f"patience of {spell(patience)} runs out before any verdict; with {settled} settled minutes and a lag of "
            f"{spell(lag)} the first one comes after {spell(settled * MINUTE + lag + MINUTE)}",
        )
    if deadline is not None and patience >= deadline:
        part.findings.add(
            written(*(key for key in keys if key not in {"telemetry.lag", "judge.settled_minutes"})),
            f"patience of {spell(patience)} must be shorter than deadlines.step, {spell(deadline)}; "
            "otherwise a quiet endpoint is rolled back",
        )
