"""Fires one timer function on its schedule. Invocations never overlap, and ticks missed meanwhile are skipped.

There is only one instance, so the lock that Azure uses between instances is not needed.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from azure.functions.meta import Datum

from cli.host.worker import InvocationFailedError

if TYPE_CHECKING:
    from pathlib import Path

    from cli.host.dispatcher import Dispatcher
    from cli.host.metadata import FunctionMetadata
    from cli.host.schedule import Schedule
    from emulator.clock import VirtualClock

_NEVER = "0001-01-01T00:00:00+00:00"
_LONGEST_SLEEP = 3600.0


@dataclass(frozen=True, slots=True)
class TimerStatus:
    """When a timer last ran and is next due (ISO 8601, UTC), and the schedule this was computed for."""

    schedule: str
    last: str
    next: str
    updated: str


@dataclass(slots=True)
class TimerStore:
    """The status of every timer; with a path, kept in a file so that a restart knows what it missed."""

    path: Path | None
    statuses: dict[str, TimerStatus] = field(default_factory=dict)

    def load(self) -> None:
        """Read the file, if there is one."""
        if self.path and self.path.exists():
            stored = json.loads(self.path.read_text(encoding="utf-8"))
            self.statuses = {name: TimerStatus(**status) for name, status in stored.items()}

    def put(self, name: str, status: TimerStatus) -> None:
        """Store the status of one timer. The file is replaced atomically."""
        self.statuses[name] = status
        if self.path:
            content = {
                key: {slot: getattr(value, slot) for slot in TimerStatus.__slots__}
                for key, value in self.statuses.items()
            }
            self.path.parent.mkdir(parents=True, exist_ok=True)
            draft = self.path.with_suffix(".new")
            draft.write_text(json.dumps(content, indent=2), encoding="utf-8")
            draft.replace(self.path)


def datum(status: TimerStatus | None, *, past_due: bool) -> Datum:
    """Return the timer's value in the form the worker receives."""
    shown = status and {"Last": status.last, "Next": status.next, "LastUpdated": status.updated}
    return Datum(
        json.dumps({"Schedule": {"AdjustForDST": True}, "ScheduleStatus": shown, "IsPastDue": past_due}), "json"
    )


class TimerListener:
    """Runs a function on its schedule, measured by `clock`."""

    def __init__(
        self,
        function: FunctionMetadata,
        schedule: Schedule,
        store: TimerStore,
        dispatcher: Dispatcher,
        clock: VirtualClock,
    ) -> None:
        self._function = function
        self._schedule = schedule
        self._store = store
        self._dispatcher = dispatcher
        self._clock = clock
        self._stopped = asyncio.Event()
        trigger: dict[str, Any] = function.trigger
        self._on_startup = bool(trigger.get("runOnStartup"))
        self._monitored = trigger.get("useMonitor") is not False and not schedule.is_shorter_than_a_minute(clock.now())

    @property
    def status(self) -> TimerStatus | None:
        """When it last ran and is next due; None for timers that are not monitored, as in the real host."""
        return self._store.statuses.get(self._function.name) if self._monitored else None

    def stop(self) -> None:
        """Stop firing; `run` returns when the current invocation has ended."""
        self._stopped.set()

    async def run(self) -> None:
        """Fire until stopped."""
        await self._start()
        while not self._stopped.is_set():
            due = self._schedule.after(self._clock.now())
            with self._clock.work_due(due):
                await self._sleep_until(due)
                if not self._stopped.is_set():
                    await self._fire(past_due=False)

    async def _start(self) -> None:
        known = self.status
        is_late = (
            known is not None
            and known.schedule == self._schedule.text
            and datetime.fromisoformat(known.next) < self._clock.now()
        )
        if is_late or self._on_startup:
            await self._fire(past_due=is_late)
        elif known is None or known.schedule != self._schedule.text:
            self._record(known.last if known else _NEVER)

    async def _fire(self, *, past_due: bool) -> None:
        started = self._clock.now()
        with contextlib.suppress(InvocationFailedError):  # already logged; a failed tick is not repeated
            await self._dispatcher.run(self._function, datum(self.status, past_due=past_due))
        self._record(started.isoformat())

    def _record(self, last: str) -> None:
        if self._monitored:
            now = self._clock.now()
            due = self._schedule.after(now)
            self._store.put(
                self._function.name, TimerStatus(self._schedule.text, last, due.isoformat(), now.isoformat())
            )

    async def _sleep_until(self, due: datetime) -> None:
        while not self._stopped.is_set() and (left := due - self._clock.now()) > timedelta(0):
            try:
                async with asyncio.timeout(min(self._clock.real_seconds(left.total_seconds()), _LONGEST_SLEEP)):
                    await self._stopped.wait()
            except TimeoutError:
                continue
