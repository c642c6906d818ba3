"""Builds every Azure client, all with few retries, short timeouts and no waiting for a busy service.

The next tick repeats a failed call, so the SDKs' minutes of retries inside a function are turned off. Clients are
thread-safe and live as long as the process.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from azure.core.credentials import TokenCredential
from azure.data.tables import TableServiceClient
from azure.monitor.query import LogsQueryClient
from azure.monitor.querymetrics import MetricsClient
from azure.storage.blob import ContainerClient
from azure.storage.blob import LinearRetry as BlobRetry
from azure.storage.queue import LinearRetry, QueueClient, TextBase64EncodePolicy

from shared import ports
from shared.adapters.answers import CollectedAnswers, Reader
from shared.adapters.arm import ResourceManager, arm_pipeline
from shared.adapters.backlog import StorageBacklog
from shared.adapters.clouds import current_cloud
from shared.adapters.collection_places import CollectionPlaces
from shared.adapters.diagnostic_settings import DiagnosticSettings
from shared.adapters.endpoints import ArmEndpoints
from shared.adapters.log_analytics import LogAnalytics
from shared.adapters.logs import RequestLog
from shared.adapters.metrics import PlatformMetrics, RegionalMetrics, metrics_address
from shared.adapters.models import ArmModels
from shared.adapters.queries import UserQueries
from shared.adapters.queues import QueueWakeups
from shared.adapters.scoring import HttpScoring, scoring_pipeline
from shared.adapters.tables import TableStore
from shared.adapters.templates import DeploymentTemplates
from shared.collected_answers import AnswersSource
from shared.core.telemetry.sources import LOGS
from shared.names import DEAD_LETTERS, QUEUE
from shared.settings import Settings, WorkspaceSettings
from shared.telemetry import TelemetrySources

CONNECT_SECONDS = 10
READ_SECONDS = 30
_TIMEOUTS: dict[str, Any] = {"connection_timeout": CONNECT_SECONDS, "read_timeout": READ_SECONDS}
# One retry for a lost connection; none for a busy service, because the SDK would sleep for Retry-After.
_RETRIES: dict[str, Any] = {"retry_total": 1, "retry_status": 0}


@dataclass(frozen=True, slots=True)
class AzurePorts:
    """The ports of one workspace, connected to Azure."""

    endpoints: ports.Endpoints
    models: ports.Models
    telemetry: ports.Telemetry
    scoring: ports.Scoring


def connect_workspace(
    workspace: WorkspaceSettings,
    credential: TokenCredential,
    policies: ports.Policies,
    folder: Path,
    clock: ports.Clock,
    **options: Any,  # noqa: ANN401 -- of azure-core's pipelines
) -> AzurePorts:
    """Return the ports of a workspace; deployment templates come from the policies and their folder.

    options: further ones for every client, such as a transport. Makes no call yet. Raises Misconfigured for invalid
    settings.
    """
    manager = ResourceManager(arm_pipeline(credential, CONNECT_SECONDS, READ_SECONDS, **options), workspace.arm_id)
    templates = DeploymentTemplates(
        workspace, credential, policies.filled_template, folder, **_RETRIES, **_TIMEOUTS, **options
    )
    endpoints = ArmEndpoints(manager, templates)
    log = LogAnalytics(_logs(credential, **options), workspace.logs_workspace_id, workspace.arm_id)
    retries = BlobRetry(backoff=1, random_jitter_range=0, **_RETRIES)
    reader = Reader(credential, {"retry_policy": retries, **_TIMEOUTS, **options})
    return AzurePorts(
        endpoints=endpoints,
        models=ArmModels(manager),
        telemetry=TelemetrySources(
            RequestLog(log),
            _metrics(workspace, credential, endpoints, **options),
            UserQueries(log, policies.query),
            AnswersSource(CollectedAnswers(CollectionPlaces(manager).of, reader.open, clock)),
            paths={LOGS.name: DiagnosticSettings(manager, workspace.logs_workspace_id, workspace.logs_resource_id)},
        ),
        scoring=HttpScoring(manager, scoring_pipeline(CONNECT_SECONDS, **options), credential),
    )


def connect_store(settings: Settings, credential: TokenCredential, **options: Any) -> TableStore:  # noqa: ANN401 -- as above
    """Return the app's records. Makes no call yet."""
    service = TableServiceClient(settings.tables_endpoint, credential=credential, **_RETRIES, **_TIMEOUTS, **options)
    return TableStore(service)


def connect_wakeups(settings: Settings, credential: TokenCredential, **options: Any) -> QueueWakeups:  # noqa: ANN401 -- as above
    """Return the app's queue. Makes no call yet."""
    return QueueWakeups(
        QueueClient(
            settings.queues_endpoint,
            QUEUE,
            credential=credential,
            message_encode_policy=TextBase64EncodePolicy(),
            retry_policy=LinearRetry(backoff=1, random_jitter_range=0, **_RETRIES),
            **_TIMEOUTS,
            **options,
        )
    )


def connect_backlog(settings: Settings, credential: TokenCredential) -> StorageBacklog:
    """Return the port that counts waiting and failed work. Makes no call yet."""
    retries = LinearRetry(backoff=1, random_jitter_range=0, **_RETRIES)
    queue, poison = (
        QueueClient(settings.queues_endpoint, name, credential=credential, retry_policy=retries, **_TIMEOUTS)
        for name in (QUEUE, f"{QUEUE}-poison")
    )
    container = ContainerClient(
        settings.blobs_endpoint, DEAD_LETTERS, credential=credential, retry_policy=retries, **_TIMEOUTS
    ) if settings.blobs_endpoint else None  # fmt: skip
    return StorageBacklog(queue, poison, container)


def _logs(credential: TokenCredential, **options: Any) -> LogsQueryClient:  # noqa: ANN401 -- as above
    return LogsQueryClient(credential, endpoint=current_cloud().logs, **_RETRIES, **_TIMEOUTS, **options)


def _metrics(
    workspace: WorkspaceSettings,
    credential: TokenCredential,
    endpoints: ArmEndpoints,
    **options: Any,  # noqa: ANN401 -- as above
) -> ports.TelemetrySource:
    """Return the platform metrics source. If the settings do not have the workspace's region, Azure is asked for it."""

    def connect(region: str) -> PlatformMetrics:
        audience = f"https://{current_cloud().metrics}"
        address = metrics_address(region)
        client = MetricsClient(address, credential, audience=audience, **_RETRIES, **_TIMEOUTS, **options)
        return PlatformMetrics(client, workspace.arm_id, copied=lambda name: _deployments(endpoints, name))

    return connect(workspace.region) if workspace.region else RegionalMetrics(endpoints.region, connect)


def _deployments(endpoints: ArmEndpoints, name: str) -> tuple[str, ...]:
    """Return all deployments: one that got mirrored requests minutes ago may get none now."""
    seen = endpoints.see(name)
    return tuple(seen.deployments) if seen is not None else ()
