"""What must be observed before a rollout can be decided on, beyond the endpoint itself. Nothing is read here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from shared.core.gates.recipes import Gate
from shared.core.observation.observation import EndpointSeen, Provisioning
from shared.core.observation.spans import floor_minute
from shared.core.phases import Phase
from shared.core.policy.policy import Source
from shared.core.rollout.record import Rollout
from shared.core.steps.smoke import SmokeStep

FINE_HISTORY = timedelta(hours=1)
LONGEST = timedelta(hours=6)  # per reconcile, so that the answer is not truncated
WATCHED = frozenset({Phase.STEPPING, Phase.PAUSED, Phase.PROMOTING})


@dataclass(frozen=True, slots=True)
class Window:
    """A span of whole minutes: from `since` up to, but without, `until`."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class TelemetryQuery:
    """What is wanted of each minute of a window.

    deployments: those whose predictions are wanted, blue first if there is one. fine_since: latency and predictions
    are wanted from here on only (None: of the whole window). mirrored: green gets copies of blue's requests.
    retries: whether a request that its caller tried again counts each time or once.
    """

    window: Window
    gates: tuple[Gate, ...] = ()
    errors_from: Source = "logs"
    latency_from: Source = "logs"
    deployments: tuple[str, ...] = ()
    fine_since: datetime | None = None
    mirrored: bool = False
    retries: Literal["each", "once"] = "each"

    @property
    def fine(self) -> Window:
        """The part of the window of which latency and predictions are wanted."""
        return Window(max(self.fine_since or self.window.since, self.window.since), self.window.until)


@dataclass(frozen=True, slots=True)
class ObservationPlan:
    """minutes: telemetry not yet judged. history: blue's past. smoke: a test to run. logs: green's last log lines.

    autoscale: which deployments have autoscale settings.
    """

    minutes: TelemetryQuery | None = None
    history: TelemetryQuery | None = None
    smoke: SmokeStep | None = None
    logs: bool = False
    autoscale: bool = False


def plan_observation(rollout: Rollout, endpoint: EndpointSeen | None, now: datetime) -> ObservationPlan:
    """Return what else to observe, given the state of the endpoint."""
    if endpoint is None or not rollout.open:
        return ObservationPlan()
    settled = floor_minute(now - rollout.policy.judge.telemetry_lag)
    green = endpoint.deployments.get(rollout.green)
    broken = green is not None and green.state in {Provisioning.FAILED, Provisioning.CANCELED}
    return ObservationPlan(
        minutes=_minutes(rollout, settled),
        history=_history(rollout, settled),
        smoke=_smoke(rollout, endpoint),
        logs=broken and rollout.phase is Phase.PROVISIONING,
        autoscale=_autoscale(rollout, endpoint),
    )


def _minutes(rollout: Rollout, settled: datetime) -> TelemetryQuery | None:
    if rollout.phase not in WATCHED or rollout.judged_until is None or rollout.judged_until >= settled:
        return None
    return _asked(rollout, Window(rollout.judged_until, min(settled, rollout.judged_until + LONGEST)))


def _history(rollout: Rollout, settled: datetime) -> TelemetryQuery | None:
    if rollout.calibration is not None or rollout.phase not in WATCHED:
        return None
    asked = _asked(rollout, Window(settled - rollout.policy.judge.history, settled))
    return replace(asked, fine_since=settled - FINE_HISTORY, deployments=asked.deployments[:-1])


def _asked(rollout: Rollout, window: Window) -> TelemetryQuery:
    judge = rollout.policy.judge
    beside = (rollout.blue,) if rollout.blue else ()
    return TelemetryQuery(
        window,
        judge.gates,
        judge.errors_from,
        judge.latency_from,
        (*beside, rollout.green),
        mirrored=rollout.mirror > 0,
        retries=judge.retries,
    )


def _smoke(rollout: Rollout, endpoint: EndpointSeen) -> SmokeStep | None:
    step = rollout.current_step
    due = rollout.phase is Phase.STEPPING and isinstance(step, SmokeStep) and rollout.smoke is None
    return step if due and isinstance(step, SmokeStep) and endpoint.ready(rollout.green) else None


def _autoscale(rollout: Rollout, endpoint: EndpointSeen) -> bool:
    beside = rollout.phase is Phase.STEPPING and rollout.blue is not None and not endpoint.kubernetes
    return beside and rollout.policy.capacity.autoscale and rollout.autoscale != "done"
