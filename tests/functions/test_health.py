"""GET /api/health and its timer: problems are found, each with a remedy."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.core.endpoint_id import EndpointId
from shared.core.observation import DeploymentSeen, PathState, Provisioning, TelemetryPath
from shared.core.phases import Phase
from shared.core.policy import Capacity
from shared.core.rollout import ModelVersion, Verb
from shared.core.steps import PauseStep, SmokeStep, Step, WeightStep
from shared.errors import Misconfigured, Permanent, TealError, Temporary
from shared.health import HealthCheck
from shared.ports import BacklogCounts, Halt
from shared.wiring import use
from tests.functions.conftest import Calls, app_over
from tests.scenarios.world import BLUE, ENDPOINT, World


def findings(calls: Calls) -> dict[str, dict[str, Any]]:
    """Return the problems that health reports, by check."""
    status, content = calls.http("health")
    assert status == 200
    found: Any = content["findings"]
    return {each["check"]: each for each in found if each["severity"] != "ok"}


def messages(calls: Calls, check: str) -> list[str]:
    """Return the messages of all problems that one check found."""
    _, content = calls.http("health")
    found: Any = content["findings"]
    return [each["message"] for each in found if each["check"] == check and each["severity"] != "ok"]


def test_an_app_that_works_is_healthy(calls: Calls) -> None:
    """Every check reports something, and nothing needs to be done."""
    calls.call("tick", timer=None)
    status, content = calls.http("health")
    found: Any = content["findings"]
    assert (status, content["severity"]) == (200, "ok")
    assert {each["check"] for each in found} == {
        "storage", "halt", "tick", "queue", "poison", "dead_letters", "policy", "endpoint", "telemetry",
    }  # fmt: skip
    assert {each["remedy"] for each in found} == {None}


def asleep(world: World) -> None:
    """Stop the timer for an hour."""
    world.clock.pass_(timedelta(hours=1))


def backlog(counts: BacklogCounts) -> Callable[[World], None]:
    """Return a change that gives the queues these counts."""

    def change(world: World) -> None:
        world.backlog.found = counts

    return change


def endpoint_gone(world: World) -> None:
    """Someone deletes the endpoint."""
    del world.endpoints.seen[ENDPOINT]


def azure_refuses(world: World) -> None:
    """Remove a role assignment."""
    world.endpoints.faults.planned.append(Permanent("403 AuthorizationFailed"))


def queues_down(world: World) -> None:
    """Make storage fail to answer about its queues."""
    world.backlog.faults.always = "503"


def not_logged(world: World) -> None:
    """Someone removes the endpoint's diagnostic setting."""
    world.telemetry.found = TelemetryPath(PathState.NO_SETTING)


def unreadable_settings(world: World) -> None:
    """Make Azure refuse to show the diagnostic settings."""
    world.telemetry.found = None


def unreadable_log(world: World) -> None:
    """Take away Teal's role on the Log Analytics workspace."""
    world.telemetry.faults.always = "403 InsufficientAccessError"


def tables_down(world: World) -> None:
    """Make storage fail to list the endpoints with work, but answer everything else."""

    def down() -> tuple[EndpointId, ...]:
        raise Temporary("the table store answers 503")

    object.__setattr__(world.store, "open_endpoints", down)


TROUBLES: list[tuple[Callable[[World], None], str, str, str]] = [
    (asleep, "tick", "failing", "restart"),
    (backlog(BacklogCounts(waiting=9000)), "queue", "warning", "reconcile"),
    (backlog(BacklogCounts(poison=2)), "poison", "warning", "reconcile-poison"),
    (backlog(BacklogCounts(dead_letters=3)), "dead_letters", "warning", "POST /api/rollouts"),
    (queues_down, "queues", "failing", "roles"),
    (endpoint_gone, "endpoint", "warning", "create it"),
    (azure_refuses, "endpoint", "failing", "roles"),
    (not_logged, "telemetry", "warning", "diagnostic setting"),
    (unreadable_settings, "telemetry", "warning", "docs/permissions.md"),
    (unreadable_log, "telemetry", "warning", "role on the Log Analytics workspace"),
]


@pytest.mark.parametrize(
    ("trouble", "check", "severity", "remedy"), TROUBLES, ids=[f"{n}-{row[1]}" for n, row in enumerate(TROUBLES)]
)
def test_trouble_is_found_with_what_to_do(
    calls: Calls, trouble: Callable[[World], None], check: str, severity: str, remedy: str
) -> None:
    """One thing is wrong, and only that is reported, with its remedy."""
    calls.call("tick", timer=None)
    trouble(calls.world)
    found = findings(calls)
    assert list(found) == [check]
    assert found[check]["severity"] == severity
    assert remedy in found[check]["remedy"]


def test_a_log_without_any_request_yet_is_no_trouble(calls: Calls) -> None:
    """A new Log Analytics workspace has no table before the first request, and nobody could correct that."""
    calls.call("tick", timer=None)
    calls.world.telemetry.no_table = "SEM0100"
    assert findings(calls) == {}


def test_a_wrong_policy_is_shown(calls: Calls) -> None:
    """The finding names the file, its problem and the remedy."""
    calls.call("tick", timer=None)
    app = app_over(calls.world)
    object.__setattr__(app.policies, "wrong", Misconfigured("weights must increase"))
    with use(app):
        found = findings(calls)
    assert found["policy"]["about"] == "policies/churn.yaml"
    assert "weights must increase" in found["policy"]["message"]
    assert "teal policy check" in found["policy"]["remedy"]


def test_a_rollout_that_nobody_observes_is_found(calls: Calls) -> None:
    """Its last observation is an hour ago."""
    calls.world.register()
    calls.world.until_weight(10)
    asleep(calls.world)
    calls.world.store.note_tick(calls.world.clock())
    found = findings(calls)
    assert found["progress"]["severity"] == "failing"
    assert calls.world.rollout().id in found["progress"]["about"]


def test_a_rollout_that_was_never_observed_is_found(calls: Calls) -> None:
    """The timer fires, but the function that reconciles has been disabled from the start."""
    calls.world.register()
    calls.world.clock.pass_(timedelta(hours=1))
    calls.world.store.note_tick(calls.world.clock())
    found = findings(calls)["progress"]
    assert found["severity"] == "failing"
    assert "not observed since" in found["message"]


def test_a_workspace_that_is_not_served_is_named(calls: Calls) -> None:
    """The remedy names the setting, not a role."""
    calls.world.store.mark_open(EndpointId("ml-east", ENDPOINT))
    found = findings(calls)["workspace"]
    assert "ml-east" in found["message"]
    assert "TEAL_WORKSPACES" in found["remedy"]


def test_one_unreadable_record_hides_no_other_endpoint(calls: Calls) -> None:
    """The report has both the row that cannot be read and the rollout that makes no progress."""
    world = calls.world
    world.register()
    world.until_weight(10)
    world.clock.pass_(timedelta(hours=1))
    broken = EndpointId("w", "aaa")
    world.store.mark_open(broken)
    calls.world.store.unreadable.add(broken)
    assert findings(calls)["progress"]["severity"] == "failing"
    assert findings(calls)["endpoint"]["about"] == str(broken)


def test_without_the_tables_the_rest_is_still_reported(calls: Calls) -> None:
    """Storage fails, with a remedy, and so do the endpoints, which are listed there. Nothing else changes."""
    calls.call("tick", timer=None)
    tables_down(calls.world)
    found = findings(calls)
    assert list(found) == ["storage", "endpoints"]
    assert (found["storage"]["severity"], found["storage"]["message"]) == ("failing", "the table store answers 503")
    assert "Teal's roles" in found["storage"]["remedy"]


def test_a_defect_at_one_endpoint_hides_nothing_else(calls: Calls, caplog: pytest.LogCaptureFixture) -> None:
    """It is reported like any other failure, and the log has its traceback."""
    calls.call("tick", timer=None)
    calls.world.store.mark_open(EndpointId("w", "aardvark"))
    calls.world.endpoints.faults.planned.append(ZeroDivisionError("no instances"))  # no error of ours
    found = findings(calls)
    assert list(found) == ["endpoint"]
    assert (found["endpoint"]["severity"], found["endpoint"]["about"]) == ("failing", "w/aardvark")
    assert found["endpoint"]["message"] == "ZeroDivisionError: no instances"
    assert "defect" in found["endpoint"]["remedy"]
    (line,) = [record for record in caplog.records if record.levelname == "ERROR"]
    assert line.exc_info is not None


def test_a_defect_is_reported_without_secrets(calls: Calls) -> None:
    """Its message may quote anything, and a key that is cut off is no longer recognized as one."""
    calls.call("tick", timer=None)
    key = "AKIA" + "ZYXWVU98765TSRQP"
    defect = ValueError(f"password=hunter2 {'x' * 460} {key}")
    calls.world.endpoints.faults.planned.append(defect)
    message = findings(calls)["endpoint"]["message"]
    assert message.startswith("ValueError: password=*** xxx")
    assert "AKIA" not in message
    assert len(message) <= 500


def test_a_slow_azure_ends_the_check_with_what_it_has(calls: Calls) -> None:
    """Otherwise the host would stop the function, and nothing would be reported at all."""
    seconds = iter(range(0, 1000, 50))
    for number in range(5):
        calls.world.store.mark_open(EndpointId("w", f"{ENDPOINT}-{number}"))
    used = app_over(calls.world)
    check = HealthCheck(used.store, used.workspaces, used.policies, used.backlog, lambda: float(next(seconds)))
    message = next(each.message for each in check.check(used.clock()).findings if each.check == "endpoints")
    assert message == "5 of 6 were not checked within 60 seconds"


def ended_rolled_back(world: World) -> str:
    """Roll a version back, and return the name of its green, which Teal has deleted."""
    world.register()
    world.until_weight(10)
    world.rates[world.rollout().green] = 0.5
    world.until_finished()
    return world.rollout().green


@pytest.mark.parametrize(("mirrored", "words"), [(0, "still deployed, but"), (20, "20 % of the requests are mirrored")])
def test_a_green_that_an_ended_rollout_left_is_found(calls: Calls, mirrored: int, words: str) -> None:
    """It costs as much as a serving deployment, and a mirror as much as its requests."""
    world = calls.world
    green = ended_rolled_back(world)
    calls.call("tick", timer=None)
    assert "orphan" not in findings(calls)
    seen = world.endpoints.seen[ENDPOINT]
    left = {**seen.deployments, green: DeploymentSeen(green, Provisioning.SUCCEEDED, "azureml:churn:7")}
    world.endpoints.seen[ENDPOINT] = replace(seen, deployments=left, mirror={green: mirrored} if mirrored else {})
    found = findings(calls)["orphan"]
    assert (found["severity"], words in found["message"]) == ("warning", True), found
    assert "delete it" in found["remedy"]


def test_a_green_that_somebody_uses_is_no_orphan(calls: Calls) -> None:
    """An operator gave it traffic after its rollout ended."""
    world = calls.world
    green = ended_rolled_back(world)
    calls.call("tick", timer=None)
    seen = world.endpoints.seen[ENDPOINT]
    used = {**seen.deployments, green: DeploymentSeen(green, Provisioning.SUCCEEDED, "azureml:churn:7")}
    world.endpoints.seen[ENDPOINT] = replace(seen, deployments=used, traffic={**seen.traffic, green: 5})
    assert "orphan" not in findings(calls)


def test_a_version_without_a_rollout_is_found_by_the_nightly_audit(calls: Calls) -> None:
    """The sweep has recorded that Teal manages the model; a later version's event never arrived."""
    world = calls.world
    calls.call("sweep", timer=None)
    version = ModelVersion("churn", "9")
    world.models.registered[version] = {}
    world.models.made[version] = world.clock() + timedelta(minutes=1)
    world.clock.pass_(timedelta(hours=3))
    calls.call("tick", timer=None)
    assert findings(calls) == {}
    calls.call("audit", timer=None)
    found = findings(calls)["missed_version"]
    assert (found["severity"], "churn:9 was registered at" in found["message"]) == ("warning", True)
    assert "POST /api/rollouts" in found["remedy"]


@pytest.mark.parametrize("rolling_back", [True, False])
def test_unhealthy_deployments_are_found(calls: Calls, *, rolling_back: bool) -> None:
    """A blue that a rollback would return to, or an outage of both, raises the alert on failing health."""
    world = calls.world
    world.register()
    world.until_weight(50)
    world.rates = {"churn-6": 1.0} if rolling_back else {"churn-6": 0.6, "churn-7": 0.6}
    world.minutes(4)
    if rolling_back:
        world.ask(Verb.ROLLBACK)
    world.minutes(6)
    found = findings(calls)["unhealthy"]
    words = (
        "churn-6 cannot take its traffic back, so the rollback waits"
        if rolling_back
        else "both churn-6 and churn-7 fail"
    )
    assert (found["severity"], words in found["message"]) == ("failing", True)
    assert "repair" in found["remedy"]


def test_a_blue_in_an_incident_is_found(calls: Calls) -> None:
    """Most users depend on it, and Teal can only hold the rollout."""
    world = calls.world
    world.register()
    world.until_weight(10)
    world.rates = {"churn-6": 0.4}
    world.minutes(12)
    found = findings(calls)["unhealthy"]
    assert (found["severity"], "churn-6 fails far more requests than usual" in found["message"]) == ("failing", True)


def test_a_green_that_fails_under_an_override_is_found(calls: Calls) -> None:
    """Nothing holds it or rolls it back then, so someone must be told."""
    world = calls.world
    world.register()
    world.until_weight(10)
    world.ask(Verb.OVERRIDE)
    world.rates = {"churn-7": 1.0}
    world.minutes(3)
    world.ask(Verb.PROMOTE, full=True)
    world.minutes(6)
    found = findings(calls)["unhealthy"]
    words = "churn-7 fails far more requests than usual, and an operator has overruled the judge"
    assert (found["severity"], words in found["message"]) == ("failing", True)
    world.endpoints.seen[ENDPOINT] = replace(world.seen, traffic={})
    world.minutes(2)
    assert "unhealthy" not in findings(calls)  # someone took all traffic away, so no user is affected


def test_a_green_that_fails_with_all_traffic_by_hand_is_found(calls: Calls) -> None:
    """Someone gave it everything, so the judge has nothing to compare it with: the alert is raised at once."""
    world = calls.world
    world.register()
    world.until_weight(10)
    world.minutes(2)
    world.endpoints.seen[ENDPOINT] = replace(world.seen, traffic={"churn-7": 100})
    world.minutes(3)
    assert "unhealthy" not in findings(calls)
    world.rates = {"churn-7": 0.2}
    world.minutes(8)
    found = findings(calls)["unhealthy"]
    assert (
        found["severity"],
        "left blue without traffic, so there is nothing to compare it with" in found["message"],
    ) == ("failing", True)
    assert world.seen.traffic == {"churn-7": 100}


def shown_as(world: World, name: str, state: Provisioning) -> None:
    """Make Azure show a deployment in this state from now on, as after a failed change."""
    seen = world.endpoints.seen[ENDPOINT]
    deployments = {**seen.deployments, name: replace(seen.deployments[name], state=state)}
    world.endpoints.seen[ENDPOINT] = replace(seen, deployments=deployments)


@pytest.mark.parametrize("state", [Provisioning.FAILED, Provisioning.CANCELED])
def test_a_deployment_that_serves_and_that_azure_calls_failed_is_found(calls: Calls, state: Provisioning) -> None:
    """It is reported at once, without waiting an hour, until it is repaired."""
    world = calls.world
    world.register()
    world.until_weight(10)
    shown_as(world, "churn-6", state)
    world.minutes(2)
    found = findings(calls)["deployment"]
    assert (found["severity"], found["about"]) == ("failing", "w/churn")
    assert found["message"] == f"churn-6 has 90 % of the traffic, and Azure ML shows it as {state.value}"
    assert "repair" in found["remedy"]
    shown_as(world, "churn-6", Provisioning.SUCCEEDED)
    assert "deployment" not in findings(calls)


def test_a_promoted_green_that_azure_calls_failed_is_found_after_its_rollout(calls: Calls) -> None:
    """No rollout is open, so nothing else would report it."""
    world = calls.world
    world.register()
    world.until_finished(within=120)
    shown_as(world, "churn-7", Provisioning.FAILED)
    assert "churn-7 has 100 % of the traffic" in findings(calls)["deployment"]["message"]


@pytest.mark.parametrize("state", [Provisioning.FAILED, Provisioning.SCALING])
def test_a_failed_deployment_without_traffic_is_not_reported(calls: Calls, state: Provisioning) -> None:
    """The same holds for a deployment that is being changed, which keeps serving."""
    world = calls.world
    world.register()
    world.until_weight(10)
    shown_as(world, "churn-6", Provisioning.SCALING)
    seen = world.endpoints.seen[ENDPOINT]
    spare = DeploymentSeen("spare", state, "azureml:churn:5")
    world.endpoints.seen[ENDPOINT] = replace(seen, deployments={**seen.deployments, "spare": spare})
    assert "deployment" not in findings(calls)


def failed_halfway(world: World) -> None:
    """End a rollout at half of the traffic: green must go back, but Azure calls blue failed."""
    world.register()
    world.until_weight(50)
    shown_as(world, "churn-6", Provisioning.FAILED)
    world.ask(Verb.ROLLBACK)
    world.until(Phase.FAILED)


def test_a_failed_rollout_whose_green_has_traffic_is_found_until_somebody_moves_it(calls: Calls) -> None:
    """It is reported for weeks, because the entry that asks for manual intervention is easily missed."""
    world = calls.world
    failed_halfway(world)
    shown_as(world, "churn-6", Provisioning.SUCCEEDED)
    for hours in (0, 9, 100, 1000):
        world.clock.pass_(timedelta(hours=hours))
        found = findings(calls)["failed_rollout"]
        assert (found["severity"], world.rollout().id in found["about"]) == ("failing", True)
        assert found["message"] == "churn-7 still has 50 % of the traffic, but its rollout failed"
        assert "az ml online-endpoint update --traffic" in found["remedy"]
    world.endpoints.seen[ENDPOINT] = replace(world.endpoints.seen[ENDPOINT], traffic={"churn-7": 3, "churn-6": 97})
    assert "failed_rollout" not in findings(calls)


def test_a_newer_version_that_cannot_begin_hides_no_failed_rollout(calls: Calls) -> None:
    """It ends at once, because the traffic is split."""
    world = calls.world
    failed_halfway(world)
    world.register("8", "e8")
    world.until(Phase.FAILED, version="8")
    assert world.rollout().id in findings(calls)["failed_rollout"]["about"]


def test_a_failed_rollout_is_dealt_with_when_its_version_is_started_again(calls: Calls) -> None:
    """Its green has all traffic and should keep it: the new rollout finds that the version already serves."""
    world = calls.world
    world.register()
    world.until(Phase.PROMOTING)
    world.until_weight(100)
    shown_as(world, "churn-6", Provisioning.FAILED)
    world.ask(Verb.ROLLBACK)
    world.until(Phase.FAILED)
    assert "100 % of the traffic" in findings(calls)["failed_rollout"]["message"]
    world.until_finished(within=120)
    world.reception().start(world.policy, ModelVersion("churn", "7"), "ada@example.com", "it serves well")
    world.minutes(3)
    assert "failed_rollout" not in findings(calls)


WAITS = [
    ("a pause step without an end", (SmokeStep("s"), PauseStep(), WeightStep(50)), None, True),
    ("an operator's pause", (SmokeStep("s"), WeightStep(10), WeightStep(50)), Verb.PAUSE, True),
    ("a pause step that ends by itself", (SmokeStep("s"), PauseStep(timedelta(hours=9)), WeightStep(50)), None, False),
]


@pytest.mark.parametrize(("steps", "verb", "waits"), [row[1:] for row in WAITS], ids=[row[0] for row in WAITS])
def test_waiting_for_an_operator_is_reported_after_an_hour(
    calls: Calls, steps: tuple[Step, ...], verb: Verb | None, *, waits: bool
) -> None:
    """Not earlier, and not if time alone ends the pause."""
    world = calls.world
    world.policy = replace(world.policy, steps=steps)
    world.register()
    if verb is not None:
        world.until_weight(10)
        world.ask(verb)
    world.until(Phase.PAUSED)
    world.minutes(58)
    assert "waiting" not in findings(calls)
    world.minutes(4)
    assert ("waiting" in findings(calls)) == waits


def test_a_rollout_that_lacks_evidence_calls_an_operator_after_an_hour(calls: Calls) -> None:
    """`inconclusive: pause` leaves the decision to an operator, and the deadline would roll the rollout back."""
    world = calls.world
    world.rpm = 25
    world.register()
    world.until(Phase.PAUSED, within=90)
    world.minutes(58)
    assert "waiting" not in findings(calls)
    world.minutes(4)
    found = findings(calls)["waiting"]
    assert (found["severity"], "evidence or an operator" in found["message"]) == ("warning", True)
    assert "it resumes once there is enough" in found["remedy"]


def test_what_keeps_a_rollout_from_being_observed_is_named(calls: Calls) -> None:
    """Without telemetry nothing is judged, but the function `reconcile` itself does not fail."""
    calls.world.register()
    calls.world.until_weight(10)
    calls.world.telemetry.faults.always = "the query was refused with 403"
    calls.world.minutes(17)
    found = findings(calls)["progress"]
    assert (found["severity"], "the query was refused with 403" in found["message"]) == ("failing", True)
    assert "roll back if in doubt" in found["remedy"]


def test_a_halt_that_is_forgotten_is_named(calls: Calls) -> None:
    """Neither `resume` nor `promote` ends it, so the remedy is another."""
    world = calls.world
    world.register()
    world.until_weight(10)
    world.store.set_halt(Halt("ada@example.com", "incident 4711", world.clock()))
    world.minutes(25 * 60)
    found = findings(calls)["progress"]
    assert "all rollouts halted by ada@example.com: incident 4711" in found["message"]
    assert "DELETE /api/halt" in found["remedy"]


@pytest.mark.parametrize("problem", [Permanent("row halt/halt: At is not a time"), Temporary("503")], ids=str)
def test_a_halt_that_cannot_be_read_is_found_at_once(calls: Calls, problem: TealError) -> None:
    """Nothing advances, so it is reported without waiting for a deadline, and the remedy works."""
    world = calls.world
    world.register()
    world.until_weight(10)
    world.store.halt_problem = problem
    world.minutes(2)
    found = findings(calls)["halt"]
    assert (found["severity"], str(problem) in found["message"]) == ("failing", True)
    assert "DELETE /api/halt" in found["remedy"]
    if isinstance(problem, Permanent):
        assert calls.http("end_halt", {"by": "ada@example.com", "reason": "nobody halted"})[0] == 200
    else:
        world.store.halt_problem = None
    assert "halt" not in findings(calls)
    world.until(Phase.PROMOTED)


def returned_small(world: World) -> None:
    """Roll back to a blue whose six instances and autoscaler Azure does not restore."""
    world.policy = replace(world.policy, capacity=Capacity(kept_blue=1), keep_blue=timedelta(hours=2))
    world.endpoints.autoscale[ENDPOINT] = {BLUE}
    resized(world, 6)
    world.register()
    world.until(Phase.PROMOTED)
    world.until_instances(1)
    world.endpoints.refuses = {"scale": "OutOfQuota", "switch": "AuthorizationFailed"}
    world.ask(Verb.ROLLBACK)
    world.until_finished()


def resized(world: World, instances: int) -> None:
    """Have an operator give blue this many instances."""
    seen = world.seen
    blue = replace(seen.deployments[BLUE], instances=instances)
    world.endpoints.seen[ENDPOINT] = replace(seen, deployments={**seen.deployments, BLUE: blue})


def test_a_blue_that_serves_without_what_it_lost_is_found_until_it_has_it(calls: Calls) -> None:
    """One of six instances has all traffic, and no autoscaler helps it."""
    world = calls.world
    returned_small(world)
    assert messages(calls, "capacity") == [
        "churn-6 serves with 1 of 6 instances",
        "the autoscale settings of churn-6, which serves, are still disabled",
    ]
    resized(world, 6)
    world.endpoints.suspended.clear()
    assert messages(calls, "capacity") == []


def test_a_small_blue_that_serves_nobody_is_no_trouble(calls: Calls) -> None:
    """Someone gave all traffic to a deployment of their own, so nothing depends on blue's size."""
    world = calls.world
    returned_small(world)
    hotfix = DeploymentSeen("hotfix", Provisioning.SUCCEEDED, "azureml:churn:6")
    seen = world.seen
    world.endpoints.seen[ENDPOINT] = replace(
        seen, traffic={"hotfix": 100}, deployments={**seen.deployments, "hotfix": hotfix}
    )
    assert messages(calls, "capacity") == []


def test_the_history_of_a_rollback_ends_with_the_size_to_restore(calls: Calls) -> None:
    """The last entry has it, so an operator need not search for what blue had."""
    returned_small(calls.world)
    assert calls.world.told().endswith("has 1 of 6 instances and could not be scaled up: scale it to 6 manually")


@pytest.mark.parametrize("refused", [True, False])
def test_a_rollback_that_azure_refuses_is_found(calls: Calls, *, refused: bool) -> None:
    """Green keeps its traffic until someone moves it, so this is reported before the rollback's deadline."""
    world = calls.world
    world.register()
    world.until_weight(10)
    world.endpoints.refuses = {"traffic": "ScopeLocked: a lock on the endpoint"} if refused else {}
    world.ask(Verb.ROLLBACK)
    world.minutes(3)
    found = findings(calls)
    assert ("rollback" in found) == refused
    if refused:
        assert (found["rollback"]["severity"], "ScopeLocked" in found["rollback"]["message"]) == ("failing", True)
        assert "az ml online-endpoint update --traffic" in found["rollback"]["remedy"]
        world.endpoints.refuses = {}
        world.minutes(2)
        assert "rollback" not in findings(calls)


def test_telemetry_and_azure_are_reported_for_each_rollout(calls: Calls) -> None:
    """They are reported as the rollout itself last saw them."""
    calls.world.register()
    calls.world.until_weight(10)
    calls.world.telemetry.faults.always = "403 on the workspace"
    calls.world.minutes(2)
    assert "403 on the workspace" in findings(calls)["telemetry"]["message"]
    calls.world.endpoints.faults.always = "ARM is down"
    calls.world.minutes(2)
    assert "ARM is down" in findings(calls)["azure_ml"]["message"]


def test_the_timer_logs_problems(calls: Calls, caplog: pytest.LogCaptureFixture) -> None:
    """It uses a level that alerts can select; a healthy app costs one line."""
    caplog.set_level(logging.INFO)
    calls.call("tick", timer=None)
    calls.call("health_report", timer=None)
    assert [record.levelname for record in caplog.records if record.name == "teal.health"] == ["INFO"]
    asleep(calls.world)
    caplog.clear()
    calls.call("health_report", timer=None)
    (line,) = [record for record in caplog.records if record.levelname == "ERROR"]
    assert "check=tick" in line.getMessage()
