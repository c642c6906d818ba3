"""Read operations: lists of rollouts, an endpoint, one rollout, the halt."""

from __future__ import annotations

from datetime import datetime, timedelta

from functions import inputs
from functions.lookup import known_endpoint, workspace_of
from functions.requests import Call, not_found
from shared.core.endpoint_id import EndpointId
from shared.core.rollout import Rollout
from shared.core.rollout.pointers import Wanted
from shared.listing import page
from shared.ports import Halt, Stored
from shared.views import (
    EndpointView,
    HaltView,
    PageView,
    RolloutDetailView,
    RolloutView,
    halt_view,
    rollout_detail_view,
    rollout_view,
)
from shared.wiring import app

MOST_ENTRIES = 500
MOST_HALTS = 100
MINUTE = timedelta(minutes=1)


def list_rollouts(call: Call) -> PageView:
    """List rollouts, newest first across all workspaces and endpoints."""
    wanted = Wanted(
        workspace=workspace_of(call) if call.query(inputs.WORKSPACE) else None,
        endpoint=call.query(inputs.ENDPOINT_FILTER).lower() or None,
        model=call.query(inputs.MODEL_FILTER) or None,
        since=call.query(inputs.SINCE),
        phase=call.query(inputs.PHASE_FILTER),
        open=call.query(inputs.OPEN),
    )
    found = page(app().store, wanted, call.query(inputs.CONTINUATION), call.query(inputs.LIMIT))
    return PageView(tuple(rollout_view(rollout) for rollout in found.rollouts), found.position)


def show(call: Call) -> EndpointView:
    """Show an endpoint with its open rollouts."""
    endpoint = known_endpoint(call)
    record = app().store.record(endpoint).value

    def named(rollout: str | None) -> RolloutView | None:
        stored = app().store.rollout(endpoint, rollout) if rollout else None
        return rollout_view(stored.value) if stored else None

    return EndpointView(endpoint.workspace, endpoint.name, named(record.current), named(record.waiting))


def show_rollout(call: Call) -> RolloutDetailView:
    """Show one rollout with its history, and with the telemetry of some minutes."""
    endpoint = known_endpoint(call)
    rollout = _stored(call, endpoint).value
    since, until = _span(call, rollout)
    store, evidence = app().store, call.query(inputs.EVIDENCE)
    return rollout_detail_view(
        rollout,
        history=store.history(endpoint, rollout.id, max(0, rollout.entry_count - MOST_ENTRIES)),
        minutes=store.kept_minutes(rollout.id, since, until),
        evidence=store.kept_judgements(rollout.id, since, until) if evidence else None,
    )


def show_halt(call: Call) -> HaltView:
    """Show whether all rollouts are halted."""
    del call
    return halts(app().store.halt())


def halts(newest: Halt | None) -> HaltView:
    """Return the halt in force, if any, with the newest entries of the history of halts."""
    return halt_view(newest, app().store.halt_history(MOST_HALTS))


def _stored(call: Call, endpoint: EndpointId) -> Stored[Rollout]:
    name = call.part(inputs.ROLLOUT)
    found = app().store.rollout(endpoint, name)
    if found is None:
        raise not_found(f"{endpoint} has no rollout {name!r}", "rollout")
    return found


def _span(call: Call, rollout: Rollout) -> tuple[datetime, datetime | None]:
    """Return the start and the end (None: up to the newest) of the minutes to show."""
    before, minutes = call.query(inputs.BEFORE), call.query(inputs.MINUTES)
    end = before or rollout.judging.judged_until or rollout.created
    try:
        since = end - minutes * MINUTE
    except OverflowError:  # the first day of the calendar
        since = end
    return since, before if minutes else since
