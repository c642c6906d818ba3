"""Rolling back more than traffic: late mirrors, scaled-down blues, holds, other people's edits."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from shared.core.observation import Provisioning
from shared.core.phases import Phase
from shared.core.policy import Capacity, Deadlines, EndpointSpec, FreezeWindow, TemplateSource
from shared.core.rollout import Verb
from shared.core.rollout.reasons import ReasonCode
from shared.core.steps import MirrorStep, PauseStep, SmokeStep, WeightStep
from shared.errors import Temporary
from shared.ports import Halt
from tests.fakes import FakeEndpoints
from tests.scenarios.test_capacity import world_of
from tests.scenarios.world import BLUE, CHURN, ENDPOINT, GREEN, MIDNIGHT, MINUTE, POLICY, World

SHADOW = replace(POLICY, steps=(SmokeStep("smoke.jsonl"), MirrorStep(20), WeightStep(10)), on_rollback="keep")


def until_mirrored(world: World) -> None:
    """Let time pass until green should get a mirror."""
    while not world.rollout().traffic.mirror:
        world.minutes()


@dataclass
class BusyEndpoints(FakeEndpoints):
    """Endpoints that throttle this many orders to scale a deployment."""

    busy: int = 0

    def scale(self, endpoint: str, name: str, instances: int) -> None:
        """Throttle or scale."""
        if self.busy:
            self.busy -= 1
            raise Temporary("429 TooManyRequests")
        super().scale(endpoint, name, instances)


def test_a_mirror_that_azure_shows_late_is_rolled_back_too() -> None:
    """It was ordered but is not visible when the rollback comes: green has no mirror once the rollout has ended."""
    world = World(SHADOW)
    world.register()
    world.endpoints.hidden = True
    until_mirrored(world)
    world.ask(Verb.ROLLBACK)
    world.settle()
    world.endpoints.hidden = False
    world.minutes(6)
    assert world.rollout().phase is Phase.ROLLED_BACK
    assert world.seen.mirror == {}


def test_a_blue_that_someone_mirrors_to_gets_its_traffic_back() -> None:
    """Azure refuses live traffic to a mirror's target, so the rollback ends that mirror first, and says so."""
    world = World(replace(POLICY, keep_blue=timedelta(hours=2)))
    world.register()
    world.until(Phase.PROMOTED)
    hotfix = replace(world.seen.deployments[BLUE], name="hotfix")
    world.endpoints.seen[ENDPOINT] = replace(
        world.seen, deployments=world.seen.deployments | {"hotfix": hotfix}, mirror={BLUE: 10}
    )
    world.ask(Verb.ROLLBACK)
    world.minutes(3)
    assert (world.rollout().phase, world.seen.traffic, world.seen.mirror) == (Phase.ROLLED_BACK, {BLUE: 100}, {})
    (ended,) = world.entries(ReasonCode.BLUE_MIRROR_ENDED)
    assert ended.reason.facts == {"deployment": BLUE, "observed_mirror": 10}


def test_a_blue_that_is_just_being_scaled_down_grows_again_before_it_serves() -> None:
    """A rollback comes while Azure still shows all of blue's instances: it waits until they are restored."""
    world = world_of(Capacity(kept_blue=2))
    world.until(Phase.PROMOTED)
    while not world.endpoints.pending:
        world.minutes()
    world.ask(Verb.ROLLBACK)
    while world.rollout().phase is not Phase.ROLLED_BACK:
        world.minutes()
        assert world.seen.traffic == {GREEN: 100} or world.seen.instances(BLUE) == 10
    assert world.seen.instances(BLUE) == 10


def test_a_green_that_azure_shows_late_is_deleted_too() -> None:
    """It was ordered but is not visible when the rollback comes: it is not left behind at a cost."""
    world = World()
    world.register()
    world.endpoints.hidden = True
    while not world.endpoints.pending:
        world.controller().reconcile(CHURN)
    world.ask(Verb.ROLLBACK)
    world.settle()
    world.endpoints.hidden = False
    world.minutes(13)
    assert world.rollout().over
    assert GREEN not in world.seen.deployments


def changes(world: World, name: str, state: Provisioning) -> None:
    """Have a deployment be in this state."""
    changed = replace(world.seen.deployments[name], state=state)
    world.endpoints.seen[ENDPOINT] = replace(world.seen, deployments=world.seen.deployments | {name: changed})


def test_a_blue_that_could_not_grow_in_time_still_grows_after_it_serves() -> None:
    """The rollback does not wait forever, but the instances are still restored."""
    world = world_of(Capacity(kept_blue=2))
    world.until(Phase.PROMOTED)
    world.until_instances(2)
    world.ask(Verb.ROLLBACK)
    world.settle()
    while world.seen.traffic != {BLUE: 100}:
        changes(world, BLUE, Provisioning.UPDATING)
        world.minutes()
    assert world.clock.now - world.rollout().status.since < 15 * MINUTE
    changes(world, BLUE, Provisioning.SUCCEEDED)
    world.until_finished()
    assert world.seen.instances(BLUE) == 10


def test_a_small_blue_gets_no_traffic_while_azure_is_too_busy_to_grow_it() -> None:
    """Three orders to scale it up are throttled: blue is ready, but not large enough."""
    world = world_of(Capacity(kept_blue=2))
    world.until(Phase.PROMOTED)
    world.until_instances(2)
    world.endpoints = busy = BusyEndpoints(seen=world.endpoints.seen, slow=True, busy=3)
    world.ask(Verb.ROLLBACK)
    while world.rollout().phase is not Phase.ROLLED_BACK:
        world.minutes()
        assert world.seen.traffic == {GREEN: 100} or world.seen.instances(BLUE) == 10
    assert not busy.busy


def test_a_blue_that_cannot_grow_still_gets_its_traffic_back() -> None:
    """Azure has no capacity left: a small blue is better than a bad green, and the history says so."""
    world = world_of(Capacity(kept_blue=2))
    world.until(Phase.PROMOTED)
    world.until_instances(2)
    world.endpoints.refuses["scale"] = "OutOfQuota"
    world.ask(Verb.ROLLBACK)
    assert world.until(Phase.ROLLED_BACK, Phase.FAILED).phase is Phase.ROLLED_BACK
    assert world.seen.traffic == {BLUE: 100}
    (small,) = world.entries(ReasonCode.BLUE_NOT_SCALED_UP)
    assert (small.reason.facts["deployment"], small.reason.facts["message"]) == (BLUE, "OutOfQuota")


def test_green_grows_before_it_gets_a_mirror() -> None:
    """Mirroring half of the traffic needs half of the instances, whatever the first weight is."""
    world = world_of(Capacity(green="proportional"))
    world.policy = replace(
        world.policy, steps=(SmokeStep("smoke.jsonl"), MirrorStep(20), MirrorStep(50), WeightStep(10))
    )
    world.store.rows.clear()
    world.store.entries.clear()
    world.register()
    while world.rollout().phase is not Phase.PROMOTED:
        world.minutes()
        assert (world.seen.instances(GREEN) or 10) * 10 >= world.seen.mirror.get(GREEN, 0)
    assert [entry.reason.facts["mirror"] for entry in world.entries(ReasonCode.MIRROR_REQUESTED)] == [20, 50]


def test_a_mirror_may_come_before_a_smoke_test() -> None:
    """Users do not depend on the answers: the mirror ends before the test, and the test comes before any weight."""
    steps = (MirrorStep(20), SmokeStep("smoke.jsonl"), WeightStep(10))
    world = World(replace(POLICY, steps=steps))
    world.register()
    assert world.until(Phase.PROMOTED).observed.serving == GREEN
    assert world.seen.mirror == {}


def test_a_rollback_in_a_freeze_has_its_deadline() -> None:
    """However long the freeze lasted, a stuck rollback asks for an operator when its own deadline has passed."""
    frozen = FreezeWindow("the fair", since=MIDNIGHT + 5 * MINUTE)
    world = World(replace(POLICY, freeze=(frozen,)))
    world.register()
    world.until_weight(10)
    world.minutes(240)
    world.endpoints.finish()
    world.endpoints.stuck = True
    world.ask(Verb.ROLLBACK)
    world.minutes(1)
    assert world.rollout().hold is None
    assert not world.entries(ReasonCode.RELEASED)
    why = world.until(Phase.FAILED, within=17).status.reason
    assert (why.code, why.facts["deadline"]) == (ReasonCode.DEADLINE_EXCEEDED, "rollback")
    assert why.facts["limit_seconds"] == 15 * 60


def test_what_begins_during_a_hold_is_postponed_only_by_the_rest_of_it() -> None:
    """After a halt of hours, no time on the record lies in the future."""
    world = World()
    world.register()
    world.until_weight(10)
    world.store.set_halt(Halt("ada", "incident 7", world.clock()))
    world.minutes(120)
    world.ask(Verb.PROMOTE, full=True)
    world.minutes()
    world.store.set_halt(None)
    world.minutes()
    rollout = world.rollout()
    assert rollout.phase is Phase.PROMOTING
    assert max(rollout.status.since, rollout.status.started) <= world.clock.now


def stranger(world: World, **traffic: int) -> None:
    """Have someone set the traffic by hand."""
    shares = {name.replace("_", "-"): share for name, share in traffic.items()}
    world.endpoints.seen[ENDPOINT] = replace(world.seen, traffic=shares)


@pytest.mark.parametrize("verb", [Verb.RESUME, Verb.PROMOTE])
def test_traffic_that_was_edited_within_a_pause_is_noticed_before_it_is_overwritten(verb: Verb) -> None:
    """Someone edits during a pause, and someone else resumes without knowing: the edit is reported first."""
    world = World()
    world.register()
    world.until_weight(10)
    world.ask(Verb.PAUSE)
    world.minutes()
    stranger(world, churn_7=30, churn_6=70)
    written = len(world.endpoints.traffic_written)
    world.ask(verb)
    world.controller().reconcile(CHURN)
    assert len(world.endpoints.traffic_written) == written
    world.minutes()
    changed = world.entries(ReasonCode.TRAFFIC_CHANGED_EXTERNALLY)
    assert {BLUE: 70, GREEN: 30} in [entry.reason.facts["observed_traffic"] for entry in changed]


def test_traffic_that_was_rolled_back_in_a_halt_stays_with_blue() -> None:
    """During a halt someone takes all traffic from green: the rollback is not delayed, and blue keeps the traffic."""
    world = World()
    world.register()
    world.until_weight(100)
    world.store.set_halt(Halt("ada", "incident 7", world.clock()))
    stranger(world, churn_6=100)
    world.minutes(15)
    (changed,) = world.entries(ReasonCode.TRAFFIC_CHANGED_EXTERNALLY)
    assert changed.reason.because is not None
    assert changed.reason.because.code is ReasonCode.HALTED
    assert (world.rollout().phase, world.seen.traffic) == (Phase.ROLLED_BACK, {BLUE: 100})


def test_resuming_restores_traffic_edited_before_any_weight() -> None:
    """Someone gives green live traffic during a mirror: once resumed, blue has it all, and the mirror continues."""
    world = World(SHADOW)
    world.register()
    until_mirrored(world)
    world.minutes(2)
    stranger(world, churn_6=60, churn_5=40)
    world.minutes(2)
    assert world.rollout().phase is Phase.PAUSED
    world.ask(Verb.RESUME)
    world.minutes(2)
    assert world.seen.traffic == {BLUE: 100}
    assert world.until(Phase.PROMOTED).observed.serving == GREEN


def test_a_rollback_of_a_first_deployment_leaves_others_serving() -> None:
    """Nothing served at first, then someone else's deployment did too: only green is removed."""
    world = World()
    world.endpoints.seen[ENDPOINT] = replace(world.seen, traffic={})
    world.register()
    world.until(Phase.PROMOTING)
    world.endpoints.finish()
    stranger(world, churn_6=60, churn_7=40)
    world.ask(Verb.ROLLBACK)
    world.until(Phase.ROLLED_BACK)
    assert world.seen.traffic == {BLUE: 100}


def test_a_rollback_before_the_endpoint_exists_is_not_a_failure() -> None:
    """There is nothing to undo, and no operator is needed."""
    world = World(replace(POLICY, source=TemplateSource("green.yml"), create_endpoint=EndpointSpec()))
    world.endpoints.seen.clear()
    world.endpoints.hidden = True
    world.register()
    world.ask(Verb.ROLLBACK)
    assert world.until(Phase.ROLLED_BACK, Phase.FAILED, within=3).phase is Phase.ROLLED_BACK


def test_a_manual_pause_is_not_ended_by_a_timed_pause_step() -> None:
    """Paused by hand as a timed pause step was about to begin: only a resume ends it."""
    steps = (SmokeStep("smoke.jsonl"), WeightStep(10), PauseStep(10 * MINUTE), WeightStep(50))
    deadlines = Deadlines(rollout=timedelta(days=2))
    world = World(replace(POLICY, steps=steps, deadlines=deadlines))
    world.register()
    world.until_weight(10)
    while world.rollout().progress.step < 2:
        world.log_traffic()
        world.clock.pass_(MINUTE)
        world.endpoints.finish()
        world.controller().reconcile(CHURN)
    world.ask(Verb.PAUSE)
    world.minutes(60)
    assert world.rollout().phase is Phase.PAUSED
    world.ask(Verb.RESUME)
    assert world.until(Phase.PROMOTED).observed.serving == GREEN


def test_a_kept_blue_that_someone_mirrors_to_is_left_with_the_reason() -> None:
    """Azure would refuse to delete it while it is in use, so the entry names the mirror."""
    world = World(replace(POLICY, keep_blue=timedelta(minutes=50)))
    world.register()
    world.until(Phase.PROMOTED)
    world.endpoints.seen[ENDPOINT] = replace(world.seen, mirror={BLUE: 35})
    world.until_finished(within=120)
    (left,) = world.entries(ReasonCode.LEFTOVER_MIRRORED)
    assert left.reason.facts == {"deployment": BLUE, "observed_mirror": 35}
    assert (BLUE in world.seen.deployments, world.entries(ReasonCode.LEFTOVER_NOT_DELETED)) == (True, [])


@pytest.mark.parametrize(("deleted", "code"), [(True, ReasonCode.LEFTOVER_GONE), (False, ReasonCode.LEFTOVER_DELETED)])
def test_the_history_says_whether_teal_deleted_blue(code: ReasonCode, *, deleted: bool) -> None:
    """Someone else may have, before its time was over."""
    world = World(replace(POLICY, keep_blue=timedelta(minutes=40)))
    world.register()
    world.until(Phase.PROMOTED)
    if deleted:
        others = {name: each for name, each in world.seen.deployments.items() if name != BLUE}
        world.endpoints.seen[ENDPOINT] = replace(world.seen, deployments=others)
    world.until_finished(within=120)
    assert [entry.reason.code for entry in world.history() if entry.reason.facts.get("deployment") == BLUE][-1] is code
    assert BLUE not in world.seen.deployments
