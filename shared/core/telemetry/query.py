"""What to read from telemetry in one reconcile. Pure data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from shared.core.telemetry.needs import Need, Requests


@dataclass(frozen=True, slots=True)
class Window:
    """A span of whole minutes, from `since` (inclusive) to `until` (exclusive)."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class TelemetryQuery:
    """What to read for each minute of a window.

    requests: how requests and errors are counted; nothing is judged without them. needs: what each gate needs in
    addition, by name. deployments: those whose answers are wanted, blue first if there is one. fine_since: latency and
    answers are only wanted from here on (None: for the whole window). mirrored: whether green gets copies of blue's
    requests.
    """

    window: Window
    requests: Requests = field(default_factory=Requests)
    needs: Mapping[str, tuple[Need, ...]] = field(default_factory=dict)
    deployments: tuple[str, ...] = ()
    fine_since: datetime | None = None
    mirrored: bool = False

    @property
    def fine(self) -> Window:
        """The part of the window for which latency and answers are wanted."""
        return Window(max(self.fine_since or self.window.since, self.window.since), self.window.until)
