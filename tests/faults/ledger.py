"""What really happened, seen from outside: every order, answer, accepted request and external edit, in order.

The invariants are checked against this, so nothing here is taken from what Teal says about itself, except its commits.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from shared.core.judge.verdict import Outcome
from shared.core.observation import DeploymentMinute, EndpointSeen
from shared.core.reconcile.actions import Action, ScaleDeployment
from shared.core.rollout import Rollout, Verb
from shared.core.rollout.history import Entry
from shared.core.rollout.reasons import ReasonCode
from shared.core.telemetry.latency_buckets import bucket, slower
from shared.errors import Temporary
from shared.ports import Answer, Changes, Seen, Stored
from tests.faults.processes import Process
from tests.scenarios.world import CHURN, ENDPOINT, MIDNIGHT, World

MANY, FAR_TOO_LONG = 50, 800.0  # requests; milliseconds
SLOW_CLOCK = timedelta(minutes=5)
SICK = 0.5  # a higher failure rate is never normal, whatever an endpoint's past; a lower one may be


@dataclass(frozen=True, slots=True)
class Order:
    """One order to Azure. rollout: as its process last saved it. seen, read: what the process observed, and when.

    at: true time. truth: the endpoint as it really was. decided, decided_at: when the process saved the decision.
    checked: when it last read the record before the order. expected_before: the traffic maps that the rollout expected
    before. claim: whether no other process has claimed the rollout since.
    """

    number: int
    at: datetime
    process: str
    action: Action
    rollout: Rollout
    seen: EndpointSeen
    read: int
    truth: EndpointSeen
    claim: bool
    decided: int
    decided_at: datetime
    expected_before: tuple[dict[str, int], ...]
    checked: int

    @property
    def slow_clock(self) -> bool:
        """Whether the process's clock is so far behind that the last minutes it reads are out of date."""
        return self.at - self.decided_at > SLOW_CLOCK

    def misled_about(self, name: str) -> bool:
        """Return whether an old reading hid that someone has deleted or replaced a deployment."""
        return misled(self.seen, self.truth, name)


@dataclass(frozen=True, slots=True)
class Accepted:
    """A request that Teal recorded, whether or not the caller was told. by: a different name for each."""

    number: int
    at: datetime
    rollout: Rollout
    verb: Verb
    by: str


@dataclass(frozen=True, slots=True)
class Edit:
    """A traffic map or mirror that someone other than Teal wrote, and the one before it."""

    number: int
    at: datetime
    before: dict[str, int]
    after: dict[str, int]


@dataclass(frozen=True, slots=True)
class Health:
    """An observation of a deployment's health. minute: the time it describes. by: the log or a probe."""

    number: int
    at: datetime
    minute: datetime
    failed: float
    by: str


@dataclass
class View:
    """What one process knows: what it read from the endpoint and when, and what it saved last."""

    seen: EndpointSeen | None = None
    read: int = 0
    saved: Rollout | None = None
    decided: int = 0
    decided_at: datetime = MIDNIGHT
    checked: int = 0
    expected_before: dict[str, tuple[dict[str, int], ...]] = field(default_factory=dict)


@dataclass
class Ledger:
    """down: ports that are unavailable. object_to: checks an order that is about to be given.

    edits, mirrors: what others wrote. switches: when others last switched a deployment's autoscale settings, by number.
    renewed: when a deployment was replaced, and from when on its minutes count. replaced: when others last deployed
    another model under a name, and which. slow: when a minute was read in which most answers took far too long, by
    deployment and minute. misled: entries, by rollout and number, of a process that saw another green than there was
    because of an old reading.
    """

    world: World
    down: set[str] = field(default_factory=set)
    object_to: Callable[[Order], None] = lambda _order: None
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    orders: list[Order] = field(default_factory=list)
    accepted: list[Accepted] = field(default_factory=list)
    answered: list[str] = field(default_factory=list)
    edits: list[Edit] = field(default_factory=list)
    mirrors: list[Edit] = field(default_factory=list)
    switches: dict[str, int] = field(default_factory=dict)
    replaced: dict[str, tuple[datetime, str]] = field(default_factory=dict)
    health: dict[str, list[Health]] = field(default_factory=dict)
    slow: dict[str, dict[datetime, datetime]] = field(default_factory=dict)
    renewed: dict[str, list[tuple[datetime, datetime]]] = field(default_factory=dict)
    shown: set[tuple[str, datetime, int, int]] = field(default_factory=set)
    proven: datetime | None = None
    smoked: set[str] = field(default_factory=set)
    admitted: list[str] = field(default_factory=list)
    condemned: dict[str, int] = field(default_factory=dict)
    calibrated: dict[str, datetime] = field(default_factory=dict)
    misled: set[tuple[str, int]] = field(default_factory=set)
    looks: dict[str, list[datetime]] = field(default_factory=dict)
    halted_since: int | None = None
    written: dict[tuple[str, int], datetime] = field(default_factory=dict)
    claimants: dict[str, str] = field(default_factory=dict)
    histories: dict[str, tuple[Entry, ...]] = field(default_factory=dict)
    found_whole: dict[str, tuple[Entry, ...]] = field(default_factory=dict)
    views: dict[str, View] = field(default_factory=dict)

    def before(self, process: Process, port: str, call: str, values: tuple[object, ...]) -> None:
        """Record a call; check an order, and reject it if it must not be given."""
        if port in self.down:
            raise Temporary(f"503: {port} is away")
        if call == "order":
            self._order(process, values[0])

    def after(self, process: Process, _port: str, call: str, values: tuple[object, ...], answer: object) -> None:
        """Record an answer."""
        view = self._view(process)
        if call == "rollout" and isinstance(answer, Stored):
            view.checked = next(self.numbers)
            if view.saved is None:
                view.expected_before.setdefault(answer.value.id, answer.value.traffic.known)
        match answer:
            case EndpointSeen():
                view.seen, view.read = answer, next(self.numbers)
            case Seen():
                self._telemetry(answer.minutes)
            case (Answer(), *_):
                self._probed(str(values[1]), tuple(each for each in answer if isinstance(each, Answer)))
            case _:
                pass
        if call == "commit" and isinstance(values[1], Changes):
            self._committed(process, values[1])

    def edited(self, before: dict[str, int], after: dict[str, int]) -> None:
        """Record what someone other than Teal wrote."""
        self.edits.append(Edit(next(self.numbers), self.world.clock(), before, after))

    def mirrored(self, before: dict[str, int], after: dict[str, int]) -> None:
        """Record the mirror that someone other than Teal wrote."""
        self.mirrors.append(Edit(next(self.numbers), self.world.clock(), before, after))

    def switched(self, name: str) -> None:
        """Record that someone other than Teal switched a deployment's autoscale settings."""
        self.switches[name] = next(self.numbers)

    def granted(self, by: str) -> None:
        """Record that the caller was told that the request was accepted."""
        self.answered.append(by)

    def history(self, rollout: Rollout) -> tuple[Entry, ...]:
        """Return the history of a rollout; the same tuple as before if nothing was added."""
        store, known = self.world.store, self.histories.get(rollout.id, ())
        newest = store.entries.get((rollout.endpoint, rollout.id, rollout.entry_count - 1))
        if len(known) != rollout.entry_count or known[-1] is not newest:
            known = self.histories[rollout.id] = store.history(rollout.endpoint, rollout.id)
        return known

    def lost(self, name: str, at: datetime) -> None:
        """Forget what was observed about a deployment that no longer exists. at: the time, by a slow host's clock."""
        self.smoked.discard(name)
        now = self.world.clock()
        self.renewed.setdefault(name, []).append((now, min(at, now)))
        self.shown = {shown for shown in self.shown if shown[0] != name}

    def rollback_requested(self, rollout: str) -> int | None:
        """Return the number of the first rollback that was accepted for a rollout that could be rolled back."""
        numbers = [a.number for a in self.accepted if a.rollout.id == rollout and a.verb is Verb.ROLLBACK]
        return min(numbers, default=None)

    def was_healthy(self, name: str, at: datetime, within: timedelta, decided: datetime | None = None) -> bool:
        """Return whether a log row or a probe of the preceding minutes showed this very deployment healthy.

        decided: the same time by the host's clock, which can be wrong without anyone knowing.
        """
        slow = max(
            at - (decided or at), timedelta(0)
        )  # the host cannot tell these minutes, from before a change, from later ones
        created = max((since for moment, since in self.renewed.get(name, ()) if moment < at), default=None)
        since = min(at, decided or at) - within
        known = [each for each in self.health.get(name, ()) if created is None or each.minute >= created - slow]
        return any(since <= each.minute and each.at <= at and each.failed <= SICK for each in known)

    def about_to_give_green_traffic(self, process: Process) -> bool:
        """Return whether a process has just saved that it will give green live traffic."""
        saved = self._view(process).saved
        ordered = saved.orders.traffic if saved is not None else None
        return process.at == "after store.commit" and saved is not None and saved.green in (ordered or {})

    def _order(self, process: Process, action: object) -> None:
        view = self._view(process)
        truth = self.world.endpoints.seen.get(ENDPOINT)
        if view.saved is None or view.seen is None or truth is None:
            return
        assert isinstance(action, Action)
        number, at = next(self.numbers), self.world.clock()
        order = Order(
            number,
            at,
            process.name,
            action,
            view.saved,
            view.seen,
            view.read,
            truth,
            self.claimants.get(view.saved.id) == process.name,
            view.decided,
            view.decided_at,
            view.expected_before.get(view.saved.id, ()),
            view.checked,
        )
        self.object_to(order)
        self.orders.append(order)
        if not isinstance(action, ScaleDeployment) and action.kind == "create_deployment":
            self.lost(str(getattr(action, "name", "")), at)

    def _committed(self, process: Process, changes: Changes) -> None:
        number = next(self.numbers)
        written = {stored.value.id: stored.value for stored in changes.rollouts}
        for numbered in changes.entries:
            self.written[numbered.rollout, numbered.number] = self.world.clock()
            if self._misled(process, written.get(numbered.rollout)):
                self.misled.add((numbered.rollout, numbered.number))
            why = numbered.entry.reason
            if why.code is ReasonCode.REQUEST_ACCEPTED:
                verb, by = Verb.named(why.facts["verb"]), numbered.entry.actor
                self.accepted.append(Accepted(number, self.world.clock(), written[numbered.rollout], verb, by))
        for rollout in written.values():
            if rollout.id not in self.admitted:
                self.admitted.append(rollout.id)
            if rollout.lease is not None and rollout.lease.holder == process.name:
                view = self._view(process)
                view.saved, view.decided, view.decided_at = rollout, number, process.clock()
                self.claimants[rollout.id] = process.name
            self.judged(rollout, number)
            if rollout.judging.calibration is not None:
                self.calibrated.setdefault(rollout.id, self.world.clock())
            self.looks.setdefault(rollout.id, []).append(self.world.clock())

    def judged(self, rollout: Rollout, number: int) -> None:
        """Record a failing verdict, unless its evidence no longer counts because green is compared with blue again."""
        if rollout.judging.comparison == "open" and rollout.verdict is None:
            self.condemned.pop(rollout.id, None)
        elif rollout.verdict is not None and rollout.verdict.outcome is Outcome.FAIL:
            self.condemned.setdefault(rollout.id, number)

    def _misled(self, process: Process, rollout: Rollout | None) -> bool:
        seen, truth = self._view(process).seen, self.world.endpoints.seen.get(ENDPOINT)
        return rollout is not None and seen is not None and truth is not None and misled(seen, truth, rollout.green)

    def _telemetry(self, rows: Iterable[DeploymentMinute]) -> None:
        number, now = next(self.numbers), self.world.clock()
        for row in rows:
            shown = (row.deployment, row.minute, row.bad, row.total)
            if row.total and shown not in self.shown:  # most rows are read several times
                self.shown.add(shown)
                self.proven = max(self.proven or row.minute, row.minute)
                seen = Health(number, now, row.minute, row.bad / row.total, "log")
                self.health.setdefault(row.deployment, []).append(seen)
                if is_slow(row):
                    self.slow.setdefault(row.deployment, {})[row.minute] = now

    def _probed(self, name: str, answers: tuple[Answer, ...]) -> None:
        now, failed = self.world.clock(), sum(1 for answer in answers if answer.status != 200)
        if not failed:
            self.smoked.add(name)
        seen = Health(next(self.numbers), now, now, failed / len(answers), "probe")
        self.health.setdefault(name, []).append(seen)

    def _view(self, process: Process) -> View:
        return self.views.setdefault(process.name, View())


def is_slow(row: DeploymentMinute) -> bool:
    """Return whether most answers of a minute with enough of them took longer than any deployment takes by itself."""
    if row.total < MANY:
        return False
    if row.slowness:
        return 2 * slower(row.slowness, bucket(FAR_TOO_LONG)) > sum(row.slowness.values())
    return (row.percentiles or {}).get(50, 0.0) > FAR_TOO_LONG


def misled(seen: EndpointSeen, truth: EndpointSeen, name: str) -> bool:
    """Return whether an old reading hid that someone has deleted or replaced a deployment."""
    shown, real = seen.deployments.get(name), truth.deployments.get(name)
    return shown is not None and (real is None or real.model != shown.model)


def rollouts(world: World) -> tuple[Rollout, ...]:
    """Return every rollout that is stored, newest first."""
    return world.store.rollouts(CHURN)
