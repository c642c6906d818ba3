"""The functions' names and bindings: the real host drops functions for problems that the worker does not report."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import azure.functions as func
import pytest

from shared.names import QUEUE, QUEUE_CONNECTION

Found = dict[str, func.Function]
ROOT = Path(__file__).parents[2]
NAMES = {
    "model_registered", "tick", "reconcile", "sweep", "health", "health_report", "retention", "audit",
    "start", "list", "show", "show_rollout", "promote", "pause", "resume", "rollback", "override",
    "show_halt", "halt", "end_halt", "openapi", "unmatched",
}  # fmt: skip


def bindings(function: func.Function) -> list[dict[str, object]]:
    """Return a function's bindings as the host gets them."""
    return [json.loads(raw) for raw in function.get_raw_bindings()]


def test_all_functions_are_found(found: Found) -> None:
    """Exactly these, each with a unique name that the host allows."""
    assert set(found) == NAMES
    assert all(re.fullmatch(r"[a-z][a-z0-9_-]{0,127}", name) and name != "host" for name in found)


@pytest.mark.parametrize("name", sorted(NAMES))
def test_every_binding_has_a_name_that_the_host_accepts(found: Found, name: str) -> None:
    """No underscore in a binding's name, no duplicate names, and exactly one trigger."""
    names = [str(binding["name"]) for binding in bindings(found[name])]
    assert all(re.fullmatch(r"[a-zA-Z][a-zA-Z0-9]{0,127}|\$return", each) for each in names)
    assert len(set(names)) == len(names)
    assert len([b for b in bindings(found[name]) if str(b["type"]).endswith("Trigger")]) == 1


def http_triggers(found: Found) -> dict[str, dict[str, object]]:
    """Return the HTTP triggers by function."""
    triggers = {name: bindings(function)[0] for name, function in found.items()}
    return {name: trigger for name, trigger in triggers.items() if trigger["type"] == "httpTrigger"}


def test_every_route_is_there_once_and_wants_a_key(found: Found) -> None:
    """The API as documented; a route twice with the same method, or below admin, would stop the host."""
    routes = {
        name: (*[str(method).upper() for method in list(trigger.get("methods") or [])], trigger["route"])  # type: ignore[call-overload] # JSON
        for name, trigger in http_triggers(found).items()
    }
    assert routes == {
        "start": ("POST", "rollouts"),
        "list": ("GET", "rollouts"),
        "show": ("GET", "rollouts/{endpoint}"),
        "show_rollout": ("GET", "rollouts/{endpoint}/{rollout}"),
        "promote": ("POST", "rollouts/{endpoint}/promote"),
        "pause": ("POST", "rollouts/{endpoint}/pause"),
        "resume": ("POST", "rollouts/{endpoint}/resume"),
        "rollback": ("POST", "rollouts/{endpoint}/rollback"),
        "override": ("POST", "rollouts/{endpoint}/override"),
        "show_halt": ("GET", "halt"),
        "halt": ("POST", "halt"),
        "end_halt": ("DELETE", "halt"),
        "health": ("GET", "health"),
        "openapi": ("GET", "openapi.json"),
        "unmatched": ("{*path}",),
    }
    assert {str(trigger["authLevel"]).lower() for trigger in http_triggers(found).values()} == {"function"}


def test_what_takes_every_path_is_asked_last(found: Found) -> None:
    """The host tries routes in the alphabetical order of the functions' names."""
    assert max(http_triggers(found)) == "unmatched"


def test_the_timer_and_the_queue_are_bound_as_the_infrastructure_has_them(found: Found) -> None:
    """Every minute, without a monitor that catches up; the queue and connection are those that `infra` creates."""
    (timer,) = bindings(found["tick"])
    assert (timer["schedule"], timer["useMonitor"]) == ("0 * * * * *", False)
    (queue,) = bindings(found["reconcile"])
    assert (queue["queueName"], queue["connection"]) == (QUEUE, QUEUE_CONNECTION)
    assert bindings(found["model_registered"])[0]["type"] == "eventGridTrigger"


def test_indexing_imports_nothing_heavy() -> None:
    """Finding the functions imports no adapter, policies or Azure client: they are imported on first use."""
    code = "import sys, function_app; print(*sys.modules, sep='\\n')"
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603 -- our own Python
    modules = ran.stdout.split()
    assert "functions.api" in modules
    clients = [name for name in modules if name.startswith("azure.") and not name.startswith("azure.functions")]
    ours = (
        "shared.adapters",
        "shared.controller",
        "shared.policies",
        "shared.views",
        "shared.listing",
        "functions.steering",
        "yaml",
    )
    assert [name for name in modules if name.startswith(ours)] + clients == []
