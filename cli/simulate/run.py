"""One rollout from start to end: observe the simulated world, call the core's `turn`, carry out its actions, repeat.

This is the deployed controller's loop without storage and leases. All decisions are the core's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from cli.simulate.azure import SimulatedAzure
from cli.simulate.telemetry import Telemetry, TrafficSource
from shared.core.observation import EndpointSeen, Observation, SmokeResult
from shared.core.phases import TERMINAL, Phase
from shared.core.reconcile import orders
from shared.core.reconcile.plan import plan_observation
from shared.core.rollout import OperatorRequest, Rollout
from shared.core.rollout.history import Entry
from shared.core.rollout.requests import ask
from shared.core.turn import Turn, turn

MOST_TURNS = 20_000  # two weeks of minutes: a rollout that needs more never ends
NO_AUTOSCALE: dict[str, bool] = {}
ANSWERED = SmokeResult(sent=1)


class Schedule(Protocol):
    """When the endpoint is reconciled."""

    def following(self, now: datetime, *, woken: bool) -> datetime | None:
        """Return the next reconcile, or None if there is none. woken: the last one decided something."""
        ...

    def skips(self, entries: Sequence[Entry], now: datetime) -> bool:
        """Return whether a reconcile that would decide this did not take place."""
        ...


class Operators(Protocol):
    """The people who control rollouts."""

    def request(self, rollout: Rollout, now: datetime) -> OperatorRequest | None:
        """Return what an operator requests at `now`, if anything."""
        ...

    def abandoned(self, rollout: Rollout) -> bool:
        """Return whether the rollout waits for an operator who will never act."""
        ...


@dataclass(slots=True)
class RolloutRun:
    """A simulated rollout in progress. paused, frozen: how long it has been paused, and held by a freeze window."""

    rollout: Rollout
    azure: SimulatedAzure
    telemetry: Telemetry
    schedule: Schedule
    operators: Operators
    entries: list[Entry] = field(default_factory=list)
    paused: timedelta = timedelta()
    frozen: timedelta = timedelta()

    @property
    def source(self) -> TrafficSource:
        """The source of requests and responses."""
        return self.telemetry.source

    def run(self) -> datetime:
        """Reconcile until the rollout ends, is abandoned, or runs out of telemetry; return the time."""
        now, woken = self.rollout.created, True
        for _ in range(MOST_TURNS):
            following = self.schedule.following(now, woken=woken)
            if following is None:
                break
            self._count(following - now)
            now = following
            woken = self._reconcile(now)
            if self.rollout.phase in TERMINAL or self.telemetry.exhausted or self.operators.abandoned(self.rollout):
                break
        return now

    def clean_up(self, now: datetime) -> datetime:
        """Reconcile an ended rollout until nothing is left to clean up; return the time."""
        woken = True
        for _ in range(MOST_TURNS):
            following = self.schedule.following(now, woken=woken)
            if self.rollout.over or following is None:
                break
            now = following
            woken = self._reconcile(now)
        return now

    def _reconcile(self, now: datetime) -> bool:
        """Observe, decide and act once; return whether anything was decided."""
        self.azure.settle(now)
        if self.rollout.open:
            self.telemetry.log_until(now)
        rollout = self._asked(now)
        after = turn(rollout, None, self._observation(rollout, self.azure.endpoint, now), now)
        if self.schedule.skips(after.entries, now):
            return False
        self._act(after, now)
        self.entries += after.entries
        return after.reconcile_again

    def _asked(self, now: datetime) -> Rollout:
        """Return the rollout with the operator's request, if any, and with the calibration if it is already known.

        Telemetry always works here, even if it has no data.
        """
        request = self.operators.request(self.rollout, now)
        asked = ask(self.rollout, request).rollout if request is not None else self.rollout
        if not asked.telemetry_proven:
            asked = asked.with_judging(telemetry_seen=asked.created)
        if asked.judging.calibration is None and (known := self.source.calibration(asked, now)) is not None:
            return asked.with_judging(calibration=known)
        return asked

    def _act(self, after: Turn, now: datetime) -> None:
        self.rollout = orders.giving(after.rollout, after.actions, now)
        for action in after.actions:
            if self.azure.order(action, now):
                self.rollout = orders.accepted(self.rollout, action)

    def _observation(self, rollout: Rollout, seen: EndpointSeen, now: datetime) -> Observation:
        plan = plan_observation(rollout, seen, now)
        window = plan.minutes.window if plan.minutes else None
        return Observation(
            endpoint=seen,
            minutes=self.telemetry.minutes(window, now) if window else None,
            missing=dict(self.source.missing(plan.minutes.fine)) if plan.minutes else {},
            settled_until=window.until if window else None,
            history=self.source.past(plan.history, rollout.blue or "") if plan.history else None,
            smoke=self.source.smoke(plan.smoke) if plan.smoke else None,
            autoscaled=NO_AUTOSCALE if plan.autoscale else None,
            # No traffic is simulated after the end, so what serves then answers the smoke requests.
            serving_minutes=() if plan.serving else None,
            serving_probe=ANSWERED if plan.serving else None,
            probed=plan.probe,
            probe=ANSWERED if plan.probe else None,
            serving_until=plan.serving.window.until if plan.serving else None,
        )

    def _count(self, span: timedelta) -> None:
        if self.rollout.phase is Phase.PAUSED:
            self.paused += span
        elif self.rollout.hold is not None:
            self.frozen += span
