"""A rollout policy as the core uses it: checked, complete, frozen. It must never read a file or know YAML."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from shared.core.judge.verdict import Risk


@dataclass(frozen=True, slots=True)
class SmokeStep:
    """Requests that green must answer before it gets live traffic.

    requests: path of a JSON Lines file beside the policy, one request body a line. status: the answer each must get.
    timeout: how long one answer may take.
    """

    requests: str
    status: int = 200
    timeout: timedelta = timedelta(seconds=10)
    kind: Literal["smoke"] = "smoke"


@dataclass(frozen=True, slots=True)
class WeightStep:
    """So much of the live traffic (per cent) to green, until the judge certifies the next step."""

    weight: int
    kind: Literal["weight"] = "weight"


@dataclass(frozen=True, slots=True)
class PauseStep:
    """Wait: for a person, or for `duration` if there is one."""

    duration: timedelta | None = None
    kind: Literal["pause"] = "pause"


Step = SmokeStep | WeightStep | PauseStep


@dataclass(frozen=True, slots=True)
class ModelSelector:
    """Which registered models a policy is for: the exact name, and tags that must all be there with these values."""

    name: str
    tags: dict[str, str] = field(default_factory=dict)

    def matches(self, name: str, tags: dict[str, str]) -> bool:
        """Say whether a model of this name with these tags is meant."""
        return name == self.name and all(tags.get(key) == value for key, value in self.tags.items())


@dataclass(frozen=True, slots=True)
class Deadlines:
    """How long each part may take before the rollout is taken back."""

    provisioning: timedelta = timedelta(minutes=45)
    step: timedelta = timedelta(hours=2)
    rollback: timedelta = timedelta(hours=1)
    rollout: timedelta = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class JudgeSettings:
    """How the judge is set: the two risks, the least dwell, and what happens when it cannot tell.

    budget: D, the harm allowed over all traffic (a probability), or None to take it from blue's traffic. patience: how
    long a step may stay inconclusive; then `inconclusive` says whether to pause or to advance uncertified.
    telemetry_lag: how old a minute must be before its log rows are taken to be complete.
    """

    risk: Risk = field(default_factory=Risk)
    budget: float | None = None
    patience: timedelta = timedelta(hours=1)
    inconclusive: Literal["pause", "advance"] = "pause"
    telemetry_lag: timedelta = timedelta(minutes=5)
    history: timedelta = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Policy:
    """The recipe for one endpoint."""

    endpoint: str
    models: tuple[ModelSelector, ...]
    steps: tuple[Step, ...]
    judge: JudgeSettings = field(default_factory=JudgeSettings)
    deadlines: Deadlines = field(default_factory=Deadlines)
    keep_blue: timedelta = timedelta(hours=24)
    on_rollback: Literal["delete", "keep"] = "delete"

    def next_weight(self, step: int) -> int | None:
        """Return green's share after this step, in per cent; None if the step has it all already."""
        ahead = next((after.weight for after in self.steps[step + 1 :] if isinstance(after, WeightStep)), 100)
        present = max((s.weight for s in self.steps[: step + 1] if isinstance(s, WeightStep)), default=0)
        return ahead if present < 100 else None
