"""The record of one rollout: all that must outlive a process, and nothing that can be read from Azure again.

It holds data only: no client, no clock, and reasons as codes and facts.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Literal

from shared.core.gates.calibration import Calibration
from shared.core.gates.readings import Reading, Thresholds, readings
from shared.core.judge.panel import Evidence
from shared.core.judge.verdict import Verdict
from shared.core.observation.observation import SmokeResult
from shared.core.phases import TERMINAL, Phase, check_move
from shared.core.policy.policy import Policy
from shared.core.policy.step import Step
from shared.core.rollout.reasons import Reason, ReasonCode, reason
from shared.core.rollout.verdict_reason import verdict_reason
from shared.core.verbs import Verb


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """One version of a registered model. Versions are text: Azure ML allows any."""

    name: str
    version: str

    def __str__(self) -> str:
        return f"{self.name}:{self.version}"


@dataclass(frozen=True, slots=True)
class OperatorRequest:
    """What an operator asked for, to be carried out by the same loop as everything else."""

    verb: Verb
    by: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Lease:
    """Who may act on Azure for this rollout, and until when: two reconciles never act at once."""

    holder: str
    until: datetime


class ActionKind(StrEnum):
    """What Teal can order from Azure."""

    CREATE_ENDPOINT = "create_endpoint"
    CREATE_DEPLOYMENT = "create_deployment"
    SCALE_DEPLOYMENT = "scale_deployment"
    COPY_AUTOSCALE = "copy_autoscale"
    SET_TRAFFIC = "set_traffic"
    SET_MIRROR = "set_mirror"
    DELETE_DEPLOYMENT = "delete_deployment"


@dataclass(frozen=True, slots=True)
class Refusal:
    """An action that Azure refused for good, on which deployment (empty: the endpoint), and Azure's own words."""

    action: ActionKind
    deployment: str
    message: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Rollout:
    """One journey of one model version on one endpoint.

    admitted: when; created, since: when its own time and that of its phase began, which a hold puts off.
    green, blue: names of deployments; blue is None until the endpoint was seen. first: the endpoint has no live
    traffic, so there is no blue. like: what green is copied from. blue_instances: how many blue had at the start.
    weight, mirror: per cent of live traffic that green should have, or a copy of. autoscale: whether green still
    wants blue's autoscale settings. shrunk: blue was scaled down while it is kept. held: why nothing may go forward
    now. expected: the traffic maps that are known to us (what was there and what is wanted, until that is seen in
    force; then only that): any other was set by someone else. ordered: the last map that Azure may yet set for us.
    mirror_ordered: Azure may yet mirror to green for us. regrown: Azure accepted to give blue its instances back.
    paused_by_step: it is a pause step that it waits in, which ends as that step says.
    steady_since: when the present weight was seen in force. judged_until: minutes before this one have been judged.
    past_since: when telemetry first told blue's past, but not to every gate. thresholds: what the
    verdict compared the evidence with. missing: gates that the last minutes said nothing of, and why.
    starved_told: it was written down that green gets no traffic.
    trouble: why the endpoint cannot be seen. clean_after: when what is left over may be deleted. finished: when
    nothing was left to do or to clean up. entries: how many history entries there are.
    """

    id: str
    endpoint: str
    model: ModelVersion
    policy: Policy
    green: str
    phase: Phase
    admitted: datetime
    created: datetime
    since: datetime
    trigger: Reason
    reason: Reason
    blue: str | None = None
    first: bool = False
    like: str | None = None
    blue_instances: int | None = None
    step: int = 0
    step_since: datetime | None = None
    weight: int = 0
    mirror: int = 0
    autoscale: Literal["unknown", "wanted", "done"] = "unknown"
    shrunk: bool = False
    held: Reason | None = None
    held_since: datetime | None = None
    expected: tuple[dict[str, int], ...] = ()
    ordered: dict[str, int] | None = None
    mirror_ordered: bool = False
    regrown: bool = False
    paused_by_step: bool = False
    steady_since: datetime | None = None
    judged_until: datetime | None = None
    past_since: datetime | None = None
    calibration: Calibration | None = None
    evidence: Evidence = field(default_factory=Evidence)
    verdict: Verdict | None = None
    thresholds: Thresholds | None = None
    missing: dict[str, str] = field(default_factory=dict)
    starved_told: bool = False
    smoke: SmokeResult | None = None
    wish: OperatorRequest | None = None
    refusal: Refusal | None = None
    serving: str | None = None
    telemetry_problem: str | None = None
    trouble: str | None = None
    lease: Lease | None = None
    clean_after: datetime | None = None
    finished: datetime | None = None
    entries: int = 0

    @property
    def open(self) -> bool:
        """Whether the rollout can still change what serves."""
        return self.phase not in TERMINAL

    @property
    def current_step(self) -> Step | None:
        """The step under way, or None past the last."""
        return self.policy.steps[self.step] if self.step < len(self.policy.steps) else None

    @property
    def smoke_passed(self) -> bool:
        """Whether every smoke step has passed, so that green may receive live traffic."""
        last = max((i for i, step in enumerate(self.policy.steps) if step.proves_green), default=-1)
        return self.step > last

    @property
    def placed(self) -> bool:
        """Whether the endpoint was observed and it is settled which deployment is blue."""
        return self.first or self.blue is not None

    @property
    def readings(self) -> tuple[Reading, ...]:
        """What each gate says, as the verdict found it; nothing without a verdict."""
        if self.calibration is None or self.thresholds is None:
            return ()
        return readings(self.evidence, self.calibration, self.thresholds, self.missing)

    @property
    def verdict_reason(self) -> Reason | None:
        """Why the verdict is what it is; None without one."""
        if self.verdict is None:
            return None
        if self.calibration is None or self.thresholds is None:
            return reason(
                ReasonCode(self.verdict.cause.value),
                gate=self.verdict.gate,
                log_odds_worse=self.verdict.log_harm,
                log_odds_worse_threshold=self.verdict.harm_threshold,
                settled_minutes=self.verdict.settled_minutes,
            )
        return verdict_reason(self.verdict, self.readings, self.calibration, self.thresholds)

    @property
    def wanted_mirror(self) -> dict[str, int]:
        """The mirror map that the endpoint should have while this rollout steers it."""
        return {self.green: self.mirror} if self.mirror else {}

    @property
    def wanted_traffic(self) -> dict[str, int]:
        """The traffic map, without zeroes, that the endpoint should have while this rollout steers it."""
        shares = {self.green: self.weight, self.blue or "": 100 - self.weight}
        return {name: share for name, share in shares.items() if share and name}


def move(rollout: Rollout, phase: Phase, reason: Reason, now: datetime) -> Rollout:
    """Return the rollout in another phase; raises IllegalMove if the table has no such move."""
    check_move(rollout.phase, phase)
    return replace(rollout, phase=phase, reason=reason, since=now)
