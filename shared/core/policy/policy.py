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
    """Which registered models a policy is for.

    name: the exact name. version: a shell pattern (`2.*`, `[0-9]*`) that the version must match. tags: must all be
    there with these values.
    """

    name: str
    tags: dict[str, str] = field(default_factory=dict)
    version: str = "*"

    def matches(self, name: str, version: str, tags: dict[str, str]) -> bool:
        """Return whether a model of this name and version with these tags is selected."""
        named = name == self.name and fnmatchcase(version, self.version)
        return named and all(tags.get(key) == value for key, value in self.tags.items())


@dataclass(frozen=True, slots=True)
class Deadlines:
    """How long each part may take before the rollout is rolled back."""

    provisioning: timedelta = timedelta(minutes=45)
    step: timedelta = timedelta(hours=2)
    rollback: timedelta = timedelta(hours=1)
    rollout: timedelta = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class JudgeSettings:
    """How the judge is set: the two risks, the least dwell, and what happens when it cannot tell.

    budget: D, the harm allowed over all traffic (a probability), or None to take it from blue's traffic. patience: how
    long a step may stay inconclusive; then `inconclusive` says whether to pause or to advance uncertified.
    failing_blue: whether a blue that fails beyond its past holds the rollout, or a healthy green may replace it.
    traffic_mismatch: whether a green that receives another share of the requests than its weight is only reported.
    telemetry_lag: how old a minute must be before its telemetry is taken to be complete. history: how much of blue's
    past the judge is set by. gates: what is judged. retries: whether a request that a caller retried counts each time
    or once. errors_from, latency_from: names of telemetry sources (`shared.core.telemetry.sources`).
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
    """Green is a copy of the deployment that serves, with another model, and another machine if one is named."""

    instance_type: str | None = None
    kind: Literal["live"] = "live"


@dataclass(frozen=True, slots=True)
class TemplateSource:
    """Green comes from an `az ml` deployment file beside the policy, with ${MODEL_NAME} and the like filled in."""

    path: str
    instance_type: str | None = None
    kind: Literal["template"] = "template"


@dataclass(frozen=True, slots=True)
class Capacity:
    """How many instances. green: as blue has, a number, or in proportion to its weight (then blue shrinks at the end).

    kept_blue: scale blue down to so many instances while it is kept after promotion (None: leave it).
    autoscale: copy blue's autoscale settings to green.
    """

    green: Literal["same", "proportional"] | int = "same"
    kept_blue: int | None = None
    autoscale: bool = True

    @property
    def kept(self) -> int | None:
        """To how many instances blue is scaled down while it is kept; None: not at all."""
        return 1 if self.kept_blue is None and self.green == "proportional" else self.kept_blue


@dataclass(frozen=True, slots=True)
class EndpointSpec:
    """How to make the endpoint if it does not exist. identity: `system`, or ARM ids of user-assigned identities."""

    auth_mode: Literal["key", "aml_token", "aad_token"] = "key"
    identity: tuple[str, ...] = ("system",)


@dataclass(frozen=True, slots=True)
class FreezeWindow:
    """When no rollout goes forward. Either days of the week (0 is Monday) with times of day, or two moments.

    Days: from `start` to `end` on each of `days` in `zone` (an IANA name); an end before the start is on the next day.
    Moments: from `since` up to `until`. why: what people read while it holds.
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

    name: empty, or what a model's tag `teal` must be to choose this policy. workspace: the name of the Azure ML
    workspace that endpoint and models are in, in lower case; empty if the file names none and no app reads it. redact:
    regular expressions of what is not kept of answers and container logs, beside what looks like a key or a token.
    """

    endpoint: str
    models: tuple[ModelSelector, ...]
    steps: tuple[Step, ...]
    judge: JudgeSettings = field(default_factory=JudgeSettings)
    deadlines: Deadlines = field(default_factory=Deadlines)
    keep_blue: timedelta = timedelta(hours=24)
    on_rollback: Literal["delete", "keep"] = "delete"
    name: str = ""
    source: LiveSource | TemplateSource = field(default_factory=LiveSource)
    capacity: Capacity = field(default_factory=Capacity)
    create_endpoint: EndpointSpec | None = None
    newer_version: Literal["wait", "replace"] = "wait"
    freeze: tuple[FreezeWindow, ...] = ()
    workspace: str = ""
    redact: tuple[str, ...] = ()

    @property
    def endpoint_id(self) -> EndpointId:
        """The endpoint that it rolls out on."""
        return EndpointId(self.workspace, self.endpoint)

    def next_weight(self, step: int) -> int | None:
        """Return green's share after this step, in percent; None if the step has it all already."""
        weights = [one.live_weight for one in self.steps]
        present = max((weight for weight in weights[: step + 1] if weight is not None), default=0)
        ahead = next((weight for weight in weights[step + 1 :] if weight is not None), 100)
        return ahead if present < 100 else None
