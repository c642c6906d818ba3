"""Expired data is deleted at night, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import pytest

from shared.core.endpoint_id import EndpointId
from shared.core.rollout import Rollout
from shared.core.rollout.pointers import Pointer, Wanted
from shared.errors import Permanent, Temporary
from shared.ports import Stored
from shared.retention import Deleted, Retention
from shared.settings import read_settings
from shared.wiring import use
from tests.fakes import FakeStore
from tests.functions.conftest import Calls, app_over
from tests.functions.test_settings import COMPLETE
from tests.scenarios.world import CHURN, ENDPOINT, World

DAY = timedelta(days=1)
EVIDENCE, HISTORY = 20 * DAY, 100 * DAY


def finished(*versions: str, store: FakeStore | None = None) -> World:
    """Return a world in which the rollouts of these versions have finished, or of 7 alone."""
    world = World(store=store or FakeStore())
    for version in versions or ("7",):
        world.register(version, f"e{version}")
        world.until_finished(version, within=120)
    return world


@pytest.mark.parametrize(
    ("days", "evidence", "rollouts"), [(19, True, True), (21, False, True), (99, False, True), (101, False, False)]
)
def test_each_is_kept_as_long_as_set(days: int, *, evidence: bool, rollouts: bool) -> None:
    """Evidence expires first, the rollout with its history much later, even if no sweep ran before."""
    world = finished()
    name = world.rollout().id
    world.clock.pass_(days * DAY)
    Retention(world.store, EVIDENCE, HISTORY).sweep(world.clock())
    assert bool(world.store.minutes_kept.get(name)) is evidence
    assert bool(world.store.rollouts(ENDPOINT)) is rollouts
    assert bool(world.store.entries) is rollouts
    assert bool(world.store.pointers(Wanted(), "", 9)) is rollouts


def test_evidence_is_found_however_late_it_expires() -> None:
    """The app was stopped for most of a year, or its retention was shortened: the next sweep deletes it."""
    world = finished()
    world.clock.pass_(99 * DAY)
    assert Retention(world.store, 300 * DAY, 900 * DAY).sweep(world.clock()) == Deleted()
    world.clock.pass_(201 * DAY)
    assert Retention(world.store, EVIDENCE, 900 * DAY).sweep(world.clock()) == Deleted(evidence=1)
    assert Retention(world.store, EVIDENCE, 900 * DAY).sweep(world.clock()) == Deleted()


@dataclass
class Stubborn(FakeStore):
    """A store in which one rollout, with its minutes, cannot be deleted."""

    stays: str = ""

    def forget(self, pointer: Pointer) -> None:
        self._refuse(pointer)
        super().forget(pointer)

    def forget_minutes(self, pointer: Pointer) -> bool:
        self._refuse(pointer)
        return super().forget_minutes(pointer)

    def _refuse(self, pointer: Pointer) -> None:
        if pointer.rollout == self.stays:
            raise Temporary("503 ServerBusy")


def test_a_rollout_that_cannot_be_deleted_keeps_no_other() -> None:
    """Whichever comes first: the other is deleted tonight, and this one once it can be."""
    store = Stubborn()
    world = finished("7", "8", store=store)
    world.clock.pass_(101 * DAY)
    sweep = Retention(store, EVIDENCE, HISTORY).sweep
    names = [rollout.id for rollout in store.rollouts(ENDPOINT)]
    store.stays = names[0]
    assert sweep(world.clock()) == Deleted(evidence=1, rollouts=1)
    assert [rollout.id for rollout in store.rollouts(ENDPOINT)] == names[:1]
    store.stays = ""
    assert sweep(world.clock()) == Deleted(evidence=1, rollouts=1)


@dataclass
class Torn(FakeStore):
    """A store of which one rollout, or the list of those with minutes, cannot be read."""

    unread: str = ""
    unlisted: bool = False

    def rollout(self, endpoint: EndpointId, rollout_id: str) -> Stored[Rollout] | None:
        if rollout_id == self.unread:
            raise Permanent("row w:churn/rollout of our tables cannot be read")
        return super().rollout(endpoint, rollout_id)

    def with_minutes(self, after: str, limit: int) -> tuple[Pointer, ...]:
        if self.unlisted:
            raise Temporary("503 ServerBusy")
        return super().with_minutes(after, limit)


def test_a_rollout_that_cannot_be_read_keeps_no_other() -> None:
    """Its row is corrupt until someone repairs it, and storage must not fill up until then."""
    store = Torn()
    world = finished("7", "8", store=store)
    store.unread = world.rollout("8").id
    world.clock.pass_(101 * DAY)
    assert Retention(store, EVIDENCE, HISTORY).sweep(world.clock()) == Deleted(evidence=1, rollouts=1)
    assert [rollout.id for rollout in store.rollouts(ENDPOINT)] == [store.unread]


def test_rollouts_are_deleted_although_those_with_minutes_cannot_be_listed() -> None:
    """Each list is read by itself, and the next sweep reads both again."""
    store = Torn()
    world = finished(store=store)
    store.unlisted = True
    world.clock.pass_(101 * DAY)
    assert Retention(store, EVIDENCE, HISTORY).sweep(world.clock()) == Deleted(rollouts=1)


@pytest.mark.parametrize(("days", "listed"), [(99, True), (101, False)])
def test_a_pointer_to_nothing_expires_like_a_rollout(days: int, *, listed: bool) -> None:
    """A process died before it wrote the rollout; until then another attempt may still write it."""
    world = World()
    world.store.enlist(Pointer(CHURN, "churn-9-abcdef", "churn", world.clock()))
    world.clock.pass_(days * DAY)
    Retention(world.store, EVIDENCE, HISTORY).sweep(world.clock())
    assert bool(world.store.pointers(Wanted(), "", 9)) is listed


def test_an_open_rollout_is_never_deleted() -> None:
    """However old it is."""
    world = World()
    world.register()
    world.until_weight(10)
    world.clock.pass_(1000 * DAY)
    assert Retention(world.store, EVIDENCE, HISTORY).sweep(world.clock()) == Deleted()
    assert world.store.minutes_kept


def test_the_nightly_sweep_uses_the_settings(calls: Calls) -> None:
    """They come from the environment in which the app was started."""
    calls.world.register()
    calls.world.until_finished(within=120)
    calls.world.clock.pass_(8 * DAY)
    calls.call("retention", timer=None)
    assert calls.world.store.minutes_kept
    shorter = read_settings(COMPLETE | {"TEAL_EVIDENCE_DAYS": "7", "TEAL_HISTORY_DAYS": "60"})
    with use(app_over(calls.world, shorter)):
        calls.call("retention", timer=None)
        assert not calls.world.store.minutes_kept
        assert calls.world.store.rollouts(ENDPOINT)
        calls.world.clock.pass_(53 * DAY)
        calls.call("retention", timer=None)
    assert not calls.world.store.rollouts(ENDPOINT)


def test_without_settings_evidence_is_kept_for_thirty_days(calls: Calls) -> None:
    """The rollout is kept much longer."""
    calls.world.register()
    calls.world.until_finished(within=120)
    calls.world.clock.pass_(31 * DAY)
    calls.call("retention", timer=None)
    assert not calls.world.store.minutes_kept
    assert calls.world.store.rollouts(ENDPOINT)
