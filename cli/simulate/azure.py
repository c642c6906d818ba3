"""Azure in memory: orders are accepted or refused as busy, take their time, and are then seen to be done.

It must never be quicker than it was told to be, and never carry out what it does not know.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

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
)

After = Callable[[EndpointSeen], EndpointSeen]


class NotSimulatedError(Exception):
    """The core asked for something that the simulator does not know. The message names it."""


class Timing(Protocol):
    """When Azure will have done what was ordered at `now`."""

    def created(self, now: datetime) -> tuple[datetime, Provisioning]:
        """Return when a deployment is made, and how that ends."""
        ...

    def traffic_set(self, now: datetime) -> datetime:
        """Return when the traffic or the mirror is as ordered."""
        ...

    def scaled(self, now: datetime) -> datetime:
        """Return when a deployment has another number of instances."""
        ...


@dataclass(slots=True)
class SimulatedAzure:
    """One online endpoint. green: the deployment whose share of the traffic counts."""

    endpoint: EndpointSeen
    green: str
    timing: Timing
    shares: Shares
    pending: list[tuple[datetime, After]]

    def settle(self, now: datetime) -> None:
        """Let everything that is due by now have happened, in its order."""
        while self.pending and self.pending[0][0] <= now:
            moment, after = self.pending.pop(0)
            self.endpoint = after(self.endpoint)
            self.shares.change(moment, self._share())

    def order(self, action: Action, now: datetime) -> None:
        """Begin an action; one that Azure would answer with `another operation is running` is dropped."""
        match action:
            case CreateDeployment(name=name, model=model, like=like, instances=instances):
                some = self.endpoint.instances(like) if instances is None else instances
                self._create(DeploymentSeen(name, Provisioning.CREATING, f"azureml:{model}", some), now)
            case SetTraffic(traffic=traffic):
                self._write(lambda seen: replace(seen, traffic=dict(traffic)), now)
            case SetMirror(mirror=mirror):
                self._write(lambda seen: replace(seen, mirror=dict(mirror)), now)
            case ScaleDeployment(name=name, instances=instances):
                self._scale(name, instances, now)
            case DeleteDeployment(name=name):
                rest = {key: seen for key, seen in self.endpoint.deployments.items() if key != name}
                self.endpoint = replace(self.endpoint, deployments=rest)
            case CopyAutoscale():
                pass  # blue has no such settings here, so there is nothing to copy
            case _:
                raise NotSimulatedError(f"the simulator cannot {action}")

    def _create(self, deployment: DeploymentSeen, now: datetime) -> None:
        if deployment.name in self.endpoint.deployments:
            return
        due, state = self.timing.created(now)
        self._put(deployment)
        self._begin(due, lambda seen: _with(seen, replace(deployment, state=state)))

    def _scale(self, name: str, instances: int, now: datetime) -> None:
        before = self.endpoint.deployments[name]
        if before.state is Provisioning.SUCCEEDED:
            self._put(replace(before, state=Provisioning.SCALING, instances=instances))
            done = replace(before, instances=instances)
            self._begin(self.timing.scaled(now), lambda seen: _with(seen, done))

    def _write(self, write: After, now: datetime) -> None:
        if self.endpoint.busy:
            return
        self.endpoint = replace(self.endpoint, state=Provisioning.UPDATING)
        due = self.timing.traffic_set(now)
        self._begin(due, lambda seen: replace(write(seen), state=Provisioning.SUCCEEDED))

    def _begin(self, due: datetime, after: After) -> None:
        self.pending.append((due, after))
        self.pending.sort(key=lambda item: item[0])

    def _put(self, deployment: DeploymentSeen) -> None:
        self.endpoint = _with(self.endpoint, deployment)

    def _share(self) -> Share:
        live, mirror = self.endpoint.traffic.get(self.green, 0), self.endpoint.mirror.get(self.green, 0)
        return Share(live / 100.0, mirror / 100.0)


def _with(seen: EndpointSeen, deployment: DeploymentSeen) -> EndpointSeen:
    return replace(seen, deployments=seen.deployments | {deployment.name: deployment})
