"""Runs Microsoft's command line against an emulator: `make azure-cli`, or `python -m tests.emulator.azure_cli AZ`.

One line per command: `ok` if its output is the expected one, otherwise `FAIL` with what it printed; the exit status is
the number of failures. Nothing is registered or configured: `az` only inherits the emulator's environment variables.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.cloud import FAST, RunningCloud, running_cloud

TRAFFIC = '[{"category": "AmlOnlineEndpointTrafficLog", "enabled": true}]'
ENDPOINT = '{"location": "westeurope", "properties": {"authMode": "Key"}}'
PRINCIPAL = "3f2b8c1e-5d4a-4a57-9c1d-8a7e6f5b4c3d"
Row = tuple[str, list[str], str]


def commands(cloud: RunningCloud) -> Iterator[Row]:
    """Yield a command, the arguments that its options need, and what it prints."""
    workspace, group, account = cloud.workspace_id, cloud["resource_group"], cloud["storage_account"]
    endpoint = f"{workspace}/onlineEndpoints/by-az"
    logs = f"/subscriptions/{cloud['subscription']}/resourceGroups/{group}/providers/Microsoft.OperationalInsights"
    logs += f"/workspaces/{cloud['workspace']}-logs"
    yield from _account(cloud)
    yield "group exists -n", [group], "true"
    yield "group exists -n", ["other"], "false"
    yield "group list --query [].name", [], group
    yield "provider show --query registrationState -n", ["Microsoft.MachineLearningServices"], "Registered"
    yield "resource show --query type --ids", [workspace], "Microsoft.MachineLearningServices/workspaces"
    url = f"{endpoint}?api-version=2024-10-01"
    yield "rest --method put --query name", ["--url", url, "--body", ENDPOINT], "by-az"
    kind = "Microsoft.MachineLearningServices/workspaces/onlineEndpoints"
    yield "resource list --query [].name --resource-type", [kind], f"{cloud['workspace']}/by-az"
    sent = ["--resource", endpoint, "--workspace", logs, "--logs", TRAFFIC]
    yield "monitor diagnostic-settings create --query name -n mine", sent, "mine"
    yield "monitor diagnostic-settings list --query [0].name --resource", [endpoint], "set-by-policy"
    yield (
        "monitor metrics list --query value[].name.value --metrics RequestLatency --resource",
        [endpoint],
        "RequestLatency",
    )
    yield "monitor metrics list-definitions --query [0].name.value --resource", [endpoint], "RequestsPerMinute"
    yield "monitor autoscale list --query length(@) -g", [group], "0"
    named = ["-g", group, "-n", f"{cloud['workspace']}-logs"]
    yield "monitor log-analytics workspace show --query customerId", named, cloud["log_analytics_workspace"]
    yield from _roles(workspace)
    for kind in ("container", "queue", "table"):
        yield f"storage {kind} create -n things --query created --auth-mode login --account-name", [account], "true"


def _account(cloud: RunningCloud) -> Iterator[Row]:
    found = cloud.environment
    secret = ["-u", found["AZURE_CLIENT_ID"], "-p", found["AZURE_CLIENT_SECRET"], "--tenant", found["AZURE_TENANT_ID"]]
    yield "login --service-principal --query [].state", secret, "Enabled"
    yield "account show --query id", [], cloud["subscription"]
    yield "account list-locations --query [].name", [], cloud["region"]
    yield "account get-access-token --query tokenType", [], "Bearer"


def _roles(scope: str) -> Iterator[Row]:
    # Without these options az asks Microsoft Graph for names, which is not emulated.
    assigned = ["--assignee-object-id", PRINCIPAL, "--assignee-principal-type", "ServicePrincipal", "--scope", scope]
    yield "role definition list --query [].roleName -n", ["Reader"], "Reader"
    yield "role assignment create --role Reader --query principalId", assigned, PRINCIPAL
    listed = ["--fill-principal-name", "false", "--fill-role-definition-name", "false", "--scope", scope]
    yield "role assignment list --query [].principalId", listed, PRINCIPAL


def main(az: Path) -> int:
    """Run the commands and return how many failed."""
    failed = 0
    with tempfile.TemporaryDirectory() as folder, running_cloud(Path(folder, "cloud"), *FAST) as cloud:
        own = {"AZURE_CONFIG_DIR": str(Path(folder, "az")), "AZURE_CORE_COLLECT_TELEMETRY": "false"}
        known = os.environ | cloud.environment | own
        for command, more, expected in commands(cloud):
            words = [str(az), *command.split(), *more, "--output", "tsv", "--only-show-errors"]
            run = subprocess.run(words, env=known, capture_output=True, text=True, check=False)  # noqa: S603  # ours
            good = run.returncode == 0 and run.stdout.strip().lower() == expected.lower()
            failed += not good
            print("ok  " if good else "FAIL", f"az {command} ...", "" if good else run.stdout + run.stderr)  # noqa: T201  # its purpose
    return failed


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve()))
