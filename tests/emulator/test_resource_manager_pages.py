"""Lists as Azure's clients ask for them: pages, filters and order, with resources in memory."""

from __future__ import annotations

import asyncio
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from emulator.arm_errors import ArmError
from emulator.clock import VirtualClock
from emulator.resource_manager import listing
from emulator.resource_manager.asset_files import Storage
from emulator.resource_manager.assets import Assets
from emulator.resource_manager.calls import Call
from emulator.resource_manager.datastores import Datastores
from emulator.resource_manager.listing import PAGE
from emulator.resources import Json, Workspace


async def nobody(_workspace: Workspace, _name: str, _version: str, _properties: Json) -> None:
    """Ignore a registration."""


def test_the_versions_of_a_model_come_in_pages() -> None:
    """Each page links to the next one; `$top` limits the list instead, and `$orderBy` reverses it."""
    workspace = Workspace("s", "g", "w", "x", "n", "account")
    assets = Assets(VirtualClock(), nobody)

    def call(query: dict[str, str], version: str = "") -> Call:
        body = {"properties": {"modelUri": f"azureml://{version}"}}
        return Call(workspace, {"kind": "models", "name": "fraud", "version": version}, query, body)

    async def listed(query: dict[str, str]) -> list[list[str]]:
        pages = []
        while True:
            body = (await assets.list_versions(call(query))).body or {}
            pages.append([each["name"] for each in body["value"]])
            if "nextLink" not in body:
                return pages
            link = urlsplit(body["nextLink"])
            assert link.path == f"{workspace.id}/models/fraud/versions"
            query = dict(parse_qsl(link.query))

    async def register_and_list() -> None:
        for number in range(PAGE + 2):
            await assets.put_version(call({}, str(number)))
        newest_first = [str(number) for number in reversed(range(PAGE + 2))]
        plain = {"api-version": "1", "$orderBy": "createdtime desc"}
        assert await listed(plain) == [newest_first[:PAGE], newest_first[PAGE:]]
        assert await listed({"$top": "2"}) == [newest_first[:2]]
        assert (await listed({"$orderBy": "createdtime asc"}))[0][:2] == ["0", "1"]

    asyncio.run(register_and_list())


def names(query: dict[str, str]) -> list[str]:
    """Return the names in a list of four endpoints with this query; their times of change have a different order."""
    rows = [
        ("alpha", {"team": "risk", "tier": "1"}, {}, "2026-03-04"),
        ("beta", {"team": "risk"}, {"compute": "/computes/kubernetes"}, "2026-03-03"),
        ("gamma", {"team": "fraud"}, {"properties": {"owner": "ada"}}, "2026-03-06"),
        ("delta", {}, {}, "2026-03-05"),
    ]
    documents: list[Json] = [
        {"name": name, "tags": tags, "properties": properties, "systemData": {"lastModifiedAt": changed}}
        for name, tags, properties, changed in rows
    ]
    call = Call(Workspace("s", "g", "w", "x", "n", "account"), {}, query, {})
    body = listing.listed(call, "onlineEndpoints", documents, listing.ENDPOINTS).body or {}
    return [each["name"] for each in body["value"]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ["alpha", "beta", "gamma", "delta"]),
        ({"name": "Gamma"}, ["gamma"]),
        ({"tags": "team"}, ["alpha", "beta", "gamma"]),
        ({"tags": "team=risk,tier"}, ["alpha"]),
        ({"tags": "team=nobody"}, []),
        ({"properties": "owner=ada"}, ["gamma"]),
        ({"computeType": "Kubernetes"}, ["beta"]),
        ({"computeType": "Managed", "tags": "team=risk"}, ["alpha"]),
        ({"count": "2"}, ["alpha", "beta"]),
        ({"orderBy": "CreatedTimeDesc", "count": "1"}, ["delta"]),
        ({"orderBy": "UpdatedTimeAsc"}, ["beta", "alpha", "delta", "gamma"]),
        ({"orderBy": "UpdatedTimeDesc"}, ["gamma", "delta", "alpha", "beta"]),
    ],
)
def test_endpoints_are_selected_and_ordered(query: dict[str, str], expected: list[str]) -> None:
    """Every parameter that Azure documents for the list of endpoints has its effect."""
    assert names({"api-version": "2024-10-01", **query}) == expected


@pytest.mark.parametrize(("name", "value"), [("description", "x"), ("orderBy", "Name")])
def test_what_a_list_cannot_do_is_refused_by_name(name: str, value: str) -> None:
    """Ignoring a parameter would give a wrong answer."""
    with pytest.raises(ArmError, match=f"{name}|{value}") as refused:
        names({name: value})
    assert refused.value.status == 501


def test_versions_are_selected() -> None:
    """A model's versions can be listed by stage, tag and number."""
    workspace = Workspace("s", "g", "w", "x", "n", "account")
    assets = Assets(VirtualClock(), nobody)

    def call(query: dict[str, str], version: str = "", **properties: object) -> Call:
        path = {"kind": "models", "name": "churn", "version": version}
        return Call(workspace, path, query, {"properties": properties})

    async def register_and_list() -> list[list[str]]:
        await assets.put_version(call({}, "4", modelUri="a", stage="Production", tags={"size": "s"}))
        await assets.put_version(call({}, "5", modelUri="b", tags={"size": "m"}))
        queries = ({"stage": "Production"}, {"tags": "size=m"}, {"tags": "size"}, {"version": "4"}, {"stage": "None"})
        bodies = [(await assets.list_versions(call(query))).body or {} for query in queries]
        return [[each["name"] for each in body["value"]] for body in bodies]

    assert asyncio.run(register_and_list()) == [["4"], ["5"], ["5", "4"], ["4"], []]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"isDefault": "true", "count": "30", "orderByAsc": "false"}, 1),
        ({"isDefault": "False"}, 0),
        ({"names": "a,workspaceblobstore"}, 1),
        ({"names": "a"}, 0),
    ],
)
def test_datastores_are_selected(query: dict[str, str], count: int) -> None:
    """There is only the default one."""
    datastores = Datastores(Storage({}, "", Path("/nowhere")))
    workspace = Workspace("s", "g", "w", "x", "n", "account")
    body = asyncio.run(datastores.list_all(Call(workspace, {}, query, {}))).body or {}
    assert len(body["value"]) == count


def test_microsoft_s_own_environments_cannot_be_read() -> None:
    """Every workspace in Azure has them, so here they are refused by name instead of being reported as missing."""
    assets = Assets(VirtualClock(), nobody)
    workspace = Workspace("s", "g", "w", "x", "n", "account")
    wanted = {"kind": "environments", "name": "AzureML-sklearn-1.5"}
    with pytest.raises(ArmError, match=r"environment AzureML-sklearn-1\.5") as refused:
        asyncio.run(assets.list_versions(Call(workspace, wanted, {}, {})))
    assert refused.value.status == 501
