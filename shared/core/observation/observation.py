"""What was observed in one reconcile. Facts only: `decide` works out what they mean."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from shared.core.bounds import cut
from shared.core.observation.halt import Halt
from shared.core.observation.telemetry_path import TelemetryPath

EXAMPLES = 5
LONGEST_PROBLEM = 300


class Provisioning(StrEnum):
    """Azure ML's provisioning states, and UNKNOWN for any that it may add."""

    CREATING = "Creating"
    UPDATING = "Updating"
    SCALING = "Scaling"
    DELETING = "Deleting"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    CANCELED = "Canceled"
    UNKNOWN = "Unknown"

    @property
    def broken(self) -> bool:
        """Whether the deployment will not serve again without manual intervention."""
        return self in {Provisioning.FAILED, Provisioning.CANCELED, Provisioning.DELETING}


@dataclass(frozen=True, slots=True)
class DeploymentSeen:
    """One deployment as Azure shows it.

    model: its ARM id or asset reference, as Azure gives it. instances: how many there are to be (None: not said).
    """

    name: str
    state: Provisioning
    model: str = ""
    instances: int | None = None


@dataclass(frozen=True, slots=True)
class EndpointSeen:
    """One online endpoint as Azure shows it.

    traffic, mirror: percent by deployment, without zeroes. kubernetes: it runs on a cluster of the user's.
    """

    name: str
    state: Provisioning
    traffic: dict[str, int] = field(default_factory=dict)
    mirror: dict[str, int] = field(default_factory=dict)
    deployments: dict[str, DeploymentSeen] = field(default_factory=dict)
    kubernetes: bool = False

    def instances(self, name: str | None) -> int | None:
        """Return how many instances this deployment has, or None if that is not known."""
        seen = self.deployments.get(name or "")
        return seen.instances if seen else None

    def ready(self, name: str | None) -> bool:
        """Return whether this deployment can serve; it keeps serving while it is scaled or updated."""
        seen = self.deployments.get(name or "")
        return seen is not None and seen.state in {
            Provisioning.SUCCEEDED,
            Provisioning.SCALING,
            Provisioning.UPDATING,
        }

    @property
    def busy(self) -> bool:
        """Whether Azure is still carrying out a write of this endpoint, so that its traffic may still change."""
        return self.state in {
            Provisioning.CREATING,
            Provisioning.UPDATING,
            Provisioning.SCALING,
            Provisioning.DELETING,
        }

    def broken(self, name: str) -> bool:
        """Return whether this deployment is missing, or will not serve again by itself."""
        return name not in self.deployments or self.deployments[name].state.broken

    def serving(self) -> str | None:
        """Return the deployment with the most live traffic, or None if there is no live traffic."""
        live = {name: weight for name, weight in self.traffic.items() if weight > 0}
        return max(live, key=lambda name: live[name]) if live else None


@dataclass(frozen=True, slots=True)
class Tally:
    """A count out of a total."""

    bad: int
    total: int


@dataclass(frozen=True, slots=True)
class DeploymentMinute:
    """Requests of one deployment in one minute, and what is known of their answers.

    bad: requests that failed. client_errors: those that the model or the platform refused as the caller's mistake. What
    counts as which is in `shared.adapters.status`. overloaded: those of the bad that were too many or too slow (429,
    408). addressed: requests known to have been sent to this deployment by name, whatever its weight. slowness: how
    many of the good answers (status below 400) took how long, by the bucket of `latency.bucket`; None if not asked or
    not known. percentiles: milliseconds by percent (50, 90, 95, 99), where a source knows no more. predictions: how
    many predictions were of which class or bin. tallies: bad and total by gate, for what else is counted (queries, and
    `disagreement`: mirrored requests that green answered otherwise than blue).
    """

    deployment: str
    minute: datetime
    total: int
    bad: int
    client_errors: int = 0
    slowness: dict[int, int] | None = None
    percentiles: dict[int, float] | None = None
    predictions: dict[str, int] | None = None
    tallies: dict[str, Tally] = field(default_factory=dict)
    overloaded: int = 0
    addressed: int = 0


@dataclass(frozen=True, slots=True)
class SmokeResult:
    """The result of a smoke test. sent: how many requests. problems: what was wrong with the first few, a line each.

    failed: how many requests failed, at least as many as `problems`, of which no more than a few are kept.
    """

    sent: int
    problems: tuple[str, ...] = ()
    failed: int = 0

    def __post_init__(self) -> None:
        """Keep a few problems and the number of all."""
        object.__setattr__(self, "failed", max(self.failed, len(self.problems)))
        object.__setattr__(self, "problems", tuple(cut(words, LONGEST_PROBLEM) for words in self.problems[:EXAMPLES]))

    @property
    def passed(self) -> bool:
        """Whether at least one request was sent and none failed."""
        return self.sent > 0 and self.failed == 0


@dataclass(frozen=True, slots=True)
class Observation:
    """What one reconcile observed.

    endpoint: None if Azure says that there is none. minutes: settled minutes that the rollout has not judged yet,
    oldest first, or None if telemetry gave no answer (`telemetry_problem` says why). missing, history_missing: gates
    that the minutes or the past say nothing of, and why. history: blue's past, for the calibration, or None if not
    asked or not answered. settled_until: minutes before this have been read. no_table: the request log does not exist
    yet, in the source's words. path: how requests should get into telemetry; None if not asked.
    halted: the newest halt, which may have ended. autoscaled: the deployments that have autoscale settings, or
    None if not asked or not answered. serving_minutes: those of the last minutes, up to `serving_until`, after the end.
    serving_probe: how whoever serves then answered the smoke requests, if it had no others.
    """

    endpoint: EndpointSeen | None
    minutes: tuple[DeploymentMinute, ...] | None = None
    settled_until: datetime | None = None
    missing: dict[str, str] = field(default_factory=dict)
    history: tuple[DeploymentMinute, ...] | None = None
    history_missing: dict[str, str] = field(default_factory=dict)
    telemetry_problem: str | None = None
    no_table: str | None = None
    path: TelemetryPath | None = None
    smoke: SmokeResult | None = None
    logs: str | None = None
    halted: Halt | None = None
    autoscaled: frozenset[str] | None = None
    serving_minutes: tuple[DeploymentMinute, ...] | None = None
    serving_until: datetime | None = None
    serving_probe: SmokeResult | None = None
