"""The ports to Azure ML: online endpoints, registered models, and requests sent to one deployment.

They belong to one workspace and take an endpoint's name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from shared.core.missed import RegisteredVersion
from shared.core.observation import EndpointSeen, Quota
from shared.core.reconcile.actions import Action
from shared.core.rollout import ModelVersion


class Endpoints(Protocol):
    """Azure ML's online endpoints: observed, and changed by operations whose outcome is observed later."""

    def see(self, endpoint: str) -> EndpointSeen | None:
        """Return the endpoint with its deployments as Azure shows it now, or None if it does not exist."""

    def order(self, action: Action) -> None:
        """Start an action, whose outcome is observed later. While another one runs, this raises Temporary.

        Creating what already exists or deleting what is already gone is not an error. Only the action's target changes.
        """

    def autoscaled(self, endpoint: str) -> dict[str, bool]:
        """Return the lower-case names of the deployments with autoscale settings, and whether these are enabled."""

    def quota(self, instance_type: str) -> Quota:
        """Return what the quota of an instance type has left. Raises Permanent if that is not known."""

    def logs(self, endpoint: str, name: str, lines: int) -> str:
        """Return the last lines of a deployment's container log."""


class Models(Protocol):
    """Azure ML's registered models."""

    def tags(self, model: ModelVersion) -> dict[str, str] | None:
        """Return the tags of a model version as they are now, or None if it is not registered."""

    def created(self, model: ModelVersion) -> datetime | None:
        """Return when a model version was created, or None if that is not known."""

    def archived(self, model: ModelVersion) -> bool:
        """Return whether a model version is archived; False if it is not registered."""

    def versions(self, name: str, since: datetime) -> tuple[RegisteredVersion, ...]:
        """Return the versions of a model that were created since then and are not archived, newest first."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A deployment's response to one request.

    status: the HTTP status, or 0 if there was none (`text` says why). model_status: the container's own, where Azure
    turned it into another one.
    """

    status: int
    text: str
    seconds: float
    model_status: int | None = None


class Scoring(Protocol):
    """Sends requests directly to one deployment, for the smoke test."""

    def answers(
        self, endpoint: str, deployment: str, bodies: Sequence[bytes], timeout: timedelta
    ) -> tuple[Answer, ...]:
        """Send each body (JSON) to the deployment, regardless of its traffic, and return the answers in order."""

    def sample(self, endpoint: str, deployment: str) -> bytes:
        """Return the sample request of the deployment's own API description. Raises Permanent if it has none."""
