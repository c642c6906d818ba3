"""What the host rejects: one row for each rule of the real host, with an app that breaks only that rule."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cli.host.checks import problems, warnings
from cli.host.metadata import FunctionMetadata

SETTINGS = {"AzureWebJobsStorage": "UseDevelopmentStorage=true", "Other__accountName": "acme"}
HOST_JSON = {
    "version": "2.0",
    "extensionBundle": {"id": "Microsoft.Azure.Functions.ExtensionBundle", "version": "[4.*]"},
}


def _http(route: str = "x", name: str = "req", **more: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    return {"type": "httpTrigger", "direction": "IN", "name": name, "route": route, **more}


def _timer(schedule: str) -> dict[str, Any]:
    return {"type": "timerTrigger", "direction": "IN", "name": "timer", "schedule": schedule}


def _queue(queue: str, connection: str = "AzureWebJobsStorage", kind: str = "queueTrigger") -> dict[str, Any]:
    direction = "IN" if kind == "queueTrigger" else "OUT"
    return {"type": kind, "direction": direction, "name": "item", "queueName": queue, "connection": connection}


def _function(*bindings: dict[str, Any], name: str = "f", retry: dict[str, Any] | None = None) -> FunctionMetadata:
    return FunctionMetadata(name, bindings, retry)


def _problems(*functions: FunctionMetadata, host_json: dict[str, Any] | None = None) -> list[str]:
    return [str(problem) for problem in problems(functions, HOST_JSON if host_json is None else host_json, SETTINGS)]


@pytest.mark.parametrize(
    "functions",
    [
        [_function(_http("orders/{id:int}/{rest?}"))],
        [_function(_http("a", methods=["GET"]), name="a"), _function(_http("A", methods=["POST"]), name="b")],
        [_function(_http(), {"type": "http", "direction": "OUT", "name": "$return"}, name="a-1_b")],
        [_function(_timer("0 */5 * * * MON-FRI"))],
        [_function(_timer("*/5 * * * *"))],
        [_function(_timer("00:00:30"))],
        [_function(_queue("a-queue"), retry={"strategy": "fixed_delay"})],
        [_function(_http(), _queue("No_Such_%SETTING%", kind="queue"))],
        [_function(_http(), _queue("a1-b2", "Other", "queue"))],
        [_function({"type": "eventGridTrigger", "direction": "IN", "name": "event"})],
    ],
)
def test_good_apps_have_no_problem(functions: list[FunctionMetadata]) -> None:
    """The host does not reject what the real host runs."""
    assert _problems(*functions) == []


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (_function(_http(name="my_req")), "'my_req' is not a valid binding name"),
        (_function(_http(name="1req")), "'1req' is not a valid binding name"),
        (_function(_http(), name="1f"), "'1f' is not a valid function name"),
        (_function(_http(), name="f.g"), "'f.g' is not a valid function name"),
        (_function(_http(), name="f" * 129), "is not a valid function name"),
        (_function(_http(), name="Host"), "'Host' is not a valid function name"),
        (_function(_queue("q-1", kind="queue")), "it has 0 triggers"),
        (_function(_http(), _timer("0 * * * * *")), "it has 2 triggers"),
        (_function(_http(name="Item"), _queue("q-1", kind="queue")), "2 bindings are named 'item'"),
        (_function(_http("admin/x")), "the route 'admin/x' is reserved"),
        (_function(_http("Runtime")), "the route 'Runtime' is reserved"),
        (_function(_http("administer")), "the route 'administer' is reserved"),
        (_function(_http("a/{b")), "the route 'a/{b' cannot be used"),
        (_function(_http("a/{b:datetime}")), "constraint 'datetime' is not emulated"),
        (_function(_http("a/{b}/{b}")), "cannot be used: redefinition"),
        (_function(_http(methods=["FETCH"])), "unknown HTTP methods: FETCH"),
        (_function(_timer("every minute")), "the schedule 'every minute' cannot be used"),
        (_function(_timer("%NO_SUCH%")), "the app setting NO_SUCH does not exist"),
        (_function(_queue("%NO_SUCH%")), "the app setting NO_SUCH does not exist"),
        (_function(_queue("My_Queue")), "'My_Queue' is not a valid queue name"),
        (_function(_queue("ab")), "'ab' is not a valid queue name"),
        (_function(_queue("a--b")), "'a--b' is not a valid queue name"),
        (_function(_queue("-abc")), "'-abc' is not a valid queue name"),
        (_function(_queue("q" * 64)), "is not a valid queue name"),
        (_function(_queue("abc", "NoSuch")), "the connection NoSuch is not set"),
        (
            _function({"type": "blobTrigger", "direction": "IN", "name": "blob"}),
            "the binding type blobTrigger is not emulated",
        ),
        (_function(_timer("0 * * * * *"), retry={"strategy": "fixed_delay"}), "retry policies are not emulated"),
    ],
)
def test_refusal(function: FunctionMetadata, expected: str) -> None:
    """Each broken rule is one problem that names the function and the fault."""
    (problem,) = _problems(function)
    assert problem.startswith(f"{function.name}: ")
    assert expected in problem


def test_warning() -> None:
    """A retry policy that has no effect is only worth a warning."""
    functions = [_function(_queue("abc"), retry={"strategy": "fixed_delay"}), _function(_http(), name="g")]
    assert list(warnings(functions)) == ["f: a retry policy has no effect on queueTrigger"]


@pytest.mark.parametrize(
    ("functions", "expected"),
    [
        ([_function(_http("a"), name="f"), _function(_http("b"), name="F")], "2 functions have this name"),
        ([_function(_http("a"), name="a"), _function(_http("/A/"), name="b")], "b: it has the route 'a' of a"),
        ([_function(_http("g"), name="a"), _function(_http(""), name="g")], "g: it has the route 'g' of a"),
    ],
)
def test_conflict_between_functions(functions: list[FunctionMetadata], expected: str) -> None:
    """Names and routes are unique, ignoring case; a function without a route uses its name."""
    (problem,) = _problems(*functions)
    assert expected in problem


@pytest.mark.parametrize(
    ("host_json", "expected"),
    [
        ({**HOST_JSON, "version": "1.0"}, "host.json has version '1.0'"),
        ({"extensionBundle": HOST_JSON["extensionBundle"]}, "host.json has version None"),
        ({"version": "2.0"}, "host.json has no extensionBundle, but queueTrigger needs it"),
        ({**HOST_JSON, "functionTimeout": "5 minutes"}, "functionTimeout: '5 minutes' is not a time span"),
        ({**HOST_JSON, "extensions": {"queues": {"batchSize": 33}}}, "batchSize must be from 1 to 32, not 33"),
        (
            {**HOST_JSON, "extensions": {"queues": {"messageEncoding": "utf8"}}},
            "messageEncoding must be base64 or none",
        ),
    ],
)
def test_host_json(host_json: dict[str, Any], expected: str) -> None:
    """A host.json that the real host would reject is a problem of the app."""
    (problem,) = _problems(_function(_queue("abc")), host_json=host_json)
    assert expected in problem


def test_http_and_timers_need_no_bundle() -> None:
    """Only bindings that come from extensions need the extension bundle."""
    assert _problems(_function(_http()), _function(_timer("0 * * * * *"), name="t"), host_json={"version": "2.0"}) == []


def test_timer_needs_storage() -> None:
    """The real host keeps timers' locks and status in AzureWebJobsStorage."""
    (problem,) = problems([_function(_timer("0 * * * * *"))], HOST_JSON, {})
    assert "a timer needs AzureWebJobsStorage" in str(problem)


def test_all_problems_are_reported_together() -> None:
    """Nobody has to fix one problem to find out about the next."""
    found = _problems(_function(_http("admin", "a_b"), name="1"), host_json={})
    assert len(found) == 4


def test_the_project_s_own_host_json_is_valid() -> None:
    """The host.json of this repository passes with bindings that need every part of it."""
    own = json.loads((Path(__file__).parents[2] / "host.json").read_text(encoding="utf-8"))
    assert _problems(_function(_http()), _function(_queue("abc"), name="q"), host_json=own) == []
