"""This project's own functions on every worker: the host accepts them, with the same results.

Microsoft's workers run the package, as Azure installs it, and not the checkout.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.function_host import HostProcess, eventually, running_host

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.cloud import RunningCloud
    from tests.package import InstalledApp


@pytest.fixture(scope="module")
def project(
    cloud: RunningCloud, installed: InstalledApp, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[HostProcess]:
    """Run the project's function app against the emulated Azure, with its timer off so that only the test acts."""
    account = cloud["storage_account"]
    settings = {
        **cloud.environment,
        "TEAL_SUBSCRIPTION_ID": cloud["subscription"],
        "TEAL_RESOURCE_GROUP": cloud["resource_group"],
        "TEAL_WORKSPACE": cloud["workspace"],
        "TEAL_LOGS_WORKSPACE_ID": cloud["log_analytics_workspace"],
        "TEAL_TABLES_ENDPOINT": f"https://{account}.table.core.windows.net",
        "AzureWebJobsStorage__queueServiceUri": f"https://{account}.queue.core.windows.net",
    }
    log_file = tmp_path_factory.mktemp("project") / "host.log"
    with running_host(installed.folder, log_file, settings, installed.interpreter) as running:
        yield running


def test_the_host_accepts_every_function(project: HostProcess) -> None:
    """The project's functions start, which they would not with any problem, and every kind of trigger is present."""
    kinds = {function["trigger"]["type"] for function in project.summary["functions"]}
    assert kinds == {"eventGridTrigger", "timerTrigger", "queueTrigger", "httpTrigger"}


def test_http_needs_a_key(project: HostProcess) -> None:
    """No HTTP function of the project works without a key."""
    triggers = [function["trigger"] for function in project.summary["functions"]]
    https = [trigger for trigger in triggers if trigger["type"] == "httpTrigger"]
    for trigger in https:
        path = f"/api/{trigger['route']}".replace("{", "").replace("}", "")
        assert project.call(trigger.get("methods", ["GET"])[0], path).status == 401


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [("not json", 400, "JSON"), ("{}", 400, "endpoint"), ('{"endpoint": "no-such-endpoint"}', 404, "no-such-endpoint")],
)
def test_start_answers_for_bad_bodies(project: HostProcess, body: str, status: int, message: str) -> None:
    """A rollout cannot be started with an invalid body, and the response says what is wrong."""
    answer = project.call("POST", "/api/rollouts", body, {"x-functions-key": project.host_key})
    assert answer.status == status
    assert message in answer.body.decode()


@pytest.mark.parametrize(
    "event",
    [
        {"eventType": "Microsoft.MachineLearningServices.RunCompleted", "subject": "experiments/1", "data": {}},
        {"eventType": "Microsoft.MachineLearningServices.ModelRegistered", "subject": "nonsense", "data": None},
    ],
    ids=["another type", "malformed"],
)
def test_an_irrelevant_event_is_accepted(project: HostProcess, event: dict[str, object]) -> None:
    """An event that no retry can fix is accepted, so that Event Grid does not redeliver it."""
    envelope = {"id": "1", "topic": "/t", "eventTime": "2026-11-20T10:00:00Z", "dataVersion": "2"}
    assert project.deliver("model_registered", [{**envelope, **event}]).status == 202


def test_a_message_that_cannot_be_read_fails(project: HostProcess) -> None:
    """The host then moves it to the poison queue, and the log says what is wrong with it."""
    assert project.run_by_hand("reconcile", json.dumps(["nonsense"])).status == 202
    eventually(lambda: "the message is not" in project.log(), "reconcile did not fail")
