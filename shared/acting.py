"""Carries out decided orders under the lease that was saved with the decision."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace

from shared.core.reconcile import orders
from shared.core.reconcile.actions import Action
from shared.core.rollout import Refusal, Rollout, leases
from shared.errors import Conflict, Permanent, Temporary
from shared.ports import Changes, Clock, Store, Stored
from shared.redaction import redacted
from shared.saving import save
from shared.workspaces import Workspaces

log = logging.getLogger("teal.acting")
TRIES = 5


@dataclass(frozen=True, slots=True)
class Acting:
    """Acts on Azure for one rollout at a time."""

    store: Store
    workspaces: Workspaces
    clock: Clock

    def act(self, saved: Stored[Rollout], actions: tuple[Action, ...]) -> bool:
        """Order the actions, then release the lease; return whether Azure permanently refused one.

        A refusal is recorded for `decide`. The record is read again before each order: a process that stalled for so
        long that another one may act gives no more orders. Nor does one that has not seen an operator's latest request.
        """
        rollout, refusal = saved.value, None
        for action in actions:
            if not self._holds(saved):
                log.warning("stopped rollout=%s action=%r: others have changed the record", rollout.id, str(action))
                break
            log.info("act rollout=%s endpoint=%s action=%r", rollout.id, rollout.endpoint, str(action))
            try:
                self.workspaces.named(rollout.endpoint.workspace).endpoints.order(action)
                rollout = orders.accepted(rollout, action)
            except Temporary as error:
                told = redacted(str(error), rollout.policy.redact)
                log.warning("busy rollout=%s action=%r: %s", rollout.id, str(action), told)
            except Permanent as error:
                told = redacted(str(error), rollout.policy.redact)
                log.error("refused rollout=%s action=%r: %s", rollout.id, str(action), told)  # noqa: TRY400 -- not a bug
                refusal = Refusal(action.kind, getattr(action, "name", ""), told, self.clock())
                break
        return self._released(saved, refusal, rollout) and refusal is not None

    def _holds(self, saved: Stored[Rollout]) -> bool:
        """Return whether the lease is still ours and in force, and no operator has made a request since.

        The clock comes last, because reading the record can take long.
        """
        try:
            current = self.store.rollout(saved.value.endpoint, saved.value.id)
        except (Temporary, Permanent) as error:
            log.warning("lease unknown rollout=%s: %s", saved.value.id, error)
            return False
        if current is None or current.value.lease != saved.value.lease:
            return False
        known = current.value.requests == saved.value.requests
        return known and leases.in_force(saved.value.lease, self.clock())

    def _released(self, saved: Stored[Rollout], refusal: Refusal | None, acted: Rollout) -> bool:
        """Release the lease if it is still ours. On conflict, read again, to keep requests written in the meantime."""
        current: Stored[Rollout] | None = saved
        for _ in range(TRIES):
            if current is None or current.value.lease != saved.value.lease:
                return False
            free = orders.carried(current.value, acted)
            freed = replace(free, lease=None, refusal=refusal or free.refusal)
            try:
                save(self.store, freed.endpoint, Changes(rollouts=(Stored(freed, current.etag),)))
            except Conflict:
                current = self.store.rollout(freed.endpoint, freed.id)
                continue
            return freed.open and (refusal is None or refusal.message != freed.orders.refused)
        return False
