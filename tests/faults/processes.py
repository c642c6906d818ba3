"""Processes of Teal that can be disturbed, stopped, resumed and killed at every call of a port.

A process that will be stopped runs in its own thread, but only when it is its turn: never two at once, so the schedule,
not the machine, determines the order of events.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, Protocol

from shared.controller import Controller
from shared.errors import Conflict, NotPossible, Permanent, TealError, Temporary
from shared.intake import Intake
from shared.observer import Observer
from shared.ports import Clock
from shared.workspaces import Workspace, Workspaces
from tests.faults.disturbance import Crash
from tests.scenarios.world import WORKSPACE, World

HUNG = 20.0  # seconds of real time until a process must reach its next call: more is a defect, not an injected fault


class Fault(StrEnum):
    """What goes wrong with a call."""

    TIMEOUT = "a timeout"
    SERVER_ERROR = "a 500"
    BUSY = "a 409"
    THROTTLED = "a 429"
    STALE_ETAG = "a 412"
    REFUSED = "a 403"
    DEATH = "the death of the process"


ANSWERS = {
    Fault.TIMEOUT: "no answer within 30 s",
    Fault.SERVER_ERROR: "500 InternalServerError",
    Fault.BUSY: "409 Conflict: another operation is running; Retry-After: 20",
    Fault.THROTTLED: "429 TooManyRequests; Retry-After: 120",
}


def raised(fault: Fault) -> BaseException:
    """Return the exception that a port raises for this fault."""
    if fault is Fault.DEATH:
        return Crash()
    if fault is Fault.STALE_ETAG:
        return Conflict("412: another writer was first")
    return Permanent("403: no") if fault is Fault.REFUSED else Temporary(ANSWERS[fault])


class Witness(Protocol):
    """Sees every port call of every process, and can make it fail."""

    def before(self, process: Process, port: str, call: str, values: tuple[object, ...]) -> None:
        """Record a port call that is about to be made. Raises Temporary if the service is down."""

    def after(self, process: Process, port: str, call: str, values: tuple[object, ...], answer: object) -> None:
        """Record the answer to a port call."""


Watch = Callable[["Process", str], Any]


class Process:
    """One process: some work at Teal's ports.

    watch: returns a port by its name, as this process sees it. faults: by the number of the point; each call has two,
    one before and one after it. A fault after a call is a lost answer: the work is done. failed: an exception of the
    work that is not one of Teal's own errors.
    """

    def __init__(
        self,
        name: str,
        world: World,
        clock: Clock,
        witness: Witness,
        work: Callable[[Process], object],
        *,
        faults: Mapping[int, Fault] | None = None,
        watch: Watch | None = None,
    ) -> None:
        self.name, self.world, self.clock, self.witness, self.work = name, world, clock, witness, work
        self.faults, self._watch = dict(faults or {}), watch or watched_port
        self.passed, self.at, self.done = 0, "", False
        self.failed: BaseException | None = None
        self.raised: TealError | None = None
        self.died = False
        self._turns: int | None = None
        self._thread: _Turns | None = None

    def run(self) -> None:
        """Do all the remaining work."""
        if self._thread is None:
            self._work()
        else:
            self._resume(None)

    def advance(self, points: int) -> None:
        """Continue until this many points are passed, and stop there."""
        if self._thread is None:
            self._thread = _Turns(self._work)
        self._resume(points)

    def kill(self) -> None:
        """Kill the process at its current point."""
        self.died = True
        if self._thread is not None and not self.done:
            self._resume(None)
        self.done = True

    def point(self, name: str) -> None:
        """Pass a point, and raise the fault that is planned there, if any."""
        fault = self.strikes(name)
        if fault is not None:
            raise raised(fault)

    def strikes(self, name: str) -> Fault | None:
        """Pass a point: stop here if the turn is over, then return the planned fault, if any. Raises Crash."""
        if self.died:
            raise Crash
        number, self.at = self.passed, name
        self.passed += 1
        if self._turns is not None and self._thread is not None:
            self._turns -= 1
            if self._turns < 0:
                self._thread.stop()
        if self.died:
            raise Crash
        fault = self.faults.get(number)
        if fault is Fault.DEATH:
            self.died = True
            raise Crash
        return fault

    def controller(self) -> Controller:
        """Return the controller of this process."""
        store = self._watch(self, "store")
        wakeups = self._watch(self, "wakeups")
        return Controller(store, self._workspaces(), wakeups, self.clock, self.name)

    def intake(self) -> Intake:
        """Return the intake of this process."""
        store = self._watch(self, "store")
        wakeups = self._watch(self, "wakeups")
        return Intake(store, self._workspaces(), self.world.known_policies, wakeups, self.clock)

    def _workspaces(self) -> Workspaces:
        endpoints, models = self._watch(self, "azure"), self._watch(self, "models")
        telemetry, scoring = self._watch(self, "telemetry"), self._watch(self, "scoring")
        observer = Observer(endpoints, telemetry, scoring, self.world.known_policies)
        return Workspaces(Workspace(self.world.policy.workspace, WORKSPACE, endpoints, models, observer))

    def _work(self) -> None:
        try:
            self.work(self)
        except NotPossible as refusal:
            self.raised = refusal
        except TealError as error:
            self.raised = error
        except Crash:
            self.died = True
        except BaseException as error:  # noqa: BLE001 -- anything else that escapes is a defect, and reported
            self.failed = error
        self.done = True

    def _resume(self, points: int | None) -> None:
        assert self._thread is not None
        self._turns = points
        assert self._thread.go_on(), f"{self.name} hangs at {self.at}"


class _Turns:
    """A thread that runs only while another one waits for it."""

    def __init__(self, work: Callable[[], None]) -> None:
        self._work, self._go, self._stopped = work, threading.Lock(), threading.Lock()
        self._go.acquire()
        self._stopped.acquire()
        threading.Thread(target=self._started, daemon=True).start()

    def go_on(self) -> bool:
        """Let it work until it stops; return whether it did so in time."""
        self._go.release()
        return self._stopped.acquire(timeout=HUNG)

    def stop(self) -> None:
        """Wait, in the thread, for the next turn."""
        self._stopped.release()
        self._go.acquire()

    def _started(self) -> None:
        self._go.acquire()
        self._work()
        self._stopped.release()


def watched_port(process: Process, name: str) -> Any:  # noqa: ANN401 -- whichever port it is
    """Return a port of the process's world, with two points in each of its calls."""
    return _Watched(process, name, getattr(process.world, "endpoints" if name == "azure" else name))


class _Watched:
    """A port as a process sees it."""

    def __init__(self, process: Process, name: str, port: object) -> None:
        self._process, self._name, self._port = process, name, port

    def __getattr__(self, call: str) -> Callable[..., object]:
        inner, process, port = getattr(self._port, call), self._process, self._name

        def watched(*values: object, **named: object) -> object:
            process.point(f"before {port}.{call}")
            process.witness.before(process, port, call, values)
            answer: object = inner(*values, **named)
            process.witness.after(process, port, call, values, answer)
            process.point(f"after {port}.{call}")
            return answer

        return watched
