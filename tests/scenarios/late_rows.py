"""A request log with rows that arrive late, for scenarios about them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta

from shared.core.observation import DeploymentMinute
from shared.core.policy import Policy
from shared.core.telemetry import TelemetryQuery, Window
from shared.ports import Seen
from tests.fake_telemetry import FakeTelemetry
from tests.scenarios.world import MINUTE, POLICY, World

Arrival = Callable[[DeploymentMinute, timedelta], DeploymentMinute | None]


@dataclass
class LateTelemetry(FakeTelemetry):
    """arrival: what has arrived of a row of this age, or None. asked: every window that was read."""

    arrival: Arrival = lambda row, _age: row
    world: World | None = None
    asked: list[Window] = field(default_factory=list)

    def minutes(self, endpoint: str, asked: TelemetryQuery) -> Seen:
        self.asked.append(asked.window)
        seen = super().minutes(endpoint, asked)
        assert self.world is not None
        found = [self.arrival(row, self.world.clock() - row.minute) for row in seen.minutes]
        return replace(seen, minutes=tuple(row for row in found if row is not None))


def lagging(lag: int, policy: Policy = POLICY) -> Policy:
    """Return the policy with this telemetry lag in minutes."""
    return replace(policy, judge=replace(policy.judge, telemetry_lag=lag * MINUTE))


def late_world(arrival: Arrival, lag: int = 3, policy: Policy = POLICY, **more: object) -> tuple[World, LateTelemetry]:
    """Return a world with such a log, in which a version is registered."""
    log = LateTelemetry(arrival=arrival)
    world = World(policy=lagging(lag, policy), telemetry=log, **more)  # type: ignore[arg-type]
    log.world = world
    world.register()
    return world, log


def failures_after(minutes: int) -> Arrival:
    """Return a log in which failed requests appear this many minutes late."""
    return lambda row, age: row if age >= minutes * MINUTE else replace(row, total=row.total - row.bad, bad=0)


def rows_after(minutes: int, *deployments: str) -> Arrival:
    """Return a log in which the rows of these deployments (by default all) appear this many minutes late."""

    def arrived(row: DeploymentMinute, age: timedelta) -> DeploymentMinute | None:
        late = not deployments or row.deployment in deployments
        return None if late and age < minutes * MINUTE else row

    return arrived
