"""Ports with injected faults: before a call, or after it, when the work is done but the answer is lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TypeVar, cast

from shared.controller import Controller
from shared.errors import Conflict, Permanent, Temporary
from shared.intake import Intake
from shared.observer import Observer
from shared.workspaces import Workspaces
from tests.scenarios.world import World

Port = TypeVar("Port")
Disturb = Callable[[str], None]


class Crash(BaseException):
    """The process has died: nothing after this line runs, and no `except Exception` in Teal catches it."""


class Kind(StrEnum):
    """The kinds of fault."""

    TEMPORARY = "temporary"
    CONFLICT = "conflict"
    PERMANENT = "permanent"
    CRASH = "crash"


ERRORS: dict[Kind, BaseException] = {
    Kind.TEMPORARY: Temporary("503: try again"),
    Kind.CONFLICT: Conflict("412: another writer was first"),
    Kind.PERMANENT: Permanent("403: no"),
    Kind.CRASH: Crash(),
}


class Disturbed:
    """A port with injected faults."""

    def __init__(self, port: object, disturb: Disturb) -> None:
        self._port, self._disturb = port, disturb

    def __getattr__(self, name: str) -> Callable[..., object]:
        call = getattr(self._port, name)

        def disturbed(*values: object, **named: object) -> object:
            self._disturb(f"before {name}")
            answer: object = call(*values, **named)
            self._disturb(f"after {name}")
            return answer

        return disturbed


def disturbed(port: Port, disturb: Disturb) -> Port:
    """Return the port with faults injected into every call."""
    return cast("Port", Disturbed(port, disturb))


@dataclass
class Plan:
    """Which faults to inject at which points; each call has two points, one before and one after it."""

    faults: dict[int, Kind] = field(default_factory=dict)
    passed: list[str] = field(default_factory=list)

    def __call__(self, point: str) -> None:
        """Raise the fault that is planned for this point, if any."""
        self.passed.append(point)
        kind = self.faults.get(len(self.passed) - 1)
        if kind is not None:
            raise ERRORS[kind]


def controller(world: World, disturb: Disturb, holder: str = "disturbed") -> Controller:
    """Return a process of this world with faults in every port."""
    endpoints = disturbed(world.endpoints, disturb)
    telemetry, scoring = disturbed(world.telemetry, disturb), disturbed(world.scoring, disturb)
    observer = Observer(endpoints, telemetry, scoring, world.known_policies)
    store, wakeups = disturbed(world.store, disturb), disturbed(world.wakeups, disturb)
    workspaces = Workspaces(replace(world.workspaces.own, endpoints=endpoints, observer=observer))
    return Controller(store, workspaces, wakeups, world.clock, holder)


def reception(world: World, disturb: Disturb) -> Intake:
    """Return an intake of this world with faults in every port."""
    store, models = disturbed(world.store, disturb), disturbed(world.models, disturb)
    wakeups = disturbed(world.wakeups, disturb)
    workspaces = Workspaces(replace(world.workspaces.own, models=models))
    return Intake(store, workspaces, world.known_policies, wakeups, world.clock)
