"""Asynchronous operations: started by a request, run by this process, looked up by id.

Only one operation runs per entity at a time; a second one is rejected with a 409, as in Azure.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from emulator.arm_errors import ArmError
from emulator.clock import VirtualClock
from emulator.containers import ContainerError
from emulator.resource_manager.faults import Ending, Faults
from emulator.resources import PROVIDER, Json

USUAL_LENGTH = timedelta(minutes=10)  # of an operation in Azure; an operation that takes longer here slows the clock
POLL_SECONDS = 5  # virtual time; what Azure ML suggests
SHORTEST_POLL_SECONDS = 0.25  # wall-clock time; otherwise clients would poll without a pause when the clock is fast
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Work:
    """What an operation does: `act` (may raise ArmError or ContainerError), then `settle` with the error or None.

    It takes at least `seconds` of virtual time; `settle` runs at the end and makes the outcome visible. `deletes`: the
    operation deletes the entity.
    """

    entity: str
    seconds: float
    act: Callable[[], Awaitable[None]]
    settle: Callable[[ArmError | None], None]
    deletes: bool = False


@dataclass(slots=True)
class Operation:
    """One operation and its status. Times are virtual."""

    id: str
    entity: str
    started: datetime
    status: str = "InProgress"
    ended: datetime | None = None
    error: ArmError | None = None
    ending: Ending | None = None
    released: asyncio.Event = field(default_factory=asyncio.Event)

    def document(self) -> Json:
        """Return the status document that pollers read."""
        document: Json = {"name": self.id, "status": self.status, "startTime": self.started.isoformat()}
        if self.ended:
            document |= {"endTime": self.ended.isoformat(), "percentComplete": 100}
        return document | (self.error.body() if self.error else {})


@dataclass(slots=True)
class Operations:
    """All operations of one subscription and region."""

    clock: VirtualClock
    subscription: str
    region: str
    faults: Faults = field(default_factory=Faults)
    known: dict[str, Operation] = field(default_factory=dict)
    _busy: dict[str, Operation] = field(default_factory=dict)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def require_idle(self, *entities: str) -> None:
        """Raise ArmError 409 if an operation is running on one of `entities` or, for one that ends with /, below it."""
        for busy in self._busy:
            if any(busy == entity or (entity.endswith("/") and busy.startswith(entity)) for entity in entities):
                message = f"Conflict of operation, another operation on same entity is already running: {busy}."
                raise ArmError(409, "Conflict", message)

    def start(self, work: Work) -> dict[str, str]:
        """Start `work` and return the headers that let a client follow it. Raises ArmError 409 if busy."""
        if work.deletes:
            self._override(work.entity)
        self.require_idle(work.entity)
        operation = Operation(str(uuid.uuid4()), work.entity, self.clock.now())
        operation.ending = self.faults.ending(work.entity)
        self.known[operation.id] = self._busy[work.entity] = operation
        task = asyncio.get_running_loop().create_task(self._run(operation, work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return self._headers(operation)

    def retry_after(self) -> dict[str, str]:
        """Return the header with the time to wait before the next poll, in milliseconds if the clock is fast."""
        seconds = self.clock.real_seconds(POLL_SECONDS)
        if seconds >= 1:
            return {"Retry-After": f"{seconds:.0f}"}
        return {"x-ms-retry-after-ms": f"{max(SHORTEST_POLL_SECONDS, seconds) * 1000:.0f}"}

    async def close(self) -> None:
        """Cancel the operations that are still running."""
        for task in self._tasks:
            task.cancel()
        await self.settle()

    async def settle(self) -> None:
        """Wait until no operation is running."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _run(self, operation: Operation, work: Work) -> None:
        if operation.ending and operation.ending.ending == "Never":
            await operation.ending.lifted(operation.released)
            operation.ending = None
        ending = operation.ending
        if operation.ended:
            return
        if ending is None or ending.applied:
            with self.clock.work_due(operation.started + max(timedelta(seconds=work.seconds), USUAL_LENGTH)):
                operation.error = await _outcome(work)
        await self.clock.sleep_until(operation.started + timedelta(seconds=work.seconds))
        if ending:
            if ending.applied and operation.error is None:
                work.settle(None)
            operation.error = ending.error()
        self._end(operation)
        work.settle(operation.error)

    def _override(self, entity: str) -> None:
        """Cancel an operation on `entity` that never ends, if it gives way to a deletion."""
        busy = self._busy.get(entity)
        if busy and busy.ending and busy.ending.ending == "Never" and busy.ending.gives_way:
            busy.error = ArmError(409, "OperationCanceled", "The operation was overridden by one of higher priority.")
            self._end(busy)
            busy.released.set()

    def _end(self, operation: Operation) -> None:
        operation.status = state_after(operation.error)
        operation.ended = self.clock.now()
        del self._busy[operation.entity]

    def _headers(self, operation: Operation) -> dict[str, str]:
        provider = f"https://management.azure.com/subscriptions/{self.subscription}/providers/{PROVIDER}"
        location = f"{provider}/locations/{self.region}"
        return {
            "Azure-AsyncOperation": f"{location}/mfeOperationsStatus/{operation.id}?api-version=2024-10-01",
            "Location": f"{location}/mfeOperationResults/{operation.id}?api-version=2024-10-01",
            "x-ms-async-operation-timeout": "PT1H",
            **self.retry_after(),
        }


def state_after(error: ArmError | None) -> str:
    """Return the provisioning state of a resource whose operation ended with `error`."""
    if error is None:
        return "Succeeded"
    return "Canceled" if error.code == "OperationCanceled" else "Failed"


async def _outcome(work: Work) -> ArmError | None:
    try:
        await work.act()
    except ArmError as error:
        return error
    except ContainerError as error:
        return ArmError(400, error.code, str(error))
    except Exception as error:  # noqa: BLE001  # a bug in the emulator must end the operation visibly
        _LOG.exception("operation on %s", work.entity)
        return ArmError(500, "InternalServerError", f"{type(error).__name__}: {error}")
    return None
