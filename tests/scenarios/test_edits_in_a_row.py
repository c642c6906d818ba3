"""Several traffic edits in a row: each counts as its own edit, even one that restores an earlier split."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from shared.core.observation import DeploymentSeen, Provisioning
from shared.core.phases import Phase
from shared.core.policy import Capacity
from shared.core.rollout import Verb
from shared.core.rollout.reasons import ReasonCode
from shared.core.steps import PauseStep, SmokeStep, WeightStep
from shared.errors import Temporary
from shared.ports import Halt, HaltEnd
from tests.fakes import FakeEndpoints
from tests.scenarios.test_external_edits import HOTFIX, edit, world_in
from tests.scenarios.world import BLUE, ENDPOINT, GREEN, POLICY, World, serving

SOME = {BLUE: 88, GREEN: 12}
PAUSING = (SmokeStep("s"), WeightStep(20), PauseStep(None), WeightStep(60))
GROWING = (SmokeStep("s"), PauseStep(None), WeightStep(60))


@pytest.mark.parametrize("last", [{BLUE: 100}, {BLUE: 96, GREEN: 4}], ids=str)
def test_a_request_that_crosses_with_an_edit_is_not_carried_out(last: dict[str, int]) -> None:
    """Whoever resumed did not know about the last edit, even if the same edit had been made before."""
    world = world_in(Phase.STEPPING)
    for found in ({BLUE: 100}, SOME):
        edit(world, found)
        world.minutes(3)
    world.ask(Verb.RESUME)
    written = edit(world, last)
    world.minutes(5)
    assert (world.rollout().phase, world.seen.traffic) == (Phase.PAUSED, last), world.told()
    assert len(world.endpoints.traffic_written) == written


def test_an_edit_back_to_an_earlier_one_is_noticed_under_a_halt() -> None:
    """The operator has resumed in the meantime, so without this, green would get back what was just taken from it."""
    world = world_in(Phase.STEPPING)
    world.store.set_halt(Halt("ada", "lunch", world.clock()))
    for found in ({BLUE: 100}, SOME):
        edit(world, found)
        world.minutes(3)
    world.ask(Verb.RESUME)
    world.minutes(3)
    written = edit(world, {BLUE: 100})
    world.minutes(8)
    world.store.set_halt(None)
    world.minutes(15)
    assert all(GREEN not in later for later in world.endpoints.traffic_written[written:])
    assert world.rollout().phase is Phase.ROLLED_BACK, world.told()


@pytest.mark.parametrize("phase", [Phase.STEPPING, Phase.PROMOTED])
def test_every_edit_has_its_own_time_to_settle(phase: Phase) -> None:
    """The earlier edit did not ask for a rollback, so the ten minutes count from the edit that does."""
    world = world_in(phase)
    edit(world, SOME)
    world.minutes(40)
    edit(world, {BLUE: 100})
    world.minutes(8)
    assert world.rollout().phase is (Phase.PAUSED if phase is Phase.STEPPING else phase), world.told()
    assert world.until(Phase.ROLLED_BACK, within=6).status.reason.code is ReasonCode.TRAFFIC_TAKEN_BACK


@pytest.mark.parametrize("verb", [Verb.RESUME, Verb.PROMOTE])
def test_an_edit_that_an_operator_has_answered_is_no_request_to_roll_back(verb: Verb) -> None:
    """Azure takes long to carry out the operator's request and still shows the edit when someone pauses."""
    world = world_in(Phase.STEPPING)
    edit(world, {BLUE: 100})
    world.minutes(2)
    world.endpoints.hidden = world.endpoints.stuck = True
    world.ask(verb)
    world.settle()
    world.ask(Verb.PAUSE)
    world.minutes(15)
    assert (world.seen.traffic, world.rollout().phase) == ({BLUE: 100}, Phase.PAUSED), world.told()


def test_one_odd_reading_after_an_edit_changes_nothing() -> None:
    """Azure can show an old split for a moment, even an hour after someone set another one."""
    world = world_in(Phase.STEPPING)
    edit(world, SOME)
    world.minutes(60)
    written = edit(world, {BLUE: 100})
    world.minutes(1)
    edit(world, SOME)
    world.minutes(30)
    assert (world.rollout().phase, world.seen.traffic) == (Phase.PAUSED, SOME), world.told()
    assert len(world.endpoints.traffic_written) == written


def edit_while_busy(world: World, traffic: dict[str, int]) -> int:
    """Set the live traffic like `edit`, and keep it when Azure's current operation finishes."""
    written, pending = edit(world, traffic), world.endpoints.pending
    world.endpoints.pending = [(name, replace(after, traffic=traffic)) for name, after in pending]
    return written


def paused_at_some(instances: int | None = None) -> World:
    """Return a world in which green had 20 %, waits in a pause step, and was then given 50 % by hand."""
    world = World(replace(POLICY, capacity=Capacity(green="proportional"), steps=PAUSING))
    of_blue = replace(world.seen.deployments[BLUE], instances=instances)
    world.endpoints.seen[ENDPOINT] = replace(world.seen, deployments={BLUE: of_blue})
    world.register()
    world.until(Phase.PAUSED)
    edit(world, {BLUE: 50, GREEN: 50})
    world.minutes(3)
    return world


def test_an_edit_back_to_an_order_of_long_ago_is_noticed() -> None:
    """Green still grows towards 60 % when someone goes back to 20 %, an old order of Teal's: the edit stays."""
    world = paused_at_some(instances=10)
    world.ask(Verb.PROMOTE)
    world.endpoints.stuck = True
    world.minutes(4)
    written = edit_while_busy(world, {BLUE: 80, GREEN: 20})
    world.minutes(6)
    world.endpoints.stuck = False
    world.minutes(6)
    assert (world.rollout().phase, world.seen.traffic) == (Phase.PAUSED, {BLUE: 80, GREEN: 20}), world.told()
    assert world.endpoints.traffic_written[written:] == []


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("waited", [0, 3])
def test_an_edit_back_to_teals_own_split_stops_a_promotion(waited: int, *, full: bool) -> None:
    """A promotion requested during a halt must not take effect after someone reduced green's share."""
    world = paused_at_some()
    halt = Halt("ada", "lunch", world.clock())
    world.store.set_halt(halt)
    world.minutes()
    world.ask(Verb.PROMOTE, full=full)
    world.minutes(waited)
    written = edit(world, {BLUE: 80, GREEN: 20})
    world.minutes(8)
    world.store.set_halt(replace(halt, ended=HaltEnd("bob", "eaten", world.clock())))
    world.minutes(6)
    assert (world.rollout().phase, world.seen.traffic) == (Phase.PAUSED, {BLUE: 80, GREEN: 20}), world.told()
    assert world.endpoints.traffic_written[written:] == []
    world.ask(Verb.PROMOTE)
    world.minutes(4)
    assert world.seen.traffic[GREEN] > 20, world.told()  # this request was made with the edit known


def test_traffic_that_green_never_had_was_not_taken_from_it() -> None:
    """While green is still growing for its first share, a hotfix gets some of blue's traffic: an operator decides."""
    world = World(replace(POLICY, capacity=Capacity(green="proportional"), steps=GROWING))
    of_blue = replace(world.seen.deployments[BLUE], instances=10)
    world.endpoints.seen[ENDPOINT] = replace(world.seen, deployments={BLUE: of_blue})
    world.register()
    world.until(Phase.PAUSED)
    third = DeploymentSeen(HOTFIX, Provisioning.SUCCEEDED, "azureml:churn:5")
    more = world.seen.deployments | {HOTFIX: third, BLUE: replace(of_blue, instances=20)}
    world.endpoints.seen[ENDPOINT] = replace(world.seen, deployments=more)
    world.ask(Verb.RESUME)
    world.endpoints.stuck = True
    world.minutes(2)
    edit_while_busy(world, {BLUE: 90, HOTFIX: 10})
    world.minutes(3)
    world.endpoints.stuck = False
    world.minutes(25)
    assert (world.rollout().phase, GREEN in world.seen.deployments) == (Phase.PAUSED, True), world.told()
    assert world.endpoints.traffic_written == []


@dataclass
class Busy(FakeEndpoints):
    """Azure during someone else's operation: it accepts no traffic. busy: whether the operation is running."""

    busy: bool = True

    def set_traffic(self, endpoint: str, traffic: dict[str, int]) -> None:
        if self.busy:
            raise Temporary("409 Conflict: another operation is running")
        super().set_traffic(endpoint, traffic)


@pytest.mark.parametrize("busy", [True, False])
def test_traffic_that_azure_did_not_accept_was_not_taken_from_green(*, busy: bool) -> None:
    """While Azure refuses every order, green has no share that could be taken; once it accepts one, green has."""
    world = World(endpoints=Busy(seen={ENDPOINT: serving()}, slow=True, busy=busy))
    world.register()
    world.until(Phase.STEPPING)
    assert world.rollout().orders.traffic == {BLUE: 90, GREEN: 10}
    third = DeploymentSeen(HOTFIX, Provisioning.SUCCEEDED, "azureml:churn:5")
    deployments = world.seen.deployments | {HOTFIX: third}
    world.endpoints.seen[ENDPOINT] = replace(world.seen, state=Provisioning.SUCCEEDED, deployments=deployments)
    world.endpoints.pending.clear()
    edit(world, {BLUE: 90, HOTFIX: 10})
    world.minutes(25)
    assert world.rollout().phase is (Phase.PAUSED if busy else Phase.ROLLED_BACK), world.told()
    assert len(world.entries(ReasonCode.TRAFFIC_TAKEN_BACK)) == (0 if busy else 1)
