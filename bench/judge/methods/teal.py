"""Teal itself: the shipped `turn`, reconciled once a minute. Makes no decisions, judgements or counts of its own.

Azure always completes orders in time for the next minute. Everything else that a rollout needs is given: green is
ready, its smoke test has passed, and telemetry is proven.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from bench.judge.minute import ROLL_BACK, Judge, Minute, Move, Status
from bench.judge.simulation import Truth
from shared.core.gates import ErrorsGate
from shared.core.gates.calibration import Calibration, calibrate, past_of
from shared.core.judge.tuning import TUNED, Tuning
from shared.core.observation import DeploymentMinute, DeploymentSeen, EndpointSeen, Observation, Provisioning
from shared.core.phases import Phase
from shared.core.policy import Deadlines, JudgeSettings, ModelSelector, Policy
from shared.core.policy.step import Step
from shared.core.reconcile.actions import SetMirror, SetTraffic
from shared.core.reconcile.plan import plan_observation
from shared.core.rollout import ModelVersion, Rollout
from shared.core.rollout import Status as RolloutStatus
from shared.core.rollout.judge_state import Judging
from shared.core.rollout.placement import Beside
from shared.core.rollout.reasons import ReasonCode, reason
from shared.core.rollout.status import Progress
from shared.core.steps import MirrorStep, WeightStep
from shared.core.telemetry import Window
from shared.core.turn import turn

WEIGHTS = (5, 10, 25, 50, 75, 100)
BLUE, GREEN = "blue", "green"
START = datetime(2026, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
NEVER = timedelta(days=365)
MODEL = ModelVersion("bench", "2")
STATUS = {
    Phase.PAUSED: Status.HELD,
    Phase.PROMOTED: Status.PROMOTED,
    Phase.ROLLING_BACK: Status.ROLLED_BACK,
    Phase.ROLLED_BACK: Status.ROLLED_BACK,
}
MOST_TURNS = 9  # per minute: decisions are carried out, then the rollout is reconciled again


def weight_steps(weights: Iterable[int] = WEIGHTS, bake: int = 0) -> tuple[Step, ...]:
    """Return the steps for these weights (percent). bake: minimum minutes with all traffic, if not the default."""
    watch = (WeightStep(100, settled_minutes=bake, patience=bake * MINUTE + JudgeSettings().patience),) if bake else ()
    return (*(WeightStep(weight) for weight in weights if weight < 100), *watch)


def teal(
    settings: JudgeSettings | None = None, steps: tuple[Step, ...] = weight_steps(), tuning: Tuning = TUNED
) -> Callable[[Truth], Judge]:
    """Return Teal as a method, calibrated from blue's past minutes, by default with the errors gate alone."""
    chosen = settings or JudgeSettings(gates=(ErrorsGate(),))
    return lambda truth: Teal.calibrated(truth.rows(), chosen, steps, tuning)


@dataclass
class Teal:
    """One rollout in progress. number: minutes so far. traffic, mirror: as last ordered, in percent."""

    rollout: Rollout
    number: int = 0
    traffic: dict[str, int] = field(default_factory=lambda: {BLUE: 100})
    mirror: dict[str, int] = field(default_factory=dict)
    rows: dict[datetime, tuple[DeploymentMinute, ...]] = field(default_factory=dict)

    @classmethod
    def calibrated(
        cls, past: Iterable[DeploymentMinute], settings: JudgeSettings, steps: tuple[Step, ...], tuning: Tuning = TUNED
    ) -> Teal:
        """Return a rollout that is about to order its first weight, calibrated from blue's past."""
        begun = cls(_rollout(calibrate(settings, past_of(past, BLUE), tuning=tuning), settings, steps))
        begun._reconcile(START)
        return begun

    @property
    def first_weight(self) -> int:
        """Green's first share of the traffic, live or mirrored, in percent."""
        return self._weight

    @property
    def _weight(self) -> int:
        return self.mirror.get(GREEN) or self.traffic.get(GREEN, 0)

    def observe(self, minute: Minute | None) -> Move:
        """Reconcile at the end of a minute; None: telemetry returned nothing."""
        begun = START + self.number * MINUTE
        self.number += 1
        if minute is not None and self.rollout.traffic.steady_since is None and minute.weight == self._weight:
            self._reconcile(begun, observed=self._seen())
        self.rows[begun] = () if minute is None else _rows(minute, begun)
        self._reconcile(begun + MINUTE, observed=self._seen(None if minute is None else minute.weight))
        status = STATUS.get(self.rollout.phase, Status.RUNNING)
        if self.rollout.phase is Phase.PROMOTING and isinstance(self.rollout.policy.steps[-1], MirrorStep):
            status = Status.PROMOTED  # a world without live traffic on green ends with the mirror
        return ROLL_BACK if status is Status.ROLLED_BACK else Move(self._weight, status)

    def _seen(self, weight: int | None = None) -> EndpointSeen:
        """Return the endpoint with this percentage on green; by default, as last ordered."""
        traffic = self.traffic
        if weight not in {None, self._weight} and not self.mirror:
            traffic = {name: share for name, share in ((GREEN, weight or 0), (BLUE, 100 - (weight or 0))) if share}
        deployments = {name: DeploymentSeen(name, Provisioning.SUCCEEDED) for name in (BLUE, GREEN)}
        return EndpointSeen("bench", Provisioning.SUCCEEDED, traffic, self.mirror, deployments)

    def _reconcile(self, now: datetime, observed: EndpointSeen | None = None) -> None:
        """Reconcile until nothing is left to decide, because in the app every decision triggers another reconcile."""
        seen = observed or self._seen()
        for _ in range(MOST_TURNS):
            plan = plan_observation(self.rollout, seen, now)
            window = plan.minutes.window if plan.minutes else None
            after = turn(self.rollout, None, self._observation(seen, window), now)
            self.rollout = after.rollout
            for action in after.actions:
                if isinstance(action, SetTraffic):
                    self.traffic = action.traffic
                elif isinstance(action, SetMirror):
                    self.mirror = action.mirror
            if not after.reconcile_again or self.rollout.phase in STATUS:
                return

    def _observation(self, seen: EndpointSeen, window: Window | None) -> Observation:
        if window is None:
            return Observation(endpoint=seen)
        minutes = [row for at, rows in self.rows.items() if window.since <= at < window.until for row in rows]
        return Observation(endpoint=seen, minutes=tuple(minutes), settled_until=window.until)


def _rows(minute: Minute, at: datetime) -> tuple[DeploymentMinute, ...]:
    """Return a minute as telemetry rows: a deployment without requests has none."""
    rows = minute.rows or (
        DeploymentMinute(GREEN, at, minute.green_total, minute.green_bad),
        DeploymentMinute(BLUE, at, minute.blue_total, minute.blue_bad),
    )
    return tuple([replace(row, minute=at) for row in rows if row.total])


def _rollout(calibration: Calibration, settings: JudgeSettings, steps: tuple[Step, ...]) -> Rollout:
    policy = Policy(
        endpoint="bench",
        models=(ModelSelector(MODEL.name),),
        steps=steps,
        judge=replace(settings, telemetry_lag=timedelta(0)),
        deadlines=Deadlines(step=NEVER, rollback=NEVER, rollout=NEVER),
    )
    begun = reason(ReasonCode.GREEN_READY, deployment=GREEN)
    return Rollout(
        id="bench",
        endpoint=policy.endpoint_id,
        model=MODEL,
        policy=policy,
        green=GREEN,
        created=START,
        trigger=begun,
        status=RolloutStatus(phase=Phase.STEPPING, started=START, since=START, reason=begun),
        placement=Beside(BLUE, autoscale="done"),
        progress=Progress(since=START),
        judging=Judging(telemetry_seen=START, calibration=calibration),
    )
