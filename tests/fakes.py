"""In-memory implementations of the ports, for tests of the code that uses them. They have no expectations."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from shared.core.admission import EndpointRecord
from shared.core.endpoint_id import EndpointId
from shared.core.missed import RegisteredVersion
from shared.core.observation import DeploymentMinute, DeploymentSeen, EndpointSeen, Provisioning, Quota
from shared.core.policy import Policy
from shared.core.reconcile.actions import (
    Action,
    CopyAutoscale,
    CreateDeployment,
    CreateEndpoint,
    DeleteDeployment,
    ScaleDeployment,
    SetMirror,
    SetTraffic,
    SwitchAutoscale,
)
from shared.core.reconcile.judging import Judgement
from shared.core.rollout import ModelVersion, Rollout
from shared.core.rollout.history import Entry
from shared.core.rollout.pointers import Pointer, Wanted
from shared.core.schema.findings import Problem
from shared.errors import Conflict, Misconfigured, Permanent, TealError, Temporary
from shared.ports import Answer, BacklogCounts, Changes, Halt, HaltEntry, JsonSchema, Stored


@dataclass
class Faults:
    """Errors for a fake to raise: `planned` has one entry per call, in order, None for no error.

    always: the error raised on every call while it is set, or its message.
    """

    planned: list[Exception | None] = field(default_factory=list)
    always: str | Exception = ""

    def strike(self) -> None:
        """Raise the error planned for this call, if any."""
        if self.always:
            raise self.always if isinstance(self.always, Exception) else Temporary(self.always)
        error = self.planned.pop(0) if self.planned else None
        if error is not None:
            raise error


@dataclass
class FakeStore:
    """Table Storage as Teal uses it: conditional writes, all or nothing. keeping: faults of the table of minutes."""

    faults: Faults = field(default_factory=Faults)
    keeping: Faults = field(default_factory=Faults)
    rows: dict[tuple[EndpointId, str], tuple[object, str]] = field(default_factory=dict)
    entries: dict[tuple[EndpointId, str, int], Entry] = field(default_factory=dict)
    opened: dict[EndpointId, str] = field(default_factory=dict)
    known: set[EndpointId] = field(default_factory=set)
    ticked: datetime | None = None
    listed: dict[str, Pointer] = field(default_factory=dict)
    unreadable: set[EndpointId] = field(default_factory=set)
    with_minutes_listed: dict[str, Pointer] = field(default_factory=dict)
    halt_problem: TealError | None = None
    halted: Halt | None = None
    ended: Halt | None = None
    halts: list[HaltEntry] = field(default_factory=list)
    minutes_kept: dict[str, list[DeploymentMinute]] = field(default_factory=dict)
    judgements_kept: dict[str, dict[datetime, Judgement]] = field(default_factory=dict)
    versions: itertools.count[int] = field(default_factory=itertools.count)

    def halt(self) -> Halt | None:
        if self.halt_problem is not None:
            raise self.halt_problem
        return self.halted or self.ended

    def set_halt(self, halt: Halt | None) -> None:
        """Set a halt or end it; None: as if there had never been one."""
        if isinstance(self.halt_problem, Permanent):
            self.halt_problem = None  # the write replaces an unreadable row
        if halt is not None and halt.ended is not None and self.halted != replace(halt, ended=None):
            raise Conflict("another halt was ordered or ended meanwhile; look again")
        self.halted = halt if halt is not None and halt.in_force else None
        self.ended = halt if halt is not None and not halt.in_force else None
        self.halts += [HaltEntry.of(halt)] if halt is not None else []

    def halt_history(self, limit: int) -> tuple[HaltEntry, ...]:
        return tuple(reversed(self.halts[-limit:]))

    def record(self, endpoint: EndpointId) -> Stored[EndpointRecord]:
        if endpoint in self.unreadable:
            raise Permanent(f"row {endpoint} of our tables cannot be read")
        value, etag = self.rows.get((endpoint, ""), (EndpointRecord(endpoint), None))
        assert isinstance(value, EndpointRecord)
        return Stored(value, etag)

    def rollout(self, endpoint: EndpointId, rollout_id: str) -> Stored[Rollout] | None:
        if (endpoint, rollout_id) not in self.rows:
            return None
        value, etag = self.rows[endpoint, rollout_id]
        assert isinstance(value, Rollout)
        return Stored(value, etag)

    def rollouts(self, endpoint: EndpointId | str) -> tuple[Rollout, ...]:
        """Return every rollout of an endpoint, newest first: for tests, since the port has pages only.

        endpoint: the name is enough if there is one workspace.
        """
        found = [
            value
            for (known, _), (value, _) in self.rows.items()
            if endpoint in (known, known.name) and isinstance(value, Rollout)
        ]
        return tuple(sorted(found, key=lambda rollout: rollout.created, reverse=True))

    def enlist(self, pointer: Pointer) -> None:
        self.known.add(pointer.endpoint)
        self.listed[pointer.position] = self.with_minutes_listed[pointer.position] = pointer

    def pointers(self, wanted: Wanted, after: str, limit: int) -> tuple[Pointer, ...]:
        found = [self.listed[position] for position in sorted(self.listed) if position > after]
        return tuple([pointer for pointer in found if wanted.lists(pointer)][:limit])

    def history(self, endpoint: EndpointId, rollout_id: str, first: int = 0) -> tuple[Entry, ...]:
        found: list[Entry] = []
        while (entry := self.entries.get((endpoint, rollout_id, first + len(found)))) is not None:
            found.append(entry)
        return tuple(found)

    def commit(self, endpoint: EndpointId, changes: Changes) -> dict[str, str]:
        self.faults.strike()
        stored: list[tuple[str, Stored[Rollout] | Stored[EndpointRecord]]] = [(s.value.id, s) for s in changes.rollouts]
        stored += [("", changes.record)] if changes.record else []
        for key, item in stored:
            if self.rows.get((endpoint, key), (None, None))[1] != item.etag:
                raise Conflict(f"{endpoint}/{key} was written by another")
        for numbered in changes.entries:
            if (endpoint, numbered.rollout, numbered.number) in self.entries:
                raise Conflict(f"entry {numbered.number} of {numbered.rollout} exists")
        for key, item in stored:
            self.rows[endpoint, key] = (item.value, f"v{next(self.versions)}")
        for numbered in changes.entries:
            self.entries[endpoint, numbered.rollout, numbered.number] = numbered.entry
        return {key: self.rows[endpoint, key][1] for key, _ in stored if key}

    def note_tick(self, at: datetime) -> None:
        self.ticked = at

    def last_tick(self) -> datetime | None:
        return self.ticked

    def open_endpoints(self) -> tuple[EndpointId, ...]:
        return tuple(sorted(self.opened))

    def mark_open(self, endpoint: EndpointId) -> None:
        self.opened[endpoint] = f"m{next(self.versions)}"

    def open_mark(self, endpoint: EndpointId) -> str | None:
        return self.opened.get(endpoint)

    def mark_closed(self, endpoint: EndpointId, mark: str) -> None:
        if self.opened.get(endpoint) == mark:
            del self.opened[endpoint]

    def known_endpoints(self) -> tuple[EndpointId, ...]:
        return tuple(sorted(self.known))

    def keep_minutes(
        self, rollout_id: str, minutes: Sequence[DeploymentMinute], judgements: Sequence[Judgement] = ()
    ) -> None:
        self.keeping.strike()
        kept = {(minute.minute, minute.deployment): minute for minute in self.minutes_kept.get(rollout_id, ())}
        for minute in minutes:
            before = kept.get((minute.minute, minute.deployment), minute)
            kept[minute.minute, minute.deployment] = replace(
                minute,
                slowness=before.slowness if minute.slowness is None else minute.slowness,
                percentiles=before.percentiles if minute.percentiles is None else minute.percentiles,
                predictions=before.predictions if minute.predictions is None else minute.predictions,
                tallies=minute.tallies or before.tallies,
            )
        self.minutes_kept[rollout_id] = list(kept.values())
        self.judgements_kept.setdefault(rollout_id, {}).update({one.minute: one for one in judgements})

    def with_minutes(self, after: str, limit: int) -> tuple[Pointer, ...]:
        found = [
            self.with_minutes_listed[position] for position in sorted(self.with_minutes_listed) if position > after
        ]
        return tuple(found[:limit])

    def forget_minutes(self, pointer: Pointer) -> bool:
        self.with_minutes_listed.pop(pointer.position, None)
        judged = self.judgements_kept.pop(pointer.rollout, None)
        return self.minutes_kept.pop(pointer.rollout, None) is not None or judged is not None

    def forget(self, pointer: Pointer) -> None:
        self.forget_minutes(pointer)
        self.rows.pop((pointer.endpoint, pointer.rollout), None)
        for key in [key for key in self.entries if key[:2] == (pointer.endpoint, pointer.rollout)]:
            del self.entries[key]
        self.listed.pop(pointer.position, None)

    def kept_minutes(
        self, rollout_id: str, since: datetime | None = None, until: datetime | None = None
    ) -> tuple[DeploymentMinute, ...]:
        return tuple(kept for kept in self.minutes_kept.get(rollout_id, ()) if _within(kept.minute, since, until))

    def kept_judgements(
        self, rollout_id: str, since: datetime | None = None, until: datetime | None = None
    ) -> tuple[Judgement, ...]:
        kept = self.judgements_kept.get(rollout_id, {}).values()
        return tuple(each for each in kept if _within(each.minute, since, until))


def _within(moment: datetime, since: datetime | None, until: datetime | None) -> bool:
    return (since is None or moment >= since) and (until is None or moment < until)


@dataclass
class FakeEndpoints:
    """Azure ML's endpoints: orders complete immediately, or, if `slow`, when `finish` is called.

    stuck: nothing ever finishes. hidden: operations in progress are not visible until they finish. unready: deployments
    that fail to become ready. cores_left: in the quota (None: unlimited). quota_unknown: why it cannot be read.
    refuses: permanent errors by kind of order (create, traffic, delete). Azure's own rules are enforced here too.
    """

    seen: dict[str, EndpointSeen] = field(default_factory=dict)
    faults: Faults = field(default_factory=Faults)
    slow: bool = False
    stuck: bool = False
    hidden: bool = False
    unready: set[str] = field(default_factory=set)
    refuses: dict[str, str] = field(default_factory=dict)
    pending: list[tuple[str, EndpointSeen]] = field(default_factory=list)
    traffic_written: list[dict[str, int]] = field(default_factory=list)
    autoscale: dict[str, set[str]] = field(default_factory=dict)
    suspended: set[str] = field(default_factory=set)
    cores_left: int | None = None
    quota_unknown: str = ""

    def see(self, endpoint: str) -> EndpointSeen | None:
        self.faults.strike()
        return self.seen.get(endpoint)

    def order(self, action: Action) -> None:
        match action:
            case CreateEndpoint():
                self.create_endpoint(action.endpoint)
            case CreateDeployment():
                self.create_deployment(action)
            case ScaleDeployment():
                self.scale(action.endpoint, action.name, action.instances)
            case CopyAutoscale():
                self.copy_autoscale(action.endpoint, action.name)
            case SwitchAutoscale():
                self.switch_autoscale(action.name, enabled=action.enabled)
            case SetTraffic():
                self.set_traffic(action.endpoint, action.traffic)
            case SetMirror():
                self.set_mirror(action.endpoint, action.mirror)
            case DeleteDeployment():
                self.delete_deployment(action.endpoint, action.name)

    def quota(self, instance_type: str) -> Quota:
        if self.quota_unknown:
            raise Permanent(self.quota_unknown)
        return Quota(instance_type, "standardDSv2Family", 4, self.cores_left)

    def autoscaled(self, endpoint: str) -> dict[str, bool]:
        return {name.lower(): name not in self.suspended for name in self.autoscale.get(endpoint, ())}

    def create_endpoint(self, endpoint: str) -> None:
        self.faults.strike()
        if "endpoint" in self.refuses:
            raise Permanent(self.refuses["endpoint"])
        if endpoint not in self.seen:
            made = EndpointSeen(endpoint, Provisioning.SUCCEEDED)
            self._change(replace(made, state=Provisioning.CREATING), made)

    def create_deployment(self, action: CreateDeployment) -> None:
        self.faults.strike()
        state = Provisioning.FAILED if action.name in self.unready else Provisioning.SUCCEEDED
        before = self._free(action.endpoint, "create")
        instances = action.instances or before.instances(action.like) or 1
        made = DeploymentSeen(action.name, state, f"azureml:{action.model}", instances, by_teal=True)
        starting = replace(made, state=Provisioning.CREATING)
        self._change(
            replace(before, deployments=before.deployments | {action.name: starting}),
            replace(before, deployments=before.deployments | {action.name: made}),
        )

    def set_traffic(self, endpoint: str, traffic: dict[str, int]) -> None:
        self.faults.strike()
        before = self._free(endpoint, "traffic")
        mirrored = any(name in before.mirror for name in traffic)
        if mirrored or sum(traffic.values()) not in {0, 100} or not all(before.ready(name) for name in traffic):
            raise Permanent(f"BadRequest: traffic {traffic}")
        self.traffic_written.append(traffic)
        self._change(replace(before, state=Provisioning.UPDATING), replace(before, traffic=dict(traffic)))

    def set_mirror(self, endpoint: str, mirror: dict[str, int]) -> None:
        self.faults.strike()
        before = self._free(endpoint, "mirror")
        if any(name in before.traffic or not before.ready(name) for name in mirror) or sum(mirror.values()) > 50:
            raise Permanent(f"BadRequest: mirror {mirror}")
        self._change(replace(before, state=Provisioning.UPDATING), replace(before, mirror=dict(mirror)))

    def scale(self, endpoint: str, name: str, instances: int) -> None:
        self.faults.strike()
        before = self._free(endpoint, "scale")
        present = before.deployments[name]
        during = before.deployments | {name: replace(present, state=Provisioning.SCALING)}
        after = before.deployments | {name: replace(present, instances=instances)}
        self._change(replace(before, deployments=during), replace(before, deployments=after))

    def copy_autoscale(self, endpoint: str, name: str) -> None:
        self.faults.strike()
        if "autoscale" in self.refuses:
            raise Permanent(self.refuses["autoscale"])
        self.autoscale.setdefault(endpoint, set()).add(name)

    def switch_autoscale(self, name: str, *, enabled: bool) -> None:
        self.faults.strike()
        if "switch" in self.refuses:
            raise Permanent(self.refuses["switch"])
        (self.suspended.discard if enabled else self.suspended.add)(name)

    def delete_deployment(self, endpoint: str, name: str) -> None:
        self.faults.strike()
        before = self._free(endpoint, "delete")
        if before.traffic.get(name):
            raise Permanent(f"BadRequest: {name} has live traffic")
        left = {key: seen for key, seen in before.deployments.items() if key != name}
        going = before.deployments
        if name in going:
            going = going | {name: replace(going[name], state=Provisioning.DELETING)}
        self._change(replace(before, deployments=going), replace(before, deployments=left))

    def logs(self, endpoint: str, name: str, lines: int) -> str:
        del lines
        return f"log of {endpoint}/{name}"

    def finish(self) -> None:
        """Complete every ordered operation."""
        if self.stuck:
            return
        for name, after in self.pending:
            self.seen[name] = after
        self.pending.clear()

    def _free(self, endpoint: str, order: str) -> EndpointSeen:
        if order in self.refuses:
            raise Permanent(self.refuses[order])
        if self.pending:
            raise Temporary("Conflict: another operation is running")
        return self.seen[endpoint]

    def _change(self, during: EndpointSeen, after: EndpointSeen) -> None:
        if not self.hidden:
            self.seen[during.name] = during if self.slow else after
        if self.slow:
            self.pending.append((during.name, after))


@dataclass
class FakeScoring:
    """Deployments that answer every request with one status; an unlisted deployment answers 200.

    unlucky: how many requests of every call a deployment answers with 500. answered: called with the deployment and the
    number of requests of every call.
    """

    statuses: dict[str, int] = field(default_factory=dict)
    unlucky: dict[str, int] = field(default_factory=dict)
    faults: Faults = field(default_factory=Faults)
    answered: Callable[[str, int], None] = lambda _deployment, _requests: None

    def answers(
        self, endpoint: str, deployment: str, bodies: Sequence[bytes], timeout: timedelta
    ) -> tuple[Answer, ...]:
        del endpoint, timeout
        self.faults.strike()
        self.answered(deployment, len(bodies))
        status, unlucky = self.statuses.get(deployment, 200), self.unlucky.get(deployment, 0)
        return tuple(Answer(500 if number < unlucky else status, "[1.0]", 0.01) for number, _ in enumerate(bodies))

    def sample(self, endpoint: str, deployment: str) -> bytes:
        del endpoint, deployment
        self.faults.strike()
        return b'{"data": [[0.0]]}'


@dataclass
class FakeModels:
    """Registered models with their tags. made: the creation times, if they do not follow from the version numbers.

    hidden: the versions that are archived.
    """

    registered: dict[ModelVersion, dict[str, str]] = field(default_factory=dict)
    faults: Faults = field(default_factory=Faults)
    made: dict[ModelVersion, datetime | None] = field(default_factory=dict)
    hidden: set[ModelVersion] = field(default_factory=set)

    def archived(self, model: ModelVersion) -> bool:
        self.faults.strike()
        return model in self.hidden

    def tags(self, model: ModelVersion) -> dict[str, str] | None:
        self.faults.strike()
        return self.registered.get(model)

    def created(self, model: ModelVersion) -> datetime | None:
        self.faults.strike()
        if model in self.made:
            return self.made[model]
        numbers = [int(digits) % 10_000 for digits in re.findall("[0-9]+", model.version)[:3]]
        order = sum(number * 10_000**place for place, number in zip((2, 1, 0), numbers, strict=False))
        return datetime(2020, 1, 1, tzinfo=UTC) + timedelta(milliseconds=order)

    def versions(self, name: str, since: datetime) -> tuple[RegisteredVersion, ...]:
        dated = [(model, self.created(model), tags) for model, tags in self.registered.items() if model.name == name]
        found = [RegisteredVersion(model, made, tags) for model, made, tags in dated if made and made >= since]
        return tuple(sorted(found, key=lambda each: each.created, reverse=True))


@dataclass
class FakeBacklog:
    """Queues and dead letters with the counts that the test sets."""

    found: BacklogCounts = field(default_factory=BacklogCounts)
    faults: Faults = field(default_factory=Faults)

    def counts(self) -> BacklogCounts:
        self.faults.strike()
        return self.found


@dataclass
class FakePolicies:
    """Policies from the test. unreadable: the problem with every smoke file and schema; empty: none."""

    policies: tuple[Policy, ...] = ()
    unreadable: str = ""
    queries: dict[str, str] = field(default_factory=dict)
    wrong: Misconfigured | None = None

    def for_model(self, workspace: str, model: str, version: str, tags: dict[str, str]) -> tuple[Policy, ...]:
        here = [policy for policy in self.policies if policy.workspace == workspace]
        return tuple(p for p in here if any(selector.matches(model, version, tags) for selector in p.models))

    def refusal(self, workspace: str, model: str, tags: dict[str, str]) -> Misconfigured | None:  # noqa: ARG002 -- whatever is asked
        return self.wrong

    def of_endpoint(self, endpoint: EndpointId) -> tuple[Policy, ...]:
        return tuple(policy for policy in self.policies if policy.endpoint_id == endpoint)

    def for_start(self, endpoint: EndpointId) -> Policy | None:
        if self.wrong is not None:
            raise self.wrong
        return self.for_endpoint(endpoint)

    def for_endpoint(self, endpoint: EndpointId) -> Policy | None:
        return next((policy for policy in self.policies if policy.endpoint_id == endpoint), None)

    def problems(self) -> list[Problem]:
        return [] if self.wrong is None else [Problem("policies/churn.yaml", 3, 1, "steps", str(self.wrong))]

    def endpoints(self) -> tuple[EndpointId, ...]:
        return tuple(policy.endpoint_id for policy in self.policies)

    def schema(self, path: str) -> JsonSchema:
        if self.unreadable:
            raise Misconfigured(f"{path}: {self.unreadable}")
        return {"type": "array"} if path else {}

    def filled_template(self, path: str, values: Mapping[str, str]) -> str:
        return f"name: {path} {values['MODEL_VERSION']}"

    def why_none(self, workspace: str, model: str, version: str, tags: dict[str, str]) -> str:
        return "" if self.for_model(workspace, model, version, tags) else "no policy names this model"

    def query(self, path: str) -> str:
        if path not in self.queries:
            raise Permanent(f"no query {path}")
        return self.queries[path]

    def requests(self, path: str) -> tuple[bytes, ...]:
        if self.unreadable:
            raise Misconfigured(f"{path}: {self.unreadable}")
        return (b'{"data": [[1.0]]}',) * 3 if path else ()


@dataclass
class FakeWakeups:
    """A queue: the endpoints woken, in order."""

    woken: list[EndpointId] = field(default_factory=list)
    faults: Faults = field(default_factory=Faults)

    def wake(self, endpoint: EndpointId) -> None:
        self.faults.strike()
        self.woken.append(endpoint)


@dataclass
class FakeClock:
    """A clock that the test moves."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, span: timedelta) -> None:
        """Let time pass."""
        self.now += span
