"""Looks once a day for what ended rollouts left behind, and removes it where the endpoint's policy says so."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import timedelta

from shared.acting import Acting
from shared.audit.each import each_safely
from shared.core.admission import EndpointRecord
from shared.core.endpoint_id import EndpointId
from shared.core.observation import EndpointSeen
from shared.core.orphans import Swept, orphans, swept
from shared.core.reconcile.serving import healthy_at_once
from shared.core.rollout import Rollout, leases
from shared.errors import Conflict
from shared.newest import newest_rollouts
from shared.notifications import notify
from shared.ports import Channel, Clock, Policies, Store, Stored
from shared.saving import changed, save
from shared.workspaces import Workspace, Workspaces

log = logging.getLogger("teal.audit")


@dataclass(frozen=True, slots=True)
class OrphanSweep:
    """Finds, reports and, by policy, removes orphans.

    holder: this process's name in leases. history: how long finished rollouts are kept.
    """

    store: Store
    workspaces: Workspaces
    policies: Policies
    clock: Clock
    holder: str
    channels: tuple[Channel, ...]
    history: timedelta

    def sweep(self) -> None:
        """Sweep every endpoint that has a policy. Errors are logged, and tomorrow's sweep tries again."""
        each_safely(self.policies.endpoints(), self._endpoint, "orphans not swept")

    def _endpoint(self, endpoint: EndpointId) -> None:
        workspace = self.workspaces.named(endpoint.workspace)
        seen = workspace.endpoints.see(endpoint.name)
        if seen is None:
            return
        newest = list(newest_rollouts(self.store, endpoint, seen.deployments, self.clock() - self.history))
        found = {orphan.rollout: orphan for orphan in orphans((stored.value for stored in newest), seen)}
        for stored in filter(self._free, newest):
            record, orphan = self.store.record(endpoint), found.get(stored.value.id)
            result = swept(stored.value, orphan, seen, self.clock(), remove=self._removes(endpoint, record.value))
            if result.actions and not self._serves_well(workspace, stored.value, seen):
                continue
            if (result.actions or result.decision.rollout != stored.value) and self._carried_out(
                stored, record, result
            ):
                return  # Azure carries out one order at a time on an endpoint; the rest is for tomorrow

    def _free(self, stored: Stored[Rollout]) -> bool:
        """Return whether a rollout has finished, and no process acts on it."""
        return stored.value.finished is not None and not leases.in_force(stored.value.lease, self.clock())

    def _removes(self, endpoint: EndpointId, record: EndpointRecord) -> bool:
        """Return whether orphans are removed now: by policy, and not while a rollout is open or during a halt."""
        policy, halt = self.policies.for_endpoint(endpoint), self.store.halt()
        idle = record.current is None and record.waiting is None
        return idle and policy is not None and policy.orphans == "remove" and (halt is None or not halt.in_force)

    def _serves_well(self, workspace: Workspace, rollout: Rollout, seen: EndpointSeen) -> bool:
        """Return whether the serving deployment was just seen healthy. If not, an orphan may be needed and is kept."""
        well = healthy_at_once(rollout, workspace.observer.serving(rollout, seen, self.clock()))
        if not well:
            log.warning("orphan kept endpoint=%s: %s is not seen to be healthy", rollout.endpoint, seen.serving())
        return well

    def _carried_out(self, stored: Stored[Rollout], record: Stored[EndpointRecord], result: Swept) -> bool:
        """Save the decision and carry out its order; return whether there was one.

        The record is written with it: a rollout that is admitted in the meantime makes the decision void.
        """
        rollout, entries = result.decision.rollout, result.decision.entries
        if result.actions:
            rollout = replace(rollout, lease=leases.taken(self.holder, self.clock()))
        changes = changed((stored.etag, replace(result.decision, rollout=rollout)))
        try:
            (saved,) = save(self.store, rollout.endpoint, replace(changes, record=record))
        except Conflict:
            log.info("conflict endpoint=%s rollout=%s: another writer was first", rollout.endpoint, rollout.id)
            return False
        if result.actions:
            Acting(self.store, self.workspaces, self.clock).act(saved, result.actions)
        notify(self.channels, rollout, entries)
        return bool(result.actions)
