"""Checks whether Teal can do its job: everything that it needs, each with a remedy. Changes nothing.

A check that raises is also a finding: what cannot be reached is not healthy.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from shared.core.endpoint_id import EndpointId
from shared.core.observation import EndpointSeen
from shared.core.orphans import orphans
from shared.core.phases import Phase
from shared.core.rollout import Rollout
from shared.core.rollout.pointers import Wanted
from shared.errors import TealError
from shared.findings import Finding, Severity
from shared.newest import newest_rollouts
from shared.ports import Backlog, Policies, Store
from shared.redaction import redacted
from shared.rollout_health import restoring_findings, rollout_findings, traffic_findings
from shared.telemetry_health import telemetry_findings
from shared.workspaces import Workspaces

log = logging.getLogger("teal.health")
TICK_LATE = timedelta(minutes=5)
DEEP = 500
FEW = 20  # rollouts to search for the last one that was deployed
MOST_SECONDS = 60  # for the endpoints: the function must end before the host stops it
LONGEST = 500  # characters of an unexpected error
READ = 4 * LONGEST  # more than is kept, so that the cut leaves no part of a secret
HALT_UNREAD = (
    "check Teal's role on its storage account, and Azure's status. If the message says that the row cannot be read, "
    "end the halt (DELETE /api/halt): that replaces the row"
)
POISONED = "read the messages of the queue `reconcile-poison`, then clear it"
UNDELIVERED = "start the lost rollouts (POST /api/rollouts), then delete the blobs of the container `dead-letters`"
ORPHANED = (
    "read in its rollout's history why it is still there: if the deployment that serves fails, it may be needed. "
    "Otherwise end its mirror and delete it (it costs as much as one that serves); see `orphans` in the policy"
)
DEFECT = "report this defect of Teal with the traceback in its log (`defect:`)"
MISSED = "start it (POST /api/rollouts), or archive the version in Azure ML; see `missed_versions` in the policy"
WRONG_POLICY = "correct the file (`teal policy check`) and deploy again; until then its endpoint starts no rollout"


@dataclass(frozen=True, slots=True)
class Health:
    """The findings at one time."""

    at: datetime
    findings: tuple[Finding, ...]

    @property
    def severity(self) -> Severity:
        """The worst severity of all findings."""
        order = list(Severity)
        return max((finding.severity for finding in self.findings), key=order.index, default=Severity.OK)


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """Checks what Teal needs, through its ports. stopwatch: seconds, from any start."""

    store: Store
    workspaces: Workspaces
    policies: Policies
    backlog: Backlog
    stopwatch: Callable[[], float] = time.monotonic

    def check(self, now: datetime) -> Health:
        """Return the findings. Never raises: a check that fails is a finding."""
        checks = (self._storage, self._halt, self._ticks, self._queues, self._policies, self._endpoints)
        return Health(now, tuple(finding for each in checks for finding in _safely(each, now)))

    def _storage(self, _now: datetime) -> Iterator[Finding]:
        count = len(self.store.open_endpoints())
        yield Finding("storage", Severity.OK, f"answers; {count} endpoints have work")

    def _halt(self, _now: datetime) -> Iterator[Finding]:
        try:
            halt = self.store.halt()
        except TealError as error:
            message = f"whether all rollouts are halted could not be read, so none advances: {error}"
            yield Finding("halt", Severity.FAILING, message, remedy=HALT_UNREAD)
            return
        halted = halt is not None and halt.in_force
        yield Finding("halt", Severity.OK, "all rollouts are halted" if halted else "no halt is in force")

    def _ticks(self, now: datetime) -> Iterator[Finding]:
        last = self.store.last_tick()
        remedy = "check that the function `tick` is enabled, and restart the app"
        if last is None:
            yield Finding("tick", Severity.WARNING, "the timer has not fired yet", remedy=remedy)
            return
        late = now - last > TICK_LATE
        severity = Severity.FAILING if late else Severity.OK
        yield Finding("tick", severity, f"the timer last fired at {last.isoformat()}", remedy=remedy if late else "")

    def _queues(self, _now: datetime) -> Iterator[Finding]:
        found = self.backlog.counts()
        deep = found.waiting > DEEP
        yield Finding(
            "queue", Severity.WARNING if deep else Severity.OK, f"{found.waiting} messages wait",
            remedy="check the failures of the function `reconcile`" if deep else "",
        )  # fmt: skip
        failed = (("poison", found.poison, POISONED), ("dead_letters", found.dead_letters, UNDELIVERED))
        for check, count, remedy in failed:
            severity = Severity.WARNING if count else Severity.OK
            yield Finding(check, severity, f"{count} found", remedy=remedy if count else "")

    def _policies(self, _now: datetime) -> Iterator[Finding]:
        problems = self.policies.problems()
        for problem in problems:
            yield Finding("policy", Severity.FAILING, str(problem), about=problem.file, remedy=WRONG_POLICY)
        if not problems:
            yield Finding("policy", Severity.OK, "all files are valid")

    def _endpoints(self, now: datetime) -> Iterator[Finding]:
        """Yield findings on each endpoint, those with work first, until the time for them is up."""
        began, known = self.stopwatch(), self._known()
        for place, endpoint in enumerate(known):
            if self.stopwatch() - began > MOST_SECONDS:
                message = f"{len(known) - place} of {len(known)} were not checked within {MOST_SECONDS} seconds"
                yield Finding("endpoints", Severity.WARNING, message, remedy="check Azure's status")
                return
            yield from _safely(partial(self._endpoint, endpoint), now, str(endpoint))
            yield from _safely(partial(self._recorded, endpoint), now, str(endpoint))

    def _endpoint(self, endpoint: EndpointId, now: datetime) -> Iterator[Finding]:
        if not self.workspaces.serve(endpoint.workspace):
            yield Finding(
                "workspace", Severity.FAILING, f"this app does not serve the workspace {endpoint.workspace}",
                str(endpoint), "add it to TEAL_WORKSPACES, or remove it from the policy",
            )  # fmt: skip
            return
        seen = self.workspaces.named(endpoint.workspace).endpoints.see(endpoint.name)
        if seen is None:
            yield Finding(
                "endpoint", Severity.WARNING, "Azure ML has no such endpoint", str(endpoint),
                "create it, let the policy create it, or remove the policy",
            )  # fmt: skip
        else:
            yield Finding("endpoint", Severity.OK, f"Azure ML shows it as {seen.state.value}", str(endpoint))
            for source in sorted({policy.judge.errors_from for policy in self.policies.of_endpoint(endpoint)}):
                telemetry = self.workspaces.named(endpoint.workspace).observer.telemetry
                yield from telemetry_findings(endpoint, seen, source, telemetry, now)
            yield from self._orphans(endpoint, seen)
            yield from traffic_findings(seen, self._newest(endpoint), str(endpoint))
            endpoints = self.workspaces.named(endpoint.workspace).endpoints
            autoscaled = partial(endpoints.autoscaled, endpoint.name)
            yield from restoring_findings(seen, self._newest(endpoint), str(endpoint), autoscaled)

    def _newest(self, endpoint: EndpointId) -> Iterator[Rollout]:
        """Yield the endpoint's last few rollouts, newest first; only as many are read as are looked at."""
        for pointer in self.store.pointers(Wanted(endpoint.workspace, endpoint.name), "", FEW):
            stored = self.store.rollout(endpoint, pointer.rollout)
            if stored is not None:
                yield stored.value

    def _orphans(self, endpoint: EndpointId, seen: EndpointSeen) -> Iterator[Finding]:
        """Yield findings on what ended rollouts left on the endpoint."""
        idle = any(not seen.traffic.get(name) for name in seen.deployments)
        stored = newest_rollouts(self.store, endpoint, seen.deployments if idle else (), most_pages=1)
        for orphan in orphans((each.value for each in stored), seen):
            mirror = f", and {orphan.mirrored} % of the requests are mirrored to it" if orphan.mirrored else ""
            why = "the version that replaced it is" if orphan.phase is Phase.PROMOTED else "its rollout ended"
            yield Finding(
                "orphan", Severity.WARNING,
                f"{orphan.deployment} is still deployed{mirror}, but {why} {orphan.phase.value}",
                f"{endpoint} {orphan.rollout}",
                ORPHANED,
            )  # fmt: skip

    def _recorded(self, endpoint: EndpointId, now: datetime) -> Iterator[Finding]:
        record = self.store.record(endpoint).value
        for each in record.missed:
            overtaken = f", and {each.newer} was rolled out since" if each.newer else ""
            yield Finding(
                "missed_version", Severity.WARNING,
                f"{each.model} was registered at {each.created.isoformat()} and has no rollout{overtaken}",
                str(endpoint), MISSED,
            )  # fmt: skip
        stored = self.store.rollout(endpoint, record.current) if record.current else None
        if stored is not None and stored.value.finished is None:
            yield from rollout_findings(stored.value, now)

    def _known(self) -> list[EndpointId]:
        working = sorted(self.store.open_endpoints())
        return [*working, *sorted(set(self.policies.endpoints()).difference(working))]


def _safely(check: Callable[[datetime], Iterator[Finding]], now: datetime, about: str = "") -> list[Finding]:
    """Return what a check finds, including its own failure: one failure must not hide what the others find."""
    found: list[Finding] = []
    name = "endpoint" if about else getattr(check, "__name__", "check").strip("_")
    try:
        found.extend(check(now))
    except TealError as error:
        found.append(Finding(name, Severity.FAILING, str(error), about, "check Teal's roles and Azure's status"))
    except Exception as error:
        log.exception("defect: check=%s about=%r failed", name, about)
        message = redacted(f"{type(error).__name__}: {error}"[:READ])[:LONGEST]
        found.append(Finding(name, Severity.FAILING, message, about, DEFECT))
    return found
