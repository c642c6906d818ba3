"""The Event Grid trigger, for registered models. Decides nothing; raises only errors that redelivery may fix."""

from __future__ import annotations

from datetime import UTC, datetime

import azure.functions as func

from shared.wiring import app

events = func.Blueprint()


@events.function_name("model_registered")
@events.event_grid_trigger(arg_name="event")
def model_registered(event: func.EventGridEvent) -> None:
    """Process one event. Event Grid redelivers it if this raises, but never once it has returned."""
    try:
        data: object = event.get_json()
    except ValueError:
        data = None
    app().intake.event(*_envelope(event), event.id, data, at=_time(event))


def _envelope(event: func.EventGridEvent | func.CloudEvent) -> tuple[str, str, str]:
    """Return type, subject and topic. The trigger passes either schema, whatever the annotation says."""
    if isinstance(event, func.EventGridEvent):
        return event.event_type, event.subject, event.topic
    return event.type, event.subject or "", event.source


def _time(event: func.EventGridEvent | func.CloudEvent) -> datetime | None:
    """Return when the event happened, in either schema; a redelivery keeps it."""
    moment = event.event_time if isinstance(event, func.EventGridEvent) else event.time
    return moment if moment is None or moment.tzinfo else moment.replace(tzinfo=UTC)
