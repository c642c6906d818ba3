"""The app settings, read once from the environment. Policies may use further variables, as `${NAME}`."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from shared.errors import Misconfigured

REQUIRED = (
    "TEAL_SUBSCRIPTION_ID",
    "TEAL_RESOURCE_GROUP",
    "TEAL_WORKSPACE",
    "TEAL_LOGS_WORKSPACE_ID",
    "TEAL_TABLES_ENDPOINT",
    "AzureWebJobsStorage__queueServiceUri",
)
OTHERS = "TEAL_WORKSPACES"
_ARM_ID = re.compile(
    r"/subscriptions/(?P<subscription_id>[^/]+)/resourceGroups/(?P<resource_group>[^/]+)"
    r"/providers/Microsoft\.MachineLearningServices/workspaces/(?P<name>[^/]+)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class WorkspaceSettings:
    """The location of an Azure ML workspace and of its endpoints' logs.

    logs_workspace_id: the Log Analytics workspace's customer id (a GUID). region: the workspace's, where its metrics
    are queried; needed only by policies that read metrics. logs_resource_id: the ARM id of the same Log Analytics
    workspace, or empty; used only to explain missing telemetry.
    """

    subscription_id: str
    resource_group: str
    name: str
    logs_workspace_id: str
    region: str = ""
    logs_resource_id: str = ""

    @property
    def arm_id(self) -> str:
        """The workspace's ARM id."""
        return (
            f"/subscriptions/{self.subscription_id}/resourceGroups/{self.resource_group}"
            f"/providers/Microsoft.MachineLearningServices/workspaces/{self.name}"
        )


@dataclass(frozen=True, slots=True)
class Settings:
    """The app's settings.

    workspace: the app's own, the default everywhere. other_workspaces: the others that the app serves. policies: the
    folder of policy files, relative to the app. clock: a faster clock for rehearsals, else empty. trust_easy_auth:
    whether the platform signs callers in before the API, so that its header X-MS-CLIENT-PRINCIPAL can be trusted.
    """

    workspace: WorkspaceSettings
    tables_endpoint: str
    queues_endpoint: str
    other_workspaces: tuple[WorkspaceSettings, ...] = ()
    policies: str = "policies"
    clock: str = ""
    trust_easy_auth: bool = False
    blobs_endpoint: str = ""
    evidence_kept: timedelta = timedelta(days=30)
    history_kept: timedelta = timedelta(days=730)


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Return the settings; raises Misconfigured naming every setting that is missing or invalid."""
    missing = [name for name in REQUIRED if not environment.get(name, "").strip()]
    if missing:
        raise Misconfigured(f"missing app settings: {', '.join(missing)} (see docs/deploying.md)")
    own = WorkspaceSettings(
        subscription_id=environment["TEAL_SUBSCRIPTION_ID"],
        resource_group=environment["TEAL_RESOURCE_GROUP"],
        name=environment["TEAL_WORKSPACE"],
        logs_workspace_id=environment["TEAL_LOGS_WORKSPACE_ID"],
        region=environment.get("TEAL_REGION", "").strip(),
        logs_resource_id=environment.get("TEAL_LOGS_RESOURCE_ID", "").strip(),
    )
    return Settings(
        workspace=own,
        other_workspaces=_others(own, environment.get(OTHERS, "").strip()),
        tables_endpoint=environment["TEAL_TABLES_ENDPOINT"],
        queues_endpoint=environment["AzureWebJobsStorage__queueServiceUri"],
        evidence_kept=_days(environment, "TEAL_EVIDENCE_DAYS", 30),
        history_kept=_days(environment, "TEAL_HISTORY_DAYS", 730),
        blobs_endpoint=environment.get("AzureWebJobsStorage__blobServiceUri", "").strip(),
        policies=environment.get("TEAL_POLICIES", "") or "policies",
        clock=environment.get("TEAL_CLOCK", ""),
        trust_easy_auth=environment.get("TEAL_TRUST_EASY_AUTH", "").lower() == "true",
    )


def _days(environment: Mapping[str, str], name: str, default: int) -> timedelta:
    text = environment.get(name, "").strip() or str(default)
    if not re.fullmatch(r"[0-9]{1,5}", text) or int(text) < 1:
        raise Misconfigured(f"{name} is {text!r}, not a number of days from 1 to 99999")
    return timedelta(days=int(text))


def _others(own: WorkspaceSettings, text: str) -> tuple[WorkspaceSettings, ...]:
    """Return the other workspaces in the setting."""
    try:
        listed = json.loads(text or "[]")
        others = tuple(_other(own, **entry) for entry in listed)
    except (TypeError, ValueError) as error:
        example = '[{"id": "/subscriptions/.../workspaces/ml-east", "region": "westus"}]'
        raise Misconfigured(f"{OTHERS} is not a list of workspaces such as {example}: {error}") from error
    names = Counter(workspace.name.lower() for workspace in (own, *others))
    if twice := [name for name, count in names.items() if count > 1]:
        raise Misconfigured(f"{OTHERS} has several workspaces named {', '.join(twice)}; use one app for each of them")
    return others


def _other(  # noqa: PLR0913 -- keys of the setting
    own: WorkspaceSettings,
    *,
    id: str,  # noqa: A002 -- as above
    logs_workspace_id: str = "",
    logs_id: str = "",
    region: str = "",
    endpoints: str = "",
    system_topic: str = "",
) -> WorkspaceSettings:
    """Return one of the other workspaces. The endpoints and the topic are only for the deployment's templates."""
    del endpoints, system_topic
    found = _ARM_ID.fullmatch(str(id).rstrip("/"))
    if found is None:
        raise ValueError(f"{id!r} is not the ARM id of an Azure ML workspace")
    logs = logs_workspace_id or own.logs_workspace_id
    resource = own.logs_resource_id if logs == own.logs_workspace_id else logs_id
    return WorkspaceSettings(**found.groupdict(), logs_workspace_id=logs, region=region, logs_resource_id=resource)
