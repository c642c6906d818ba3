"""What must be observed, beyond the endpoint itself, before deciding on a rollout. Nothing is read here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.core.observation.observation import EndpointSeen, Provisioning
from shared.core.observation.spans import MINUTE, floor_minute
from shared.core.phases import Phase
from shared.core.reconcile import autoscaling, gaps, probing, regrowing
from shared.core.reconcile.blue_at_start import start_window
from shared.core.reconcile.rereading import recountable
from shared.core.reconcile.serving import serving_window
from shared.core.reconcile.silence import silent_since
from shared.core.reconcile.sizing import Sizing, sizing
from shared.core.rollout.record import Rollout
from shared.core.steps.smoke import SmokeStep
from shared.core.telemetry import Requests, TelemetryQuery, Window

__all__ = ["FINE_HISTORY", "LONGEST", "ObservationPlan", "TelemetryQuery", "Window", "plan_observation", "requests_to"]

FINE_HISTORY = timedelta(hours=1)
LONGEST = timedelta(hours=6)  # per reconcile, so that the answer is not truncated
WATCHED = frozenset({Phase.STEPPING, Phase.PAUSED, Phase.PROMOTING})


@dataclass(frozen=True, slots=True)
class ObservationPlan:
    """What else to observe.

    minutes: telemetry not yet judged. history: blue's past. smoke: a test to run. logs: green's last log lines.
    autoscale: which deployments have autoscale settings. path: how requests get into telemetry, if the history does not
    prove that they do. serving: the last minutes of the deployment that serves after the end. probe: a deployment that
    must answer the smoke requests before it serves. start: the last minutes of the serving deployment before anything
    starts. sizing: the size of the green that is about to be created, if the quota must have room for it.
    """

    minutes: TelemetryQuery | None = None
    history: TelemetryQuery | None = None
    smoke: SmokeStep | None = None
    logs: bool = False
    autoscale: bool = False
    path: bool = False
    serving: TelemetryQuery | None = None
    probe: str | None = None
    start: TelemetryQuery | None = None
    sizing: Sizing | None = None


def plan_observation(rollout: Rollout, endpoint: EndpointSeen | None, now: datetime) -> ObservationPlan:
    """Return what else to observe, given the state of the endpoint."""
    settled = floor_minute(now - rollout.telemetry_lag)
    if endpoint is None or not rollout.open:
        rereads = rollout.phase is Phase.PROMOTED
        return ObservationPlan(
            minutes=_reread(rollout) if rereads else None,
            serving=_serving(rollout, now),
            autoscale=endpoint is not None and _autoscale(rollout, endpoint, now),
        )
    green = endpoint.deployments.get(rollout.green)
    broken = green is not None and green.state in {Provisioning.FAILED, Provisioning.CANCELED}
    return ObservationPlan(
        minutes=_minutes(rollout, settled),
        history=_history(rollout, settled),
        smoke=_smoke(rollout, endpoint),
        logs=broken and rollout.phase is Phase.PROVISIONING,
        autoscale=_autoscale(rollout, endpoint, now),
        path=_path(rollout, now),
        probe=probing.to_probe(rollout, endpoint, now),
        serving=_serving(rollout, now),
        start=_start(rollout, endpoint, now),
        sizing=sizing(rollout, endpoint),
    )


def _autoscale(rollout: Rollout, endpoint: EndpointSeen, now: datetime) -> bool:
    return autoscaling.to_observe(rollout, endpoint, now) or regrowing.to_observe(rollout, endpoint)


def _path(rollout: Rollout, now: datetime) -> bool:
    unproven = rollout.phase is Phase.STEPPING and not rollout.telemetry_proven
    return unproven or silent_since(rollout, now) is not None


def _minutes(rollout: Rollout, settled: datetime) -> TelemetryQuery | None:
    """Return the query for minutes not judged yet and for recently judged counts, in case rows arrived late."""
    until = rollout.judging.judged_until
    watched = rollout.phase in WATCHED
    if until is None or not (watched or probing.is_withheld(rollout)):  # any other rollback must not wait for telemetry
        return None
    if watched and rollout.rereading.recheck is not None:
        return _reread(rollout)
    if until >= settled:
        return None
    recent = until - len(rollout.rereading.recent) * MINUTE
    fine = min(until, gaps.first(rollout) or until)  # what was missing then may be there now
    return replace(_asked(rollout, Window(recent, min(settled, until + LONGEST))), fine_since=fine)


def _serving(rollout: Rollout, now: datetime) -> TelemetryQuery | None:
    """Return the query for the serving deployment: its requests, and what the alarms of gates count."""
    window = serving_window(rollout, now)
    if window is None:
        return None
    asked, watched = _asked(rollout, window), rollout.alarms.gates if rollout.alarms is not None else {}
    return replace(asked, needs={name: need for name, need in asked.needs.items() if name in watched}, mirrored=False)


def _start(rollout: Rollout, endpoint: EndpointSeen, now: datetime) -> TelemetryQuery | None:
    window, serving = start_window(rollout, endpoint, now), endpoint.serving()
    if window is None or serving is None:
        return None
    return requests_to(serving, rollout, window)


def requests_to(deployment: str, rollout: Rollout, window: Window) -> TelemetryQuery:
    """Return the query for the requests to one deployment, as this rollout's policy reads them."""
    return replace(_asked(rollout, window), needs={}, mirrored=False, deployments=(deployment,))


def _reread(rollout: Rollout) -> TelemetryQuery | None:
    """Return the query for the next part of a recheck since green's first minute, for gates that can be rejudged."""
    recheck, until = rollout.rereading.recheck, rollout.judging.judged_until
    if recheck is None or until is None:
        return None
    asked = _asked(rollout, Window(recheck.until, min(until, recheck.until + LONGEST)))
    return replace(asked, needs={name: asked.needs[name] for name in recountable(rollout)})


def _history(rollout: Rollout, settled: datetime) -> TelemetryQuery | None:
    if rollout.judging.calibration is not None or rollout.phase not in WATCHED:
        return None
    asked = _asked(rollout, Window(settled - rollout.policy.judge.history, settled))
    return replace(asked, fine_since=settled - FINE_HISTORY, deployments=asked.deployments[:-1])


def _asked(rollout: Rollout, window: Window) -> TelemetryQuery:
    judge = rollout.policy.judge
    beside = (rollout.blue,) if rollout.blue else ()
    return TelemetryQuery(
        window,
        requests=Requests(judge.errors_from, once=judge.retries == "once"),
        needs={gate.name: gate.needs(judge) for gate in judge.gates},
        deployments=(*beside, rollout.green),
        mirrored=rollout.traffic.mirror > 0,
    )


def _smoke(rollout: Rollout, endpoint: EndpointSeen) -> SmokeStep | None:
    step = rollout.current_step
    due = rollout.phase is Phase.STEPPING and isinstance(step, SmokeStep) and rollout.progress.smoke is None
    return step if due and isinstance(step, SmokeStep) and endpoint.ready(rollout.green) else None
