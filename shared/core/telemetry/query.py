"""What is to be read of telemetry in one reconcile. Pure data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from shared.core.telemetry.needs import Need, Requests


@dataclass(frozen=True, slots=True)
class Window:
    """A span of whole minutes: from `since` up to, but without, `until`."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class TelemetryQuery:
    """What is wanted of each minute of a window.

    requests: how requests and errors are counted, without which nothing is judged. needs: what each gate, by name,
    needs besides. deployments: those whose answers are wanted, blue first if there is one. fine_since: latency and
    answers are wanted from here on only (None: of the whole window). mirrored: green gets copies of blue's requests.
    """

    window: Window
    requests: Requests = field(default_factory=Requests)
    needs: Mapping[str, tuple[Need, ...]] = field(default_factory=dict)
    deployments: tuple[str, ...] = ()
    fine_since: datetime | None = None
    mirrored: bool = False

    @property
    def fine(self) -> Window:
        """The part of the window of which latency and answers are wanted."""
        return Window(max(self.fine_since or self.window.since, self.window.since), self.window.until)
