"""What must be looked at before a rollout can be decided, beyond the endpoint itself. Pure; it never looks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from shared.core.minutes import floor_minute
from shared.core.observation import EndpointSeen, Provisioning
from shared.core.phases import Phase
from shared.core.policy import SmokeStep
from shared.core.rollout import Rollout

WATCHED = frozenset({Phase.STEPPING, Phase.PAUSED, Phase.PROMOTING})


@dataclass(frozen=True, slots=True)
class Window:
    """A span of whole minutes: from `since` up to, but without, `until`."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Questions:
    """minutes: telemetry not yet judged. history: blue's past. smoke: a test to run. logs: green's last log lines.

    autoscale: which deployments have autoscale settings.
    """

    minutes: Window | None = None
    history: Window | None = None
    smoke: SmokeStep | None = None
    logs: bool = False
    autoscale: bool = False


def questions(rollout: Rollout, endpoint: EndpointSeen | None, now: datetime) -> Questions:
    """Return what else to look at, given what the endpoint looks like."""
    if endpoint is None or not rollout.open:
        return Questions()
    settled = floor_minute(now - rollout.policy.judge.telemetry_lag)
    green = endpoint.deployments.get(rollout.green)
    broken = green is not None and green.state in {Provisioning.FAILED, Provisioning.CANCELED}
    return Questions(
        minutes=_minutes(rollout, settled),
        history=_history(rollout, settled),
        smoke=_smoke(rollout, endpoint),
        logs=broken and rollout.phase is Phase.PROVISIONING,
        autoscale=_autoscale(rollout, endpoint),
    )


def _minutes(rollout: Rollout, settled: datetime) -> Window | None:
    if rollout.phase not in WATCHED or rollout.judged_until is None or rollout.judged_until >= settled:
        return None
    return Window(rollout.judged_until, settled)


def _history(rollout: Rollout, settled: datetime) -> Window | None:
    if rollout.calibration is not None or rollout.phase not in WATCHED:
        return None
    return Window(settled - rollout.policy.judge.history, settled)


def _smoke(rollout: Rollout, endpoint: EndpointSeen) -> SmokeStep | None:
    step = rollout.current_step
    due = rollout.phase is Phase.STEPPING and isinstance(step, SmokeStep) and rollout.smoke is None
    return step if due and isinstance(step, SmokeStep) and endpoint.ready(rollout.green) else None


def _autoscale(rollout: Rollout, endpoint: EndpointSeen) -> bool:
    beside = rollout.phase is Phase.STEPPING and rollout.blue is not None and not endpoint.kubernetes
    return beside and rollout.policy.capacity.autoscale and rollout.autoscale != "done"
