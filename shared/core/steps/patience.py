"""How long evidence may take, against what a verdict needs at least and what the step's deadline allows."""

from __future__ import annotations

from datetime import timedelta

from shared.core.schema.findings import Part
from shared.core.schema.times import MINUTE, spell


def check_patience(part: Part, patience: timedelta | None, settled: int | None, keys: tuple[str, ...]) -> None:
    """Compare patience with what a verdict needs (settled minutes, the lag of the logs) and with the step's deadline.

    keys: the paths of the keys that a problem may be reported at; the first that is written is taken.
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
