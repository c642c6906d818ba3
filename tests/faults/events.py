"""Everything that can happen to an endpoint, as data: one class per kind of event, with its effect on the run.

Events refer to things by number, so that a schedule makes sense whatever happened before, and any part can be left out.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Protocol

from shared.core.admission.events import MODEL_REGISTERED
from shared.core.observation import Provisioning
from shared.core.rollout import ModelVersion, OperatorRequest, Rollout, Verb
from shared.errors import Misconfigured
from shared.ports import Halt
from tests.faults.ledger import rollouts
from tests.faults.processes import Fault, Process
from tests.faults.recipes import CONDUCTS
from tests.faults.stage import Stage
from tests.faults.unreliable import Delivery
from tests.scenarios.world import BLUE, CHURN, ENDPOINT, MINUTE, WORKSPACE

# A process checks its lease just before it gives an order. It cannot do better, so no process stalls between the two.
CHECKED = frozenset({"after store.rollout", "before azure.order"})


class Event(Protocol):
    """Something that happens."""

    def happen(self, stage: Stage) -> None:
        """Make it happen."""


@dataclass(frozen=True, slots=True)
class TimePasses:
    """Minutes pass. ticks: whether the timer fires. faults: those of the first of the timer's processes."""

    minutes: int
    ticks: bool = True
    faults: dict[int, Fault] = field(default_factory=dict)

    def happen(self, stage: Stage) -> None:
        for number in range(self.minutes):
            stage.minute(ticks=self.ticks, faults=self.faults if not number else {})
        stage.finish()


@dataclass(frozen=True, slots=True)
class Piece:
    """One process's work: a reconcile, a tick, an arriving event, or a request."""

    kind: str
    version: str = "7"
    verb: Verb = Verb.ROLLBACK
    full: bool = False
    faults: dict[int, Fault] = field(default_factory=dict)

    def begun(self, stage: Stage) -> Process:
        """Return the process that does it."""
        match self.kind:
            case "tick":
                return stage.ticking(self.faults)
            case "event":
                return stage.process(f"event {self.version}", lambda process: arrive(stage, process, self), self.faults)
            case "request":
                return stage.process(f"{self.verb}", lambda process: ask(stage, process, self), self.faults)
            case "start":
                return stage.process(f"start {self.version}", lambda process: start(stage, process, self), self.faults)
            case _:
                return stage.reconciling(self.faults)


def arrive(stage: Stage, process: Process, piece: Piece) -> None:
    """Deliver a version's event."""
    stage.register(piece.version)
    data = {"modelName": "churn", "modelVersion": piece.version, "modelTags": {}}
    process.intake().event(MODEL_REGISTERED, f"models/churn:{piece.version}", WORKSPACE, piece.version, data)


def ask(stage: Stage, process: Process, piece: Piece) -> None:
    """Send a request; if it is accepted, Teal must carry it out."""
    stage.asked += 1
    by = f"ada-{stage.asked}"
    request = OperatorRequest(piece.verb, by, "because\n<b>", stage.now(), full=piece.full)
    rollout = process.controller().request(CHURN, request)
    if rollout is not None:
        stage.ledger.granted(by)


def start(stage: Stage, process: Process, piece: Piece) -> None:
    """Start a rollout by hand."""
    stage.register(piece.version)
    process.intake().start(stage.world.policy, ModelVersion("churn", piece.version), "ada", "again")


@dataclass(frozen=True, slots=True)
class Works:
    """One process runs alone."""

    piece: Piece

    def happen(self, stage: Stage) -> None:
        stage.run(self.piece.begun(stage))
        stage.world.wakeups.woken.clear()


@dataclass(frozen=True, slots=True)
class Together:
    """Processes take turns at every call of a port. turns: whose turn, by number, and for how many points.

    stalls: whether processes that have not ended then stall until a later event lets them continue.
    """

    pieces: tuple[Piece, ...]
    turns: tuple[tuple[int, int], ...]
    stalls: bool = False

    def happen(self, stage: Stage) -> None:
        running = [piece.begun(stage) for piece in self.pieces]
        for number, points in self.turns:
            alive = [process for process in running if not process.done]
            if alive:
                alive[number % len(alive)].advance(points)
        for process in running:
            if self.stalls and not process.done and process.at not in CHECKED:
                stage.suspended.append(process)
            elif process.done:
                stage.over(process)
            else:
                stage.run(process)
        stage.world.wakeups.woken.clear()


@dataclass(frozen=True, slots=True)
class WakesUp:
    """Stalled processes continue, or die."""

    dies: bool

    def happen(self, stage: Stage) -> None:
        for process in stage.suspended:
            if self.dies:
                process.kill()
            else:
                stage.run(process)
        stage.suspended.clear()


@dataclass(frozen=True, slots=True)
class EditsTraffic:
    """Someone outside Teal sets the traffic of ready deployments, summing to 100."""

    choice: int
    share: int

    def happen(self, stage: Stage) -> None:
        seen = stage.world.seen
        ready = sorted(name for name in seen.deployments if seen.ready(name) and name not in seen.mirror)
        if not ready or stage.azure.pending:
            return
        one, other = ready[self.choice % len(ready)], ready[-1]
        traffic = {one: 100} if one == other else {one: self.share, other: 100 - self.share}
        stage.change(replace(seen, traffic={name: part for name, part in traffic.items() if part}))


@dataclass(frozen=True, slots=True)
class TakesAllBack:
    """Someone outside Teal gives blue all the traffic, in an emergency."""

    def happen(self, stage: Stage) -> None:
        tried, seen = current(stage), stage.world.seen
        if tried is None or tried.blue is None or stage.azure.pending or not seen.ready(tried.blue):
            return
        mirror = {
            name: share for name, share in seen.mirror.items() if name != tried.blue
        }  # Azure rejects both at once
        stage.change(replace(seen, traffic={tried.blue: 100}, mirror=mirror))


@dataclass(frozen=True, slots=True)
class Hotfix:
    """Someone outside Teal deploys a hotfix next to everything and moves some of the largest share to it."""

    share: int

    def happen(self, stage: Stage) -> None:
        seen, name = stage.world.seen, "hotfix"
        giver = seen.serving()
        if giver is None or stage.azure.pending or name in seen.deployments or seen.traffic[giver] <= self.share:
            return
        fixed = replace(seen.deployments[giver], name=name, model="azureml:hotfix:1")
        traffic = seen.traffic | {giver: seen.traffic[giver] - self.share, name: self.share}
        stage.change(replace(seen, deployments=seen.deployments | {name: fixed}, traffic=traffic))


@dataclass(frozen=True, slots=True)
class EditsMirror:
    """Someone outside Teal mirrors this percentage of the requests to a deployment without traffic (0: none)."""

    choice: int
    share: int

    def happen(self, stage: Stage) -> None:
        seen = stage.world.seen
        idle = sorted(name for name in seen.deployments if seen.ready(name) and name not in seen.traffic)
        if not stage.azure.pending and (idle or not self.share):
            mirror = {idle[self.choice % len(idle)]: self.share} if self.share else {}
            stage.change(replace(seen, mirror=mirror))


@dataclass(frozen=True, slots=True)
class ReplacesGreen:
    """Someone outside Teal deploys another model under green's name."""

    def happen(self, stage: Stage) -> None:
        tried, seen = current(stage), stage.world.seen
        if tried is None or tried.green not in seen.deployments or stage.azure.pending:
            return
        other = replace(seen.deployments[tried.green], model="azureml:churn-experiment:1")
        stage.change(replace(seen, deployments=seen.deployments | {tried.green: other}))


@dataclass(frozen=True, slots=True)
class ReplacesAnother:
    """Someone outside Teal deploys another model under the name of any deployment but green."""

    choice: int

    def happen(self, stage: Stage) -> None:
        tried, seen = current(stage), stage.world.seen
        names = sorted(name for name in seen.deployments if tried is None or name != tried.green)
        if not names or stage.azure.pending:
            return
        name = names[self.choice % len(names)]
        other = replace(seen.deployments[name], model="azureml:churn-experiment:2")
        stage.change(replace(seen, deployments=seen.deployments | {name: other}))


@dataclass(frozen=True, slots=True)
class SwitchesAutoscale:
    """Someone outside Teal gives a deployment autoscale settings, or enables or disables its existing ones."""

    choice: int
    enabled: bool

    def happen(self, stage: Stage) -> None:
        names = sorted(stage.world.seen.deployments)
        if names and not stage.azure.pending:
            stage.switch(names[self.choice % len(names)], enabled=self.enabled)


@dataclass(frozen=True, slots=True)
class RequestedInBetween:
    """A request is accepted while green's next share is saved but not yet ordered: once. minutes: how long to try."""

    verb: Verb
    minutes: int = 8

    def happen(self, stage: Stage) -> None:
        for _ in range(self.minutes):
            stage.minute(ticks=False)
            process = stage.reconciling()
            while not process.done and not stage.ledger.about_to_give_green_traffic(process):
                process.advance(1)
            found = not process.done
            if found:
                stage.run(Piece("request", verb=self.verb).begun(stage))
                process.run()
            stage.over(process)
            stage.settle()
            if found:
                return


@dataclass(frozen=True, slots=True)
class DeletesDeployment:
    """Someone deletes a deployment without traffic, or the one being rolled out."""

    choice: int

    def happen(self, stage: Stage) -> None:
        seen = stage.world.seen
        idle = sorted(name for name in seen.deployments if name not in seen.traffic and name not in seen.mirror)
        if idle and not stage.azure.pending:
            gone = idle[self.choice % len(idle)]
            left = {name: each for name, each in seen.deployments.items() if name != gone}
            stage.change(replace(seen, deployments=left))


@dataclass(frozen=True, slots=True)
class Breaks:
    """Azure reports the deployment that is being rolled out as failed."""

    def happen(self, stage: Stage) -> None:
        tried, seen = current(stage), stage.world.seen
        if tried is None or tried.green not in seen.deployments or stage.azure.pending or tried.phase == "promoted":
            return
        broken = replace(seen.deployments[tried.green], state=Provisioning.FAILED)
        stage.change(replace(seen, deployments=seen.deployments | {tried.green: broken}))


@dataclass(frozen=True, slots=True)
class Scales:
    """Someone, or an autoscaler, changes blue's instance count."""

    instances: int

    def happen(self, stage: Stage) -> None:
        seen = stage.world.seen
        name = seen.serving()
        if name is not None and not stage.azure.pending:
            scaled = replace(seen.deployments[name], instances=self.instances)
            stage.change(replace(seen, deployments=seen.deployments | {name: scaled}))


@dataclass(frozen=True, slots=True)
class Behaves:
    """From now on a deployment fails this share of its requests, and otherwise answers like this."""

    version: str
    rate: float
    conduct: int = 0

    def happen(self, stage: Stage) -> None:
        name = f"churn-{self.version}" if self.version else BLUE
        stage.rates[name] = self.rate
        by_metrics = stage.recipe.policy.judge.latency_from == "metrics"
        stage.conduct[name] = replace(CONDUCTS[self.conduct], percentiles=by_metrics)


@dataclass(frozen=True, slots=True)
class Incident:
    """From now on every deployment fails this share of its requests, until the next such event."""

    rate: float

    def happen(self, stage: Stage) -> None:
        stage.set_incident(self.rate)


@dataclass(frozen=True, slots=True)
class Surge:
    """A surge of requests: every deployment refuses this share of them, until the next such event."""

    share: float

    def happen(self, stage: Stage) -> None:
        stage.set_surge(self.share)


@dataclass(frozen=True, slots=True)
class Slowdown:
    """From now on every deployment takes this many times as long as usual, until the next such event."""

    factor: float

    def happen(self, stage: Stage) -> None:
        stage.set_slower(self.factor)


@dataclass(frozen=True, slots=True)
class Outage:
    """A port becomes unavailable, or available again."""

    port: str
    away: bool

    def happen(self, stage: Stage) -> None:
        (stage.ledger.down.add if self.away else stage.ledger.down.discard)(self.port)


@dataclass(frozen=True, slots=True)
class AzureIs:
    """How Azure carries out and shows orders. stale: how many reads after a change still show the old state."""

    swift: bool = True
    hidden: bool = False
    stale: int = 0

    def happen(self, stage: Stage) -> None:
        stage.swift, stage.azure.hidden, stage.azure.stale = self.swift, self.hidden and self.swift, self.stale


@dataclass(frozen=True, slots=True)
class LogIs:
    """How rows get into the log from now on, and which gate's source is silent (empty: none)."""

    delivery: Delivery
    silent: str = ""

    def happen(self, stage: Stage) -> None:
        stage.telemetry.delivery = self.delivery
        stage.telemetry.missing = {self.silent: "throttled"} if self.silent else {}


@dataclass(frozen=True, slots=True)
class ClockStep:
    """From now on the hosts' clocks are wrong by this much."""

    minutes: int

    def happen(self, stage: Stage) -> None:
        stage.offset = timedelta(minutes=self.minutes)


@dataclass(frozen=True, slots=True)
class Sleeps:
    """The whole app is down for a while; traffic continues."""

    minutes: int

    def happen(self, stage: Stage) -> None:
        for _ in range(self.minutes // 10):
            stage.minute(ticks=False)
            stage.world.clock.pass_(9 * MINUTE)
        stage.finish()


@dataclass(frozen=True, slots=True)
class Halts:
    """An operator halts everything, or lifts the halt."""

    on: bool

    def happen(self, stage: Stage) -> None:
        if "store" not in stage.ledger.down:
            stage.world.store.set_halt(Halt("ada", "incident 7", stage.now()) if self.on else None)
            stage.ledger.halted_since = next(stage.ledger.numbers) if self.on else None


@dataclass(frozen=True, slots=True)
class PolicyIs:
    """The policy file is invalid from now on, or valid again."""

    wrong: bool

    def happen(self, stage: Stage) -> None:
        stage.world.policies.wrong = Misconfigured("churn.yml: no such key 'stepss'") if self.wrong else None


def current(stage: Stage) -> Rollout | None:
    """Return the endpoint's current rollout."""
    name = stage.world.store.record(CHURN).value.current
    return next((each for each in rollouts(stage.world) if each.id == name), None)


def untroubled(stage: Stage) -> None:
    """End all faults: drop stalled processes, make ports available, and correct the clocks."""
    WakesUp(dies=True).happen(stage)
    stage.ledger.down.clear()
    stage.set_incident(0.0)
    stage.set_surge(0.0)
    stage.set_slower(1.0)
    stage.telemetry.all_arrive()
    stage.telemetry.missing.clear()
    AzureIs().happen(stage)
    stage.azure.current()
    stage.offset = timedelta(0)
    Halts(on=False).happen(stage)
    PolicyIs(wrong=False).happen(stage)
    stage.azure.refuses.clear()
    assert ENDPOINT in stage.azure.seen
