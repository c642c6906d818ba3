"""The loop: observe, decide, save, act. The only place where the pure decisions meet the outside world.

Save comes before act, and only one reconcile may act at a time (the lease). A crash anywhere needs no repair: the next
reconcile computes the difference again. Nothing here waits.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.accepting import accept
from shared.acting import Acting
from shared.closing import OpenMark, close, close_idle, read_mark, reopen
from shared.core.admission import EndpointRecord
from shared.core.endpoint_id import EndpointId
from shared.core.observation import Observation
from shared.core.reconcile import orders
from shared.core.reconcile.actions import Action
from shared.core.reconcile.rereading import minutes_to_store
from shared.core.rollout import OperatorRequest, Rollout, leases
from shared.core.rollout.history import Decision
from shared.core.rollout.requests import ANY, Address
from shared.core.turn import Turn, turn
from shared.errors import Conflict, Permanent, Temporary
from shared.handover import handed_over
from shared.notifications import LogChannel, notify
from shared.ports import Changes, Channel, Clock, Store, Stored, Wakeups
from shared.redaction import redacted
from shared.saving import changed, save
from shared.workspaces import Workspaces

log = logging.getLogger("teal.controller")
STALLED = timedelta(minutes=5)  # no reconcile takes so long, unless its process stalled or its clock was changed


@dataclass(frozen=True, slots=True)
class Controller:
    """Drives rollouts.

    holder: this process's name in leases, different in every process. channels: where history entries go.
    """

    store: Store
    workspaces: Workspaces
    wakeups: Wakeups
    clock: Clock
    holder: str
    channels: tuple[Channel, ...] = (LogChannel(),)

    def tick(self) -> tuple[EndpointId, ...]:
        """Have every endpoint with work reconciled, directly if the queue is down; return these endpoints."""
        names = self.store.open_endpoints()
        self._note_tick()
        for name in names:
            if not self._wake(name):
                self.reconcile_safely(name)
        return names

    def _note_tick(self) -> None:
        try:
            self.store.note_tick(self.clock())
        except (Temporary, Permanent) as error:
            log.warning("tick not noted: %s", error)

    def sweep(self) -> tuple[EndpointId, ...]:
        """Put endpoints that have work but are not on the list of work back on it; return them. Expected: none."""
        return reopen(self.store)

    def reconcile(self, endpoint: EndpointId) -> None:
        """Observe an endpoint's rollout once, decide, save and act. Safe to call at any time, by anyone, repeatedly."""
        now = self.clock()
        mark = read_mark(self.store, endpoint)
        record = self.store.record(endpoint)
        if record.value.current is None:
            if record.value.waiting is None:
                close_idle(self.store, mark, record)
            return
        stored = self.store.rollout(endpoint, record.value.current)
        if stored is None:
            log.error("record endpoint=%s names rollout=%s, which is not stored", endpoint, record.value.current)
            return
        if leases.in_force(stored.value.lease, now):
            log.info("leased endpoint=%s rollout=%s", endpoint, stored.value.id)
            return
        self._reconcile(mark, record, stored, now)

    def request(self, endpoint: EndpointId, request: OperatorRequest, address: Address = ANY) -> Rollout | None:
        """Record an operator's request to the endpoint's rollout and have it carried out; None if it has none.

        Raises NotPossible if it is not possible now, and Conflict if others keep writing first.
        """
        accepted = accept(self.store, endpoint, request, address)
        if accepted is None:
            return None
        rollout = accepted.rollout
        if accepted.entries:
            log.info("request endpoint=%s rollout=%s verb=%s by=%r", endpoint, rollout.id, request.verb, request.by)
            notify(self.channels, rollout, accepted.entries)
            self._wake(endpoint)
        return rollout

    def _reconcile(
        self, mark: OpenMark, record: Stored[EndpointRecord], stored: Stored[Rollout], now: datetime
    ) -> None:
        rollout = stored.value
        try:
            seen = self.workspaces.named(rollout.endpoint.workspace).observer.observe(rollout, now)
        except (Temporary, Permanent) as error:
            self._record_unreadable(stored, redacted(str(error), rollout.policy.redact))
            return
        waiting, known = self._waiting(record.value)
        if abs(self.clock() - now) > STALLED:
            log.warning("stalled endpoint=%s rollout=%s: read too long ago to decide on", rollout.endpoint, rollout.id)
            return
        after = turn(
            replace(rollout.with_observed(endpoint_problem=None), lease=None),
            waiting.value if waiting else None,
            self._with_halt(seen),
            now,
        )
        if not known and rollout.finished is None:  # the endpoint is handed over to it later
            after = replace(after, rollout=after.rollout.with_ending(finished=None))
        saved = self._save(record, waiting, stored, after, now)
        if saved is None:
            return
        refused = bool(after.actions) and self._acting.act(saved, after.actions)
        if after.rollout.finished is not None and waiting is None:
            close(self.store, mark)
        if after.reconcile_again or refused:  # otherwise the next tick is soon enough
            self._wake(rollout.endpoint)
        self._inform(rollout, after, seen)

    def _with_halt(self, seen: Observation) -> Observation:
        """Return the observation with the newest halt; while it cannot be read, nothing advances."""
        try:
            return replace(seen, halted=self.store.halt())
        except (Temporary, Permanent) as error:
            log.warning("halt not read: %s", error)
            return replace(seen, halt_unknown=True)

    def _waiting(self, record: EndpointRecord) -> tuple[Stored[Rollout] | None, bool]:
        """Return the rollout that waits for the endpoint, if any, and whether that is known."""
        try:
            return (self.store.rollout(record.endpoint, record.waiting) if record.waiting else None), True
        except (Temporary, Permanent) as error:
            log.warning("not read endpoint=%s rollout=%s: %s", record.endpoint, record.waiting, error)
            return None, False

    def _save(
        self,
        record: Stored[EndpointRecord],
        waiting: Stored[Rollout] | None,
        stored: Stored[Rollout],
        after: Turn,
        now: datetime,
    ) -> Stored[Rollout] | None:
        """Write what was decided, if anything, under the etag it was decided on; None if someone else was first."""
        wanted = self._claimed(after.rollout, after.actions)
        if wanted == stored.value and not after.entries and wanted.finished is None:
            return stored
        changes = changed((stored.etag, Decision(wanted, after.entries)))
        try:
            if wanted.finished is not None:
                changes = handed_over(record, waiting, changes, now)
            return save(self.store, wanted.endpoint, changes)[0]
        except Conflict:
            log.info("conflict endpoint=%s rollout=%s: another writer was first", wanted.endpoint, wanted.id)
            return None

    def _claimed(self, rollout: Rollout, actions: tuple[Action, ...]) -> Rollout:
        """Return the rollout with the lease to act and a record of what it is about to order."""
        if not actions:
            return rollout
        now = self.clock()
        return replace(orders.giving(rollout, actions, now), lease=leases.taken(self.holder, now))

    def _inform(self, before: Rollout, after: Turn, seen: Observation) -> None:
        """Send notifications and store the minutes, after everything else: neither may stop what it reports."""
        notify(self.channels, after.rollout, after.entries)
        try:
            self.store.keep_minutes(before.id, minutes_to_store(before, seen.minutes or ()), after.judgements)
        except (Temporary, Permanent) as error:
            log.warning("minutes not kept rollout=%s: %s", before.id, error)

    def _record_unreadable(self, stored: Stored[Rollout], trouble: str) -> None:
        """Note on the record, once, that the endpoint could not be read; the next tick tries again."""
        rollout = stored.value
        log.warning("blind endpoint=%s rollout=%s: %s", rollout.endpoint, rollout.id, trouble)
        if rollout.observed.endpoint_problem != trouble:
            noted = Stored(rollout.with_observed(endpoint_problem=trouble), stored.etag)
            try:
                save(self.store, rollout.endpoint, Changes(rollouts=(noted,)))
            except (Temporary, Permanent) as error:
                log.info("not noted endpoint=%s rollout=%s: %s", rollout.endpoint, rollout.id, error)

    @property
    def _acting(self) -> Acting:
        return Acting(self.store, self.workspaces, self.clock)

    def _wake(self, endpoint: EndpointId) -> bool:
        """Return whether the endpoint will be reconciled soon; otherwise the next tick does it."""
        try:
            self.wakeups.wake(endpoint)
        except (Temporary, Permanent) as error:
            log.warning("no wake-up endpoint=%s: %s; the timer comes anyway", endpoint, error)
            return False
        return True

    def reconcile_safely(self, endpoint: EndpointId) -> None:
        """Reconcile one of many: any error is logged, and the next tick tries again."""
        try:
            self.reconcile(endpoint)
        except (Temporary, Permanent) as error:
            log.warning("not reconciled endpoint=%s: %s; the next tick tries again", endpoint, error)
        except Exception:
            log.exception("defect: endpoint=%s was not reconciled; the next tick tries again", endpoint)
