"""What a client needs to use the emulated cloud: its environment variables, and the names of what exists."""

from __future__ import annotations

from pathlib import Path

from emulator.clock import VirtualClock
from emulator.identity.tokens import Principal
from emulator.options import Options
from emulator.resources import Json, Workspace

_LOCAL = "127.0.0.1,localhost,::1"


def client_environment(proxy: str, bundle: Path, principal: Principal) -> dict[str, str]:
    """Return the variables that make the SDKs, requests, aiohttp (with trust_env) and curl use the emulated hosts."""
    # Both cases: some programs read only one, and most prefer the lower case, which may be set to something else.
    proxies = dict.fromkeys(("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"), proxy)
    local = {"NO_PROXY": _LOCAL, "no_proxy": _LOCAL}
    trust = {name: str(bundle) for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE")}
    credential = {
        "AZURE_TENANT_ID": principal.tenant,
        "AZURE_CLIENT_ID": principal.client,
        "AZURE_CLIENT_SECRET": principal.secret,
    }
    return proxies | local | trust | credential


def description(options: Options, clock: VirtualClock, workspace: Workspace) -> Json:
    """Return the names of what exists."""
    return {
        "subscription": options.subscription,
        "resource_group": options.resource_group,
        "workspace": options.workspace,
        "region": options.region,
        "storage_account": options.storage_account,
        "workspace_storage_account": options.workspace_storage_account,
        "log_analytics_workspace": workspace.guid,
        "kubernetes_compute": workspace.kubernetes,
        "clock": clock.setting(),
    }
