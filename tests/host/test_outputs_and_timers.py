"""Checks of outputs and timers that happen only when they are used, in memory."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

import pytest
from azure.functions.meta import Datum

from cli.host import schedule
from cli.host.metadata import FunctionMetadata
from cli.host.queue_output import QueueOutputs
from cli.host.settings import MissingSettingError
from cli.host.timer import TimerListener, TimerStatus, TimerStore
from cli.host.worker import Outcome
from emulator.clock import VirtualClock

if TYPE_CHECKING:
    from cli.host.dispatcher import Dispatcher
    from cli.host.storage import Storage

NOBODY = cast("Any", None)


def written(queue: str, outputs: dict[str, Datum]) -> list[tuple[str, str]]:
    """Return the queues that a function with one output binding wrote to; there is no storage to write to."""
    binding = {"type": "queue", "direction": "OUT", "name": "out", "queueName": queue, "connection": "NotSet"}
    addresses: list[tuple[str, str]] = []
    sender = QueueOutputs(cast("Storage", NOBODY), {}, addresses.append, as_base64=True)
    asyncio.run(sender.write(FunctionMetadata("f", (binding,)), Outcome(None, outputs)))
    return addresses


@pytest.mark.parametrize("queue", ["Not_A_Queue", "%NOT_SET%"])
@pytest.mark.parametrize("outputs", [{}, {"out": Datum(None, None)}], ids=["unset", "set to nothing"])
def test_a_wrong_output_runs_while_it_is_unset(queue: str, outputs: dict[str, Datum]) -> None:
    """As on the real host, neither its queue's name nor its connection matters before something is sent."""
    assert written(queue, outputs) == []


def test_a_setting_is_needed_when_something_is_sent() -> None:
    """Then the invocation fails."""
    with pytest.raises(MissingSettingError, match="NOT_SET"):
        written("%NOT_SET%", {"out": Datum("text", "string")})


@pytest.mark.parametrize(
    ("text", "monitor", "kept"),
    [
        ("0 * * * * *", None, True),
        ("0 * * * * *", False, False),
        ("30 * * * * *", True, True),
        ("5 * * * * *", False, False),
    ],
)
def test_only_monitored_timers_have_a_status(text: str, monitor: bool | None, kept: bool) -> None:  # noqa: FBT001  # a table
    """With `useMonitor: false` no status is stored for a timer, so no missed tick is made up for after a restart."""
    trigger = {"type": "timerTrigger", "direction": "IN", "name": "timer"} | (
        {} if monitor is None else {"useMonitor": monitor}
    )
    moment = datetime(2026, 11, 20, tzinfo=UTC).isoformat()
    status = TimerStatus(text, moment, moment, moment)
    store = TimerStore(None, {"tick": status})
    function = FunctionMetadata("tick", (trigger,))
    listener = TimerListener(function, schedule.parse(text), store, cast("Dispatcher", NOBODY), VirtualClock())
    assert listener.status == (status if kept else None)
