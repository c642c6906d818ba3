"""What Teal may do in Azure, read from the committed snapshots of the templates."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).resolve().parent
WORKSPACE_SNAPSHOTS = ("workspace", "workspace-everything", "workspace-second", "workspace-several")
OWN, OTHER = "00000000-0000-0000-0000-000000000000", "99999999-9999-9999-9999-999999999999"
ASSET_WRITES = {f"{kind}{rest}/write" for kind in ("codes", "environments", "data") for rest in ("", "/versions")}


def resources(snapshot: str, kind: str = "") -> list[dict[str, Any]]:
    """Return a snapshot's resources, all or those of a type such as `roleDefinitions`."""
    found = json.loads((HERE / f"snapshots/{snapshot}.snapshot.json").read_text(encoding="utf-8"))["predictedResources"]
    return [each for each in found if each["type"].endswith(kind)]


def actions(snapshot: str) -> list[str]:
    """Return the actions of all custom roles."""
    roles = resources(snapshot, "roleDefinitions")
    return [
        each for role in roles for permission in role["properties"]["permissions"] for each in permission["actions"]
    ]


def table_of(root: Path, name: str) -> list[list[str]]:
    """Return the cells of each row of a table of docs/permissions.md."""
    text = (root / "docs/permissions.md").read_text(encoding="utf-8")
    lines = text.split(f"<!-- {name} -->")[1].split(f"<!-- /{name} -->")[0].strip().splitlines()
    return [line.strip("| ").split(" | ") for line in lines[2:]]


def published() -> set[str]:
    """Return the operations that Azure publishes, in lower case."""
    lines = (HERE / "published_operations.txt").read_text(encoding="utf-8").splitlines()
    return {line.lower() for line in lines if not line.startswith("#")}


@pytest.mark.parametrize("snapshot", WORKSPACE_SNAPSHOTS)
def test_azure_knows_every_action(snapshot: str) -> None:
    """With a single unknown action, even a wildcard, Azure rejects the whole role."""
    assert actions(snapshot)
    assert [each for each in actions(snapshot) if each.lower() not in published()] == []


UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
# Azure's built-in roles; the ids are the same in every tenant.
BUILT_IN = {
    "b7e6dc6d-f1e8-4753-8033-0f276bb0955b": "Storage Blob Data Owner",
    "ba92f5b4-2d11-453d-a403-e96b0029c9fe": "Storage Blob Data Contributor",
    "974c5e8b-45b9-4653-ba55-5f855dd0fb88": "Storage Queue Data Contributor",
    "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3": "Storage Table Data Contributor",
    "3b03c2da-16b3-4a49-8834-0f8130efdd3b": "Log Analytics Data Reader",
    "3913510d-42f4-4e42-8a64-420c390055eb": "Monitoring Metrics Publisher",
    "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1": "Storage Blob Data Reader",
    "43d0d8ad-25c7-4714-9337-8ba259a9fe05": "Monitoring Reader",
}


@pytest.mark.parametrize("snapshots", [("app", "events"), ("app-existing", "events-existing-topic")])
def test_the_roles_on_teals_own_resources_are_those_in_the_documents(root: Path, snapshots: tuple[str, ...]) -> None:
    """The same roles on Teal's resources and on a company's own: each role of the table, and no other."""
    explained = sorted(row[1] for row in table_of(root, "own"))
    assigned = [each for name in snapshots for each in resources(name, "roleAssignments")]
    given = [BUILT_IN[each["properties"]["roleDefinitionId"].rpartition("/")[2]] for each in assigned]
    assert sorted(given) == explained


def test_the_built_in_roles_of_options_are_those_in_the_documents(root: Path) -> None:
    """They cover metrics and collected answers; the templates assign no other built-in role on a workspace."""
    ids = [each["properties"]["roleDefinitionId"] for each in resources("workspace-everything", "roleAssignments")]
    given = {BUILT_IN[found[0]] for found in (re.findall(UUID, each)[-1:] for each in ids) if found[0] in BUILT_IN}
    assert given == {row[1] for row in table_of(root, "elsewhere")}


def test_every_action_is_explained(root: Path) -> None:
    """The table of calls in docs/permissions.md has each action of a role, and no others."""
    explained = {name for row in table_of(root, "actions") for name in re.findall(r"`([\w./]+)`", row[1])}
    prefix = "Microsoft.MachineLearningServices/"
    assert sorted(explained) == sorted({each.removeprefix(prefix) for each in actions("workspace-everything")})


def test_two_installations_share_no_role_and_no_assignment() -> None:
    """A second one with fewer options must not overwrite the first one's permissions."""
    first, second = ({each["id"] for each in resources(name)} for name in ("workspace", "workspace-second"))
    assert not first & second
    names = [
        each["properties"]["roleName"]
        for name in ("workspace", "workspace-second")
        for each in resources(name, "roleDefinitions")
    ]
    assert len(set(names)) == len(names) == 4


def test_every_workspace_gets_its_own_permissions_and_logs() -> None:
    """In its own resource group and subscription; workspaces in one group share the role for autoscale settings."""
    roles = resources("workspace-several", "roleDefinitions")
    places = {(each["properties"]["roleName"].rpartition(",")[0], *each["id"].split("/")[2:5:2]) for each in roles}
    assert places == {
        ("Teal trial (ml-west", OWN, "ml"),
        ("Teal trial (ml-test", OWN, "ml"),
        ("Teal trial (ml-north", OWN, "ml-north"),
        ("Teal trial (ml-east", OTHER, "ml"),
        ("Teal trial autoscale (ml", OWN, "ml"),
        ("Teal trial autoscale (ml-north", OWN, "ml-north"),
        ("Teal trial autoscale (ml", OTHER, "ml"),
    }
    assert len({each["id"] for each in resources("workspace-several")}) == len(resources("workspace-several"))
    for role in roles:  # Azure rejects an assignable scope in another subscription
        assert role["properties"]["assignableScopes"] == [role["id"].split("/providers")[0]]
    logs = {
        each["id"].split("/")[10]: each["properties"]["workspaceId"].rpartition("/")[2]
        for each in resources("workspace-several", "diagnosticSettings")
    }
    assert logs == {"churn": "log-teal", "fraud": "log-teal", "prices": "company-logs"}


def test_metrics_and_other_logs_are_read_where_they_are() -> None:
    """Monitoring Reader once on each subscription; Log Analytics Data Reader on a workspace's own logs."""
    ids = [each["id"] for each in resources("workspace-several", "roleAssignments")]
    places = [each.split("/providers/Microsoft.Authorization")[0] for each in ids]
    assert sorted(place for place in places if place.count("/") == 2) == [
        f"/subscriptions/{OWN}",
        f"/subscriptions/{OTHER}",
    ]
    assert [place.rpartition("/")[2] for place in places if "OperationalInsights" in place] == ["company-logs"]


def test_every_workspace_sends_its_events() -> None:
    """They go through a system topic in its own region and resource group, or its existing one, to the one function."""
    events = resources("events-several")
    topics = {each["name"]: each["location"] for each in events if each["type"].endswith("systemTopics")}
    assert topics == {"evgt-ml-west": "northeurope", "evgt-ml-north": "northeurope"}
    subscriptions = [each for each in events if each["type"].endswith("eventSubscriptions")]
    assert [(each["id"].split("/")[2], each["name"]) for each in subscriptions] == [
        (OWN, "evgt-ml-west/teal-trial"),
        (OWN, "evgt-ml-north/teal-trial"),
        (OTHER, "company-topic/teal-trial"),
    ]
    assert len({json.dumps(each["properties"]["destination"]) for each in subscriptions}) == 1


def test_uploading_is_an_option() -> None:
    """Without TEAL_TEMPLATES, Teal writes no asset."""

    def writes(snapshot: str) -> set[str]:
        return {each for each in ASSET_WRITES for action in actions(snapshot) if action.endswith(f"workspaces/{each}")}

    assert writes("workspace") == set()
    assert writes("workspace-everything") == ASSET_WRITES


def test_no_role_can_delete_an_endpoint_or_run_a_job() -> None:
    """Nor can one assign roles, or read any keys but those of endpoints."""
    found = {
        each.removeprefix("Microsoft.MachineLearningServices/workspaces/") for each in actions("workspace-everything")
    }
    assert "onlineEndpoints/delete" not in found
    assert not [each for each in found if each.startswith(("jobs/", "Microsoft.Authorization/")) or "*" in each]


def test_nothing_is_created_for_events_before_the_code() -> None:
    """A plain `azd provision` before the first deployment succeeds; Event Grid would reject the missing function."""
    assert resources("events-before-code") == []
    kinds = [each["type"].split("/")[-1] for each in resources("events")]
    assert kinds == ["systemTopics", "roleAssignments", "eventSubscriptions"]
    kinds = [each["type"].split("/")[-1] for each in resources("events-existing-topic")]
    assert kinds == ["roleAssignments", "eventSubscriptions"]
    assert resources("events-existing-topic", "eventSubscriptions")[0]["name"] == "existing-topic/teal-trial"


def test_two_installations_declare_the_same_topic() -> None:
    """Azure allows one per workspace: neither may remove the identity that writes the other's dead letters."""
    first, second = (resources(name, "systemTopics") for name in ("events", "events-second"))
    assert first == second
    assert first[0]["identity"] == {"type": "SystemAssigned"}
    kept = [{each["id"] for each in resources(name) if each not in first} for name in ("events", "events-second")]
    assert len(kept[0]) == len(kept[1]) == 2
    assert not kept[0] & kept[1]


def test_a_missing_endpoint_is_skipped() -> None:
    """A diagnostic setting on a missing endpoint would fail the deployment, so it is conditional on its endpoint."""
    settings = resources("workspace-everything", "diagnosticSettings")
    assert [each["id"].split("/")[10] for each in settings] == ["churn", "fraud"]
    assert all("null()" in each["condition"] for each in settings)


def test_the_operators_settings_cannot_replace_teals() -> None:
    """`appSettings` adds settings; those that the templates compute take precedence."""
    [settings] = [each["properties"] for each in resources("app-everything", "sites/config")]
    assert settings["FRAUD_FLOOR"] == "0.02"
    assert settings["TEAL_WORKSPACE"] == "ml-west"
