"""The ports to telemetry: minutes of requests, their sources, and the answers that deployments collect.

They belong to one workspace and take an endpoint's name.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, TypeVar

from shared.core.observation import DeploymentMinute, TelemetryPath
from shared.core.telemetry import Need, SourceKind, TelemetryQuery, Window

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Seen:
    """The result of a telemetry query: minutes with requests, oldest first, and the gates without data, and why.

    no_table: why the source of requests does not exist yet, in its own words; there are then no minutes.
    """

    minutes: tuple[DeploymentMinute, ...]
    missing: Mapping[str, str] = field(default_factory=dict)
    no_table: str | None = None


class Telemetry(Protocol):
    """The requests that an endpoint's deployments answered, and how."""

    def minutes(self, endpoint: str, asked: TelemetryQuery) -> Seen:
        """Return a row for every requested deployment and minute with requests.

        Raises Temporary or Permanent if requests and errors are unavailable or incomplete: no evidence is not evidence
        of no errors. Other unavailable data is in the result's `missing`.
        """

    def path(self, endpoint: str, source: str) -> TelemetryPath:
        """Return how requests get from the endpoint into the source with this name, according to its settings."""


@dataclass(frozen=True, slots=True)
class Fetch:
    """One read of an endpoint's telemetry, shared by all sources."""

    endpoint: str
    query: TelemetryQuery
    kept: dict[Hashable, Any] = field(default_factory=dict)

    def once(self, key: Hashable, read: Callable[[], T]) -> T:
        """Return the result of `read`, which is called once per key in this fetch."""
        if key not in self.kept:
            self.kept[key] = read()
        found: T = self.kept[key]
        return found


class TelemetrySource(Protocol):
    """One source of telemetry."""

    @property
    def kind(self) -> SourceKind:
        """Its name, and the needs that it serves."""

    def read(self, fetch: Fetch, needs: Sequence[Need]) -> Sequence[DeploymentMinute]:
        """Return its data for the fetch's minutes, by deployment and minute, in any order.

        needs: of the kinds that it serves, to be read together. Minutes count requests if `Requests` is among them.
        Raises Temporary or Permanent if the data is unavailable or incomplete, NotYet if the source does not exist yet.
        """


class TelemetryPaths(Protocol):
    """How requests get into one telemetry source, for sources that need set-up per endpoint."""

    def path(self, endpoint: str) -> TelemetryPath:
        """Return the path according to its settings. Raises Temporary, or Permanent if they may not be read."""


@dataclass(frozen=True, slots=True)
class AnswerSeen:
    """One collected answer of a deployment. body: JSON text."""

    deployment: str
    at: datetime
    request: str
    body: str


class Answers(Protocol):
    """The answers that deployments collect."""

    def collected(self, endpoint: str, deployment: str, window: Window) -> tuple[AnswerSeen, ...]:
        """Return the answers collected in the window. Raises Permanent if the deployment does not collect answers."""
