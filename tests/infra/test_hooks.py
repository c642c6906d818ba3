"""The hooks of azure.yaml and the removal script, run unchanged with stand-ins for `az` and `azd`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.infra.desk import Desk

SUBSCRIPTION = "/subscriptions/00000000-0000-0000-0000-000000000000"
OTHER = "/subscriptions/11111111-1111-1111-1111-111111111111"
ENDPOINTS = (
    f"{SUBSCRIPTION}/resourceGroups/ml/providers/Microsoft.MachineLearningServices/workspaces/ml-west/onlineEndpoints"
)
# The output of `azd env get-values` after `azd up`.
VALUES = {
    "AZURE_ENV_NAME": "trial",
    "AZURE_SUBSCRIPTION_ID": "00000000-0000-0000-0000-000000000000",
    "TEAL_RESOURCE_GROUP": "ml",
    "TEAL_WORKSPACE": "ml-west",
    "TEAL_PRINCIPAL_ID": "22222222-2222-2222-2222-222222222222",
    "TEAL_TOPIC_PRINCIPAL_ID": "44444444-4444-4444-4444-444444444444",
    "TEAL_STORAGE_ID": f"{SUBSCRIPTION}/resourceGroups/shared/providers/Microsoft.Storage/storageAccounts/stshared",
    "TEAL_LOGS_ID": f"{OTHER}/resourceGroups/hub/providers/Microsoft.OperationalInsights/workspaces/log-hub",
    "TEAL_DEAD_LETTER_CONTAINER": "dead-letters",
    "TEAL_WORKSPACES": "[]",
}
PROVIDER = "providers/Microsoft.MachineLearningServices/workspaces"
EAST_GROUP = "/subscriptions/99999999-9999-9999-9999-999999999999/resourceGroups/east"
NORTH_GROUP = f"{SUBSCRIPTION}/resourceGroups/ml-north"
# The command that removes each type of resource; None: kept on purpose.
REMOVED_BY = {
    "Microsoft.Authorization/roleDefinitions": "az role definition delete",
    "Microsoft.Authorization/roleAssignments": "az role assignment delete",
    "Microsoft.Insights/diagnosticSettings": "az monitor diagnostic-settings delete",
    "Microsoft.EventGrid/systemTopics": None,  # others may use it
    "Microsoft.Storage/storageAccounts/blobServices/containers": None,  # in an account that Teal was given
    "Microsoft.Storage/storageAccounts/queueServices/queues": None,
    "Microsoft.Storage/storageAccounts/tableServices/tables": None,
    "Microsoft.EventGrid/systemTopics/eventSubscriptions": "az eventgrid system-topic event-subscription delete",
}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Return a desk with an `azd` that knows the installation and an `az` for which two endpoints and roles exist."""
    desk = Desk(tmp_path)
    installation(desk, VALUES)
    desk.stand_in(
        "az",
        'case "$*" in\n'
        f"'resource list'*) echo {ENDPOINTS}/churn {ENDPOINTS}/fraud {ENDPOINTS.replace('ml-west', 'other')}/x;;\n"
        f"'role assignment list'*'--scope'*) echo {SUBSCRIPTION}/assignments/topic;;\n"
        f"'role assignment list'*11111111*{VALUES['TEAL_PRINCIPAL_ID']}*) echo {OTHER}/assignments/hub;;\n"
        f"'role assignment list'*11111111*) ;;\n"
        f"'role assignment list'*{VALUES['TEAL_PRINCIPAL_ID']}*) echo {SUBSCRIPTION}/assignments/app;;\n"
        "'role definition list'*quota*) echo role-0;;\n"
        "'role definition list'*) echo role-1 role-2;;\n"
        "esac",
    )
    return desk


def installation(desk: Desk, values: dict[str, str]) -> None:
    """Give the desk an `azd` that knows an installation with these values, quoted as azd prints them."""
    printed = "\n".join(f"{name}={json.dumps(value)}" for name, value in values.items())
    desk.stand_in("azd", f"[ \"$1 $2\" = 'env get-values' ] && cat <<'END'\n{printed}\nEND\ntrue")


def removals(calls: list[str]) -> list[str]:
    """Return the calls that delete something."""
    return [call for call in calls if " delete " in call]


def test_removal_covers_everything_that_the_templates_create_elsewhere(root: Path, desk: Desk) -> None:
    """Each resource outside Teal's own resource group is deleted or kept on purpose; then `azd down app` runs."""
    code, calls = desk.run(str(root / "infra/remove.sh"))
    assert code == 0
    assert calls[-1] == "azd down app"  # the other layers reference the workspace's resource group
    for name in ("app-everything", "app-existing", "workspace-everything", "events", "events-several"):
        snapshot = json.loads((root / f"tests/infra/snapshots/{name}.snapshot.json").read_text())
        elsewhere = [each for each in snapshot["predictedResources"] if "/rg-teal-trial" not in each["id"]]
        for created in elsewhere:
            command = REMOVED_BY[created["type"]]
            assert command is None or any(call.startswith(command) for call in calls), created["type"]


def test_removal_touches_only_what_is_teals(root: Path, desk: Desk) -> None:
    """Its roles, the setting on both endpoints of the workspace, its assignments and its event subscription."""
    _, calls = desk.run(str(root / "infra/remove.sh"))
    deleted = removals(calls)
    roles = [call.split(" --name ")[1].split(" --scope ") for call in deleted if "role definition" in call]
    assert [name for name, scope in roles if "/resourceGroups/" in scope] == ["role-1", "role-2"]
    assert [name for name, scope in roles if "/resourceGroups/" not in scope] == ["role-0"] * 2  # its own and the hub's
    *quotas, listed = [call for call in calls if "role definition list" in call]
    assert "[?starts_with(roleName, 'Teal trial ')].name" in listed  # the names in the snapshots start like this
    assert all("[?starts_with(roleName, 'Teal trial quota ')].name" in each for each in quotas)
    assert [call.rpartition(" ")[2] for call in deleted if "diagnostic-settings" in call] == [
        f"{ENDPOINTS}/churn",
        f"{ENDPOINTS}/fraud",
    ]
    assert [call.rpartition("/")[2] for call in deleted if "role assignment" in call] == [
        "app",
        "hub",
        "topic",
    ]
    assert [call for call in deleted if "event-subscription" in call and "--name teal-trial" in call]
    assert not [call for call in deleted if "online-endpoint" in call or "system-topic delete" in call]


def test_removal_knows_every_principal(root: Path) -> None:
    """Every principal that gets a role is an output that the script reads."""
    script = (root / "infra/remove.sh").read_text()
    for name in ("app-existing", "workspace-everything", "events-several"):
        outputs = json.loads((root / f"tests/infra/snapshots/{name}.snapshot.json").read_text())["outputs"]
        for each in outputs:
            assert "PRINCIPAL" not in each or f"{each}" in script


def test_removal_covers_every_workspace(root: Path, desk: Desk) -> None:
    """In each one's own subscription and resource group, whatever its system topic is called; roles go last."""
    served = [
        {"id": f"{NORTH_GROUP}/{PROVIDER}/ml-north", "region": "northeurope"},
        {"id": f"{EAST_GROUP}/{PROVIDER}/ml-east", "region": "eastus", "system_topic": "company-topic"},
    ]
    installation(desk, VALUES | {"TEAL_WORKSPACES": json.dumps(served, separators=(",", ":"))})
    code, calls = desk.run(str(root / "infra/remove.sh"))
    assert code == 0
    own, other = SUBSCRIPTION.rpartition("/")[2], EAST_GROUP.split("/")[2]
    events = [call.split("--subscription ")[1] for call in calls if "event-subscription delete" in call]
    assert [each.split(" --name")[0] for each in events] == [
        f"{own} --resource-group ml --system-topic-name evgt-ml-west",
        f"{own} --resource-group ml-north --system-topic-name evgt-ml-north",
        f"{other} --resource-group east --system-topic-name company-topic",
    ]
    revoked = {
        call.split("--subscription ")[1].split(" ")[0]
        for call in calls
        if "role assignment list" in call and "--all" in call
    }
    assert revoked == {own, other, OTHER.rpartition("/")[2]}  # the last one has the logs
    scopes = [call.rpartition("--scope ")[2] for call in calls if "role definition delete" in call]
    scopes = [scope for scope in scopes if "/resourceGroups/" in scope]
    assert scopes[::2] == scopes[1::2] == [f"{SUBSCRIPTION}/resourceGroups/ml", NORTH_GROUP, EAST_GROUP]
    order = [call.split(" ")[2] for call in removals(calls) if " role " in call]
    assert order == sorted(order)  # assignments first: Azure refuses to delete a role that is still assigned


def test_removal_works_without_azd(root: Path, desk: Desk, tmp_path: Path) -> None:
    """It uses the values that `infra/az/deploy.sh` wrote; Teal's own resource group is left to the operator."""
    values = tmp_path / "trial.env"
    wanted = VALUES | {"AZURE_RESOURCE_GROUP": "rg-teal-trial"}
    values.write_text("".join(f"export {name}='{value}'\n" for name, value in wanted.items()))
    code, calls = desk.run(str(root / "infra/remove.sh"), TEAL_VALUES=str(values))
    assert code == 0
    assert len(removals(calls)) > 5
    assert not [call for call in calls if call.startswith("azd") or "group delete" in call]


def test_removal_may_be_repeated(root: Path, desk: Desk) -> None:
    """What is already gone is not an error."""
    desk.stand_in("az", "case \"$*\" in *delete*) echo '(ResourceNotFound) it was not found' >&2; exit 3;; esac")
    code, calls = desk.run(str(root / "infra/remove.sh"))
    assert (code, calls[-1]) == (0, "azd down app")


def test_removal_stops_at_an_error(root: Path, desk: Desk) -> None:
    """Any other error is shown, and Teal's identity is not deleted before its permissions are."""
    desk.stand_in("az", "case \"$*\" in *delete*) echo '(AuthorizationFailed) you may not' >&2; exit 1;; esac")
    code, calls = desk.run(str(root / "infra/remove.sh"))
    assert code == 1
    assert not [call for call in calls if call.startswith("azd down")]


# Waits no time, but prints how long it would.
WITHOUT_WAITING = "import runpy, sys, time; time.sleep = print; runpy.run_path(sys.argv[1], run_name='__main__')"


def hook(root: Path, name: str) -> Path:
    """Return the script of a hook in azure.yaml."""
    found = yaml.safe_load((root / "azure.yaml").read_text())["services"]["teal"]["hooks"][name]
    assert found["kind"] == "python"
    return root / str(found["run"])


def test_events_are_provisioned_only_after_a_deployment(root: Path, desk: Desk) -> None:
    """The hook after the code's deployment waits until Azure lists the function, and then tells the last layer."""
    command = [sys.executable, "-c", WITHOUT_WAITING, str(hook(root, "postdeploy"))]
    environment = {"PATH": f"{desk.folder}:{os.environ['PATH']}"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)  # noqa: S603 - our own script
    calls = (desk.folder / "calls").read_text().splitlines()
    assert (done.stdout, calls) == ("60\n", ["azd env set TEAL_CODE_DEPLOYED true"])


def test_hooks_need_no_packages(root: Path) -> None:
    """The nearest requirements.txt is installed before a hook runs; otherwise that would be the project's own."""
    for name in ("prepackage", "postdeploy"):
        lines = (hook(root, name).parent / "requirements.txt").read_text().splitlines()
        assert [line for line in lines if not line.startswith("#")] == []


def prepackage(root: Path, project: Path) -> subprocess.CompletedProcess[bytes]:
    """Run the hook in a copy of the project that has only the hooks and the settings."""
    shutil.copytree(root / "infra/hooks", project / "infra/hooks")
    shutil.copy(root / "infra/main.parameters.json", project / "infra")
    command = [sys.executable, str(project / hook(root, "prepackage").relative_to(root))]
    environment = {"PATH": os.environ["PATH"], "PRICING_MODEL": "pricing"}
    return subprocess.run(command, env=environment, capture_output=True, check=False)  # noqa: S603 - our own script


VALID = "endpoint: prices\nmodels: [{name: pricing}]\nsteps: [smoke: {}, weight: 20]\n"
LAUNCHER = "import sys; sys.path.insert(0, sys.argv.pop(1)); from cli.__main__ import main; sys.exit(main())"


@pytest.mark.parametrize(
    ("policy", "code", "problem"),
    [
        (VALID, 0, ""),
        (VALID.replace("20", "200"), 2, "steps[1].weight: 200"),
        (VALID + "max_nodes: 3\n", 2, "max_nodes: unknown key"),
        # Set on this machine, but not among the app's settings.
        (VALID.replace("pricing", "'${PRICING_MODEL}'"), 2, "${PRICING_MODEL} is not set"),
    ],
    ids=["valid", "wrong value", "unknown key", "variable that the app will not have"],
)
def test_an_invalid_policy_is_never_packaged(root: Path, tmp_path: Path, policy: str, code: int, problem: str) -> None:
    """The pre-package hook fails, so azd deploys nothing."""
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "pricing.yaml").write_text(policy)
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    Desk(tmp_path / ".venv" / "bin").stand_in("teal", f"exec {sys.executable} -c '{LAUNCHER}' {root} \"$@\"")
    done = prepackage(root, tmp_path)
    assert done.returncode == code
    assert problem in done.stderr.decode()


@pytest.mark.parametrize("example", [True, False])
def test_the_example_is_named_when_it_is_deployed(root: Path, tmp_path: Path, *, example: bool) -> None:
    """A first deployment with nothing but the example works, and `azd up` says that it rolls nothing out."""
    shutil.copytree(root / "policies", tmp_path / "policies")
    if not example:
        changed = (root / "policies/churn.yaml").read_text().replace("# This is an example: ", "# Ours: ")
        (tmp_path / "policies/churn.yaml").write_text(changed)
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    Desk(tmp_path / ".venv" / "bin").stand_in("teal", f"exec {sys.executable} -c '{LAUNCHER}' {root} \"$@\"")
    done = prepackage(root, tmp_path)
    assert done.returncode == 0, done.stderr.decode()
    assert (b"policies/churn.yaml is still the example" in done.stdout) is example


def test_nothing_is_packaged_unchecked(root: Path, tmp_path: Path) -> None:
    """Without the `teal` command, the hook fails and says what to do."""
    done = prepackage(root, tmp_path)
    assert done.returncode == 1
    assert b"make setup" in done.stderr
