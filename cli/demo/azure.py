"""The endpoint as Azure itself reports it, so that the demo does not have to trust Teal. Read-only."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import aiohttp
from azure.core.credentials import AccessToken
from azure.identity import ClientSecretCredential

API = "2024-10-01"
_SCOPE = "https://management.azure.com/.default"


@dataclass(frozen=True, slots=True)
class EndpointState:
    """The endpoint in Azure: live traffic in percent, and its deployments with their provisioning states."""

    traffic: dict[str, int]
    deployments: dict[str, str]


@dataclass(slots=True)
class EndpointReader:
    """Reads the online endpoint with this ARM id from Azure Resource Manager, through the emulator's proxy."""

    session: aiohttp.ClientSession
    proxy: str
    id: str
    token: AccessToken

    async def state(self) -> EndpointState:
        """Return the current state."""
        endpoint, deployments = await asyncio.gather(self._call("GET", ""), self._call("GET", "/deployments"))
        live: dict[str, int] = endpoint["properties"].get("traffic") or {}
        states = {each["name"]: each["properties"]["provisioningState"] for each in deployments["value"]}
        return EndpointState({name: share for name, share in live.items() if share}, states)

    async def scoring_uri(self) -> str:
        """Return the scoring URI."""
        return str((await self._call("GET", ""))["properties"]["scoringUri"])

    async def key(self) -> str:
        """Return the endpoint's key."""
        return str((await self._call("POST", "/listKeys"))["primaryKey"])

    async def _call(self, method: str, path: str) -> dict[str, Any]:
        url = f"https://management.azure.com{self.id}{path}?api-version={API}"
        headers = {"Authorization": f"Bearer {self.token.token}"}
        async with self.session.request(method, url, headers=headers, proxy=self.proxy) as answer:
            answer.raise_for_status()
            return dict(await answer.json())


def sign_in(environment: dict[str, str]) -> AccessToken:
    """Return a token for Azure Resource Manager, for the service principal in `environment`."""
    tenant, client, secret = (environment[f"AZURE_{name}"] for name in ("TENANT_ID", "CLIENT_ID", "CLIENT_SECRET"))
    options: dict[str, Any] = {
        "connection_verify": environment["REQUESTS_CA_BUNDLE"],
        "proxies": {"https": environment["HTTPS_PROXY"]},
    }
    with ClientSecretCredential(tenant, client, secret, **options) as credential:
        return credential.get_token(_SCOPE)
