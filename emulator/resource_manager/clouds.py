"""`GET /metadata/endpoints`: the hosts of the public cloud, which clients read before they have a token."""

from __future__ import annotations

from aiohttp import web

_PUBLIC = {
    "name": "AzureCloud",
    "resourceManager": "https://management.azure.com/",
    "portal": "https://portal.azure.com",
    "authentication": {
        "loginEndpoint": "https://login.microsoftonline.com",
        "audiences": ["https://management.core.windows.net/", "https://management.azure.com/"],
        "tenant": "common",
        "identityProvider": "AAD",
    },
    "graph": "https://graph.windows.net/",
    "microsoftGraphResourceId": "https://graph.microsoft.com/",
    "logAnalyticsResourceId": "https://api.loganalytics.io",
    "gallery": "https://gallery.azure.com/",
    "suffixes": {
        "storage": "core.windows.net",
        "keyVaultDns": "vault.azure.net",
        "acrLoginServer": "azurecr.io",
        "sqlServerHostname": "database.windows.net",
    },
}


async def clouds(_: web.Request) -> web.Response:
    """Return the list of clouds, which has the public one only."""
    return web.json_response([_PUBLIC])
