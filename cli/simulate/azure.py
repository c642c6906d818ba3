"""Azure in memory: an order is accepted, or refused as busy, takes the time that `Timing` gives, and is then observed.

An action that the simulator does not know raises NotSimulatedError.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from cli.simulate.instances import InstanceLog
from cli.simulate.shares import Share, Shares
from shared.core.observation import DeploymentSeen, EndpointSeen, Provisioning
from shared.core.reconcile.actions import (
    Action,
    CopyAutoscale,
    CreateDeployment,
    DeleteDeployment,
    ScaleDeployment,
    SetMirror,
    SetTraffic,
    SwitchAutoscale,
)

Change = Callable[[EndpointSeen], EndpointSeen]


class NotSimulatedError(Exception):
    """The core ordered an action that the simulator does not know; the message names it."""


class Timing(Protocol):
    """When Azure completes an order given at `now`."""

    def created(self, now: datetime) -> tuple[datetime, Provisioning]:
        """Return when a deployment has been created, and its provisioning state then."""
        ...

    def traffic_set(self, now: datetime) -> datetime:
        """Return when the traffic or the mirror is as ordered."""
        ...

    def scaled(self, now: datetime) -> datetime:
        """Return when a deployment has its new number of instances."""
        ...


@dataclass(slots=True)
class SimulatedAzure:
    """One online endpoint. green: the deployment whose share of the traffic is recorded in `shares`."""

    endpoint: EndpointSeen
    green: str
    timing: Timing
    shares: Shares
    instances: InstanceLog = field(default_factory=InstanceLog)
    pending: list[tuple[datetime, Change]] = field(default_factory=list)

    def settle(self, now: datetime) -> None:
        """Apply every change that is due by now, in order of time."""
        while self.pending and self.pending[0][0] <= now:
            moment, change = self.pending.pop(0)
            self.endpoint = change(self.endpoint)
            self.shares.change(moment, self._share())

    def order(self, action: Action, now: datetime) -> bool:
        """Start an action; return False if refused because another operation runs. Raises NotSimulatedError."""
        match action:
            case CreateDeployment(name=name, model=model, like=like, instances=instances):
                some = self.endpoint.instances(like) if instances is None else instances
                return self._create(
                    DeploymentSeen(name, Provisioning.CREATING, f"azureml:{model}", some, by_teal=True), now
                )
            case SetTraffic(traffic=traffic):
                return self._write(lambda seen: replace(seen, traffic=dict(traffic)), now)
            case SetMirror(mirror=mirror):
                return self._write(lambda seen: replace(seen, mirror=dict(mirror)), now)
            case ScaleDeployment(name=name, instances=instances):
                return self._scale(name, instances, now)
            case DeleteDeployment(name=name):
                return self._delete(name, now)
            case CopyAutoscale() | SwitchAutoscale():
                return True  # blue has no such settings here, so there is nothing to copy
            case _:
                raise NotSimulatedError(f"the simulator cannot {action}")

    def _create(self, deployment: DeploymentSeen, now: datetime) -> bool:
        if deployment.name in self.endpoint.deployments:
            return False
        due, state = self.timing.created(now)
        self._put(deployment, now)
        self._begin(due, lambda seen: _with(seen, replace(deployment, state=state)))
        return True

    def _scale(self, name: str, instances: int, now: datetime) -> bool:
        before = self.endpoint.deployments[name]
        if before.state is not Provisioning.SUCCEEDED:
            return False
        self._put(replace(before, state=Provisioning.SCALING, instances=instances), now)
        done = replace(before, instances=instances)
        self._begin(self.timing.scaled(now), lambda seen: _with(seen, done))
        return True

    def _delete(self, name: str, now: datetime) -> bool:
        rest = {key: seen for key, seen in self.endpoint.deployments.items() if key != name}
        self.endpoint = replace(self.endpoint, deployments=rest)
        self.instances.change(name, now, 0)
        return True

    def _write(self, write: Change, now: datetime) -> bool:
        if self.endpoint.busy:
            return False
        self.endpoint = replace(self.endpoint, state=Provisioning.UPDATING)
        due = self.timing.traffic_set(now)
        self._begin(due, lambda seen: replace(write(seen), state=Provisioning.SUCCEEDED))
        return True

    def _begin(self, due: datetime, change: Change) -> None:
        self.pending.append((due, change))
        self.pending.sort(key=lambda item: item[0])

    def _put(self, deployment: DeploymentSeen, now: datetime) -> None:
        self.endpoint = _with(self.endpoint, deployment)
        self.instances.change(deployment.name, now, deployment.instances or 0)

    def _share(self) -> Share:
        live, mirror = self.endpoint.traffic.get(self.green, 0), self.endpoint.mirror.get(self.green, 0)
        return Share(live / 100.0, mirror / 100.0)


def _with(seen: EndpointSeen, deployment: DeploymentSeen) -> EndpointSeen:
    return replace(seen, deployments=seen.deployments | {deployment.name: deployment})
