"""Every API call in a document is accepted by the app: each is sent on a rollout at its first weight."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

import azure.functions as func
import pytest

from docs.site import ROOT, sources
from functions.api import api
from functions.routes import ROUTES
from shared.core.rollout import ModelVersion
from shared.wiring import use
from tests.functions.conftest import Calls, app_over

CURL = re.compile(r'\bcurl [^\n]*?"\$TEAL_URL/api/(?P<path>[^"]*)"[^\n]*')
BLOCK = re.compile(r"^ *```sh\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
VERBS = ("promote", "pause", "rollback")  # of the function `act` in the quick start and the runbook
# Arguments for the runbook's functions. Its `start` is for a version that has no rollout yet.
FILLED = {
    "$endpoint": "churn",
    "$who": '"by": "you@example.com", "reason": "incident 4711"',
    "$1": "churn",
    "$meant": '"version": "7"',
    "$full": "",
}
BODY = re.compile(r"""-d (?:'(.*?)'|"((?:\\.|[^"\\])*)")""")


@dataclass(frozen=True)
class ApiCall:
    """A call as in the document. path: without its query."""

    method: str
    path: str
    query: dict[str, str]
    body: dict[str, object] | None

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def in_documents() -> Iterator[tuple[str, ApiCall]]:
    """Yield each call in a block of shell commands, with the page."""
    for page in sources():
        for block in BLOCK.findall(page.read_text(encoding="utf-8")):
            for found in CURL.finditer(re.sub(r" *\\\n *", " ", block)):
                path = found["path"].replace("$endpoint", FILLED["$endpoint"])
                for verb in VERBS if "$1" in path else ("",):
                    yield str(page.relative_to(ROOT)), _call(found[0], path.replace("$1", verb))


def _call(command: str, address: str) -> ApiCall:
    method = re.search(r"-X (\w+)", command)
    parts, body = urlsplit(address), BODY.search(command)
    return ApiCall(
        method[1] if method else "GET",
        parts.path,
        dict(parse_qsl(parts.query)),
        _body(body, parts.path) if body else None,
    )


def _body(found: re.Match[str], path: str) -> dict[str, object]:
    """Return what is sent: as written, or with what the shell fills in between double quotes."""
    text = found[1]
    if text is None:
        text = found[2].replace('\\"', '"')
        for name, value in {**FILLED, "$2": "8" if path == "rollouts" else "7"}.items():
            text = text.replace(name, value)
    given: dict[str, object] = json.loads(text)
    return given


def matched(call: ApiCall) -> tuple[str, dict[str, str]]:
    """Return the operation's name and the parts of its path."""
    words = call.path.split("/")
    # A route with these exact words takes precedence over one with placeholders.
    for route in sorted(ROUTES, key=lambda each: each.path.count("{")):
        wanted = route.path.split("/")
        if route.method == call.method and len(wanted) == len(words):
            pairs = list(zip(wanted, words, strict=True))
            if all(part.startswith("{") or part == word for part, word in pairs):
                return route.name, {part[1:-1]: word for part, word in pairs if part.startswith("{")}
    raise AssertionError(f"there is no {call}")


@pytest.fixture(scope="module")
def found() -> dict[str, func.Function]:
    """Return the functions of the API by name."""
    app = func.FunctionApp()
    app.register_functions(api)
    return {str(function.get_function_name()): function for function in app.get_functions()}


@pytest.mark.parametrize("call", [pytest.param(call, id=f"{page} {call}") for page, call in in_documents()])
def test_a_call_is_accepted(call: ApiCall, found: dict[str, func.Function]) -> None:
    """Path, query and body are those that a reader would paste."""
    calls = Calls(found)
    calls.world.register()
    calls.world.until_weight(10)
    calls.world.models.registered[ModelVersion("churn", "8")] = {}
    name, parts = matched(call)
    if "rollout" in parts:
        parts["rollout"] = calls.world.rollout().id
    with use(app_over(calls.world)):
        status, content = calls.send(name, {**parts, **call.query}, call.body)
    assert status in {200, 202}, content


def test_the_calls_are_found() -> None:
    """They are on the pages that operators read."""
    assert {page for page, _ in in_documents()} >= {"docs/api.md", "docs/quick-start.md", "docs/runbook.md"}
