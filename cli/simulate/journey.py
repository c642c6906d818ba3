"""One rollout from its start to its end: look, have the core decide, carry out what it orders, look again.

The same round as the deployed controller's, on a world in memory. It must never decide or judge anything itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol

from cli.simulate.azure import SimulatedAzure
from cli.simulate.telemetry import Source, Telemetry
from shared.core.observation import EndpointSeen, Observation
from shared.core.phases import TERMINAL, Phase
from shared.core.reconcile.actions import SetTraffic
from shared.core.reconcile.plan import plan_observation
from shared.core.rollout import OperatorRequest, Rollout
from shared.core.rollout.history import Entry
from shared.core.rollout.requests import ask
from shared.core.turn import turn

LOOKS = 20_000  # two weeks of minutes: a rollout that needs more does not come to an end
NO_AUTOSCALE: frozenset[str] = frozenset()


class Looks(Protocol):
    """When Teal looks at the endpoint."""

    def after(self, now: datetime, *, woken: bool) -> datetime | None:
        """Return the next look; woken: the last one decided something. None: there is no further look."""
        ...


class People(Protocol):
    """Whoever steers rollouts."""

    def wish(self, rollout: Rollout, now: datetime) -> OperatorRequest | None:
        """Return what is asked for at this moment."""
        ...

    def gives_up(self, rollout: Rollout) -> bool:
        """Say whether the rollout waits for somebody who never comes."""
        ...


@dataclass(slots=True)
class Journey:
    """A rollout on its way. frozen, paused: time that it was held, and in which phase it was at the last look."""

    rollout: Rollout
    azure: SimulatedAzure
    source: Source
    telemetry: Telemetry
    looks: Looks
    people: People
    entries: list[Entry] = field(default_factory=list)
    paused: timedelta = timedelta()
    frozen: timedelta = timedelta()

    def run(self) -> datetime:
        """Go on until the rollout has ended or waits for nobody; return when that was."""
        now, woken = self.rollout.created, True
        for _ in range(LOOKS):
            following = self.looks.after(now, woken=woken)
            if following is None:
                break
            self._count(following - now)
            now = following
            woken = self._look(now)
            if self.rollout.phase in TERMINAL or self.telemetry.ended or self.people.gives_up(self.rollout):
                break
        return now

    def _look(self, now: datetime) -> bool:
        """Take one look at the world and do what follows; say whether anything was decided."""
        self.azure.settle(now)
        self.telemetry.log_until(now)
        wish = self.people.wish(self.rollout, now)
        asked = ask(self.rollout, wish) if wish is not None else self.rollout
        if asked.calibration is None and (known := self.source.calibration(asked, now)) is not None:
            asked = replace(asked, calibration=known)
        seen = self.azure.endpoint
        after = turn(asked, None, self._observed(asked, seen, now), now)
        self.rollout = after.rollout
        self.entries += after.entries
        for action in after.actions:
            if isinstance(action, SetTraffic):
                self.rollout = replace(self.rollout, ordered=action.traffic)
            self.azure.order(action, now)
        return bool(after.entries)

    def _observed(self, rollout: Rollout, seen: EndpointSeen, now: datetime) -> Observation:
        asked = plan_observation(rollout, seen, now)
        window = asked.minutes.window if asked.minutes else None
        return Observation(
            endpoint=seen,
            minutes=self.telemetry.minutes(window, now) if window else None,
            missing=dict(self.source.missing(window)) if window else {},
            settled_until=window.until if window else None,
            history=self.source.past(asked.history, rollout.blue or "") if asked.history else None,
            smoke=self.source.smoke(asked.smoke) if asked.smoke else None,
            autoscaled=NO_AUTOSCALE if asked.autoscale else None,
        )

    def _count(self, span: timedelta) -> None:
        if self.rollout.phase is Phase.PAUSED:
            self.paused += span
        elif self.rollout.held is not None:
            self.frozen += span
