"""A kept blue during a freeze or a halt: it is neither deleted nor scaled down."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.core.observation import DeploymentSeen, Provisioning
from shared.core.phases import Phase
from shared.core.policy import Capacity, FreezeWindow
from shared.core.rollout import Verb
from shared.core.rollout.reasons import ReasonCode
from shared.ports import Halt, HaltEnd
from tests.scenarios.test_replaced_green import FOREIGN, deploy
from tests.scenarios.world import BLUE, ENDPOINT, GREEN, MIDNIGHT, MINUTE, POLICY, World, serving

NEXT = "churn-8"
KEEPS = replace(POLICY, keep_blue=timedelta(minutes=40))


def world_of(instances: int = 9, **policy: object) -> World:
    """Return a world in which blue has this many instances and 7 was registered."""
    world = World(replace(KEEPS, **policy))  # type: ignore[arg-type] # fields of the policy
    world.endpoints.seen[ENDPOINT] = replace(
        serving(), deployments={BLUE: replace(serving().deployments[BLUE], instances=instances)}
    )
    world.register()
    return world


def halt(world: World) -> None:
    """Have Ada halt everything."""
    world.store.set_halt(Halt("ada", "wrong scores", world.clock()))


def lift(world: World) -> None:
    """Have Bob lift the halt."""
    halted = world.store.halt()
    assert halted is not None
    world.store.set_halt(replace(halted, ended=HaltEnd("bob", "it was the client", world.clock())))


def inherited(world: World, phase: Phase) -> World:
    """Have 7 promoted and let 8 inherit 6; return the world when 8 is in this phase."""
    world.until(Phase.PROMOTED)
    world.minutes(2)
    world.register("8", "e2")
    world.until(phase, version="8")
    assert BLUE in world.seen.deployments
    return world


@pytest.mark.parametrize("how", ["halt", "freeze"])
def test_a_kept_blue_keeps_its_instances_and_stays_until_the_hold_ends(how: str) -> None:
    """The hold begins right after the promotion and outlasts `keep_blue`; afterwards blue is deleted as usual."""
    window = FreezeWindow("the fair", since=MIDNIGHT + 18 * MINUTE, until=MIDNIGHT + 95 * MINUTE)
    world = world_of(capacity=Capacity(kept_blue=3), freeze=(window,) if how == "freeze" else ())
    world.until(Phase.PROMOTED)
    if how == "halt":
        halt(world)
    while world.clock() < MIDNIGHT + 94 * MINUTE:
        world.minutes()
        assert world.seen.instances(BLUE) == 9
    if how == "halt":
        lift(world)
    world.until_finished(within=20)
    assert BLUE not in world.seen.deployments
    assert [len(world.entries(code)) for code in (ReasonCode.HELD, ReasonCode.RELEASED)] == [1, 1]
    assert world.history()[-1].reason.code is ReasonCode.LEFTOVER_DELETED


def test_a_kept_blue_whose_time_is_not_over_is_scaled_down_after_the_halt() -> None:
    """The halt lasts ten of the forty minutes; the end of the promised time does not move."""
    world = world_of(capacity=Capacity(kept_blue=3))
    due = world.until(Phase.PROMOTED).ending.clean_after
    halt(world)
    world.minutes(10)
    lift(world)
    world.until_instances(3)
    assert world.rollout().ending.clean_after == due


def test_a_rollback_goes_through_a_halt_and_gives_a_small_blue_its_instances_back() -> None:
    """Blue had already been scaled down when everything was halted."""
    world = world_of(capacity=Capacity(kept_blue=3))
    world.until(Phase.PROMOTED)
    world.until_instances(3)
    halt(world)
    world.minutes(50)
    assert world.seen.instances(BLUE) == 3
    world.ask(Verb.ROLLBACK)
    world.until(Phase.ROLLED_BACK, within=10)
    assert (world.seen.instances(BLUE), world.seen.traffic) == (9, {BLUE: 100})
    assert world.rollout().hold is None


def test_a_blue_that_is_given_traffic_in_a_halt_grows() -> None:
    """Its instances and its autoscaler are restored."""
    world = world_of(capacity=Capacity(kept_blue=3))
    world.endpoints.autoscale[ENDPOINT] = {BLUE}
    world.until(Phase.PROMOTED)
    world.until_instances(3)
    halt(world)
    world.minutes(4)
    world.endpoints.seen[ENDPOINT] = replace(world.seen, traffic={BLUE: 25, GREEN: 75})
    world.minutes(5)
    assert (world.seen.instances(BLUE), world.endpoints.suspended) == (9, set())


@pytest.mark.parametrize("phase", [Phase.PROVISIONING, Phase.STEPPING, Phase.PROMOTED, Phase.ROLLED_BACK])
def test_an_inherited_blue_stays_until_the_halt_ends(phase: Phase) -> None:
    """Whatever phase 8 is in, 6 outlives its time by seventy minutes and is then deleted without an operator."""
    world = world_of()
    if phase is Phase.ROLLED_BACK:
        world.rates = {NEXT: 0.6}
    inherited(world, phase)
    halt(world)
    world.endpoints.stuck = phase is Phase.PROVISIONING
    for _ in range(110):
        world.minutes()
        assert BLUE in world.seen.deployments
    world.endpoints.stuck = False
    lift(world)
    world.minutes(16)
    assert BLUE not in world.seen.deployments, world.told("8")
    assert world.entries(ReasonCode.LEFTOVER_NOT_DELETED, ReasonCode.LEFTOVER_KEPT, version="8") == []


def test_a_rolled_back_green_is_cleaned_up_in_a_halt() -> None:
    """It is not a way back, even if 8 has inherited one."""
    world = world_of()
    world.rates = {NEXT: 0.6}
    inherited(world, Phase.STEPPING)
    halt(world)
    world.ask(Verb.ROLLBACK)
    world.minutes(15)
    assert set(world.seen.deployments) == {BLUE, GREEN}
    assert [entry.reason.facts for entry in world.entries(ReasonCode.LEFTOVER_DELETED, version="8")] == [
        {"deployment": NEXT}
    ]


def test_a_halt_makes_no_room_on_a_full_endpoint() -> None:
    """8 waits until the halt ends; only then is 6 deleted."""
    others = {f"other-{n}": DeploymentSeen(f"other-{n}", Provisioning.SUCCEEDED, "azureml:other:1") for n in range(18)}
    world = world_of(keep_blue=timedelta(hours=9))
    world.endpoints.seen[ENDPOINT] = replace(world.seen, deployments=world.seen.deployments | others)
    world.until(Phase.PROMOTED)
    halt(world)
    world.register("8", "e2")
    world.minutes(30)
    assert (world.rollout("8").phase, world.entries(ReasonCode.BLUE_RELEASED_EARLY, version="8")) == (
        Phase.PROVISIONING,
        [],
    )
    lift(world)
    world.until_weight(10, version="8")
    assert set(world.seen.deployments) == {GREEN, NEXT, *others}


def test_the_next_version_does_not_wait_for_a_blue_that_is_not_scaled_down_in_a_halt() -> None:
    """8 inherits 6 with all its instances, and the finished rollout is no longer on hold."""
    world = world_of(capacity=Capacity(kept_blue=3))
    world.until(Phase.PROMOTED)
    halt(world)
    world.minutes()
    assert world.rollout().hold is not None
    world.register("8", "e2")
    world.until(Phase.PROVISIONING, version="8", within=5)
    assert world.seen.instances(BLUE) == 9
    assert world.rollout().finished is not None
    assert world.rollout().hold is None


def test_a_rollback_during_a_halt_does_not_end_the_way_back_of_the_version_before() -> None:
    """8 inherits 6 shortly before 6's time is over, is replaced in place, and is rolled back. 6 stays."""
    world = world_of()
    world.until(Phase.PROMOTED)
    world.minutes(37)
    world.register("8", "e2")
    world.until(Phase.PROVISIONING, version="8")
    halt(world)
    while world.clock() <= world.rollout("8").kept[0].until:
        world.minutes()
    deploy(world, replace(FOREIGN, name=NEXT))
    world.minutes(2)
    assert (world.rollout("8").phase, BLUE in world.seen.deployments) == (Phase.ROLLED_BACK, True), world.told("8")
    world.minutes(9)
    assert BLUE in world.seen.deployments
