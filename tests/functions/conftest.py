"""The functions as the worker finds them, on a world in memory."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlencode

import azure.functions as func
import pytest

from functions.api import api
from functions.events import events
from functions.routes import ROUTES
from functions.ticks import ticks
from shared.settings import Settings, WorkspaceSettings
from shared.wiring import App, use
from tests.fakes import FakePolicies
from tests.scenarios.world import World

Found = dict[str, func.Function]
SETTINGS = Settings(WorkspaceSettings("s", "g", "w", "logs"), "https://tables", "https://queues")


@pytest.fixture(scope="session")
def found() -> Found:
    """Return the functions of the app by name."""
    app = func.FunctionApp()
    for blueprint in (events, ticks, api):
        app.register_functions(blueprint)
    return {str(function.get_function_name()): function for function in app.get_functions()}


@dataclass
class Calls:
    """Calls the functions as a host does. world: what they act on."""

    found: Found
    world: World = field(default_factory=World)

    def call(self, name: str, **inputs: object) -> object:
        """Return what a function returns for these inputs."""
        call: Callable[..., object] = self.found[name].get_user_function()
        return call(**inputs)

    def http(
        self, name: str, body: object = None, *, raw: bytes = b"", headers: dict[str, str] | None = None, **parts: str
    ) -> tuple[int, dict[str, object]]:
        """Return status and JSON of an HTTP function; parts: as in `send`."""
        return self.send(name, parts, body, raw=raw, headers=headers)

    def send(
        self,
        name: str,
        parts: Mapping[str, str],
        body: object = None,
        *,
        raw: bytes = b"",
        headers: dict[str, str] | None = None,
    ) -> tuple[int, dict[str, object]]:
        """Return status and JSON of an HTTP function; parts: of its path if it has them, otherwise of the query."""
        in_path = {part.name for route in ROUTES if route.name == name for part in route.parts}
        query = {key: value for key, value in parts.items() if key not in in_path}
        path = {key: value for key, value in parts.items() if key in in_path}
        sent = raw or (b"" if body is None else json.dumps(body).encode())
        request = func.HttpRequest(
            "POST",
            f"/?{urlencode(query)}",
            headers=headers or {},
            params={key: value for key, value in query.items() if value},  # the host leaves out what is empty
            route_params=path,
            body=sent,
        )
        response = self.call(name, req=request)
        assert isinstance(response, func.HttpResponse)
        assert response.mimetype == "application/json"
        return response.status_code, json.loads(response.get_body(), parse_constant=no_json)


def no_json(word: str) -> float:
    """Refuse NaN and the infinities, which Python writes and reads, but JSON does not have."""
    raise AssertionError(f"{word} is no JSON")


def error(content: dict[str, object]) -> dict[str, str]:
    """Return the error of an answer."""
    found = content["error"]
    assert isinstance(found, dict)
    return found


def iso(moment: datetime) -> str:
    """Return a time as the API writes it."""
    return moment.isoformat().replace("+00:00", "Z")


@pytest.fixture
def calls(found: Found) -> Iterator[Calls]:
    """Return the functions on a fresh world."""
    calls = Calls(found)
    with use(app_over(calls.world)):
        yield calls


def app_over(world: World, settings: Settings = SETTINGS) -> App:
    """Return the app that acts on this world."""
    policies = FakePolicies((world.policy,))
    parts = world.controller(), world.reception(), world.workspaces, policies, world.store, world.clock
    return App(*parts, settings, world.backlog)
