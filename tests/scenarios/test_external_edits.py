"""Operators who change traffic by hand: Teal does not restore what they took from green."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.core.observation import DeploymentSeen, Provisioning
from shared.core.phases import Phase
from shared.core.policy import Capacity
from shared.core.rollout import Verb
from shared.core.rollout.reasons import ReasonCode
from shared.core.steps import PauseStep, SmokeStep, WeightStep
from shared.ports import Halt
from tests.scenarios.world import BLUE, CHURN, ENDPOINT, GREEN, MINUTE, POLICY, World

HOTFIX = "hotfix"
STEPS = (SmokeStep("s"), WeightStep(20), PauseStep(40 * MINUTE), WeightStep(60))


def world_in(phase: Phase) -> World:
    """Return a world with a third deployment, in which green has live traffic and the rollout is in this phase."""
    world = World(replace(POLICY, steps=STEPS, keep_blue=timedelta(hours=2)))
    third = DeploymentSeen(HOTFIX, Provisioning.SUCCEEDED, "azureml:churn:5")
    world.endpoints.seen[ENDPOINT] = replace(world.seen, deployments=world.seen.deployments | {HOTFIX: third})
    world.register()
    if phase is Phase.STEPPING:
        world.until_weight(20)
    else:
        world.until(phase, within=120)
    if phase is Phase.PROMOTING:
        world.until_weight(100)
    return world


def edit(world: World, traffic: dict[str, int]) -> int:
    """Set the live traffic from outside Teal; return how often Teal has written it so far."""
    world.endpoints.seen[ENDPOINT] = replace(world.seen, traffic=traffic)
    return len(world.endpoints.traffic_written)


LIVE = [Phase.STEPPING, Phase.PAUSED, Phase.PROMOTING, Phase.PROMOTED]


@pytest.mark.parametrize("phase", LIVE)
@pytest.mark.parametrize("traffic", [{BLUE: 100}, {BLUE: 70, HOTFIX: 30}], ids=str)
def test_moving_all_traffic_off_green_is_a_request_to_roll_back(phase: Phase, traffic: dict[str, int]) -> None:
    """In every phase: green gets no more requests, the operator's split stays, and the rollout ends."""
    world = world_in(phase)
    written = edit(world, traffic)
    world.until_finished()
    assert all(GREEN not in later for later in world.endpoints.traffic_written[written:])
    assert (world.seen.traffic, world.rollout().phase) == (traffic, Phase.ROLLED_BACK), world.told()
    why = world.rollout().status.reason
    assert (why.code, why.facts["observed_traffic"]) == (ReasonCode.TRAFFIC_TAKEN_BACK, traffic)


@pytest.mark.parametrize("phase", [Phase.STEPPING, Phase.PAUSED, Phase.PROMOTING])
@pytest.mark.parametrize("traffic", [{BLUE: 95, GREEN: 5}, {HOTFIX: 100}, {BLUE: 30, GREEN: 70}, {}], ids=str)
def test_any_other_edit_pauses_until_an_operator_decides(phase: Phase, traffic: dict[str, int]) -> None:
    """Even a pause that would end by itself does not: two hours later the operator's split is still in place."""
    world = world_in(phase)
    edit(world, traffic)
    world.minutes(120)
    assert (world.rollout().phase, world.seen.traffic) == (Phase.PAUSED, traffic), world.told()
    assert len(world.entries(ReasonCode.TRAFFIC_CHANGED_EXTERNALLY)) == 1


@pytest.mark.parametrize("traffic", [{BLUE: 95, GREEN: 5}, {HOTFIX: 100}, {BLUE: 30, GREEN: 70}, {}], ids=str)
def test_any_other_edit_after_the_promotion_stays(traffic: dict[str, int]) -> None:
    """Teal is done with the traffic: it writes none, and deletes nothing that has traffic."""
    world = world_in(Phase.PROMOTED)
    written = edit(world, traffic)
    world.minutes(180)
    assert (world.rollout().phase, world.seen.traffic) == (Phase.PROMOTED, traffic), world.told()
    assert (len(world.endpoints.traffic_written), {GREEN, *traffic} <= set(world.seen.deployments)) == (written, True)


@pytest.mark.parametrize("traffic", [{BLUE: 88, GREEN: 12}, {HOTFIX: 100}, {BLUE: 45, HOTFIX: 50, GREEN: 5}], ids=str)
def test_a_split_after_the_promotion_is_in_the_history_once(traffic: dict[str, int]) -> None:
    """Teal leaves the split alone on purpose, and the history must show what it found."""
    world = world_in(Phase.PROMOTED)
    edit(world, traffic)
    world.minutes(9)
    assert world.entries(ReasonCode.TRAFFIC_LEFT_AFTER_PROMOTION) == []  # it may be an old reading
    world.minutes(60)
    (entry,) = world.entries(ReasonCode.TRAFFIC_LEFT_AFTER_PROMOTION)
    assert entry.reason.facts == {"deployment": GREEN, "observed_traffic": traffic}


def test_a_split_that_is_undone_within_minutes_after_the_promotion_is_not_in_the_history() -> None:
    """It may have been an old reading, and nothing remains to be reported."""
    world = world_in(Phase.PROMOTED)
    edit(world, {BLUE: 33, GREEN: 67})
    world.minutes(6)
    edit(world, {GREEN: 100})
    world.minutes(60)
    assert world.entries(ReasonCode.TRAFFIC_LEFT_AFTER_PROMOTION) == []


def test_traffic_that_returns_to_blue_after_another_split_is_still_a_request_to_roll_back() -> None:
    """The other split was reported in the meantime, and before that blue briefly had all traffic."""
    world = world_in(Phase.PROMOTED)
    edit(world, {BLUE: 100})
    world.minutes(2)
    edit(world, {BLUE: 60, GREEN: 40})
    world.minutes(20)
    edit(world, {BLUE: 100})
    world.minutes(8)
    assert world.rollout().phase is Phase.PROMOTED
    world.until(Phase.ROLLED_BACK, within=8)


@pytest.mark.parametrize("how", ["edited", "paused"])
def test_the_rollouts_deadline_names_what_a_paused_rollout_waited_for(how: str) -> None:
    """It waited for an operator, not for evidence, which was sufficient."""
    limits = replace(POLICY.deadlines, rollout=timedelta(hours=3))
    world = World(replace(POLICY, steps=STEPS, deadlines=limits), rpm=6000 if how == "edited" else 3)
    world.register()
    world.until_weight(20)
    if how == "edited":
        edit(world, {BLUE: 91, GREEN: 9})
    else:
        world.ask(Verb.PAUSE, "the release is on Monday")
    world.until(Phase.ROLLED_BACK, within=200)
    (entry,) = world.entries(ReasonCode.DEADLINE_EXCEEDED)
    assert entry.reason.because is not None
    code = ReasonCode.TRAFFIC_CHANGED_EXTERNALLY if how == "edited" else ReasonCode.OPERATOR_PAUSE
    assert entry.reason.because.code is code


def test_moving_a_part_towards_blue_ends_with_the_rollouts_deadline() -> None:
    """Nobody decides, so green never gets more, and its remaining share returns to blue."""
    limits = replace(POLICY.deadlines, rollout=timedelta(hours=2))
    world = World(replace(POLICY, steps=STEPS, deadlines=limits))
    world.register()
    world.until_weight(20)
    written = edit(world, {BLUE: 95, GREEN: 5})
    assert world.until(Phase.ROLLED_BACK, within=140).status.reason.facts["deadline"] == "rollout"
    assert world.endpoints.traffic_written[written:] == [{BLUE: 100}]


@pytest.mark.parametrize("phase", [Phase.STEPPING, Phase.PROMOTING])
def test_an_operator_who_resumes_in_time_gets_the_rollout_back(phase: Phase) -> None:
    """Green had no traffic for some minutes; then an operator resumes, its share returns, and the rollout continues."""
    world = world_in(phase)
    before = world.seen.traffic
    edit(world, {BLUE: 100})
    world.minutes(8)
    world.ask(Verb.RESUME)
    world.minutes(2)
    assert world.seen.traffic == before
    assert world.until(Phase.PROMOTED, within=120).observed.serving == GREEN


@pytest.mark.parametrize("traffic", [{BLUE: 95, GREEN: 5}, {BLUE: 100}], ids=str)
def test_resuming_after_an_edit_in_a_pause_step_does_not_end_the_pause_step(traffic: dict[str, int]) -> None:
    """The first resume restores the split; the pause step still needs its own."""
    world = World(replace(POLICY, steps=(SmokeStep("s"), WeightStep(20), PauseStep(), WeightStep(60))))
    world.register()
    world.until(Phase.PAUSED)
    edit(world, traffic)
    world.minutes(3)
    world.ask(Verb.RESUME)
    world.minutes(9)
    assert (world.rollout().phase, world.seen.traffic) == (Phase.PAUSED, {BLUE: 80, GREEN: 20}), world.told()


def unproven() -> World:
    """Return a world whose rollout waits before its smoke test, because there is no request log yet."""
    world = World(replace(POLICY, steps=STEPS))
    third = DeploymentSeen(HOTFIX, Provisioning.SUCCEEDED, "azureml:churn:5")
    world.endpoints.seen[ENDPOINT] = replace(world.seen, deployments=world.seen.deployments | {HOTFIX: third})
    world.telemetry.no_table = "no such table"
    world.register()
    world.until(Phase.STEPPING)
    world.minutes(2)
    return world


@pytest.mark.parametrize("traffic", [{BLUE: 55, GREEN: 45}, {GREEN: 100}, {BLUE: 80, HOTFIX: 20}], ids=str)
def test_resuming_restores_the_split_also_before_the_smoke_test(traffic: dict[str, int]) -> None:
    """Green is untested and should have no traffic; taking its share away needs no evidence."""
    world = unproven()
    edit(world, traffic)
    world.until(Phase.PAUSED)
    world.ask(Verb.RESUME, "a slip")
    world.minutes(3)
    assert (world.seen.traffic, world.rollout().phase) == ({BLUE: 100}, Phase.STEPPING)


def test_resuming_takes_traffic_from_an_untested_green_even_under_a_halt() -> None:
    """A halt stops forward steps, and this is a step back."""
    world = unproven()
    edit(world, {BLUE: 90, GREEN: 10})
    world.until(Phase.PAUSED)
    world.store.set_halt(Halt("ada", "all hands", world.clock()))
    world.minutes(2)
    world.ask(Verb.RESUME)
    world.minutes(3)
    assert world.seen.traffic == {BLUE: 100}


def test_an_edit_that_is_made_again_after_it_was_undone_is_noticed_again() -> None:
    """Each edit pauses the rollout, and stays until an operator decides; Teal does not keep overwriting it."""
    world = unproven()
    for edits in (1, 2):
        edit(world, {BLUE: 65, GREEN: 35})
        world.minutes(4)
        assert (world.rollout().phase, world.seen.traffic) == (Phase.PAUSED, {BLUE: 65, GREEN: 35})
        assert len(world.entries(ReasonCode.TRAFFIC_CHANGED_EXTERNALLY)) == edits
        world.ask(Verb.RESUME)
        world.minutes(3)
        assert world.seen.traffic == {BLUE: 100}


def test_a_split_that_azure_shows_late_is_not_a_request_to_roll_back() -> None:
    """The old split is shown again for five minutes: the rollout pauses, and can still be resumed."""
    world = world_in(Phase.STEPPING)
    now = world.seen.traffic
    edit(world, {BLUE: 100})
    world.minutes(5)
    edit(world, now)
    world.minutes(30)
    assert (world.rollout().phase, world.seen.traffic) == (Phase.PAUSED, now)


def test_blue_that_was_scaled_down_grows_when_it_gets_its_traffic_back_manually() -> None:
    """After the promotion blue is kept with one instance of six; once given some traffic by hand, it gets six again."""
    world = World(replace(POLICY, keep_blue=timedelta(hours=2), capacity=Capacity(kept_blue=1)))
    standing = {name: replace(seen, instances=6) for name, seen in world.seen.deployments.items()}
    world.endpoints.seen[ENDPOINT] = replace(world.seen, deployments=standing)
    world.register()
    world.until(Phase.PROMOTED)
    world.until_instances(1)
    edit(world, {BLUE: 15, GREEN: 85})
    world.minutes(3)
    assert (world.seen.instances(BLUE), world.seen.traffic) == (6, {BLUE: 15, GREEN: 85})


@pytest.mark.parametrize(
    ("found", "left"),
    [
        ({HOTFIX: 100}, {HOTFIX: 100}),
        ({HOTFIX: 55, GREEN: 45}, {HOTFIX: 55, BLUE: 45}),
        ({HOTFIX: 10, BLUE: 25, GREEN: 65}, {HOTFIX: 10, BLUE: 90}),
        ({}, {}),
    ],
    ids=str,
)
def test_a_rollback_changes_only_greens_share(found: dict[str, int], left: dict[str, int]) -> None:
    """A third deployment keeps the share that someone gave it, and the history says what was found."""
    world = world_in(Phase.STEPPING)
    edit(world, found)
    world.ask(Verb.ROLLBACK)
    world.until_finished()
    assert (world.rollout().phase, world.seen.traffic) == (Phase.ROLLED_BACK, left), world.told()
    (entry,) = world.entries(ReasonCode.TRAFFIC_LEFT_AS_FOUND)
    assert entry.reason.facts["observed_traffic"] == found


@pytest.mark.parametrize(("after", "left"), [(3, {BLUE: 100}), (15, {GREEN: 70, BLUE: 30})], ids=["late order", "edit"])
def test_green_may_be_given_traffic_again_after_its_rollback(after: int, left: dict[str, int]) -> None:
    """Blue fails, so green is kept. Early on, Teal takes that traffic for a late order of its own; later it stays."""
    world = world_in(Phase.STEPPING)
    world.rates = {BLUE: 0.9}
    world.ask(Verb.ROLLBACK)
    world.until(Phase.ROLLED_BACK)
    world.minutes(after)
    edit(world, {GREEN: 70, BLUE: 30})
    world.minutes(20)
    assert (world.seen.traffic, GREEN in world.seen.deployments) == (left, True), world.told()
    assert bool(world.entries(ReasonCode.LEFTOVER_IN_USE)) == (GREEN in left)


def test_a_hotfix_during_the_rollback_stays_too() -> None:
    """Someone gives a third deployment all traffic during the rollback: it keeps it, and the history says so."""
    world = world_in(Phase.STEPPING)
    world.ask(Verb.ROLLBACK)
    world.controller().reconcile(CHURN)
    world.endpoints.pending.clear()
    edit(world, {HOTFIX: 100})
    world.endpoints.seen[ENDPOINT] = replace(world.seen, state=Provisioning.SUCCEEDED)
    world.until_finished()
    assert world.seen.traffic == {HOTFIX: 100}
    assert len(world.entries(ReasonCode.TRAFFIC_LEFT_AS_FOUND)) == 1


@pytest.mark.parametrize("verb", [Verb.ROLLBACK, Verb.PAUSE])
def test_a_request_during_a_halt_comes_before_the_next_weight(verb: Verb) -> None:
    """A weight of 60 % is decided but held; the request arrives before the halt ends, so green never gets it."""
    steps = (SmokeStep("s"), WeightStep(20), WeightStep(60))
    world = World(replace(POLICY, steps=steps))
    world.register()
    while world.rollout().traffic.weight < 60:
        world.minutes()
        if world.rollout().progress.step == 2:
            world.store.set_halt(Halt("ada", "incident 9", world.clock()))
    world.minutes(3)
    assert world.seen.traffic[GREEN] <= 60
    world.endpoints.traffic_written.clear()
    edit(world, {GREEN: 20, BLUE: 80})
    world.store.set_halt(None)
    world.ask(verb)
    world.minutes(6)
    assert {GREEN: 60, BLUE: 40} not in world.endpoints.traffic_written, world.told()


@pytest.mark.parametrize("traffic", [{GREEN: 100}, {HOTFIX: 100}, {GREEN: 60, HOTFIX: 40}], ids=str)
def test_promoting_all_the_way_after_an_edit_writes_no_old_split_first(traffic: dict[str, int]) -> None:
    """The operator has just taken everything from a broken blue, which must not get most of it back for a minute."""
    world = world_in(Phase.STEPPING)
    written = edit(world, traffic)
    world.minutes()
    world.ask(Verb.PROMOTE, full=True)
    world.minutes(3)
    assert world.endpoints.traffic_written[written:] in ([{GREEN: 100}], [])
    assert world.seen.traffic == {GREEN: 100}


@pytest.mark.parametrize("lost", [False, True])
@pytest.mark.parametrize("traffic", [{GREEN: 100}, {GREEN: 60, HOTFIX: 40}], ids=str)
def test_a_green_that_fails_where_others_left_blue_without_traffic_is_reported(
    traffic: dict[str, int], *, lost: bool
) -> None:
    """Nothing judges green then. The split is an operator's choice and stays; the failure is reported once.

    The same holds if Azure calls blue failed, or after other edits.
    """
    world = world_in(Phase.STEPPING)
    world.minutes(2)
    for found in (traffic, {BLUE: 45, GREEN: 55}, traffic):
        edit(world, found)
        world.minutes(2)
    if lost:
        broken = replace(world.seen.deployments[BLUE], state=Provisioning.FAILED)
        world.endpoints.seen[ENDPOINT] = replace(world.seen, deployments=world.seen.deployments | {BLUE: broken})
        world.minutes(2)
    world.rates = {GREEN: 0.25}
    world.minutes(40)
    held = [entry.reason.because for entry in world.entries(ReasonCode.HELD)]
    assert [why.code for why in held if why is not None] == [ReasonCode.GREEN_FAILS_ALONE]
    assert world.seen.traffic == traffic


@pytest.mark.parametrize("phase", [Phase.STEPPING, Phase.PROMOTED])
def test_an_edit_that_is_made_again_has_its_own_time_to_settle(phase: Phase) -> None:
    """All traffic to blue, undone, and again an hour later: noticed again, with ten new minutes to resume."""
    world = World(replace(POLICY, keep_blue=timedelta(hours=5)))
    world.register()
    if phase is Phase.PROMOTED:
        world.until(phase)
    else:
        world.until_weight(10)
    before = world.seen.traffic
    for traffic, minutes in (({BLUE: 100}, 3), (before, 60), ({BLUE: 100}, 6)):
        edit(world, traffic)
        world.minutes(minutes)
        assert world.rollout().phase is not Phase.ROLLING_BACK
        assert world.seen.traffic == traffic
    world.until(Phase.ROLLED_BACK, within=12)
