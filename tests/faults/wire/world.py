"""A world whose ports are the real adapters, over HTTP, on the emulator and Azurite.

The events, the invariants and the way they are run are those of the harness in memory: the world's own attributes show
what Azure really holds, and a process gets what the adapters make of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import requests
from azure.core.credentials import AzureNamedKeyCredential, TokenCredential
from azure.data.tables import TableServiceClient

from emulator.identity.tokens import Principal, TokenIssuer
from shared.adapters.clients import AzurePorts, connect_store, connect_wakeups, connect_workspace
from shared.core.observation import TelemetryPath
from shared.core.telemetry import TelemetryQuery
from shared.errors import TealError
from shared.ports import Seen, Telemetry
from shared.settings import Settings, WorkspaceSettings
from tests.adapters.azurite import Storage, running_storage
from tests.emulator.loop import Loop, running_loop
from tests.fakes import FakeClock
from tests.faults.processes import Process
from tests.faults.recipes import RECIPES, Recipe
from tests.faults.stage import VERSIONS, UnreliableWorld, standing, usual_conduct
from tests.faults.unreliable import UnreliableScoring
from tests.faults.wire.emulated import CUSTOMER, Emulated, IssuedTokens
from tests.faults.wire.transport import QUEUES, TABLES, Call, Line, Transport
from tests.faults.wire.truth import AzuriteRecords, EmulatedEndpoints, EmulatedLog
from tests.scenarios.world import CHURN, MIDNIGHT

ACCOUNTS = 2500  # schedules in a run: each has its own storage account
# What the emulator has no source for stays in memory: collected answers, users' queries, and platform metrics.
ON_THE_WIRE = tuple(
    name for name, recipe in RECIPES.items() if "gate" not in name and recipe.policy.judge.latency_from == "logs"
)
LENGTH = (6, 14)  # events of a schedule


@dataclass
class LocalAzure:
    """What all schedules of a run share: an event loop for the emulator, Azurite, and its accounts, each used once."""

    loop: Loop
    storage: Storage
    accounts: Iterator[int] = field(default_factory=lambda: iter(range(ACCOUNTS)))
    issuer: TokenIssuer = field(default_factory=lambda: TokenIssuer(Principal.generate()))

    def world(self, recipe: Recipe) -> WiredWorld:
        """Return the world in which a schedule for this recipe begins."""
        return wired_world(recipe, self, self.storage.of(_account(next(self.accounts))))


def _account(number: int) -> str:
    return f"teal{number:04}"


@contextmanager
def local_azure() -> Iterator[LocalAzure]:
    """Run Azurite and an event loop during the block."""
    with running_loop() as loop, running_storage(None, map(_account, range(ACCOUNTS))) as storage:
        yield LocalAzure(loop, storage)


@dataclass(frozen=True, slots=True)
class LoggedTelemetry:
    """The telemetry adapters, on a log that is brought up to date first."""

    log: EmulatedLog
    telemetry: Telemetry

    def minutes(self, endpoint: str, asked: TelemetryQuery) -> Seen:
        """Return what the adapters read; there is nothing else."""
        self.log.deliver()
        seen = self.telemetry.minutes(endpoint, asked)
        self.log.check(asked.window, seen.minutes)
        return seen

    def path(self, endpoint: str, source: str) -> TelemetryPath:
        """Return what the settings show."""
        return self.telemetry.path(endpoint, source)


@dataclass
class WiredWorld(UnreliableWorld):
    """A world on the wire. ports: what processes use, by name."""

    line: Line = field(default_factory=Line)
    emulated: Emulated | None = None
    ports: dict[str, object] = field(default_factory=dict)

    def watched(self, process: Process, name: str) -> Any:  # noqa: ANN401 -- whichever port it is
        """Return a port by its name; its requests belong to a process."""
        return _Called(self.line, process, name, self.ports[name])

    def close(self) -> None:
        """Stop the emulator, and close all connections."""
        assert self.emulated is not None
        self.line.session.close()
        self.emulated.close()


class _Called:
    """A port as a process sees it: its requests pass the process's points, and the witness sees the outcome."""

    def __init__(self, line: Line, process: Process, name: str, port: object) -> None:
        self._line, self._process, self._name, self._port = line, process, name, port

    def __getattr__(self, call: str) -> Any:  # noqa: ANN401 -- any method of a port
        inner = getattr(self._port, call)

        def called(*values: object, **named: object) -> object:
            made = Call(self._process, self._name, call, values)
            with self._line.calling(made):
                try:
                    answer: object = inner(*values, **named)
                except TealError as error:
                    made.check(error)
                    raise
            if call != "commit":  # the witness saw it when it was done
                self._process.witness.after(self._process, self._name, call, values, answer)
            return answer

        return called


def wired_world(recipe: Recipe, azure: LocalAzure, storage: Storage) -> WiredWorld:
    """Return the world in which a schedule for this recipe begins, with records in this account."""
    clock, scoring, line = FakeClock(MIDNIGHT), UnreliableScoring(), Line()
    emulated = Emulated(azure.loop, azure.issuer, clock, scoring)
    line.stale.busy = lambda: emulated.busy
    line.places = emulated.places | {_host(storage.tables): (TABLES, _place(storage.tables))}
    line.places[_host(storage.queues)] = (QUEUES, _place(storage.queues))
    key, transport = AzureNamedKeyCredential(storage.account, storage.key), Transport(line)
    records = AzuriteRecords(TableServiceClient(storage.tables, credential=key, transport=transport))
    world = WiredWorld(
        policy=recipe.policy,
        conduct=usual_conduct(recipe),
        clock=clock,
        store=records,
        endpoints=EmulatedEndpoints(emulated, line.stale),
        telemetry=EmulatedLog(emulated, clock),
        scoring=scoring,
        line=line,
        emulated=emulated,
    )
    seen = standing(recipe)
    emulated.create({name: each.instances or 1 for name, each in seen.deployments.items()}, seen.traffic)
    for version in sorted({"6", *VERSIONS}, key=int):
        emulated.register(version)
    line.rival, line.answered = records.rival, _notes(world, records)
    world.ports = _ports(world, azure, storage, key, transport)
    return world


def _ports(
    world: WiredWorld, azure: LocalAzure, storage: Storage, key: AzureNamedKeyCredential, transport: Transport
) -> dict[str, object]:
    """Return the app's own adapters, connected as in the app except for the transport and the credential."""
    workspace = WorkspaceSettings("s", "g", "w", CUSTOMER)
    settings = Settings(workspace, tables_endpoint=storage.tables, queues_endpoint=storage.queues)
    tokens, stored = cast("TokenCredential", IssuedTokens(azure.issuer)), cast("TokenCredential", key)
    found: AzurePorts = connect_workspace(
        workspace, tokens, world.known_policies, Path(), world.clock, transport=transport
    )
    assert isinstance(world.telemetry, EmulatedLog)
    return {
        "store": connect_store(settings, stored, transport=transport),
        "wakeups": connect_wakeups(settings, stored, transport=transport),
        "azure": found.endpoints,
        "models": found.models,
        "scoring": found.scoring,
        "telemetry": LoggedTelemetry(world.telemetry, found.telemetry),
    }


def _notes(world: WiredWorld, records: AzuriteRecords) -> Any:  # noqa: ANN401 -- a callback
    """Return a callback that records writes to storage: records to read again, and messages that wake an endpoint."""

    def note(service: str, request: requests.PreparedRequest, answer: requests.Response) -> None:
        if service == TABLES and request.method != "GET":
            records.changed = True
        if service == QUEUES and answer.status_code == 201 and "/messages" in str(request.url):
            world.wakeups.woken.append(CHURN)

    return note


def _host(address: str) -> str:
    return address.partition("://")[2].partition("/")[0]


def _place(address: str) -> str:
    return address.partition("://")[0] + "://" + _host(address)
