"""The settings, and the app's adapters connected to the subscription that they name."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from azure.core.credentials import TokenCredential
from azure.data.tables import TableServiceClient
from azure.monitor.query import LogsQueryClient
from azure.monitor.querymetrics import MetricsClient
from azure.storage.queue import QueueClient, TextBase64EncodePolicy

from cli.verify.report import UnexpectedError
from shared.adapters.arm import ResourceManager, arm_pipeline
from shared.adapters.clients import CONNECT_SECONDS, READ_SECONDS
from shared.adapters.clouds import current_cloud
from shared.adapters.endpoints import ArmEndpoints
from shared.adapters.log_analytics import LogAnalytics
from shared.adapters.logs import RequestLog
from shared.adapters.metrics import PlatformMetrics, metrics_address
from shared.adapters.models import ArmModels
from shared.adapters.scoring import HttpScoring, scoring_pipeline
from shared.adapters.templates import DeploymentTemplates
from shared.clock import read_clock
from shared.core.observation import EndpointSeen
from shared.core.rollout import ModelVersion
from shared.errors import Misconfigured, Permanent, Temporary
from shared.ports import Clock
from shared.settings import Settings, read_settings

LIKE, MODEL, REQUEST = "TEAL_VERIFY_LIKE", "TEAL_VERIFY_MODEL", "TEAL_VERIFY_REQUEST"
_RETRIES: dict[str, Any] = {"retry_total": 1, "retry_status": 0}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to verify with. like: the endpoint and deployment to copy. request: a body, or None for the sample."""

    settings: Settings
    like: tuple[str, str]
    model: ModelVersion
    request: bytes | None
    clock: Clock
    suffix: str = field(default_factory=lambda: secrets.token_hex(3))


def read_wanted(environment: Mapping[str, str]) -> Wanted:
    """Return what the environment asks for. Raises Misconfigured with one line per problem."""
    problems = []
    try:
        settings: Settings | None = read_settings(environment)
    except Misconfigured as error:
        settings, problems = None, [str(error)]
    like = environment.get(LIKE, "").strip().lower()
    model = environment.get(MODEL, "").strip()
    if not re.fullmatch(r"[a-z0-9-]+/[a-z0-9-]+", like):
        problems.append(f"{LIKE} must be an endpoint and a deployment to copy, such as churn/churn-6")
    if not re.fullmatch(r"[^:/]+:[^:/]+", model):
        problems.append(f"{MODEL} must be a registered version that green serves, such as churn-model:7")
    if settings is None or problems:
        raise Misconfigured("\n".join(problems))
    endpoint, _, deployment = like.partition("/")
    name, _, version = model.partition(":")
    request = environment.get(REQUEST, "").encode() or None
    return Wanted(settings, (endpoint, deployment), ModelVersion(name, version), request, read_clock(settings.clock))


@dataclass(frozen=True, slots=True)
class Pace:
    """How often to poll, and how long an operation and the metrics may take."""

    every: timedelta = timedelta(seconds=10)
    operation: timedelta = timedelta(minutes=30)
    metrics: timedelta = timedelta(minutes=10)


class Azure:
    """The adapters as in the app. Nothing is called yet."""

    def __init__(self, wanted: Wanted, credential: TokenCredential, pace: Pace) -> None:
        settings, workspace = wanted.settings, wanted.settings.workspace
        self.wanted, self.pace, self._credential = wanted, pace, credential
        self.manager = ResourceManager(arm_pipeline(credential, CONNECT_SECONDS, READ_SECONDS), workspace.arm_id)
        self.endpoints = ArmEndpoints(self.manager, DeploymentTemplates(workspace, credential, _no_template, Path()))
        self.models = ArmModels(self.manager)
        self.scoring = HttpScoring(self.manager, scoring_pipeline(CONNECT_SECONDS), credential)
        logs = LogsQueryClient(credential, endpoint=current_cloud().logs, **_RETRIES)
        self.log = RequestLog(LogAnalytics(logs, workspace.logs_workspace_id, workspace.arm_id))
        self.tables = TableServiceClient(settings.tables_endpoint, credential=credential, **_RETRIES)

    def metrics(self) -> PlatformMetrics:
        """Return the platform metrics of the workspace's region."""
        region = self.wanted.settings.workspace.region or self.endpoints.region()
        audience = f"https://{current_cloud().metrics}"
        client = MetricsClient(metrics_address(region), self._credential, audience=audience, **_RETRIES)
        return PlatformMetrics(client, self.wanted.settings.workspace.arm_id)

    def queue(self, name: str) -> QueueClient:
        """Return a queue, with messages encoded as the app does."""
        account = self.wanted.settings.queues_endpoint
        policy = TextBase64EncodePolicy()
        return QueueClient(account, name, credential=self._credential, message_encode_policy=policy)

    def seen(self, endpoint: str) -> EndpointSeen:
        """Return the endpoint; raises UnexpectedError if it is gone."""
        found = self.endpoints.see(endpoint)
        if found is None:
            raise UnexpectedError(f"the endpoint {endpoint} is not there")
        return found

    def now(self) -> datetime:
        """Return the time, as the app reads it."""
        return self.wanted.clock()

    def wait(self, what: str, condition: Callable[[], bool], limit: timedelta | None = None) -> None:
        """Poll until the condition is true; errors that may pass count as not yet. Raises UnexpectedError."""
        limit = self.pace.operation if limit is None else limit
        until = time.monotonic() + limit.total_seconds()
        last = ""
        while time.monotonic() < until:
            try:
                if condition():
                    return
            except Temporary as error:
                last = f": {error}"
            time.sleep(self.pace.every.total_seconds())
        raise UnexpectedError(f"{what} is not so after {limit}{last}")


def _no_template(path: str, _values: Mapping[str, str]) -> str:
    raise Permanent(f"no template is used here: {path}")
