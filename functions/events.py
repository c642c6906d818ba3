"""When a model is registered: the Event Grid trigger. Decides nothing; raises only what a redelivery may mend."""

from __future__ import annotations

import azure.functions as func

from shared.wiring import app

events = func.Blueprint()


@events.function_name("model_registered")
@events.event_grid_trigger(arg_name="event")
def model_registered(event: func.EventGridEvent) -> None:
    """Take in one event. Event Grid sends it again if this raises, and never after it returned."""
    try:
        data: object = event.get_json()
    except ValueError:
        data = None
    app().intake.event(*_envelope(event), event.id, data)


def _envelope(event: func.EventGridEvent | func.CloudEvent) -> tuple[str, str, str]:
    """Return type, subject and topic. The trigger hands over either schema, whatever the annotation says."""
    if isinstance(event, func.EventGridEvent):
        return event.event_type, event.subject, event.topic
    return event.type, event.subject or "", event.source
