"""Deletes expired data: the minutes that rollouts were judged by, and later the rollouts themselves."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.core.rollout.pointers import Pointer, Wanted, first_position
from shared.errors import TealError
from shared.ports import Store

log = logging.getLogger("teal.retention")
PAGE = 100
Page = Callable[[str], Sequence[Pointer]]  # the pointers after a position


@dataclass(frozen=True, slots=True)
class Deleted:
    """How many rollouts' minutes were deleted, and how many rollouts were deleted with their history."""

    evidence: int = 0
    rollouts: int = 0


@dataclass(frozen=True, slots=True)
class Retention:
    """Deletes expired data.

    evidence: how long minutes are kept after a rollout has finished. history: how long the rollout itself is kept.
    """

    store: Store
    evidence: timedelta
    history: timedelta

    def sweep(self, now: datetime) -> Deleted:
        """Delete what has expired. Errors are logged, and the next sweep tries again.

        Rollouts whose minutes are stored have a list of their own, so evidence is found however late it expires.
        """
        evidence = _admitted_before(now - self.evidence, lambda after: self.store.with_minutes(after, PAGE))
        rollouts = _admitted_before(now - self.history, lambda after: self.store.pointers(Wanted(), after, PAGE))
        return Deleted(
            evidence=sum(self._forget_minutes(pointer, now) for pointer in evidence),
            rollouts=sum(self._forget(pointer, now) for pointer in rollouts),
        )

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
            return self.store.forget_minutes(pointer)
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


def _admitted_before(moment: datetime, page: Page) -> list[Pointer]:
    """Return the pointers to rollouts admitted before `moment`, as far as they can be read."""
    after, pointers = first_position(moment), list[Pointer]()
    try:
        while found := page(after):
            pointers += found
            after = found[-1].position
    except TealError as error:
        log.warning("rollouts not listed: %s", error)
    return pointers
