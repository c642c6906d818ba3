"""An unreliable in-memory Azure: stale reads, log rows that arrive late or incomplete, failing answers.

It knows nothing about Teal. Faults of the calls themselves (errors, lost answers) are in `processes`.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from shared.core.observation import DeploymentMinute, EndpointSeen
from shared.core.telemetry import TelemetryQuery
from shared.errors import Permanent
from shared.ports import Answer, Seen
from tests.fake_telemetry import FakeTelemetry
from tests.fakes import FakeClock, FakeEndpoints, FakeScoring
from tests.scenarios.world import ENDPOINT, MIDNIGHT

NEVER = datetime.max.replace(tzinfo=MIDNIGHT.tzinfo)
MINUTE = timedelta(minutes=1)


@dataclass
class UnreliableEndpoints(FakeEndpoints):
    """Endpoints that show a change only to later reads.

    stale: how many reads still show the old state. shown: the states that can be shown, each from a number of reads on.
    """

    stale: int = 0
    reads: int = 0
    shown: dict[str, list[tuple[int, EndpointSeen]]] = field(default_factory=dict)

    def see(self, endpoint: str) -> EndpointSeen | None:
        super().see(endpoint)
        self.changed(endpoint)
        self.reads += 1
        visible = [seen for since, seen in self.shown.get(endpoint, ()) if since < self.reads]
        return visible[-1] if visible else self.seen.get(endpoint)

    def changed(self, endpoint: str) -> None:
        """Record the current state for later reads."""
        truth, shown = self.seen.get(endpoint), self.shown.setdefault(endpoint, [])
        if truth is not None and (not shown or shown[-1][1] != truth):
            shown.append((self.reads + self.stale if shown else 0, truth))

    def set_by_others(self, seen: EndpointSeen) -> None:
        """Let someone else change an endpoint to this state."""
        self.seen[seen.name] = seen

    def switched_by_others(self, name: str, *, enabled: bool) -> None:
        """Let someone else give a deployment autoscale settings, or switch its existing ones."""
        self.autoscale.setdefault(ENDPOINT, set()).add(name)
        (self.suspended.discard if enabled else self.suspended.add)(name)

    def current(self) -> None:
        """Show the current state of everything from now on."""
        self.stale = 0
        self.shown.clear()

    def scale(self, endpoint: str, name: str, instances: int) -> None:
        if name not in self.seen[endpoint].deployments:
            raise Permanent(f"NotFound: {name}")
        super().scale(endpoint, name, instances)


@dataclass(frozen=True, slots=True)
class Delivery:
    """How rows get into the log from now on.

    late: additional minutes of delay. only: for this deployment alone (empty: for all). partial: half of a row's
    requests arrive in time. lost: nothing arrives at all. shuffled: rows arrive in any order.
    """

    late: int = 0
    only: str = ""
    partial: bool = False
    lost: bool = False
    shuffled: bool = False


@dataclass
class UnreliableTelemetry(FakeTelemetry):
    """A log whose rows arrive at any time. half: the part of a row that arrives in time, if it arrives in parts."""

    clock: FakeClock = field(default_factory=lambda: FakeClock(MIDNIGHT))
    delivery: Delivery = field(default_factory=Delivery)
    arrives: dict[tuple[str, datetime], datetime] = field(default_factory=dict)
    half: dict[tuple[str, datetime], DeploymentMinute] = field(default_factory=dict)

    def minutes(self, endpoint: str, asked: TelemetryQuery) -> Seen:
        seen = super().minutes(endpoint, asked)
        rows = [row for each in seen.minutes for row in self._arrived(each)]
        if self.delivery.shuffled:
            random.Random(str(asked.window)).shuffle(rows)  # noqa: S311 -- the same order in every replay
        return replace(seen, minutes=tuple(rows))

    def logged(self, row: DeploymentMinute, half: DeploymentMinute) -> None:
        """Record when a newly logged row will arrive."""
        how, key = self.delivery, (row.deployment, row.minute)
        if how.only not in {"", row.deployment}:
            return
        if how.lost:
            self.arrives[key] = NEVER
        elif how.late or how.partial:
            self.arrives[key] = row.minute + (1 + how.late) * MINUTE
            if how.partial:
                self.half[key] = half

    def all_arrive(self) -> None:
        """Let all outstanding rows arrive."""
        self.delivery = Delivery()
        self.arrives = {key: moment for key, moment in self.arrives.items() if moment is NEVER}
        self.half.clear()

    def _arrived(self, row: DeploymentMinute) -> list[DeploymentMinute]:
        key = (row.deployment, row.minute)
        if self.arrives.get(key, row.minute) <= self.clock():
            return [row]
        return [self.half[key]] if key in self.half else []


@dataclass
class UnreliableScoring(FakeScoring):
    """Deployments that fail the same share of direct requests as of all others."""

    rates: dict[str, float] = field(default_factory=dict)
    sent: int = 0

    def answers(
        self, endpoint: str, deployment: str, bodies: Sequence[bytes], timeout: timedelta
    ) -> tuple[Answer, ...]:
        good = super().answers(endpoint, deployment, bodies, timeout)
        rate, first = self.rates.get(deployment, 0.0), self.sent
        self.sent += len(bodies)
        return tuple(
            Answer(500, "boom", 0.01) if int((first + n + 1) * rate) > int((first + n) * rate) else answer
            for n, answer in enumerate(good)
        )
