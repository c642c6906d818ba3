"""Lists of assets come in pages, as Azure's do, with assets in memory."""

from __future__ import annotations

import asyncio
from urllib.parse import parse_qsl, urlsplit

from emulator.clock import VirtualClock
from emulator.resource_manager.assets import PAGE, Assets
from emulator.resource_manager.calls import Call
from emulator.resources import Json, Workspace


async def nobody(_workspace: Workspace, _name: str, _version: str, _properties: Json) -> None:
    """Listen to no registration."""


def test_the_versions_of_a_model_come_in_pages() -> None:
    """Each page links to the next one; `$top` limits the list instead, and `$orderBy` turns it around."""
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
