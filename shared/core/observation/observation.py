"""What one reconcile observed. Facts only: what they mean is decided elsewhere."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from shared.core.bounds import cut
from shared.core.observation.halt import Halt
from shared.core.observation.quota import QuotaSeen
from shared.core.observation.telemetry_path import TelemetryPath

EXAMPLES = 5
LONGEST_PROBLEM = 300


class Provisioning(StrEnum):
    """Azure ML's provisioning states, and UNKNOWN for any that Azure adds."""

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

    model: its ARM id or asset reference, as Azure returns it. instances: the configured count (None: unknown).
    modified: when it was last changed (None: unknown). by_teal: whether its tags say that Teal made it.
    instance_type: such as `Standard_DS3_v2` (empty: unknown). content: a digest of what it runs, which is its model,
    code and environment (empty: unknown).
    """

    name: str
    state: Provisioning
    model: str = ""
    instances: int | None = None
    modified: datetime | None = None
    by_teal: bool = False
    instance_type: str = ""
    content: str = ""


@dataclass(frozen=True, slots=True)
class EndpointSeen:
    """One online endpoint as Azure shows it.

    traffic, mirror: percent by deployment, without zeros. kubernetes: whether it runs on the user's own cluster.
    """

    name: str
    state: Provisioning
    traffic: dict[str, int] = field(default_factory=dict)
    mirror: dict[str, int] = field(default_factory=dict)
    deployments: dict[str, DeploymentSeen] = field(default_factory=dict)
    kubernetes: bool = False

    def mirror_without(self, names: Collection[str]) -> dict[str, int]:
        """Return the mirror without these deployments, and without any that is gone: Azure would refuse that."""
        return {name: share for name, share in self.mirror.items() if name not in names and name in self.deployments}

    def instances(self, name: str | None) -> int | None:
        """Return the instance count of this deployment, or None if it is unknown."""
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
        """Return whether this deployment is missing, or will not recover by itself."""
        return name not in self.deployments or self.deployments[name].state.broken

    def gone(self, name: str) -> bool:
        """Return whether this deployment is missing or being deleted. Unlike a failed one, it cannot recover."""
        return name not in self.deployments or self.deployments[name].state is Provisioning.DELETING

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
    """Requests of one deployment in one minute, and what is known about their answers.

    bad: requests that failed. client_errors: requests that the model or the platform rejected as client errors.
    `shared.adapters.status` defines both. overloaded: bad requests with status 429 or 408. addressed: requests known to
    have addressed this deployment by name, whatever its weight. slowness: the number of successful answers (status
    below 400) by latency bucket (`latency_buckets.bucket`); None if not requested or unknown. percentiles: milliseconds
    by percentile (50, 90, 95, 99), if the source has no more detail. predictions: the number of predictions by class or
    bin. tallies: bad and total by gate, for other counts (queries, and `disagreement`: mirrored requests that green
    answered differently from blue).
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

    @property
    def succeeded(self) -> int:
        """The requests that neither failed nor were rejected."""
        return self.total - self.bad - self.client_errors


@dataclass(frozen=True, slots=True)
class SmokeResult:
    """The result of a smoke test.

    sent, failed: how many requests were sent, and how many failed. problems: what was wrong with the first few failed
    ones, one line each.
    """

    sent: int
    problems: tuple[str, ...] = ()
    failed: int = 0

    def __post_init__(self) -> None:
        """Keep the first few problems, but count all of them."""
        object.__setattr__(self, "failed", max(self.failed, len(self.problems)))
        object.__setattr__(self, "problems", tuple(cut(words, LONGEST_PROBLEM) for words in self.problems[:EXAMPLES]))

    @property
    def passed(self) -> bool:
        """Whether at least one request was sent and none failed."""
        return self.sent > 0 and self.failed == 0


@dataclass(frozen=True, slots=True)
class Observation:
    """What one reconcile observed.

    endpoint: None if Azure has no such endpoint. minutes: settled minutes that the rollout has not judged yet, oldest
    first, or None if telemetry gave no answer (`telemetry_problem` says why). missing, history_missing: gates for which
    the minutes or the past have no data, and why. history: blue's past, for the calibration, or None if not requested
    or not answered. settled_until: minutes before this have been read. no_table: why the request log does not exist
    yet, in the source's words. telemetry_refused: whether it gave no answer because Azure refuses access, which does
    not resolve by itself. path: how requests should get into telemetry; None if not requested. halted: the newest halt,
    which may have ended. halt_unknown: whether it could not be read. autoscaled: the lower-case names of deployments
    with autoscale settings, and whether these are enabled, or None if not requested or not answered. serving_minutes:
    the last minutes up to `serving_until`, after the rollout ended or before it placed green, or None if not requested
    or not answered. serving_probe: how the deployment that serves at that time answered the smoke requests, if none of
    its own requests was seen to succeed. probed: the deployment that was sent the smoke requests before it serves, if
    any. probe: how it answered them; None: not known. quota: whether green fits into the quota; None if not requested.
    smoke_problem: why the policy's smoke files cannot be read.
    """

    endpoint: EndpointSeen | None
    minutes: tuple[DeploymentMinute, ...] | None = None
    settled_until: datetime | None = None
    missing: dict[str, str] = field(default_factory=dict)
    history: tuple[DeploymentMinute, ...] | None = None
    history_missing: dict[str, str] = field(default_factory=dict)
    telemetry_problem: str | None = None
    telemetry_refused: bool = False
    no_table: str | None = None
    path: TelemetryPath | None = None
    smoke: SmokeResult | None = None
    smoke_problem: str | None = None
    logs: str | None = None
    halted: Halt | None = None
    halt_unknown: bool = False
    autoscaled: dict[str, bool] | None = None
    serving_minutes: tuple[DeploymentMinute, ...] | None = None
    serving_until: datetime | None = None
    serving_probe: SmokeResult | None = None
    probed: str | None = None
    probe: SmokeResult | None = None
    quota: QuotaSeen | None = None
