"""The record of one rollout: everything that must outlive a process, and nothing that can be read from Azure again.

It contains only data: no client, no clock, and reasons as codes and facts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Concatenate, ParamSpec

from shared.core.endpoint_id import EndpointId
from shared.core.gates.alarms import Alarms
from shared.core.gates.readings import Reading, Thresholds, readings
from shared.core.judge.verdict import Outcome, Verdict
from shared.core.phases import TERMINAL, Phase, check_move
from shared.core.policy.policy import Policy
from shared.core.policy.step import Step
from shared.core.rollout.ending import Ending, Kept
from shared.core.rollout.judge_state import Judging
from shared.core.rollout.leases import Lease
from shared.core.rollout.model_version import ModelVersion
from shared.core.rollout.observed import Observed
from shared.core.rollout.operator_request import AnsweredKey, OperatorRequest, Override
from shared.core.rollout.placement import Autoscale, Beside, First, Placement
from shared.core.rollout.reasons import Reason, ReasonCode, reason
from shared.core.rollout.refusal import Refusal
from shared.core.rollout.rereading import Rereading
from shared.core.rollout.status import Hold, Progress, Status
from shared.core.rollout.traffic_plan import Orders, TrafficPlan
from shared.core.rollout.verdict_reason import verdict_reason
from shared.core.verbs import Verb

P = ParamSpec("P")
ALL = 100  # percent of live traffic


def _changing(part: str, _kind: Callable[P, object]) -> Callable[Concatenate[Rollout, P], Rollout]:
    """Return a method that changes some fields of one part. Fields that are not given keep their values."""

    def change(rollout: Rollout, /, *_: P.args, **changes: P.kwargs) -> Rollout:
        before = getattr(rollout, part)
        if all(getattr(before, name) == value for name, value in changes.items()):
            return rollout
        return replace(rollout, **{part: replace(before, **changes)})

    return change


@dataclass(frozen=True, slots=True)
class Rollout:
    """The rollout of one model version on one endpoint.

    green: the name of the deployment that is rolled out. created: when the rollout was accepted; it never changes.
    trigger: why the rollout exists. placement: what green is deployed next to; None until the endpoint was observed.
    requests: operators' requests that have not been carried out yet, oldest first. answered: keys of accepted requests,
    the newest last. override: an operator's decision to overrule the judge. refusal: what Azure refused last. lease:
    who may act on Azure for this rollout now. kept: deployments inherited from earlier rollouts, each kept as a
    fallback. entry_count: the number of history entries.
    """

    id: str
    endpoint: EndpointId
    model: ModelVersion
    policy: Policy
    green: str
    created: datetime
    trigger: Reason
    status: Status
    placement: Placement | None = None
    progress: Progress = field(default_factory=Progress)
    traffic: TrafficPlan = field(default_factory=TrafficPlan)
    orders: Orders = field(default_factory=Orders)
    judging: Judging = field(default_factory=Judging)
    rereading: Rereading = field(default_factory=Rereading)
    observed: Observed = field(default_factory=Observed)
    requests: tuple[OperatorRequest, ...] = ()
    answered: tuple[AnsweredKey, ...] = ()
    override: Override | None = None
    hold: Hold | None = None
    refusal: Refusal | None = None
    ending: Ending = field(default_factory=Ending)
    lease: Lease | None = None
    kept: tuple[Kept, ...] = ()
    entry_count: int = 0

    # Each returns the rollout with some fields of that part changed, typed like the part's own constructor.
    with_progress = _changing("progress", Progress)
    with_traffic = _changing("traffic", TrafficPlan)
    with_orders = _changing("orders", Orders)
    with_judging = _changing("judging", Judging)
    with_rereading = _changing("rereading", Rereading)
    with_observed = _changing("observed", Observed)
    with_ending = _changing("ending", Ending)

    @property
    def phase(self) -> Phase:
        """The phase that the rollout is in."""
        return self.status.phase

    @property
    def first(self) -> bool:
        """Whether green is the endpoint's first deployment with live traffic."""
        return isinstance(self.placement, First)

    @property
    def blue(self) -> str | None:
        """The deployment that served before; None if there is none or the endpoint was not observed yet."""
        return self.placement.blue if isinstance(self.placement, Beside) else None

    @property
    def blue_instances(self) -> int | None:
        """Blue's instance count when green was placed next to it; None if unknown."""
        return self.placement.instances if isinstance(self.placement, Beside) else None

    @property
    def autoscale(self) -> Autoscale:
        """Whether green still needs a copy of blue's autoscale settings."""
        return self.placement.autoscale if isinstance(self.placement, Beside) else "unknown"

    @property
    def only_watches(self) -> bool:
        """Whether it is promoted without a blue: the serving deployment is still watched, but cannot be rolled back."""
        return self.phase is Phase.PROMOTED and self.blue is None

    @property
    def alone(self) -> bool:
        """Whether green was observed to have all live traffic, so that only blue's past is left to compare it with."""
        everything = self.traffic.weight == ALL and self.traffic.steady_since is not None
        return everything and self.phase in {Phase.STEPPING, Phase.PAUSED, Phase.PROMOTING}

    @property
    def verdict(self) -> Verdict | None:
        """The judge's verdict, if anything has been judged at this traffic split."""
        return self.judging.assessment.verdict if self.judging.assessment else None

    @property
    def judge_overruled(self) -> bool:
        """Whether an operator overruled the judge, even if the loop has not recorded that yet."""
        return self.override is not None or any(request.verb is Verb.OVERRIDE for request in self.requests)

    @property
    def suspicious(self) -> bool:
        """Whether green looks too bad to advance without a certificate, and no operator has overruled the judge.

        Compared with blue or, if blue's rows are missing, with blue's past.
        """
        worse = self.verdict is not None and self.verdict.suspicious
        return self.alarmed or (worse and not self.judge_overruled)

    @property
    def alarmed(self) -> bool:
        """Whether green fails beyond what blue's past allows, and no operator has overruled the judge.

        Without simultaneous requests to blue, the judge cannot tell: its verdict covers earlier minutes.
        """
        return self.judging.watches.green_failed.declared and not self.judge_overruled

    @property
    def passes(self) -> bool:
        """Whether the judge passes green and green has raised no alarm since."""
        return self.verdict is not None and self.verdict.outcome is Outcome.PASS and not self.alarmed

    @property
    def thresholds(self) -> Thresholds | None:
        """The thresholds that the verdict compared the evidence with."""
        return self.judging.assessment.thresholds if self.judging.assessment else None

    @property
    def alarms(self) -> Alarms | None:
        """What counts as an incident; None before the judge is calibrated."""
        return self.judging.calibration.alarms if self.judging.calibration else None

    @property
    def hold_reason(self) -> Reason | None:
        """Why the rollout must not advance for now; None if it can."""
        return self.hold.reason if self.hold else None

    @property
    def finished(self) -> datetime | None:
        """When nothing was left to do or clean up; None before that."""
        return self.ending.finished

    @property
    def over(self) -> bool:
        """Whether nothing of its own is left to do, so that the version can be started again."""
        return self.finished is not None or self.ending.cleaned is not None

    def finish(self, now: datetime) -> Rollout:
        """Return the rollout with nothing of its own left to do; deployments that it inherited may remain."""
        return self.with_ending(cleaned=now, finished=None if self.kept else now)

    def with_autoscale(self, autoscale: Autoscale) -> Rollout:
        """Return the rollout with this state of green's autoscale settings; without blue there are none to copy."""
        if not isinstance(self.placement, Beside) or self.placement.autoscale == autoscale:
            return self
        return replace(self, placement=replace(self.placement, autoscale=autoscale))

    @property
    def open(self) -> bool:
        """Whether the rollout can still change which deployment serves."""
        return self.phase not in TERMINAL

    @property
    def current_step(self) -> Step | None:
        """The current step, or None after the last."""
        return self.policy.steps[self.progress.step] if self.progress.step < len(self.policy.steps) else None

    @property
    def smoke_passed(self) -> bool:
        """Whether every smoke step has passed, so that green may receive live traffic."""
        last = max((i for i, step in enumerate(self.policy.steps) if step.proves_green), default=-1)
        return self.progress.step > last

    @property
    def telemetry_lag(self) -> timedelta:
        """How old a minute must be to be judged: as the policy says, or longer if rows arrived later than that."""
        return self.rereading.lag or self.policy.judge.telemetry_lag

    @property
    def later_than_configured(self) -> timedelta:
        """How much later than the policy says rows arrive: waits for telemetry are longer by that."""
        return self.telemetry_lag - self.policy.judge.telemetry_lag

    @property
    def telemetry_proven(self) -> bool:
        """Whether telemetry has shown a request to this endpoint, so that green can be given traffic and be judged.

        A first deployment is not judged. A calibrated judge had a past, which is also proof.
        """
        return self.first or self.judging.telemetry_seen is not None or self.judging.calibration is not None

    @property
    def readings(self) -> tuple[Reading, ...]:
        """What each gate says, at the time of the verdict; empty without a verdict."""
        if self.judging.calibration is None or self.thresholds is None:
            return ()
        return readings(self.judging.evidence, self.judging.calibration, self.thresholds, self.observed.missing_gates)

    @property
    def verdict_reason(self) -> Reason | None:
        """Why the verdict is what it is; None without one."""
        if self.verdict is None:
            return None
        if self.judging.calibration is None or self.thresholds is None or not self.judging.calibration.panel.gates:
            return reason(
                ReasonCode(self.verdict.cause.value),
                gate=self.verdict.gate,
                log_odds_worse=self.verdict.log_harm,
                log_odds_worse_threshold=self.verdict.harm_threshold,
                settled_minutes=self.verdict.settled_minutes,
            )
        return verdict_reason(self.verdict, self.readings, self.judging.calibration, self.thresholds)

    @property
    def wanted_mirror(self) -> dict[str, int]:
        """The mirror map that the endpoint should have while this rollout controls it."""
        return {self.green: self.traffic.mirror} if self.traffic.mirror else {}

    @property
    def wanted_traffic(self) -> dict[str, int]:
        """The traffic map, without zeros, that the endpoint should have while this rollout controls it."""
        shares = {self.green: self.traffic.weight, self.blue or "": 100 - self.traffic.weight}
        return {name: share for name, share in shares.items() if share and name}

    @property
    def share_undecided(self) -> bool:
        """Whether green's next share is still to be decided; until then no old split is restored."""
        if self.phase is Phase.PROMOTING:
            return self.traffic.weight != ALL
        step = self.current_step if self.phase is Phase.STEPPING else None
        return step is not None and 0 < self.traffic.weight < (step.live_weight or 0)


def move(rollout: Rollout, phase: Phase, reason: Reason, now: datetime) -> Rollout:
    """Return the rollout in another phase; raises IllegalMove if the table has no such transition.

    What a promoted rollout leaves behind may have been dealt with before it is rolled back; then there is more to do.
    """
    check_move(rollout.phase, phase)
    moved = replace(rollout, status=replace(rollout.status, phase=phase, reason=reason, since=now))
    return moved.with_ending(cleaned=None)
