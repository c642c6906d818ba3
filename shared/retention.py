"""Deletes expired data: the minutes that rollouts were judged by, and later the rollouts themselves."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.core.rollout.pointers import Pointer, Wanted, first_position
from shared.errors import TealError
from shared.ports import Store

log = logging.getLogger("teal.retention")
PAGE = 100
# A sweep looks for expired evidence only on rollouts admitted up to this long before the cut-off: on older ones it is
# # already gone.
LOOKED_BACK = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class Deleted:
    """How many rollouts' minutes were deleted, and how many rollouts were deleted with their history."""

    evidence: int = 0
    rollouts: int = 0


@dataclass(frozen=True, slots=True)
class Retention:
    """evidence: retention of minutes after a rollout has finished. history: retention of the rollout itself."""

    store: Store
    evidence: timedelta
    history: timedelta

    def sweep(self, now: datetime) -> Deleted:
        """Delete what has expired. Errors are logged, and the next sweep tries again."""
        evidence = rollouts = 0
        for pointer in list(self._admitted_before(now - self.history)):
            rollouts += self._forget(pointer, now)
        since = now - self.evidence - LOOKED_BACK
        for pointer in self._admitted_before(now - self.evidence):
            if pointer.admitted < since:
                break
            evidence += self._forget_minutes(pointer, now)
        return Deleted(evidence, rollouts)

    def _admitted_before(self, moment: datetime) -> Iterator[Pointer]:
        """Yield all pointers to rollouts admitted before `moment`, newest first."""
        after = first_position(moment)
        while found := self.store.pointers(Wanted(), after, PAGE):
            yield from found
            after = found[-1].position

    def _forget(self, pointer: Pointer, now: datetime) -> bool:
        if not self._finished(pointer, now - self.history):
            return False
        try:
            self.store.forget(pointer)
        except TealError as error:
            log.warning("not deleted rollout=%s: %s", pointer.rollout, error)
            return False
        return True

    def _forget_minutes(self, pointer: Pointer, now: datetime) -> bool:
        if not self._finished(pointer, now - self.evidence):
            return False
        try:
            return self.store.forget_minutes(pointer.rollout)
        except TealError as error:
            log.warning("evidence not deleted rollout=%s: %s", pointer.rollout, error)
            return False

    def _finished(self, pointer: Pointer, before: datetime) -> bool:
        """Return whether the rollout had finished by then; one that was never written counts as finished."""
        try:
            stored = self.store.rollout(pointer.endpoint, pointer.rollout)
        except TealError as error:
            log.warning("not read rollout=%s: %s", pointer.rollout, error)
            return False
        finished = pointer.admitted if stored is None else stored.value.finished
        return finished is not None and finished < before
