"""The route table: what it names exists, what it requires is enforced, and every path has an answer."""

from __future__ import annotations

import inspect
import re
from typing import get_type_hints

import azure.functions as func
import pytest

from functions.inputs import Input
from functions.requests import Call, resolved, unmatched
from functions.routes import ROUTES, Route
from shared.core.reconcile.requests import _effect
from shared.core.verbs import Verb
from tests.functions.conftest import Calls, error
from tests.scenarios.world import ENDPOINT

IDS = [route.name for route in ROUTES]


@pytest.mark.parametrize("route", ROUTES, ids=IDS)
def test_a_row_names_a_handler_that_returns_what_the_row_says(route: Route) -> None:
    """Handlers and types are named as text, so that indexing imports none of them."""
    handler = resolved(route.handler)
    hints = get_type_hints(handler)
    assert list(inspect.signature(handler).parameters) == ["call"]
    assert hints["call"] is Call
    assert not route.view or hints["return"] is resolved(route.view)


@pytest.mark.parametrize("route", ROUTES, ids=IDS)
def test_a_row_has_the_parts_of_its_path(route: Route) -> None:
    """Each `{part}` is an input, in order; input names are unique, and every input's meaning is a sentence."""
    assert re.findall(r"{(\w+)}", route.path) == [part.name for part in route.parts]
    for inputs in (route.parts, route.query, route.body):
        names = [each.name for each in inputs]
        assert len(set(names)) == len(names)
        assert all(each.meaning.endswith(".") for each in inputs)
    assert not route.summary.endswith(".")


@pytest.mark.parametrize("verb", Verb)
def test_every_verb_has_a_route_an_effect_and_a_summary(verb: Verb) -> None:
    """A verb is one row and one function: nothing else can be forgotten."""
    [route] = [each for each in ROUTES if each.name == verb.value]
    assert (route.path, route.summary) == (f"rollouts/{{endpoint}}/{verb}", verb.row.summary)
    assert verb.row.phases
    assert callable(_effect(verb))


REQUIRED = [(route, wanted) for route in ROUTES for wanted in route.body if wanted.required]


@pytest.mark.parametrize(
    ("route", "wanted"), REQUIRED, ids=[f"{route.name}-{wanted.name}" for route, wanted in REQUIRED]
)
def test_a_required_field_is_asked_for(calls: Calls, route: Route, wanted: Input[object]) -> None:
    """400 with the field, for each operation that has one."""
    calls.world.register()
    body = {
        each.name: {"endpoint": ENDPOINT, "model": "churn", "version": "7"}.get(each.name, "x") for each in route.body
    }
    parts = {part.name: ENDPOINT for part in route.parts}
    status, content = calls.send(route.name, parts, {name: body[name] for name in body if name != wanted.name})
    assert (status, error(content)["code"], error(content)["field"]) == (400, "invalid_field", wanted.name)


PATHS = [
    ("PUT", "rollouts", 405, "GET, POST"),
    ("DELETE", "Rollouts/churn", 405, "GET"),
    ("GET", "rollouts/churn/7/minutes", 404, None),
    ("POST", "rollouts/churn/obliterate", 405, "GET"),
    ("DELETE", "rollouts/churn/pause", 405, "POST"),
    ("PATCH", "halt/", 405, "DELETE, GET, POST"),
    ("GET", "", 404, None),
    ("GET", "../admin", 404, None),
]


@pytest.mark.parametrize(("method", "path", "status", "allow"), PATHS, ids=[f"{row[0]} {row[1]}" for row in PATHS])
def test_every_other_path_has_an_answer_in_json(method: str, path: str, status: int, allow: str | None) -> None:
    """405 with the methods that exist, or 404."""
    request = func.HttpRequest(method, f"/api/{path}", route_params={"path": path}, body=b"")
    answer = unmatched(request)
    assert (answer.status_code, answer.headers.get("Allow"), answer.mimetype) == (status, allow, "application/json")
    code = "method_not_allowed" if status == 405 else "not_found"
    assert f'"code": "{code}"'.encode() in answer.get_body()
