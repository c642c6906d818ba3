"""Asynchronous operations: started by a request, carried on by this process, looked up by their id.

One operation at a time per entity; a second one is refused with 409, as Azure does.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from emulator.clock import VirtualClock
from emulator.resource_manager.errors import ArmError
from emulator.resource_manager.faults import Ending, Faults
from emulator.resource_manager.state import PROVIDER
from emulator.resources import ContainerError, Json

USUAL_LENGTH = timedelta(minutes=10)  # that an operation takes in Azure: what takes longer here slows the clock
POLL_SECONDS = 5  # virtual; what Azure ML suggests between two looks
SHORTEST_POLL_SECONDS = 0.25  # of the wall's: a fast clock must not make clients poll without pause
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Work:
    """What an operation does: `act` (may raise ArmError or ContainerError), then `settle` with the error or None.

    It takes at least `seconds` of virtual time; `settle` runs at its end and makes the outcome visible. `deletes`: it
    takes the entity away.
    """

    entity: str
    seconds: float
    act: Callable[[], Awaitable[None]]
    settle: Callable[[ArmError | None], None]
    deletes: bool = False


@dataclass(slots=True)
class Operation:
    """One operation: where it stands and since when (virtual time)."""

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
        """Raise ArmError 409 if an operation runs on one of `entities` or, where one ends with /, below it."""
        for busy in self._busy:
            if any(busy == entity or (entity.endswith("/") and busy.startswith(entity)) for entity in entities):
                message = f"Conflict of operation, another operation on same entity is already running: {busy}."
                raise ArmError(409, "Conflict", message)

    def start(self, work: Work) -> dict[str, str]:
        """Begin `work` and return the headers by which a client follows it. Raises ArmError 409 if busy."""
        if work.deletes:
            self._let_give_way(work.entity)
        self.require_idle(work.entity)
        operation = Operation(str(uuid.uuid4()), work.entity, self.clock.now())
        operation.ending = self.faults.ending(work.entity)
        self.known[operation.id] = self._busy[work.entity] = operation
        task = asyncio.get_running_loop().create_task(self._run(operation, work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return self._headers(operation)

    def retry_after(self) -> dict[str, str]:
        """Return how long to wait before the next look; in milliseconds where the clock runs fast."""
        seconds = self.clock.real_seconds(POLL_SECONDS)
        if seconds >= 1:
            return {"Retry-After": f"{seconds:.0f}"}
        return {"x-ms-retry-after-ms": f"{max(SHORTEST_POLL_SECONDS, seconds) * 1000:.0f}"}

    async def close(self) -> None:
        """Give up what still runs."""
        for task in self._tasks:
            task.cancel()
        await self.settle()

    async def settle(self) -> None:
        """Wait until no operation runs."""
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

    def _let_give_way(self, entity: str) -> None:
        """Cancel the operation on `entity` that never ends, if it is one that gives way to a deletion."""
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
        root = f"https://management.azure.com/subscriptions/{self.subscription}/providers/{PROVIDER}"
        place = f"{root}/locations/{self.region}"
        return {
            "Azure-AsyncOperation": f"{place}/mfeOperationsStatus/{operation.id}?api-version=2024-10-01",
            "Location": f"{place}/mfeOperationResults/{operation.id}?api-version=2024-10-01",
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
    except Exception as error:  # noqa: BLE001  # a fault of the emulator must end the operation, visibly
        _LOG.exception("operation on %s", work.entity)
        return ArmError(500, "InternalServerError", f"{type(error).__name__}: {error}")
    return None
