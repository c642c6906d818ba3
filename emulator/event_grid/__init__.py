"""Event Grid with one subscription: delivers events to a function host's webhook as Azure does, or worse if asked.

At least once, in no order: each event goes its own way, is tried again by Azure's schedule in virtual time, and becomes
a dead letter after 400, 401, 403 or 413, too many attempts, or too long a time. As in Azure, an event published while
nobody subscribes is dropped. Not emulated: filters, batches, and holding back from an endpoint that keeps failing.
"""

from __future__ import annotations

from emulator.event_grid.grid import EventGrid
from emulator.event_grid.history import Attempt, DeadLetter, History
from emulator.event_grid.options import RETRY_SCHEDULE, EventGridOptions
from emulator.event_grid.webhook import HandshakeError

__all__ = ["RETRY_SCHEDULE", "Attempt", "DeadLetter", "EventGrid", "EventGridOptions", "HandshakeError", "History"]
