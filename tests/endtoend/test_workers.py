"""Every function on the development host's own worker and on Microsoft's, with the same outcomes.

Microsoft's workers run the package, as Azure installs it, and not the checkout.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.endtoend.stage import Stage
from tests.function_host import Answer, HostProcess, eventually, running_host
from tests.package import InstalledApp

pytestmark = pytest.mark.timeout(1800)  # only for hangs: on a busy machine the clock is slower

FUNCTIONS = {
    "model_registered": ("eventGridTrigger", None),
    "tick": ("timerTrigger", None),
    "sweep": ("timerTrigger", None),
    "retention": ("timerTrigger", None),
    "audit": ("timerTrigger", None),
    "health_report": ("timerTrigger", None),
    "health": ("httpTrigger", ["GET"]),
    "reconcile": ("queueTrigger", None),
    "start": ("httpTrigger", ["POST"]),
    "list": ("httpTrigger", ["GET"]),
    "show": ("httpTrigger", ["GET"]),
    "show_rollout": ("httpTrigger", ["GET"]),
    "promote": ("httpTrigger", ["POST"]),
    "pause": ("httpTrigger", ["POST"]),
    "resume": ("httpTrigger", ["POST"]),
    "rollback": ("httpTrigger", ["POST"]),
    "override": ("httpTrigger", ["POST"]),
    "show_halt": ("httpTrigger", ["GET"]),
    "halt": ("httpTrigger", ["POST"]),
    "end_halt": ("httpTrigger", ["DELETE"]),
    "openapi": ("httpTrigger", ["GET"]),
    "unmatched": ("httpTrigger", None),
}
# What an operator requests, and the resulting phase.
REQUESTS: tuple[tuple[str, dict[str, object], str], ...] = (
    ("pause", {}, "paused"),
    ("resume", {}, "stepping"),
    ("override", {}, "stepping"),
    ("promote", {"full": True}, "promoting"),
    ("rollback", {}, "rolled-back"),
)
BY = {"by": "anna@example.com", "reason": "to see it work"}


@pytest.fixture
def app(azure: Stage, installed: InstalledApp, tmp_path: Path) -> Iterator[HostProcess]:
    """Run the function app on one of the workers."""
    log = tmp_path / "host.log"
    with running_host(installed.folder, log, azure.app_settings, installed.interpreter) as running:
        yield running


def test_every_function_works(app: HostProcess, azure: Stage, worked: str) -> None:
    """Event, timer and queue lead to a rollout that is paused, resumed, promoted and rolled back over HTTP."""
    triggers = {each["name"]: each["trigger"] for each in app.summary["functions"]}
    assert {name: (each["type"], each.get("methods")) for name, each in triggers.items()} == FUNCTIONS
    version = azure.register(worked)  # no subscriber: the test delivers the event
    assert app.deliver("model_registered", [event(azure, worked, version)]).status == 202
    assert "outcome=started" in app.log()
    assert app.run_by_hand("tick").status == 202
    assert app.run_by_hand("sweep").status == 202
    reaches(app, worked, "stepping")
    eventually(lambda: rollout(app, worked)["weight"] == 25, "the first weight was never set")
    assert api(app, "POST", "halt", BY).json()["halted"]
    assert api(app, "GET", "halt").json()["by"] == BY["by"]
    assert not api(app, "DELETE", "halt", BY).json()["halted"]
    for verb, more, phase in REQUESTS:
        assert api(app, "POST", f"rollouts/{worked}/{verb}", BY | {"version": version} | more).status == 202
        reaches(app, worked, phase)
    eventually(lambda: rollout(app, worked)["finished_at"], "green was never deleted")
    assert azure.standing(worked) == ({"worked-1": 100}, {"worked-1": "Succeeded"})
    history = api(app, "GET", f"rollouts/{worked}/{rollout(app, worked)['id']}").json()["history"]
    asked = [each["reason"] for each in history if each["actor"] == BY["by"]]
    accepted = [each["facts"]["verb"] for each in asked if each["code"] == "request_accepted"]
    carried_out = [each["facts"]["verb"] for each in asked if each["code"].startswith("operator_")]
    assert accepted == carried_out == [verb for verb, _, _ in REQUESTS]
    assert [app.run_by_hand(timer).status for timer in ("retention", "audit", "health_report")] == [202] * 3
    assert api(app, "GET", "health").json()["findings"]
    expected = FUNCTIONS.keys() - {"start", "show", "openapi", "unmatched"}  # covered by the next tests
    eventually(lambda: expected <= succeeded(app), "one of the timers never ended")
    assert succeeded(app) == expected


def succeeded(app: HostProcess) -> set[str]:
    """Return the functions that have succeeded so far, as the host's log says."""
    return {name for name in FUNCTIONS if f"cli.host: {name} succeeded" in app.log()}


def test_a_rollout_is_restarted_manually(app: HostProcess, azure: Stage, worked: str) -> None:
    """A rolled-back version can be started over HTTP; the rollout is listed while open and cannot be started twice."""
    asked = {"endpoint": worked, "model": worked, "version": azure.register(worked), **BY}
    begun = api(app, "POST", "rollouts", asked)
    assert (begun.status, begun.json()["phase"]) == (202, "provisioning")
    assert api(app, "POST", "rollouts", asked).status == 409
    open_ones = api(app, "GET", "rollouts?open=true").json()["rollouts"]
    assert [each["id"] for each in open_ones] == [begun.json()["id"]]
    assert api(app, "POST", f"rollouts/{worked}/rollback", BY).status == 202
    eventually(lambda: rollout(app, worked)["finished_at"], "green was never deleted")
    assert rollout(app, worked)["phase"] == "rolled-back"


def test_a_wrong_request_is_answered(app: HostProcess, worked: str) -> None:
    """Every worker gives the same status: 400 for a bad body, 404 for a missing rollout, 409 if none is open."""
    unknown: dict[str, object] = {"endpoint": "no-such", "model": "m", "version": 1, **BY}
    requests: list[tuple[str, str, Mapping[str, object] | None, int]] = [
        ("POST", "rollouts", {}, 400),
        ("POST", "rollouts", unknown, 404),
        ("PUT", "rollouts", {}, 405),
        ("GET", "nowhere", None, 404),
        ("GET", "rollouts/no-such", None, 404),
        ("GET", f"rollouts/{worked}/no-such", None, 404),
        ("POST", "rollouts/no-such/pause", BY, 404),
        ("POST", f"rollouts/{worked}/resume", {"by": "anna@example.com"}, 400),
        ("POST", f"rollouts/{worked}/promote", BY, 400),
        ("POST", f"rollouts/{worked}/promote", BY | {"version": 1}, 409),
    ]
    answers = [(method, path, body, api(app, method, path, body).status) for method, path, body, _ in requests]
    assert answers == requests


def event(azure: Stage, model: str, version: str) -> dict[str, object]:
    """Return a registration event in the documented format."""
    return {
        "id": f"{model}-{version}", "topic": azure.cloud.workspace_id, "subject": f"models/{model}:{version}",
        "eventType": "Microsoft.MachineLearningServices.ModelRegistered", "eventTime": "2026-11-20T10:00:00.1234567Z",
        "data": {"ModelName": model, "ModelVersion": int(version), "ModelTags": {}, "ModelProperties": {}},
        "dataVersion": "", "metadataVersion": "1",
    }  # fmt: skip


def api(app: HostProcess, method: str, path: str, body: Mapping[str, object] | None = None) -> Answer:
    """Send one request to the API with its key."""
    content = None if body is None else json.dumps(body)
    return app.call(method, f"/api/{path}", content, {"x-functions-key": app.host_key})


def rollout(app: HostProcess, endpoint: str) -> dict[str, object]:
    """Return the newest rollout of an endpoint."""
    shown = api(app, "GET", f"rollouts?endpoint={endpoint}").json()["rollouts"]
    return dict(max(shown, key=lambda each: int(each["version"])))


def reaches(app: HostProcess, endpoint: str, phase: str) -> None:
    """Wait until the newest rollout is in a phase."""
    eventually(lambda: rollout(app, endpoint)["phase"] == phase, f"it never was {phase}")
