"""The app settings, read once from the environment. Policies may name further variables, as `${NAME}`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from shared.errors import Misconfigured

REQUIRED = (
    "TEAL_SUBSCRIPTION_ID",
    "TEAL_RESOURCE_GROUP",
    "TEAL_WORKSPACE",
    "TEAL_LOGS_WORKSPACE_ID",
    "TEAL_TABLES_ENDPOINT",
    "AzureWebJobsStorage__queueServiceUri",
)


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the workspace, its logs and our storage are.

    region: the workspace's, where its metrics are asked for; needed only by policies that read metrics.

    logs_workspace_id: the Log Analytics workspace's customer id (a GUID). policies: the folder of policy files,
    relative to the app. clock: a faster clock for rehearsals, else empty. trust_easy_auth: whether the platform's
    sign-in stands before the API, so that its X-MS-CLIENT-PRINCIPAL-NAME header is true.
    """

    subscription_id: str
    resource_group: str
    workspace: str
    logs_workspace_id: str
    tables_endpoint: str
    queues_endpoint: str
    policies: str = "policies"
    clock: str = ""
    region: str = ""
    trust_easy_auth: bool = False

    @property
    def workspace_id(self) -> str:
        """The ARM id of the Azure ML workspace."""
        return (
            f"/subscriptions/{self.subscription_id}/resourceGroups/{self.resource_group}"
            f"/providers/Microsoft.MachineLearningServices/workspaces/{self.workspace}"
        )


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Return the settings; raises Misconfigured with the name of every one that is missing."""
    missing = [name for name in REQUIRED if not environment.get(name, "").strip()]
    if missing:
        raise Misconfigured(f"missing app settings: {', '.join(missing)} (see docs/deploying.md)")
    return Settings(
        subscription_id=environment["TEAL_SUBSCRIPTION_ID"],
        resource_group=environment["TEAL_RESOURCE_GROUP"],
        workspace=environment["TEAL_WORKSPACE"],
        logs_workspace_id=environment["TEAL_LOGS_WORKSPACE_ID"],
        tables_endpoint=environment["TEAL_TABLES_ENDPOINT"],
        queues_endpoint=environment["AzureWebJobsStorage__queueServiceUri"],
        policies=environment.get("TEAL_POLICIES", "") or "policies",
        clock=environment.get("TEAL_CLOCK", ""),
        region=environment.get("TEAL_REGION", "").strip(),
        trust_easy_auth=environment.get("TEAL_TRUST_EASY_AUTH", "").lower() == "true",
    )
