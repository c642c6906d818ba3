"""The fields of `GET /api/rollouts/{endpoint}/{rollout}` that a replay reads. No other module knows the API's names."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from shared.core.gates.calibration import Calibration
from shared.core.observation import DeploymentMinute, SmokeResult, Tally
from shared.core.phases import Phase
from shared.core.rollout.reasons import ReasonCode
from shared.core.telemetry.latency_buckets import bucket
from shared.json_codec import UnreadableError, decode


@dataclass(frozen=True, slots=True)
class LatencyAnswer:
    """One latency bucket: the number of responses up to its bound in ms and above the previous one's."""

    up_to_ms: float
    answers: int


@dataclass(frozen=True, slots=True)
class MinuteAnswer:
    """The requests of one deployment in one minute."""

    minute: datetime
    deployment: str
    requests: int
    errors: int
    client_errors: int = 0
    overloaded: int = 0
    addressed: int = 0
    latency: tuple[LatencyAnswer, ...] | None = None
    latency_percentiles_ms: dict[int, float] | None = None
    predictions: dict[str, int] | None = None
    counts: dict[str, Tally] = field(default_factory=dict)

    @property
    def row(self) -> DeploymentMinute:
        """The minute as a telemetry row."""
        return DeploymentMinute(
            deployment=self.deployment,
            minute=self.minute,
            total=self.requests,
            bad=self.errors,
            client_errors=self.client_errors,
            overloaded=self.overloaded,
            addressed=self.addressed,
            slowness=None if self.latency is None else {bucket(each.up_to_ms): each.answers for each in self.latency},
            percentiles=self.latency_percentiles_ms,
            predictions=self.predictions,
            tallies=self.counts,
        )


@dataclass(frozen=True, slots=True)
class ReasonAnswer:
    """Why something happened."""

    code: ReasonCode


@dataclass(frozen=True, slots=True)
class EntryAnswer:
    """One entry of the history. before: `from` in the API."""

    at: datetime
    actor: str
    summary: str
    reason: ReasonAnswer
    to: Phase
    step: int
    weight: int
    before: Phase | None = None


@dataclass(frozen=True, slots=True)
class GateAnswer:
    """A gate's readings after a minute. missing: why its source had no data."""

    gate: str
    missing: str | None = None


@dataclass(frozen=True, slots=True)
class EvidenceAnswer:
    """All gates' readings after a minute."""

    minute: datetime
    gates: tuple[GateAnswer, ...]


@dataclass(frozen=True, slots=True)
class StepAnswer:
    """One step of the policy."""

    summary: str


@dataclass(frozen=True, slots=True)
class SmokeTestAnswer:
    """The result of the smoke test."""

    requests: int
    problems: tuple[str, ...] = ()
    failed: int = 0


@dataclass(frozen=True, slots=True)
class RolloutAnswer:
    """One rollout."""

    endpoint: str
    model: str
    version: str
    green: str
    created_at: datetime
    history: tuple[EntryAnswer, ...]
    minutes: tuple[MinuteAnswer, ...]
    blue: str | None = None
    steps: tuple[StepAnswer, ...] = ()
    replay: str | None = None
    smoke_test: SmokeTestAnswer | None = None
    evidence: tuple[EvidenceAnswer, ...] | None = None

    @property
    def smoke(self) -> SmokeResult | None:
        """The result of the smoke test, as the core's type."""
        test = self.smoke_test
        return SmokeResult(test.requests, test.problems, test.failed) if test else None

    @property
    def calibration(self) -> Calibration | None:
        """The judge's calibration, or None if absent or written in another format by another version of Teal."""
        try:
            return decode(self.replay, Calibration) if self.replay else None
        except UnreadableError:
            return None

    @property
    def missing(self) -> dict[datetime, dict[str, str]]:
        """The gates whose source had no data for a minute, and why."""
        gaps = {
            each.minute: {gate.gate: gate.missing for gate in each.gates if gate.missing}
            for each in self.evidence or ()
        }
        return {minute: gates for minute, gates in gaps.items() if gates}


def renamed(content: object) -> object:
    """Return parsed JSON with `before` for `from`, which is a keyword in Python."""
    history = content.get("history") if isinstance(content, dict) else None
    if not isinstance(content, dict) or not isinstance(history, list):
        return content
    entries = [{**entry, "before": entry.get("from")} if isinstance(entry, dict) else entry for entry in history]
    return content | {"history": entries}
