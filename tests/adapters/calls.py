"""The requests that the adapters really send, as method and place: docs/permissions.md must explain each.

A place is an address without the names in it. In Resource Manager it has the form of an operation: the call
`GET workspaces/{}/data/{}` needs `workspaces/data/read`. Elsewhere it begins with the service: `GET tables/{}`. Only
requests with an adapter among their callers are recorded, not those of the tests' own clients, and none for tokens.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from requests.adapters import HTTPAdapter

ROOT = Path(__file__).resolve().parents[2]
ADAPTERS, COMMANDS = str(ROOT / "shared/adapters"), str(ROOT / "cli")
MACHINE_LEARNING = "Microsoft.MachineLearningServices/"
VERBS = {"GET": "read", "PUT": "write", "PATCH": "write", "DELETE": "delete"}
# Services by the names that their clients send in the User-Agent header.
CLIENTS = {
    "azsdk-python-monitor-querymetrics/": "metrics",
    "azsdk-python-monitor-query/": "logs",
    "azsdk-python-data-tables/": "tables",
    "azsdk-python-storage-queue/": "queues",
    "azsdk-python-storage-blob/": "blobs",
}
_EXPLAINED = re.compile(r"`([A-Z]+) ([^`]+)`")


@contextmanager
def recording() -> Iterator[set[str]]:
    """Record the adapters' requests of this process during the block. All SDKs send theirs with `requests`."""
    calls: set[str] = set()
    send = HTTPAdapter.send

    def sent(adapter: HTTPAdapter, request: requests.PreparedRequest, *values: Any, **named: Any) -> requests.Response:  # noqa: ANN401  # as requests has it
        if _from_an_adapter() and (call := call_of(request)):
            calls.add(call)
        return send(adapter, request, *values, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(HTTPAdapter, "send", sent)
        yield calls


def _from_an_adapter() -> bool:
    """Return whether an adapter is among the callers, unless a command calls it with its user's permissions."""
    frame, found = sys._getframe().f_back, False  # noqa: SLF001  # `inspect` reads the source of every frame
    while frame is not None and not frame.f_code.co_filename.startswith(COMMANDS):
        found = found or frame.f_code.co_filename.startswith(ADAPTERS)
        frame = frame.f_back
    return found and frame is None


def call_of(request: requests.PreparedRequest) -> str | None:
    """Return a request's method and place; None if it is for a token."""
    address, sender = urlsplit(str(request.url)), str(request.headers.get("User-Agent"))
    host = address.hostname or ""
    if host.startswith("login."):
        return None
    return f"{request.method} {_place(host, address.path, address.query, sender)}"


def _place(host: str, path: str, query: str, sender: str) -> str:
    if host.startswith("management."):
        return _in_resource_manager(path)
    service = next((service for name, service in CLIENTS.items() if sender.startswith(name)), "scoring")
    if service == "scoring":
        return f"scoring/{path.rpartition('/')[2]}"
    if service in {"logs", "metrics"}:
        return service + re.sub(r".*(/workspaces|/subscriptions)/[^/]+", r"\1/{}", path)
    return _in_storage(service, host, path, query)


def _in_resource_manager(path: str) -> str:
    """Return the types after the last provider, with `{}` for names; the last word may be an action."""
    provider, *parts = path.rpartition("/providers/")[2].split("/")
    named = [part if number % 2 == 0 else "{}" for number, part in enumerate(parts)]
    return f"{provider}/{'/'.join(named)}".removeprefix(MACHINE_LEARNING)


def _in_storage(service: str, host: str, path: str, query: str) -> str:
    """Return the service and the kind of object in it; `signed` for a blob whose address contains the permission."""
    first, *rest = path.strip("/").split("/")[host == "127.0.0.1" :]  # the account is then part of the path
    if service == "tables":
        known = first in {"$batch", "Tables"}
        return (
            f"tables/{first if known else re.sub(r'[^(]+(.*)', lambda key: '{}({})' if '=' in key[1] else '{}', first)}"
        )
    if service == "queues":
        return "/".join(["queues", "{}", *rest])
    return "/".join(["signed" if "sig=" in query else "blobs", "{}", *(["{}"] if rest else [])])


@cache
def explained() -> set[str]:
    """Return the calls that docs/permissions.md has."""
    page = (ROOT / "docs/permissions.md").read_text(encoding="utf-8")
    return {f"{method} {place}" for method, place in _EXPLAINED.findall(page)}


def operation_of(call: str) -> str:
    """Return the operation that Resource Manager checks for a call, in the form of docs/permissions.md."""
    method, place = call.split(" ")
    types = place.replace("/{}", "")
    return f"{types}/{VERBS.get(method, 'action')}"
