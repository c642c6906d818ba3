"""Settings become a running app here, once a process, at the first need. The only importer of adapters.

Nothing is imported, read or connected while the functions are indexed. A policy that is not valid stops none of them.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the core is light, but an app that only indexes needs none of it
    from shared.controller import Controller
    from shared.intake import Intake
    from shared.policies.policy_set import PolicySet
    from shared.ports import Clock, Policies, Store
    from shared.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
_in_use: list[App] = []
log = logging.getLogger("teal.wiring")


@dataclass(frozen=True, slots=True)
class App:
    """What the functions use."""

    controller: Controller
    reception: Intake
    policies: Policies
    store: Store
    clock: Clock
    settings: Settings


def policies(folder: Path, environment: Mapping[str, str]) -> PolicySet:
    """Return the policies in a folder. One that is not valid refuses only its own rollouts, and is logged here."""
    from shared.policies.policy_set import read_policies  # noqa: PLC0415 -- see the module's docstring

    found = read_policies(folder, environment)
    for problem in found.problems():
        log.error("policy problem %s", problem)
    return found


def app() -> App:
    """Return the app in use: one that was given, or else the one wired to Azure, made at the first call.

    Raises Misconfigured if settings are missing.
    """
    return _in_use[-1] if _in_use else _wired_to_azure()


@contextmanager
def use(given: App) -> Iterator[App]:
    """Have every function of this process use this app, until the end of the `with` block: for rehearsals and tests."""
    _in_use.append(given)
    try:
        yield given
    finally:
        _in_use.remove(given)


@cache
def _wired_to_azure() -> App:
    import uuid  # noqa: PLC0415 -- see the module's docstring

    from azure.identity import DefaultAzureCredential  # noqa: PLC0415

    from shared.adapters.clients import connect  # noqa: PLC0415
    from shared.clock import read_clock  # noqa: PLC0415
    from shared.controller import Controller  # noqa: PLC0415
    from shared.intake import Intake  # noqa: PLC0415
    from shared.observer import Observer  # noqa: PLC0415
    from shared.settings import read_settings  # noqa: PLC0415

    settings = read_settings(os.environ)
    clock, folder = read_clock(settings.clock), ROOT / settings.policies
    known = policies(folder, os.environ)
    logging.getLogger("azure").setLevel(logging.WARNING)  # the SDKs log every request otherwise
    azure = connect(settings, DefaultAzureCredential(retry_total=1), known, folder, clock)
    observer = Observer(azure.endpoints, azure.telemetry, azure.scoring, known)
    return App(
        controller=Controller(azure.store, azure.endpoints, observer, azure.wakeups, clock, uuid.uuid4().hex),
        reception=Intake(azure.store, azure.models, known, azure.wakeups, clock, settings.workspace_id),
        policies=known,
        store=azure.store,
        clock=clock,
        settings=settings,
    )
