"""Builds the app from the settings, once per process, at first use. The only module that imports adapters.

Nothing is imported, read or connected while functions are indexed. An invalid policy does not stop any function.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from shared.once import once

if TYPE_CHECKING:  # the core is light, but indexing needs none of it
    from azure.core.credentials import TokenCredential

    from shared.controller import Controller
    from shared.intake import Intake
    from shared.policies.policy_set import PolicySet
    from shared.ports import Backlog, Clock, Policies, Store
    from shared.settings import Settings, WorkspaceSettings
    from shared.workspaces import Workspaces

ROOT = Path(__file__).resolve().parent.parent
_in_use: list[App] = []
log = logging.getLogger("teal.wiring")


@dataclass(frozen=True, slots=True)
class App:
    """What the functions use."""

    controller: Controller
    intake: Intake
    workspaces: Workspaces
    policies: Policies
    store: Store
    clock: Clock
    settings: Settings
    backlog: Backlog


def policies(folder: Path, environment: Mapping[str, str], workspace: str) -> PolicySet:
    """Return the policies in a folder. An invalid one blocks only its own rollouts, and is logged here.

    workspace: for policies that name none.
    """
    from shared.policies.policy_set import read_policies  # noqa: PLC0415 -- see the module's docstring

    found = read_policies(folder, environment, workspace=workspace)
    for problem in found.problems():
        log.error("policy problem %s", problem)
    return found


def app() -> App:
    """Return the current app: the one set with `use`, or else the one wired to Azure, created on the first call.

    Raises Misconfigured if settings are missing.
    """
    return _in_use[-1] if _in_use else _wired_to_azure()


@contextmanager
def use(given: App) -> Iterator[App]:
    """Make every function of this process use this app during the `with` block, for rehearsals and tests."""
    _in_use.append(given)
    try:
        yield given
    finally:
        _in_use.remove(given)


def quiet_client_logs() -> None:
    """Keep the SDKs' messages about each request and about discarded connections out of the logs."""
    logging.getLogger("azure").setLevel(logging.WARNING)
    logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)


@once
def _wired_to_azure() -> App:
    import uuid  # noqa: PLC0415 -- see the module's docstring

    from azure.identity import DefaultAzureCredential  # noqa: PLC0415

    from shared.adapters.clients import connect_backlog, connect_store, connect_wakeups  # noqa: PLC0415
    from shared.clock import read_clock  # noqa: PLC0415
    from shared.controller import Controller  # noqa: PLC0415
    from shared.intake import Intake  # noqa: PLC0415
    from shared.settings import read_settings  # noqa: PLC0415

    settings = read_settings(os.environ)
    clock, folder = read_clock(settings.clock), ROOT / settings.policies
    known = policies(folder, os.environ, settings.workspace.name)
    quiet_client_logs()
    credential = DefaultAzureCredential(retry_total=1)
    store, wakeups = connect_store(settings, credential), connect_wakeups(settings, credential)
    workspaces = _workspaces(settings, credential, known, folder, clock)
    return App(
        controller=Controller(store, workspaces, wakeups, clock, uuid.uuid4().hex),
        intake=Intake(store, workspaces, known, wakeups, clock),
        workspaces=workspaces,
        policies=known,
        store=store,
        clock=clock,
        settings=settings,
        backlog=connect_backlog(settings, credential),
    )


def _workspaces(
    settings: Settings, credential: TokenCredential, known: PolicySet, folder: Path, clock: Clock
) -> Workspaces:
    from shared.adapters.clients import connect_workspace  # noqa: PLC0415 -- as above
    from shared.observer import Observer  # noqa: PLC0415
    from shared.workspaces import Workspace, Workspaces  # noqa: PLC0415

    def connected(workspace: WorkspaceSettings) -> Workspace:
        azure = connect_workspace(workspace, credential, known, folder, clock)
        observer = Observer(azure.endpoints, azure.telemetry, azure.scoring, known)
        return Workspace(workspace.name.lower(), workspace.arm_id, azure.endpoints, azure.models, observer)

    return Workspaces(connected(settings.workspace), tuple(map(connected, settings.other_workspaces)))
