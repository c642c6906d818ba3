"""Whether the serving deployment's last requests show that it is healthy enough to begin a rollout next to it.

Nothing is created before this is known. Without telemetry the rollout begins anyway.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from shared.core.judge.incident import MOST
from shared.core.observation.observation import EndpointSeen, Observation
from shared.core.observation.spans import floor_minute
from shared.core.phases import Phase
from shared.core.rollout.reasons import Reason, ReasonCode, reason
from shared.core.rollout.record import Rollout
from shared.core.telemetry import Window

WINDOW = timedelta(minutes=5)
LEAST = 10  # requests; fewer show too little


def start_window(rollout: Rollout, endpoint: EndpointSeen, now: datetime) -> Window | None:
    """Return the minutes in which to look at the serving deployment; None unless green is about to be placed."""
    if rollout.phase is not Phase.PROVISIONING or rollout.placement is not None or not endpoint.serving():
        return None
    settled = floor_minute(now - rollout.telemetry_lag)
    return Window(settled - WINDOW, settled)


def blue_failing(blue: str, observation: Observation) -> Reason | None:
    """Return the reason if most of the serving deployment's last requests failed; None if not, or not known."""
    rows = [row for row in observation.serving_minutes or () if row.deployment == blue]
    bad, total = sum(row.bad for row in rows), sum(row.total for row in rows)
    if total < LEAST or bad <= MOST * total:  # there is no calibrated past yet
        return None
    return reason(ReasonCode.BLUE_FAILING_AT_START, deployment=blue, failed=bad, requests=total)
