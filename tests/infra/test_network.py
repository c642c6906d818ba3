"""Private networking, and existing resources of a company, read from the committed snapshots of the templates."""

from __future__ import annotations

from typing import Any

import pytest

from tests.infra.test_permissions import resources

NETWORK = "Microsoft.Network/"


def one(snapshot: str, kind: str) -> dict[str, Any]:
    """Return the only resource of a type, or with a name."""
    (found,) = resources(snapshot, kind) or [each for each in resources(snapshot) if each["id"].endswith(kind)]
    return found


def endpoints(snapshot: str) -> dict[str, tuple[str, str]]:
    """Return the private endpoints by service: what each leads to, and its subnet."""
    found = {}
    for each in resources(snapshot, f"{NETWORK}privateEndpoints"):
        (connection,) = [link["properties"] for link in each["properties"]["privateLinkServiceConnections"]]
        (kind,) = connection["groupIds"]
        found[kind] = (connection["privateLinkServiceId"].rpartition("/")[2], each["properties"]["subnet"]["id"])
    return found


def test_nothing_of_a_network_is_created_by_default() -> None:
    """Storage is reachable, but only by identities."""
    for snapshot in ("app", "app-everything"):
        assert [each for each in resources(snapshot) if each["type"].startswith(NETWORK)] == []
        account = one(snapshot, "storageAccounts")["properties"]
        assert (account["publicNetworkAccess"], account["allowSharedKeyAccess"]) == ("Enabled", False)
        assert one(snapshot, "Microsoft.Web/sites")["properties"]["virtualNetworkSubnetId"] is None


def test_private_storage_is_reached_by_private_endpoints_only() -> None:
    """Each service that the host and Teal use has one, in their subnet; the app is in the other subnet."""
    account = one("app-private", "storageAccounts")["properties"]
    assert account["publicNetworkAccess"] == "Disabled"
    assert account["networkAcls"] == {"defaultAction": "Deny", "bypass": "AzureServices"}
    network = one("app-private", "virtualNetworks")
    subnet = f"{network['id']}/subnets/endpoints"
    assert endpoints("app-private") == {
        "blob": ("stweumlteal", subnet),
        "queue": ("stweumlteal", subnet),
        "table": ("stweumlteal", subnet),
        "sites": ("func-weu-ml-teal", subnet),
    }
    app = one("app-private", "Microsoft.Web/sites")["properties"]
    assert app["virtualNetworkSubnetId"] == f"{network['id']}/subnets/app"


def test_the_subnet_of_the_app_fits_flex_consumption() -> None:
    """It is delegated to Microsoft.App/environments, and has an explicit route to the internet."""
    app, private = [each["properties"] for each in one("app-private", "virtualNetworks")["properties"]["subnets"]]
    assert [each["properties"]["serviceName"] for each in app["delegations"]] == ["Microsoft.App/environments"]
    assert app["natGateway"]["id"] == one("app-private", "natGateways")["id"]
    assert "delegations" not in private
    assert (app["addressPrefix"], private["addressPrefix"]) == ("10.20.30.0/26", "10.20.30.64/26")


def test_every_subnet_has_a_security_group() -> None:
    """Many companies reject a subnet without one; it applies to private endpoints too."""
    group = one("app-private", "networkSecurityGroups")["id"]
    subnets = [each["properties"] for each in one("app-private", "virtualNetworks")["properties"]["subnets"]]
    assert [each["networkSecurityGroup"]["id"] for each in subnets] == [group, group]
    assert subnets[1]["privateEndpointNetworkPolicies"] == "NetworkSecurityGroupEnabled"


def test_each_endpoint_has_a_zone_that_the_network_uses() -> None:
    """A zone without its link, or an endpoint without its zone, would leave names public."""
    zones = resources("app-private", "privateDnsZones")
    links = resources("app-private", "virtualNetworkLinks")
    groups = resources("app-private", "privateDnsZoneGroups")
    assert len(zones) == len(links) == len(groups) == len(endpoints("app-private")) == 4
    named = {each["properties"]["privateDnsZoneConfigs"][0]["properties"]["privateDnsZoneId"] for each in groups}
    assert named == {each["id"] for each in zones}


def test_a_private_api_still_gets_its_events() -> None:
    """Event Grid cannot use a private endpoint, so its addresses, and no others, can reach the app."""
    site = one("app-private", "Microsoft.Web/sites")["properties"]["siteConfig"]
    assert site["ipSecurityRestrictionsDefaultAction"] == site["scmIpSecurityRestrictionsDefaultAction"] == "Deny"
    assert [(each["tag"], each["ipAddress"]) for each in site["ipSecurityRestrictions"]] == [
        ("ServiceTag", "AzureEventGrid")
    ]
    assert one("app-existing", "Microsoft.Web/sites")["properties"]["siteConfig"]["ipSecurityRestrictions"] is None


@pytest.mark.parametrize("snapshot", ["events", "events-existing-topic"])
def test_dead_letters_pass_the_firewall(snapshot: str) -> None:
    """A storage firewall admits Event Grid only with the topic's own identity, which then needs the role."""
    subscription, role = one(snapshot, "eventSubscriptions"), one(snapshot, "roleAssignments")
    letters = subscription["properties"]["deadLetterWithResourceIdentity"]
    assert letters["identity"] == {"type": "SystemAssigned"}
    topic = subscription["id"].rpartition("/eventSubscriptions")[0]
    assert f"'{topic}'" in role["properties"]["principalId"]
    container = letters["deadLetterDestination"]["properties"]
    assert role["id"].startswith(
        f"{container['resourceId']}/blobServices/default/containers/{container['blobContainerName']}/"
    )


def test_what_a_company_brings_is_used_and_not_created() -> None:
    """Storage, logs, telemetry, subnets, a DNS zone and the action group are used; the endpoints are Teal's own."""
    kinds = {each["type"] for each in resources("app-existing")}
    assert not kinds & {
        "Microsoft.Storage/storageAccounts",
        "Microsoft.OperationalInsights/workspaces",
        "Microsoft.Insights/components",
        "Microsoft.Insights/actionGroups",
        "Microsoft.Network/virtualNetworks",
        "Microsoft.Network/natGateways",
        "Microsoft.Network/privateDnsZones",
    }
    found = endpoints("app-existing")
    assert {kind: target for kind, (target, _) in found.items()} == dict.fromkeys(
        ["blob", "queue", "table"], "stshared"
    )
    assert {subnet.rpartition("/")[2] for _, subnet in found.values()} == {"endpoints"}
    (group,) = resources("app-existing", "privateDnsZoneGroups")  # the company registers the others
    assert "pep-stshared-blob" in group["id"]
    settings = one("app-existing", "appsettings")["properties"]
    assert settings["TEAL_LOGS_RESOURCE_ID"].endswith("/workspaces/log-hub")
    assert settings["TEAL_TABLES_ENDPOINT"].startswith("[format('https://{0}.table.")
    rules = resources("app-existing", "scheduledQueryRules")
    assert {tuple(each["properties"]["actions"]["actionGroups"]) for each in rules} == {
        (
            "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/hub/providers/Microsoft.Insights/actionGroups/ag-hub",
        )
    }


def test_a_naming_rule_covers_every_name() -> None:
    """Only GUIDs and names derived from the company's remain."""
    tops = [each for each in resources("app-private") if each["type"].count("/") == 1 and "tags" in each]
    assert len(tops) > 10
    assert [each["name"] for each in tops if "teal-z7" in each["name"] or each["name"].startswith("stz7")] == []


def test_everything_is_tagged() -> None:
    """Every resource that can have tags has the installation's and the company's."""
    tagged = {each["type"] for each in resources("app-everything") if "tags" in each}
    without = {each["type"] for each in resources("app-everything") if "tags" not in each}
    assert all(each["tags"]["owner"] == "ml-platform" for each in resources("app-everything") if "tags" in each)
    assert len(tagged) == 10
    assert {kind for kind in without if kind.count("/") == 1} == {"Microsoft.Authorization/roleAssignments"}
    private = {each["type"] for each in resources("app-private", "") if "tags" not in each}
    assert {kind for kind in private if kind.startswith(NETWORK)} == {f"{NETWORK}privateEndpoints/privateDnsZoneGroups"}
    topics = resources("events-several", "systemTopics")  # in the workspaces' resource groups
    assert [each["tags"] for each in topics] == [{"owner": "ml-platform"}] * 2
