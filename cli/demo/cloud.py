"""The demo's services: the emulated Azure and the function app on its host, and how a user reaches both."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp

from cli.demo.options import DURATIONS, EXAMPLE, LOG_LAG, ROOT, DemoOptions
from cli.demo.processes import Processes

_INHERITED = ("PATH", "HOME", "LANG", "LC_ALL")


@dataclass(frozen=True, slots=True)
class LocalAzure:
    """The running emulated Azure: its resource names, and the environment that points a program at it."""

    names: dict[str, str]
    environment: dict[str, str]

    @property
    def workspace_id(self) -> str:
        """The workspace's ARM id."""
        group = f"/subscriptions/{self.names['subscription']}/resourceGroups/{self.names['resource_group']}"
        return f"{group}/providers/Microsoft.MachineLearningServices/workspaces/{self.names['workspace']}"

    @property
    def script_environment(self) -> dict[str, str]:
        """The environment for a user's script: how to reach Azure, and the workspace's name."""
        return self.environment | {
            "AZURE_SUBSCRIPTION_ID": self.names["subscription"],
            "AZURE_RESOURCE_GROUP": self.names["resource_group"],
            "AZURE_ML_WORKSPACE": self.names["workspace"],
        }

    @property
    def app_settings(self) -> dict[str, str]:
        """The function app's settings, the same as in Azure except for clock and policies."""
        account = self.names["storage_account"]
        return self.environment | {
            "TEAL_SUBSCRIPTION_ID": self.names["subscription"],
            "TEAL_RESOURCE_GROUP": self.names["resource_group"],
            "TEAL_WORKSPACE": self.names["workspace"],
            "TEAL_LOGS_WORKSPACE_ID": self.names["log_analytics_workspace"],
            "TEAL_TABLES_ENDPOINT": f"https://{account}.table.core.windows.net",
            "AzureWebJobsStorage__queueServiceUri": f"https://{account}.queue.core.windows.net",
            "TEAL_POLICIES": str(EXAMPLE / "policies"),
            "TEAL_CLOCK": self.names["clock"],
        }


@dataclass(frozen=True, slots=True)
class FunctionApp:
    """The running function app: its URL, its API key, and Event Grid's key."""

    url: str
    key: str
    event_key: str


def child_environment(options: DemoOptions, environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the environment for every process of the demo. Nothing in it can reach a real Azure."""
    kept = {name: environment[name] for name in _INHERITED if name in environment}
    temporary = options.state / "tmp"
    temporary.mkdir(parents=True, exist_ok=True)
    return kept | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", "TMPDIR": str(temporary)}


async def start_azure(processes: Processes, options: DemoOptions) -> LocalAzure:
    """Start the emulated Azure. Raises ProcessFailedError."""
    command = [sys.executable, "-m", "emulator", "--json", "--until-stdin-closes", "--seed", "1"]
    command += ["--log-every-endpoint"]
    command += ["--speed", f"{options.speed:g}", "--durations", f"{DURATIONS:g}", "--log-lag", f"{LOG_LAG:g}"]
    names = await processes.serve("azure", [*command, "--state", str(options.state / "azure")])
    return LocalAzure(names, names.pop("environment"))


async def start_app(processes: Processes, azure: LocalAzure) -> FunctionApp:
    """Start the function app on the development host and subscribe it to Azure's events."""
    command = [sys.executable, "-m", "cli.host", "--app", str(ROOT), "--json", "--until-stdin-closes"]
    ready: dict[str, Any] = await processes.serve("functions", command, **azure.app_settings)
    app = FunctionApp(ready["url"], ready["keys"]["host"]["default"], ready["keys"]["system"]["eventgrid_extension"])
    await _subscribe(azure, app)
    return app


async def _subscribe(azure: LocalAzure, app: FunctionApp) -> None:
    subscription = {"url": app.url, "key": app.event_key}
    async with (
        aiohttp.ClientSession() as session,
        session.put(f"{azure.names['proxy']}/emulator/functions", json=subscription) as answer,
    ):
        if answer.status != 204:
            raise RuntimeError(f"Event Grid refused the function app: {await answer.text()}")
