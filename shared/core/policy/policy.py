"""A rollout policy as the core uses it: checked, complete and frozen. Files and YAML are read elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from fnmatch import fnmatchcase
from typing import Literal

from shared.core.endpoint_id import EndpointId
from shared.core.gates import ErrorsGate, Gate, LatencyGate
from shared.core.judge.verdict import Risk
from shared.core.policy.step import Step

Source = str  # the name of a telemetry source, from shared.core.telemetry.SOURCE_KINDS


@dataclass(frozen=True, slots=True)
class ModelSelector:
    """Which registered models a policy applies to.

    name: the exact name. version: a shell pattern (`2.*`, `[0-9]*`) that the version must match. tags: all of them must
    be present with these values. registry: the Azure ML registry that has the model; empty for the policy's workspace.
    """

    name: str
    tags: dict[str, str] = field(default_factory=dict)
    version: str = "*"
    registry: str = ""

    def matches(self, name: str, version: str, tags: dict[str, str]) -> bool:
        """Return whether a model of the workspace with this name and version and these tags is selected."""
        named = not self.registry and name == self.name and fnmatchcase(version, self.version)
        return named and all(tags.get(key) == value for key, value in self.tags.items())


@dataclass(frozen=True, slots=True)
class Deadlines:
    """How long each part can take before the rollout is rolled back."""

    provisioning: timedelta = timedelta(minutes=45)
    step: timedelta = timedelta(hours=2)
    rollback: timedelta = timedelta(hours=1)
    rollout: timedelta = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class JudgeSettings:
    """The judge's settings: the two risks, the minimum time at a weight, and what happens when it cannot tell.

    budget: D, the harm allowed over all traffic (a probability), or None to derive it from blue's traffic. patience:
    how long a step can stay inconclusive; `inconclusive` then says whether to pause or to advance uncertified.
    failing_blue: whether a blue that fails beyond its past holds the rollout, or a healthy green can replace it.
    traffic_mismatch: whether a green whose share of the requests differs from its weight is only reported.
    telemetry_lag: how old a minute must be before its telemetry is considered complete. history: how much of blue's
    past the judge is calibrated from. gates: what is judged. retries: whether a request that its caller retried counts
    every time or once. errors_from, latency_from: names of telemetry sources (`shared.core.telemetry.sources`).
    """

    risk: Risk = field(default_factory=Risk)
    budget: float | None = None
    patience: timedelta = timedelta(hours=1)
    inconclusive: Literal["pause", "advance"] = "pause"
    failing_blue: Literal["hold", "replace"] = "hold"
    traffic_mismatch: Literal["report", "hold"] = "report"
    telemetry_lag: timedelta = timedelta(minutes=5)
    history: timedelta = timedelta(hours=6)
    gates: tuple[Gate, ...] = (ErrorsGate(), LatencyGate())
    retries: Literal["each", "once"] = "each"
    errors_from: Source = "logs"
    latency_from: Source = "logs"


@dataclass(frozen=True, slots=True)
class LiveSource:
    """Green is a copy of the serving deployment with another model, and with another instance type if one is given."""

    instance_type: str | None = None
    kind: Literal["live"] = "live"


@dataclass(frozen=True, slots=True)
class TemplateSource:
    """Green comes from an `az ml` deployment file next to the policy, with variables like ${MODEL_NAME} filled in."""

    path: str
    instance_type: str | None = None
    kind: Literal["template"] = "template"


@dataclass(frozen=True, slots=True)
class Capacity:
    """Instance counts.

    green: the same as blue, a number, or in proportion to its weight (blue then shrinks at the end).
    kept_blue: the number of instances that blue is scaled down to while it is kept after promotion (None: unchanged).
    autoscale: whether to copy blue's autoscale settings to green.
    """

    green: Literal["same", "proportional"] | int = "same"
    kept_blue: int | None = None
    autoscale: bool = True

    @property
    def kept(self) -> int | None:
        """The number of instances that blue is scaled down to while it is kept; None: it is not scaled down."""
        return 1 if self.kept_blue is None and self.green == "proportional" else self.kept_blue


@dataclass(frozen=True, slots=True)
class EndpointSpec:
    """How to create the endpoint if it does not exist. identity: `system`, or ARM ids of user-assigned identities."""

    auth_mode: Literal["key", "aml_token", "aad_token"] = "key"
    identity: tuple[str, ...] = ("system",)


@dataclass(frozen=True, slots=True)
class FreezeWindow:
    """A time when no rollout advances. Either days of the week (0 is Monday) with times of day, or two moments.

    Days: from `start` to `end` on each of `days` in `zone` (an IANA name); an end before the start is on the next day.
    Moments: from `since` up to `until`. why: the reason shown while it is in force.
    """

    why: str
    days: tuple[int, ...] = ()
    start: time = time(0, 0)
    end: time = time(0, 0)
    zone: str = "UTC"
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """How new versions of some models are rolled out on one endpoint.

    name: empty, or the value of the model tag `teal` that chooses this policy. workspace: the name of the Azure ML
    workspace with the endpoint and the models, in lower case; empty if the file names none and no app reads it. redact:
    regular expressions for text to remove from answers and container logs, in addition to keys and tokens.
    """

    endpoint: str
    models: tuple[ModelSelector, ...]
    steps: tuple[Step, ...]
    judge: JudgeSettings = field(default_factory=JudgeSettings)
    deadlines: Deadlines = field(default_factory=Deadlines)
    keep_blue: timedelta = timedelta(hours=24)
    on_rollback: Literal["delete", "keep"] = "delete"
    orphans: Literal["report", "remove"] = "report"
    name: str = ""
    source: LiveSource | TemplateSource = field(default_factory=LiveSource)
    capacity: Capacity = field(default_factory=Capacity)
    create_endpoint: EndpointSpec | None = None
    newer_version: Literal["wait", "replace"] = "wait"
    missed_versions: Literal["report", "start"] = "report"
    freeze: tuple[FreezeWindow, ...] = ()
    workspace: str = ""
    redact: tuple[str, ...] = ()

    @property
    def endpoint_id(self) -> EndpointId:
        """The policy's endpoint."""
        return EndpointId(self.workspace, self.endpoint)

    def registry_of(self, model: str) -> str:
        """Return the registry that has the versions of a model; empty for the workspace."""
        return next((one.registry for one in self.models if one.name == model), "")

    def next_weight(self, step: int) -> int | None:
        """Return green's share after this step, in percent; None if it already has all traffic at this step."""
        weights = [one.live_weight for one in self.steps]
        present = max((weight for weight in weights[: step + 1] if weight is not None), default=0)
        ahead = next((weight for weight in weights[step + 1 :] if weight is not None), 100)
        return ahead if present < 100 else None
