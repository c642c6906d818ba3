"""Blue is kept as promised, even if the next version is already being rolled out."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.core.observation import DeploymentSeen, Provisioning
from shared.core.phases import Phase
from shared.core.policy import Capacity
from shared.core.rollout import ModelVersion, Verb
from shared.core.rollout.reasons import ReasonCode
from shared.core.rollout.requests import Address
from shared.core.steps import PauseStep, SmokeStep
from shared.errors import NotPossible
from tests.scenarios.world import BLUE, ENDPOINT, GREEN, POLICY, World, serving

NEXT = "churn-8"
KEEPS = replace(POLICY, keep_blue=timedelta(hours=5))


def handed_over(world: World | None = None) -> World:
    """Return a world in which 7 was promoted and 8's rollout has begun."""
    world = world or World(KEEPS)
    world.register("7")
    world.until(Phase.PROMOTED)
    world.minutes(2)
    world.register("8", "e2")
    world.until(Phase.STEPPING, version="8")
    return world


@pytest.mark.parametrize("when", [Phase.STEPPING, Phase.PROMOTED])
def test_a_newer_version_begins_without_ending_the_way_back(when: Phase) -> None:
    """8 does not wait the five hours until blue is deleted, and blue is still there when 8 gets traffic."""
    world = World(KEEPS)
    world.register("7")
    world.until(when)
    world.register("8", "e2")
    world.until_weight(10, version="8")
    assert world.clock() - world.rollout("7").status.since < timedelta(hours=1)
    assert BLUE in world.seen.deployments
    (entry,) = world.entries(ReasonCode.BLUE_HANDED_OVER)
    assert entry.reason.facts["deployment"] == BLUE


def test_it_ends_when_the_newer_green_is_promoted() -> None:
    """8 is promoted: now 7's deployment is kept for a rollback, and 6's is deleted."""
    world = handed_over()
    world.until(Phase.PROMOTED, version="8")
    world.minutes(15)
    assert set(world.seen.deployments) == {GREEN, NEXT}
    assert len(world.entries(ReasonCode.LEFTOVER_DELETED, version="8")) == 1


@pytest.mark.parametrize("recovers", [False, True])
def test_it_stays_while_the_newer_rollouts_own_blue_is_broken(*, recovers: bool) -> None:
    """7 breaks at 10 % and 8 is promoted all the way: only 6 could take the traffic back, so it stays for its time."""
    world = handed_over()
    world.until_weight(10, version="8")
    (kept,) = world.rollout("8").kept
    set_state(world, GREEN, Provisioning.FAILED)
    world.until(Phase.PAUSED, version="8")
    world.ask(Verb.PROMOTE, "8 is the way out", full=True)
    world.until(Phase.PROMOTED, version="8")
    world.minutes(120)
    assert BLUE in world.seen.deployments
    if recovers:
        set_state(world, GREEN, Provisioning.SUCCEEDED)
    else:
        world.minutes(int((kept.until - world.clock()) / timedelta(minutes=1)))
        assert BLUE in world.seen.deployments
    world.minutes(15)
    assert BLUE not in world.seen.deployments
    assert world.entries(ReasonCode.LEFTOVER_DELETED, version="8")[0].reason.facts["deployment"] == BLUE


def test_it_stays_while_the_newer_rollouts_own_blue_fails() -> None:
    """Azure calls 7 healthy, but it fails half of its requests when 8 replaces it: only 6 is fit for a rollback."""
    world = handed_over(World(replace(KEEPS, judge=replace(KEEPS.judge, failing_blue="replace"))))
    world.until_weight(10, version="8")
    (kept,) = world.rollout("8").kept
    world.rates = {GREEN: 0.5}
    world.until(Phase.PROMOTED, version="8")
    world.minutes(int((kept.until - world.clock()) / timedelta(minutes=1)))
    assert BLUE in world.seen.deployments, world.told("8")
    world.minutes(15)
    assert BLUE not in world.seen.deployments, world.told("8")


def set_state(world: World, name: str, state: Provisioning) -> None:
    """Have Azure show this state of a deployment."""
    seen = world.seen
    deployments = {**seen.deployments, name: replace(seen.deployments[name], state=state)}
    world.endpoints.seen[ENDPOINT] = replace(seen, deployments=deployments)


def test_it_outlives_a_newer_version_that_is_rolled_back() -> None:
    """8 is bad: 6 stays for the time that was promised with 7, and no longer."""
    world = World(KEEPS, rates={NEXT: 0.5})
    handed_over(world)
    promised = world.rollout("7").status.since + KEEPS.keep_blue
    world.until(Phase.ROLLED_BACK, version="8")
    while world.clock() < promised - timedelta(minutes=1):
        assert BLUE in world.seen.deployments
        world.minutes()
    world.until_finished(version="8", within=15)
    assert set(world.seen.deployments) == {GREEN}


@pytest.mark.parametrize("asleep", [False, True], ids=["a part of it before", "while Teal sleeps"])
def test_traffic_taken_back_when_blues_time_is_over_is_a_rollback_too(asleep: bool) -> None:  # noqa: FBT001 -- a case
    """Someone gives 7 all traffic again: 8 is rolled back, although 7's time as blue is over."""
    deadlines = replace(POLICY.deadlines, rollback=timedelta(hours=1))
    world = handed_over(World(replace(POLICY, keep_blue=timedelta(minutes=22), deadlines=deadlines)))
    world.until(Phase.PROMOTED, version="8")
    if asleep:
        world.endpoints.seen[ENDPOINT] = replace(world.seen, traffic={GREEN: 100})
        world.clock.pass_(timedelta(minutes=23))
    else:
        world.telemetry.faults.always = world.scoring.faults.always = "the workspace is away"  # so that 6 is still kept
        world.endpoints.seen[ENDPOINT] = replace(world.seen, traffic={GREEN: 30, NEXT: 70})
        world.minutes(23)
        world.endpoints.seen[ENDPOINT] = replace(world.seen, traffic={GREEN: 100})
    world.minutes(12)
    world.telemetry.faults.always = world.scoring.faults.always = ""
    world.until_finished(version="8")
    assert (world.rollout("8").phase, NEXT in world.seen.deployments) == (Phase.ROLLED_BACK, False), world.told("8")
    assert len(world.entries(ReasonCode.TRAFFIC_TAKEN_BACK, version="8")) == 1


@pytest.mark.parametrize("by_id", [False, True])
def test_the_way_back_of_the_rollout_before_is_named(by_id: bool) -> None:  # noqa: FBT001 -- a case
    """Whoever asks to roll back 7 within its promised time reads how, and can do so; no other refusal says it."""
    world = handed_over()
    world.until_weight(10, version="8")
    address = Address(rollout=world.rollout("7").id) if by_id else Address(version="7")
    with pytest.raises(NotPossible) as refused:
        world.ask(Verb.ROLLBACK, address=address)
    command = 'az ml online-endpoint update --name churn --traffic "churn-6=100 churn-8=0 churn-7=0"'
    assert str(refused.value).endswith(f"churn-6 is kept until 2026-11-20 05:17 UTC, and `{command}` returns to it")
    for verb, other in ((Verb.ROLLBACK, Address(version="5")), (Verb.RESUME, address)):
        with pytest.raises(NotPossible, match=r"not the one named$"):
            world.ask(verb, address=other)
    world.endpoints.seen[ENDPOINT] = replace(world.seen, traffic={BLUE: 100})
    world.minutes(30)
    assert (world.seen.traffic, world.rollout("8").phase) == ({BLUE: 100}, Phase.PAUSED)


def test_a_third_version_inherits_it_again() -> None:
    """8 is bad and 9's rollout begins at once: 6 is still kept."""
    world = World(KEEPS, rates={NEXT: 0.5})
    handed_over(world)
    world.until(Phase.ROLLED_BACK, version="8")
    world.register("9", "e3")
    world.until_weight(10, version="9")
    assert BLUE in world.seen.deployments
    world.until(Phase.PROMOTED, version="9")
    world.minutes(15)
    assert set(world.seen.deployments) == {GREEN, "churn-9"}


def test_an_override_does_not_make_a_failing_deployment_healthy() -> None:
    """7, which serves, and 8 fail most requests, and an operator overrides the judge: 6 outlives its promised time."""
    world = handed_over(World(replace(KEEPS, keep_blue=timedelta(minutes=20))))
    world.until_weight(10, version="8")
    world.rates = {GREEN: 0.7, NEXT: 0.7}
    world.ask(Verb.OVERRIDE)
    for _ in range(40):
        world.minutes()
        if world.rollout("8").phase is not Phase.STEPPING:
            break
        assert BLUE in world.seen.deployments
    assert world.clock() - world.rollout("7").status.since > timedelta(minutes=20)


def test_its_time_can_end_during_a_newer_rollout() -> None:
    """8 pauses for a day: 6 is deleted when its own time is over, and 8 continues."""
    policy = replace(KEEPS, steps=(*POLICY.steps[:2], PauseStep(timedelta(days=1)), *POLICY.steps[2:]))
    world = World(replace(policy, steps=POLICY.steps))
    world.register("7")
    world.until(Phase.PROMOTED)
    world.policy = policy
    world.register("8", "e2")
    world.until(Phase.PAUSED, version="8")
    world.minutes(5 * 60)
    assert set(world.seen.deployments) == {GREEN, NEXT}
    assert world.rollout("8").phase is Phase.PAUSED


def test_it_is_not_deleted_while_what_serves_is_not_seen_healthy() -> None:
    """Both serving deployments fail when its time ends, so the kept blue stays."""
    policy = replace(KEEPS, keep_blue=timedelta(hours=2))
    world = World(policy)
    world.register("7")
    world.until(Phase.PROMOTED)
    world.minutes(60)
    world.register("8", "e2")
    world.until_weight(10, version="8")
    world.rates |= {GREEN: 0.7, NEXT: 0.7}
    world.minutes(90)
    assert BLUE in world.seen.deployments


def test_a_version_that_was_never_judged_does_not_end_it_in_an_incident() -> None:
    """8 is rolled back before blue's past is known, and then 30 percent of 7's requests fail."""
    world = World(replace(KEEPS, keep_blue=timedelta(minutes=40)))
    world.register("7")
    world.until(Phase.PROMOTED)
    world.register("8", "e2")
    world.endpoints.stuck = True
    world.until(Phase.PROVISIONING, version="8")
    world.ask(Verb.ROLLBACK)
    world.endpoints.stuck = False
    world.until(Phase.ROLLED_BACK, version="8")
    world.rates |= {GREEN: 0.3}
    world.minutes(60)
    assert BLUE in world.seen.deployments


def test_silence_does_not_end_it() -> None:
    """When 8's rollout begins the log has no rows left, and there are no smoke requests: 7 may be failing."""
    steps = tuple(step for step in POLICY.steps if not isinstance(step, SmokeStep))
    world = World(replace(KEEPS, steps=steps, keep_blue=timedelta(minutes=40)))
    world.register("7")
    world.until(Phase.PROMOTED)
    world.rpm = 0
    world.telemetry.rows.clear()
    world.register("8", "e2")
    world.minutes(10)
    world.ask(Verb.ROLLBACK)
    world.until(Phase.ROLLED_BACK, version="8")
    world.minutes(90)
    assert BLUE in world.seen.deployments


def test_it_is_not_deleted_by_a_rollout_that_began_nothing() -> None:
    """7 fails most requests when 8 arrives, so 8 is not started, and the kept blue stays."""
    world = World(replace(KEEPS, keep_blue=timedelta(minutes=40)))
    world.register("7")
    world.until(Phase.PROMOTED)
    world.rates |= {GREEN: 0.9}
    world.minutes(5)
    world.register("8", "e2")
    world.until(Phase.FAILED, version="8")
    world.minutes(60)
    assert world.rollout("8").placement is None
    assert BLUE in world.seen.deployments


def test_an_operator_may_use_it() -> None:
    """Someone moved traffic to 6 by hand: it is not deleted, and Teal leaves it to the operator."""
    world = World(KEEPS, rates={NEXT: 0.5})
    handed_over(world)
    world.until(Phase.ROLLED_BACK, version="8")
    world.minutes(3)
    world.endpoints.seen[ENDPOINT] = replace(world.seen, traffic={BLUE: 100})
    world.until_finished(version="8", within=6 * 60)
    assert BLUE in world.seen.deployments
    assert len(world.entries(ReasonCode.BLUE_KEPT_IN_USE, version="8")) == 1


def test_someone_may_mirror_to_it() -> None:
    """It is then in use, and the entry names the mirror, because 6 has no live traffic."""
    world = World(KEEPS, rates={NEXT: 0.5})
    handed_over(world)
    world.until(Phase.ROLLED_BACK, version="8")
    world.minutes(3)
    world.endpoints.seen[ENDPOINT] = replace(world.seen, mirror={BLUE: 40})
    world.until_finished(version="8", within=6 * 60)
    (entry,) = world.entries(ReasonCode.LEFTOVER_MIRRORED, version="8")
    assert entry.reason.facts == {"deployment": BLUE, "observed_mirror": 40}
    assert BLUE in world.seen.deployments


@pytest.mark.parametrize(("deleted", "code"), [(True, ReasonCode.LEFTOVER_GONE), (False, ReasonCode.LEFTOVER_DELETED)])
def test_the_history_says_who_deleted_it(code: ReasonCode, *, deleted: bool) -> None:
    """Teal, when its time was over, or someone else."""
    world = World(KEEPS, rates={NEXT: 0.5})
    handed_over(world)
    world.until(Phase.ROLLED_BACK, version="8")
    world.minutes(3)
    if deleted:
        others = {name: each for name, each in world.seen.deployments.items() if name != BLUE}
        world.endpoints.seen[ENDPOINT] = replace(world.seen, deployments=others)
    world.until_finished(version="8", within=6 * 60)
    assert [each.reason.code for each in world.history("8") if each.reason.facts.get("deployment") == BLUE][-1] is code


def test_it_makes_room_on_a_full_endpoint() -> None:
    """With 20 deployments 8 could not be created, so the kept one is deleted first."""
    others = {f"other-{n}": DeploymentSeen(f"other-{n}", Provisioning.SUCCEEDED, "azureml:other:1") for n in range(18)}
    world = World(KEEPS)
    world.endpoints.seen[ENDPOINT] = replace(serving(), deployments=serving().deployments | others)
    handed_over(world)
    (entry,) = world.entries(ReasonCode.BLUE_RELEASED_EARLY, version="8")
    assert entry.reason.facts == {"deployment": BLUE, "deployments": 20}
    assert set(world.seen.deployments) == {GREEN, NEXT, *others}


def test_azure_may_refuse_to_delete_it() -> None:
    """The refusal is reported once, and the rollout continues."""
    world = handed_over()
    world.endpoints.refuses["delete"] = "ScopeLocked"
    world.until(Phase.PROMOTED, version="8")
    world.minutes(15)
    (entry,) = world.entries(ReasonCode.LEFTOVER_NOT_DELETED, version="8")
    assert (entry.reason.facts["deployment"], entry.reason.facts["message"]) == (BLUE, "ScopeLocked")


def test_blue_is_scaled_down_before_it_is_handed_over() -> None:
    """The policy keeps blue on one instance, and it has one when 8's rollout begins."""
    world = World(replace(KEEPS, capacity=Capacity(kept_blue=1)))
    seen = serving()
    world.endpoints.seen[ENDPOINT] = replace(seen, deployments={BLUE: replace(seen.deployments[BLUE], instances=4)})
    world.register("7")
    world.register("8", "e2")
    world.until(Phase.PROVISIONING, version="8")
    assert world.seen.instances(BLUE) == 1


def test_the_next_version_does_not_wait_for_a_blue_that_somebody_warmed_up() -> None:
    """Someone gave blue three instances instead of one on purpose: 8's rollout begins at once."""
    world = World(replace(KEEPS, capacity=Capacity(kept_blue=1)))
    seen = serving()
    world.endpoints.seen[ENDPOINT] = replace(seen, deployments={BLUE: replace(seen.deployments[BLUE], instances=4)})
    world.register("7")
    world.until(Phase.PROMOTED)
    world.until_instances(1)
    world.minutes()
    three = replace(world.seen.deployments[BLUE], instances=3)
    world.endpoints.seen[ENDPOINT] = replace(world.seen, deployments=world.seen.deployments | {BLUE: three})
    world.register("8", "e2")
    world.until(Phase.PROVISIONING, version="8", within=4)
    assert world.seen.instances(BLUE) == 3


def test_green_is_judged_again_before_the_next_version_begins() -> None:
    """Failures that arrived late are found: 7 is rolled back, and 8 is compared with 6."""
    world = World(KEEPS)
    world.register("7")
    world.until(Phase.PROMOTED)
    world.telemetry.rows = [
        replace(row, bad=row.total // 3) if row.deployment == GREEN else row for row in world.telemetry.rows
    ]
    world.register("8", "e2")
    world.until(Phase.PROVISIONING, version="8")
    assert world.rollout("7").phase is Phase.ROLLED_BACK
    assert world.rollout("8").model == ModelVersion("churn", "8")
    assert world.seen.traffic == {BLUE: 100}


def inherited_small(**capacity: bool) -> World:
    """Return a world in which 8 has 10 percent, and 6, which had five instances and an autoscaler, is kept on one."""
    world = World(replace(KEEPS, capacity=Capacity(kept_blue=1, **capacity)))
    sized(world, 5)
    world.endpoints.autoscale[ENDPOINT] = {BLUE}
    world.register("7")
    world.until(Phase.PROMOTED)
    world.until_instances(1)
    world.register("8", "e2")
    world.until_weight(10, version="8")
    assert (world.seen.instances(BLUE), world.endpoints.suspended) == (1, {BLUE})
    return world


def sized(world: World, instances: int) -> None:
    """Have Azure show 6 with this many instances."""
    six = replace(world.seen.deployments[BLUE], instances=instances)
    world.endpoints.seen[ENDPOINT] = replace(world.seen, deployments=world.seen.deployments | {BLUE: six})


def given(world: World, traffic: dict[str, int]) -> None:
    """Have someone set the traffic."""
    world.endpoints.seen[ENDPOINT] = replace(world.seen, traffic=traffic)


@pytest.mark.parametrize("traffic", [{BLUE: 100}, {BLUE: 35, GREEN: 65}], ids=str)
@pytest.mark.parametrize("phase", [Phase.STEPPING, Phase.ROLLED_BACK, Phase.PROMOTED])
def test_an_inherited_blue_that_is_given_traffic_gets_back_what_it_lost(traffic: dict[str, int], phase: Phase) -> None:
    """Someone goes back to 6, whatever phase 8 is in: its five instances and its autoscaler are restored.

    When 8 is promoted the deletion of 6 is due, so in that case the traffic comes first.
    """
    world = inherited_small()
    if phase is Phase.ROLLED_BACK:
        world.ask(Verb.ROLLBACK)
    world.until(phase, version="8")
    world.minutes(2 if phase is Phase.ROLLED_BACK else 0)
    given(world, traffic)
    world.minutes(5)
    assert (world.seen.instances(BLUE), BLUE in world.endpoints.suspended) == (5, False)
    while not world.entries(ReasonCode.BLUE_KEPT_IN_USE, version="8"):
        world.minutes()
    (entry,) = world.entries(ReasonCode.BLUE_KEPT_IN_USE, version="8")
    assert entry.reason.facts == {"deployment": BLUE}
    sized(world, 2)  # its autoscaler's choice
    world.minutes(5)
    assert world.seen.instances(BLUE) == 2


def test_an_inherited_blue_that_azure_does_not_let_grow_is_reported() -> None:
    """The quota does not allow four more: the operator reads how many there were, and 8 continues."""
    world = inherited_small()
    world.endpoints.refuses["scale"] = "OutOfQuota"
    given(world, {BLUE: 100})
    world.minutes(4)
    (entry,) = world.entries(ReasonCode.BLUE_KEPT_IN_USE, version="8")
    assert entry.reason.facts == {"deployment": BLUE, "wanted_instances": 5}
    assert (world.rollout("8").phase, world.endpoints.suspended) == (Phase.PAUSED, set())


def test_an_inherited_blue_that_does_not_grow_in_time_is_reported() -> None:
    """Azure scales it for longer than a rollback may take."""
    world = inherited_small()
    six = replace(world.seen.deployments[BLUE], state=Provisioning.SCALING)
    world.endpoints.seen[ENDPOINT] = replace(world.seen, deployments=world.seen.deployments | {BLUE: six})
    given(world, {BLUE: 50, GREEN: 50})
    world.minutes(15)
    assert world.entries(ReasonCode.BLUE_KEPT_IN_USE, version="8") == []
    world.minutes(3)
    (entry,) = world.entries(ReasonCode.BLUE_KEPT_IN_USE, version="8")
    assert entry.reason.facts == {"deployment": BLUE, "wanted_instances": 5}


def test_what_someone_deployed_in_place_of_an_inherited_blue_keeps_its_size() -> None:
    """One instance is what its owner wants."""
    world = inherited_small()
    other = replace(world.seen.deployments[BLUE], model="azureml:fraud:2")
    world.endpoints.seen[ENDPOINT] = replace(world.seen, deployments=world.seen.deployments | {BLUE: other})
    given(world, {BLUE: 15, GREEN: 75, NEXT: 10})
    world.minutes(6)
    assert (world.seen.instances(BLUE), world.endpoints.suspended) == (1, {BLUE})


def test_looking_at_an_inherited_blues_autoscaler_copies_none_against_the_policy() -> None:
    """Someone gives 6 a share of the traffic: green still gets no autoscaler, as the policy says, and 8 continues."""
    world = inherited_small(autoscale=False)
    world.endpoints.autoscale[ENDPOINT].add(GREEN)
    given(world, {BLUE: 15, GREEN: 75, NEXT: 10})
    world.minutes(4)
    assert world.endpoints.suspended == set()
    world.ask(Verb.RESUME)
    world.minutes(4)
    assert NEXT not in world.endpoints.autoscale[ENDPOINT]


@pytest.mark.parametrize("waiting", [0, 3, 8])
def test_a_way_back_by_hand_comes_before_the_next_version(waiting: int) -> None:
    """7 serves, an operator returns the traffic to 6, and 8 is registered minutes later: 7 is rolled back first."""
    world = World(KEEPS)
    world.register("7")
    world.until(Phase.PROMOTED)
    world.minutes(3)
    world.endpoints.seen[ENDPOINT] = replace(world.seen, traffic={BLUE: 100})
    world.minutes(waiting)
    world.register("8", "e2")
    world.until(Phase.PROMOTED, version="8", within=90)
    (taken_back,) = world.entries(ReasonCode.TRAFFIC_TAKEN_BACK)
    assert taken_back.after is Phase.ROLLING_BACK
    assert set(world.seen.deployments) == {BLUE, NEXT}
