"""Settings become a running app here, once a process, at the first need. The only importer of adapters.

Nothing is imported or connected while the functions are indexed, except the policies: a wrong one stops the start.
"""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the core is light, but an app that only indexes needs none of it
    from shared.controller import Controller
    from shared.intake import Reception
    from shared.policies.book import PolicyBook
    from shared.ports import Clock, Store
    from shared.settings import Settings

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class App:
    """What the functions use."""

    controller: Controller
    reception: Reception
    policies: PolicyBook
    store: Store
    clock: Clock
    settings: Settings


@cache
def policies() -> PolicyBook:
    """Return the policies; raises Misconfigured with every problem and its place."""
    from shared.policies.book import read_policies  # noqa: PLC0415 -- see the module's docstring

    return read_policies(policies_folder())


def policies_folder() -> Path:
    """Return where the policies are: a setting, as a path from the app's own folder."""
    return ROOT / (os.environ.get("TEAL_POLICIES") or "policies")


@cache
def app() -> App:
    """Return the app, wired to Azure. Raises Misconfigured if settings are missing or policies wrong."""
    import uuid  # noqa: PLC0415 -- see the module's docstring

    from azure.identity import DefaultAzureCredential  # noqa: PLC0415

    from shared.adapters.clients import connect  # noqa: PLC0415
    from shared.clock import read_clock  # noqa: PLC0415
    from shared.controller import Controller  # noqa: PLC0415
    from shared.intake import Reception  # noqa: PLC0415
    from shared.observer import Observer  # noqa: PLC0415
    from shared.settings import read_settings  # noqa: PLC0415

    settings = read_settings(os.environ)
    clock, book = read_clock(settings.clock), policies()
    logging.getLogger("azure").setLevel(logging.WARNING)  # the SDKs log every request otherwise
    azure = connect(settings, DefaultAzureCredential(retry_total=1), book, policies_folder())
    observer = Observer(azure.endpoints, azure.telemetry, azure.scoring, book)
    return App(
        controller=Controller(azure.store, azure.endpoints, observer, azure.wakeups, clock, uuid.uuid4().hex),
        reception=Reception(azure.store, azure.models, book, azure.wakeups, clock, settings.workspace_id),
        policies=book,
        store=azure.store,
        clock=clock,
        settings=settings,
    )
