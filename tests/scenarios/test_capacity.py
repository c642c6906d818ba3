"""Scenarios about instances: green grows before its share does, and blue shrinks only while it is idle."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest

from shared.core.observation import Provisioning
from shared.core.phases import Phase
from shared.core.policy import Capacity
from shared.core.rollout import ModelVersion, Verb
from shared.core.rollout.reasons import ReasonCode
from shared.core.steps import SmokeStep, WeightStep
from shared.errors import Permanent, TealError, Temporary
from tests.fakes import FakeEndpoints
from tests.scenarios.world import BLUE, ENDPOINT, GREEN, POLICY, World

STEPS = (SmokeStep("smoke.jsonl"), WeightStep(10), WeightStep(50))


def world_of(capacity: Capacity, instances: int = 10) -> World:
    """Return a world in which blue has this many instances and churn:7 was registered."""
    world = World(replace(POLICY, steps=STEPS, capacity=capacity))
    blue = world.seen.deployments[BLUE]
    world.endpoints.seen[ENDPOINT] = replace(world.seen, deployments={BLUE: replace(blue, instances=instances)})
    world.register()
    return world


@pytest.mark.parametrize(("green", "instances"), [("same", 10), (3, 3), ("proportional", 1)])
def test_green_starts_with_the_policys_instances(green: str, instances: int) -> None:
    """As many as blue, a fixed number, or in proportion to its first weight."""
    world = world_of(Capacity(green=green))  # type: ignore[arg-type] # the three forms, as rows of a table
    world.until(Phase.STEPPING)
    assert world.seen.instances(GREEN) == instances


def test_green_grows_before_each_weight() -> None:
    """Green's share of the traffic never exceeds its share of blue's instances."""
    world = world_of(Capacity(green="proportional"))
    while world.rollout().phase is not Phase.PROMOTED:
        share = world.seen.traffic.get(GREEN, 0)
        assert (world.seen.instances(GREEN) or 10) * 10 >= share
        world.minutes()
    assert world.seen.instances(GREEN) == 10
    assert world.seen.instances(BLUE) == 10


def test_blue_shrinks_while_it_is_kept() -> None:
    """After the promotion blue is scaled down, with a history entry, and deleted when its time is up."""
    world = world_of(Capacity(kept_blue=2))
    world.until(Phase.PROMOTED)
    world.until_instances(2)
    assert len(world.entries(ReasonCode.BLUE_KEPT)) == 1
    world.until_finished()
    assert BLUE not in world.seen.deployments


def test_a_shrunk_blue_grows_before_it_gets_its_traffic_back() -> None:
    """A rollback after the promotion does not send all traffic to a blue with two instances."""
    world = world_of(Capacity(kept_blue=2))
    world.until(Phase.PROMOTED)
    world.until_instances(2)
    world.ask(Verb.ROLLBACK)
    world.until(Phase.ROLLED_BACK)
    assert world.seen.instances(BLUE) == 10
    assert world.seen.traffic == {BLUE: 100}


def scaled_in(world: World, instances: int) -> None:
    """Let blue's autoscaler, or someone else, remove instances."""
    blue = replace(world.seen.deployments[BLUE], instances=instances)
    world.endpoints.seen[ENDPOINT] = replace(world.seen, deployments=world.seen.deployments | {BLUE: blue})


@pytest.mark.parametrize("phase", [Phase.PROMOTING, Phase.PROMOTED])
def test_a_blue_that_its_autoscaler_scaled_in_while_idle_grows_before_it_gets_its_traffic_back(phase: Phase) -> None:
    """Blue served with ten instances and has three when an operator rolls back."""
    world = world_of(Capacity())
    world.until_weight(100) if phase is Phase.PROMOTING else world.until(phase)
    scaled_in(world, 3)
    world.minutes()
    world.ask(Verb.ROLLBACK)
    while world.rollout().phase is not Phase.ROLLED_BACK:
        assert BLUE not in world.seen.traffic or world.seen.instances(BLUE) == 10
        world.minutes()
    assert (world.seen.traffic, world.seen.instances(BLUE)) == ({BLUE: 100}, 10)


def test_a_scaled_in_blue_that_azure_cannot_grow_gets_its_traffic_back_as_it_is() -> None:
    """A small blue is better than a bad green, and the history says so once."""
    world = world_of(Capacity())
    world.until_weight(100)
    scaled_in(world, 3)
    world.endpoints.refuses["scale"] = "OutOfCapacity"
    world.ask(Verb.ROLLBACK)
    world.until(Phase.ROLLED_BACK, within=5)
    assert (world.seen.traffic, len(world.entries(ReasonCode.BLUE_NOT_SCALED_UP))) == ({BLUE: 100}, 1)


def test_greens_size_at_its_weight_is_up_to_its_autoscaler() -> None:
    """Green is scaled up before its share grows; what its autoscaler then does at that weight is not undone."""
    world = world_of(Capacity(green="proportional"))
    world.until_weight(50)
    for _ in range(4):
        smaller = replace(world.seen.deployments[GREEN], instances=2)
        world.endpoints.seen[ENDPOINT] = replace(world.seen, deployments=world.seen.deployments | {GREEN: smaller})
        world.minutes()
        assert world.seen.instances(GREEN) == 2
    while world.seen.traffic != {GREEN: 100}:
        world.minutes()
    assert world.seen.instances(GREEN) == 10


def failing_with_all_traffic() -> World:
    """Return a world in which green begins to fail with all traffic, after idle blue was scaled in to three."""
    world = world_of(Capacity())
    world.until_weight(100)
    scaled_in(world, 3)
    world.rates = {GREEN: 0.4}
    return world


def test_a_scaled_in_blue_grows_before_green_is_compared_with_it_again() -> None:
    """Blue then gets nearly all traffic, as in a rollback."""
    world = failing_with_all_traffic()
    while world.rollout().phase is not Phase.ROLLED_BACK:
        world.minutes()
        assert BLUE not in world.seen.traffic or world.seen.instances(BLUE) == 10
    assert len(world.entries(ReasonCode.COMPARING_AGAIN)) == 1


def test_a_scaled_in_blue_that_azure_cannot_grow_is_compared_with_as_it_is() -> None:
    """That is reported once, and is no reason to give up a green that may be no worse than blue."""
    world = failing_with_all_traffic()
    world.endpoints.refuses["scale"] = "OutOfCapacity"
    while BLUE not in world.seen.traffic:
        world.minutes()
    world.rates = {}
    world.until(Phase.PROMOTED)
    assert len(world.entries(ReasonCode.BLUE_NOT_SCALED_UP)) == 1
    assert world.rollout().ending.blue_scaled_down is False


def test_a_scaled_in_blue_takes_over_at_once_from_a_green_that_is_gone() -> None:
    """Otherwise nothing would serve in the meantime."""
    world = world_of(Capacity())
    world.until_weight(100)
    scaled_in(world, 2)
    broken = replace(world.seen.deployments[GREEN], state=Provisioning.FAILED)
    world.endpoints.seen[ENDPOINT] = replace(world.seen, deployments=world.seen.deployments | {GREEN: broken})
    world.minutes(2)
    assert (world.seen.traffic, world.seen.instances(BLUE)) == ({BLUE: 100}, 2)


def test_a_blue_that_still_serves_gets_its_traffic_back_at_once() -> None:
    """Its autoscaler follows its load, and waiting would leave users with a green that may be harmful."""
    world = world_of(Capacity())
    world.until_weight(50)
    scaled_in(world, 6)
    world.minutes()
    world.ask(Verb.ROLLBACK)
    world.until(Phase.ROLLED_BACK, within=3)
    assert (world.seen.traffic, world.seen.instances(BLUE)) == ({BLUE: 100}, 6)


def test_autoscale_settings_are_copied_once() -> None:
    """Green gets blue's settings during the rollout."""
    world = world_of(Capacity())
    world.endpoints.autoscale[ENDPOINT] = {BLUE}
    world.until_weight(10)
    assert world.endpoints.autoscale[ENDPOINT] == {BLUE, GREEN}


def test_autoscale_settings_that_cannot_be_copied_do_not_stop_a_rollout() -> None:
    """The failure is recorded, and the rollout continues."""
    world = world_of(Capacity())
    world.endpoints.autoscale[ENDPOINT] = {BLUE}
    world.endpoints.refuses["autoscale"] = "AuthorizationFailed"
    world.until(Phase.PROMOTED)
    assert len(world.entries(ReasonCode.AUTOSCALE_NOT_COPIED)) == 1


def test_instances_that_are_still_being_added_carry_no_traffic_yet() -> None:
    """Azure can show the new count before the instances exist, so the share waits until scaling has finished."""
    world = world_of(Capacity(green="proportional"))
    world.until_weight(10)
    green = replace(world.seen.deployments[GREEN], state=Provisioning.SCALING, instances=5)
    for _ in range(20):
        world.endpoints.seen[ENDPOINT] = replace(world.seen, deployments=world.seen.deployments | {GREEN: green})
        world.minutes()
    assert world.rollout().traffic.weight == 50
    assert world.seen.traffic == {GREEN: 10, BLUE: 90}


def kept_small(world: World | None = None) -> World:
    """Return a world in which 7 was promoted and a blue with an autoscaler is kept on two instances."""
    world = world or world_of(Capacity(kept_blue=2))
    world.endpoints.autoscale[ENDPOINT] = {BLUE}
    world.until(Phase.PROMOTED)
    world.minutes(8)
    return world


def test_a_kept_blue_is_not_scaled_up_again_by_its_autoscaler() -> None:
    """Its autoscale settings are disabled before it is scaled down; green's copy stays enabled."""
    world = kept_small()
    assert world.endpoints.suspended == {BLUE}
    assert world.endpoints.autoscale[ENDPOINT] == {BLUE, GREEN}
    assert world.seen.instances(BLUE) == 2


@pytest.mark.parametrize(
    ("problem", "instances"),
    [pytest.param(Permanent("403"), 2, id="not allowed"), pytest.param(Temporary("503"), 10, id="not now")],
)
def test_a_kept_blue_shrinks_unless_an_autoscaler_may_be_found_later(problem: TealError, instances: int) -> None:
    """Teal may lack the right to read the settings, and blue would cost as much as before until it is deleted."""
    world = world_of(Capacity(kept_blue=2))
    world.endpoints = Unreadable(seen=world.endpoints.seen, slow=True, problem=problem)
    world.until(Phase.PROMOTED)
    world.minutes(15)
    assert world.seen.instances(BLUE) == instances


@dataclass
class Unreadable(FakeEndpoints):
    """Endpoints whose autoscale settings cannot be read."""

    problem: TealError = field(default_factory=lambda: Temporary("503"))

    def autoscaled(self, endpoint: str) -> dict[str, bool]:
        del endpoint
        raise self.problem


def test_a_rollback_restores_blues_autoscaler() -> None:
    """After a rollback blue has all its instances and its autoscaler."""
    world = kept_small()
    world.ask(Verb.ROLLBACK)
    world.until_finished()
    assert world.seen.instances(BLUE) == 10
    assert world.endpoints.suspended == set()


def test_an_autoscaler_that_was_disabled_by_somebody_else_stays_disabled() -> None:
    """Teal restores only what it changed."""
    world = world_of(Capacity(kept_blue=2))
    world.endpoints.suspended.add(BLUE)
    kept_small(world)
    world.ask(Verb.ROLLBACK)
    world.until_finished()
    assert world.endpoints.suspended == {BLUE}


def test_an_autoscaler_that_somebody_else_disables_after_the_promotion_stays_disabled() -> None:
    """Teal was about to suspend it but had not given the order yet."""
    world = world_of(Capacity(kept_blue=2))
    world.endpoints.autoscale[ENDPOINT] = {BLUE}
    world.until(Phase.PROMOTED)
    world.minutes()
    world.endpoints.suspended.add(BLUE)
    world.minutes(8)
    world.ask(Verb.ROLLBACK)
    world.until_finished()
    assert world.endpoints.suspended == {BLUE}


def test_a_blue_whose_autoscaler_cannot_be_disabled_keeps_its_instances() -> None:
    """Its autoscaler would undo a scale-down every minute. The failure is recorded once."""
    world = world_of(Capacity(kept_blue=2))
    world.endpoints.refuses["switch"] = "AuthorizationFailed"
    kept_small(world)
    assert world.seen.instances(BLUE) == 10
    assert len(world.entries(ReasonCode.AUTOSCALE_NOT_SUSPENDED)) == 1
    world.until_finished()
    assert BLUE not in world.seen.deployments


def test_an_autoscaler_that_cannot_be_restored_is_reported() -> None:
    """The rollback succeeds, and an operator is asked to enable the autoscaler."""
    world = kept_small()
    world.endpoints.refuses["switch"] = "ScopeLocked"
    world.ask(Verb.ROLLBACK)
    world.until(Phase.ROLLED_BACK)
    world.until_finished()
    (entry,) = world.entries(ReasonCode.AUTOSCALE_LEFT_SUSPENDED)
    assert entry.reason.facts == {"deployment": BLUE, "message": "ScopeLocked"}


def test_a_kept_blue_that_is_given_traffic_manually_gets_its_instances_and_its_autoscaler_back() -> None:
    """An operator gives blue 40 percent: both are restored, and the rollout ends with nothing to report."""
    world = kept_small()
    world.endpoints.seen[ENDPOINT] = replace(world.seen, traffic={BLUE: 40, GREEN: 60})
    world.until_finished(within=90)
    assert (world.seen.instances(BLUE), world.endpoints.suspended) == (10, set())
    assert world.history()[-1].reason.facts == {"deployment": BLUE}


def resized(world: World, instances: int, name: str = BLUE) -> None:
    """Let someone other than Teal give a deployment this many instances."""
    one = replace(world.seen.deployments[name], instances=instances)
    world.endpoints.seen[ENDPOINT] = replace(world.seen, deployments=world.seen.deployments | {name: one})


def test_a_kept_blue_that_somebody_warms_up_stays_warm() -> None:
    """Someone scales it to seven instances before going back to it: it keeps seven, and the history says so once."""
    world = kept_small()
    resized(world, 7)
    for _ in range(13):
        world.minutes()
        assert world.seen.instances(BLUE) == 7
    (entry,) = world.entries(ReasonCode.BLUE_RESIZED)
    assert entry.reason.facts == {"deployment": BLUE, "instances": 7}


def test_a_kept_blue_whose_autoscaler_somebody_enables_again_belongs_to_it() -> None:
    """The autoscaler wants at least five: Teal neither scales blue down again nor disables the autoscaler again."""
    world = kept_small()
    world.endpoints.suspended.clear()
    for _ in range(11):
        resized(world, max(5, world.seen.instances(BLUE) or 0))
        world.minutes()
        assert (world.seen.instances(BLUE), world.endpoints.suspended) == (5, set())
    assert len(world.entries(ReasonCode.BLUE_RESIZED)) == 1


def test_a_kept_blue_that_was_warmed_up_by_half_still_gets_all_its_instances_in_a_rollback() -> None:
    """Someone gave it six instances, fewer than the ten that it had."""
    world = kept_small()
    resized(world, 6)
    world.minutes(3)
    world.ask(Verb.ROLLBACK)
    world.until(Phase.ROLLED_BACK)
    assert world.seen.instances(BLUE) == 10


@pytest.mark.parametrize("how", ["given traffic", "rolled back"])
def test_a_blue_that_serves_at_full_size_again_is_its_autoscalers(how: str) -> None:
    """Teal has restored all ten instances. If the autoscaler then scales to four, blue stays at four."""
    world = kept_small()
    if how == "rolled back":
        world.ask(Verb.ROLLBACK)
        world.until(Phase.ROLLED_BACK)
        world.minutes()
    else:
        world.endpoints.seen[ENDPOINT] = replace(world.seen, traffic={BLUE: 35, GREEN: 65})
        world.minutes(5)
    assert world.seen.instances(BLUE) == 10
    resized(world, 4)
    world.minutes(6)
    assert world.seen.instances(BLUE) == 4
    assert world.entries(ReasonCode.BLUE_RESIZED) == []


def test_a_blue_is_not_said_to_be_scaled_down_while_it_serves() -> None:
    """Blue has no autoscaler and gets 35 percent: it is reported as scaled down again only once it is idle."""
    world = world_of(Capacity(kept_blue=2))
    world.until(Phase.PROMOTED)
    world.until_instances(2)
    world.endpoints.seen[ENDPOINT] = replace(world.seen, traffic={BLUE: 35, GREEN: 65})
    world.minutes(7)
    assert (world.seen.instances(BLUE), len(world.entries(ReasonCode.BLUE_KEPT))) == (10, 1)
    world.endpoints.seen[ENDPOINT] = replace(world.seen, traffic={GREEN: 100})
    world.minutes(7)
    assert (world.seen.instances(BLUE), len(world.entries(ReasonCode.BLUE_KEPT))) == (2, 2)


def test_a_kept_blue_that_is_idle_again_is_scaled_down_again() -> None:
    """Its autoscaler is disabled once more; otherwise it would undo the scale-down."""
    world = kept_small()
    world.endpoints.seen[ENDPOINT] = replace(world.seen, traffic={BLUE: 30, GREEN: 70})
    world.minutes(4)
    assert (world.seen.instances(BLUE), world.endpoints.suspended) == (10, set())
    world.endpoints.seen[ENDPOINT] = replace(world.seen, traffic={GREEN: 100})
    world.minutes(10)
    assert (world.seen.instances(BLUE), world.endpoints.suspended) == (2, {BLUE})


def test_a_kept_blue_that_serves_without_its_autoscaler_is_reported() -> None:
    """Azure refuses to enable the settings: the rollout waits, but not forever, and says so."""
    world = kept_small()
    world.endpoints.refuses["switch"] = "ScopeLocked"
    world.endpoints.seen[ENDPOINT] = replace(world.seen, traffic={BLUE: 40, GREEN: 60})
    world.until_finished(within=90)
    (entry,) = world.entries(ReasonCode.AUTOSCALE_LEFT_SUSPENDED)
    assert entry.reason.facts == {"deployment": BLUE, "message": "ScopeLocked"}


def test_a_kept_blue_that_serves_with_too_few_instances_is_reported() -> None:
    """Azure has no capacity for the instances that it had."""
    world = kept_small()
    world.endpoints.refuses["scale"] = "OutOfQuota"
    world.endpoints.seen[ENDPOINT] = replace(world.seen, traffic={BLUE: 40, GREEN: 60})
    world.until_finished(within=90)
    (entry,) = world.entries(ReasonCode.BLUE_LEFT_SCALED_DOWN)
    assert (entry.reason.facts["instances"], entry.reason.facts["wanted_instances"]) == (2, 10)


def test_what_a_kept_blue_lost_is_said_when_green_fails() -> None:
    """An operator who lets blue serve again must know what to restore."""
    world = kept_small()
    world.rates = {GREEN: 0.6}
    world.minutes(90)
    last = world.history()[-1].reason
    assert (last.code, last.facts["wanted_instances"]) == (ReasonCode.LEFTOVER_KEPT, 10)
    assert (world.seen.instances(BLUE), world.endpoints.suspended) == (2, {BLUE})


def test_what_a_kept_blue_lost_is_said_when_the_rollback_fails() -> None:
    """Blue breaks before it has grown, so nothing can return to it."""
    world = kept_small()
    world.ask(Verb.ROLLBACK)
    world.until(Phase.ROLLING_BACK)
    world.endpoints.pending.clear()
    broken = replace(world.seen.deployments[BLUE], state=Provisioning.FAILED)
    world.endpoints.seen[ENDPOINT] = replace(world.seen, deployments=world.seen.deployments | {BLUE: broken})
    world.until(Phase.FAILED)
    world.minutes(25)
    assert len(world.entries(ReasonCode.AUTOSCALE_LEFT_SUSPENDED)) == 1
    (entry,) = world.entries(ReasonCode.BLUE_LEFT_SCALED_DOWN)
    assert (entry.reason.facts["instances"], entry.reason.facts["wanted_instances"]) == (2, 10)


def test_a_failed_blue_is_not_said_to_be_scaled_down() -> None:
    """Azure calls it failed, so it keeps its instances as long as it is kept."""
    world = world_of(Capacity(kept_blue=1))
    world.until(Phase.PROMOTED)
    seen = world.seen
    broken = replace(seen.deployments[BLUE], state=Provisioning.FAILED)
    world.endpoints.seen[ENDPOINT] = replace(seen, deployments={**seen.deployments, BLUE: broken})
    world.minutes(15)
    assert (world.seen.instances(BLUE), world.entries(ReasonCode.BLUE_KEPT)) == (10, [])


def started_again(world: World) -> World:
    """Have an operator start the kept blue's version again, while blue is small and its autoscaler is disabled."""
    assert world.endpoints.suspended == {BLUE}
    world.models.registered[ModelVersion("churn", "6")] = {}
    world.reception().start(world.policy, ModelVersion("churn", "6"), "ada@example.com", "7 is too slow")
    world.until(Phase.STEPPING, version="6")
    return world


def test_a_kept_blue_that_is_rolled_out_again_gets_everything_back_first() -> None:
    """Its instances and its autoscaler are restored before the smoke test."""
    world = started_again(kept_small())
    assert (world.seen.instances(BLUE), world.endpoints.suspended) == (10, set())
    world.until(Phase.PROMOTED, version="6")
    assert world.seen.traffic == {BLUE: 100}


def test_a_kept_blue_that_is_rolled_out_again_in_vain_is_still_kept_as_promised() -> None:
    """It stays until its time is over and is then deleted."""
    world = started_again(kept_small())
    world.until_weight(10, version="6")
    world.ask(Verb.ROLLBACK)
    world.until(Phase.ROLLED_BACK, version="6")
    assert [kept.deployment for kept in world.rollout("6").kept] == [BLUE]
    world.until_finished("6")
    assert list(world.seen.deployments) == [GREEN]
