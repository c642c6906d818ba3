"""Guards that no other test covers: each was once removed without any test failing."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import fields, replace
from datetime import timedelta

import pytest

from shared.core.observation import DeploymentMinute, DeploymentSeen, EndpointSeen, Provisioning
from shared.core.phases import Phase
from shared.core.policy import Capacity
from shared.core.reconcile.actions import ScaleDeployment, SetTraffic, SwitchAutoscale
from shared.core.reconcile.cleaning import may_delete
from shared.core.reconcile.difference import difference
from shared.core.reconcile.judging import judge_minutes
from shared.core.reconcile.keeping import expired
from shared.core.reconcile.orders import accepted
from shared.core.rollout import Beside, First, Rollout, Verb
from shared.core.rollout.ending import Kept, SeenHealthy
from shared.core.rollout.reasons import ReasonCode, reason
from shared.core.rollout.rereading import MinuteCounts
from shared.core.rollout.status import Hold
from shared.core.turn import turn
from tests.core.rollouts import ALL_BLUE, ALL_GREEN, FIRST, GREEN, HOUR, NOW, TEN, endpoint, request, rollout, seen
from tests.faults.disturbance import Crash, Kind, Plan, controller
from tests.faults.laws import lawful_world
from tests.faults.moments import going_back, orders, ready
from tests.scenarios.world import BLUE, CHURN, ENDPOINT, MINUTE, POLICY, World

PARKED = "churn-5"
SECOND = timedelta(seconds=1)


def test_a_resumed_step_has_all_its_time_again() -> None:
    """Paused for longer than the step's deadline, then resumed: deadline and patience start again."""
    for hours in (1, 9):
        began = NOW - hours * HOUR
        paused = rollout(Phase.PAUSED, step=FIRST, in_pause_step=False, step_since=began, request=request(Verb.RESUME))
        resumed = turn(paused, None, seen(TEN), NOW).rollout
        assert (resumed.phase, resumed.progress.since) == (Phase.STEPPING, NOW)


def test_minutes_after_a_long_silence_are_not_skipped() -> None:
    """Eight hours settle at once; only their first minute had traffic. Reading continues with the second."""
    start = NOW - 8 * HOUR
    watched = rollout(Phase.STEPPING, judged_until=start, steady_since=start)
    row = DeploymentMinute(BLUE, start, 90, 0)
    judged = judge_minutes(watched, replace(seen(TEN), minutes=(row,), settled_until=NOW))
    assert judged.rollout.judging.judged_until == start + MINUTE


@pytest.mark.parametrize(("passed", "acts"), [(109 * SECOND, False), (110 * SECOND, True)])
def test_a_lease_lasts_as_long_as_it_may_and_no_longer(passed: timedelta, *, acts: bool) -> None:
    """Another process waits for a dead holder's lease for exactly two minutes, less the allowance for clock skew."""
    undisturbed = Plan()
    going = lawful_world()
    going_back(going)
    controller(going, undisturbed).reconcile(CHURN)
    world = lawful_world()
    going_back(world)
    with pytest.raises(Crash):
        controller(world, Plan({orders(undisturbed.passed)[0]: Kind.CRASH}), "dead").reconcile(CHURN)
    world.clock.pass_(passed)
    world.controller("other").reconcile(CHURN)
    assert ({BLUE: 100} in world.endpoints.traffic_written) is acts


def test_after_a_refusal_nothing_more_is_ordered() -> None:
    """Azure refuses to copy the autoscale settings, so the weight that would follow waits for the next decision."""
    world = World()
    world.register()
    at_ten = world.until_weight(10)
    split = world.seen.traffic
    wanting = at_ten.with_autoscale("wanted").with_traffic(weight=50, steady_since=None)
    wanting = wanting.with_traffic(expected=(split, wanting.wanted_traffic))
    world.store.rows[CHURN, at_ten.id] = (
        Rollout(**{each.name: getattr(wanting, each.name) for each in fields(Rollout)}),
        "v",
    )
    world.endpoints.autoscale[ENDPOINT] = {BLUE}
    world.endpoints.refuses["autoscale"] = "AuthorizationFailed"
    world.controller().reconcile(CHURN)
    assert world.rollout().refusal is not None, world.told()
    assert world.endpoints.traffic_written == [split]
    world.controller().reconcile(CHURN)
    world.endpoints.finish()
    world.controller().reconcile(CHURN)
    world.endpoints.finish()
    assert world.seen.traffic == {BLUE: 50, GREEN: 50}, world.told()


def test_an_edit_is_noticed_before_a_request_is_carried_out() -> None:
    """Someone sets the traffic, and someone else promotes without knowing: the edit is not overwritten."""
    world = World()
    world.register()
    step = world.until_weight(10).progress.step
    world.endpoints.traffic_written.clear()
    world.endpoints.seen[ENDPOINT] = replace(world.seen, traffic={BLUE: 97, GREEN: 3})
    world.ask(Verb.PROMOTE)
    world.minutes(5)
    assert (world.seen.traffic, world.endpoints.traffic_written) == ({BLUE: 97, GREEN: 3}, [])
    assert (world.rollout().phase, world.rollout().progress.step) == (Phase.PAUSED, step)  # the request was dropped


@pytest.mark.parametrize(
    ("others", "after"),
    [
        ({"a": 10, "b": 25}, {"a": 10, "b": 90}),
        ({"a": 30, "b": 5}, {"a": 95, "b": 5}),
        ({"a": 20, "b": 20}, {"a": 20, "b": 80}),
        ({"a": 40}, {"a": 100}),
    ],
    ids=str,
)
def test_the_largest_of_the_others_gets_the_share_of_a_first_green(
    others: dict[str, int], after: dict[str, int]
) -> None:
    """There is no blue, so the deployment with the most traffic gets it; ties are always broken the same way."""
    traffic = others | {GREEN: 100 - sum(others.values())}
    deployments = {name: DeploymentSeen(name, Provisioning.SUCCEEDED, "azureml:churn:5") for name in traffic}
    found = EndpointSeen("churn", Provisioning.SUCCEEDED, traffic, {}, deployments)
    going_back_to_them = replace(rollout(Phase.ROLLING_BACK), placement=First())
    assert difference(going_back_to_them, found, NOW) == (SetTraffic("churn", after),)


def test_another_that_is_not_ready_gets_nothing() -> None:
    """The largest of the others failed, so the next one gets both its share and green's."""
    traffic = {GREEN: 20, "a": 50, "b": 30}
    states = {GREEN: Provisioning.SUCCEEDED, "a": Provisioning.FAILED, "b": Provisioning.SUCCEEDED}
    deployments = {name: DeploymentSeen(name, state) for name, state in states.items()}
    found = EndpointSeen("churn", Provisioning.SUCCEEDED, traffic, {}, deployments)
    going_back_to_them = replace(rollout(Phase.ROLLING_BACK), placement=First())
    assert difference(going_back_to_them, found, NOW) == (SetTraffic("churn", {"b": 100}),)


@pytest.mark.parametrize("waits", ["a hold", "a request"])
def test_a_weight_that_was_decided_before_waits(waits: str) -> None:
    """A weight of 50 % was decided but not ordered because Azure was busy; a hold or a request now comes first."""
    fifty = {BLUE: 50, GREEN: 50}
    free = rollout(Phase.STEPPING, weight=50, expected=(TEN, fifty))
    found = endpoint(TEN)
    assert difference(free, found, NOW) == (SetTraffic("churn", fifty),)
    on_hold = replace(free, hold=Hold(reason(ReasonCode.HALTED), NOW))
    waiting = replace(free, requests=(request(Verb.PAUSE),))
    assert difference(on_hold if waits == "a hold" else waiting, found, NOW) == ()


def test_no_deadline_fires_while_nothing_is_observed() -> None:
    """The log is unavailable for longer than a step may take."""
    patient = replace(POLICY.judge, patience=timedelta(hours=9))
    world = World(replace(POLICY, judge=patient, deadlines=replace(POLICY.deadlines, step=timedelta(hours=1))))
    world.register()
    world.until_weight(10)
    world.telemetry.faults.always = "the workspace is away"
    world.minutes(150)
    assert world.seen.traffic == {BLUE: 90, GREEN: 10}, world.told()


def dies_after_an_order(point: str) -> None:
    """Kill the process as soon as Azure has its first order."""
    if point == "after order":
        raise Crash


def test_an_order_of_a_dead_process_is_taken_back() -> None:
    """It gave green traffic and died before recording that. The rollback ends only once both orders took effect."""
    world = World()
    ready(world)
    world.endpoints.hidden = world.endpoints.stuck = True
    while not world.endpoints.traffic_written:
        world.log_traffic()
        world.clock.pass_(MINUTE)
        with suppress(Crash):
            controller(world, dies_after_an_order).reconcile(CHURN)
    world.ask(Verb.ROLLBACK)
    world.minutes(6)
    assert world.rollout().phase is Phase.ROLLING_BACK, world.told()
    world.endpoints.stuck = False
    world.minutes(6)
    assert (world.rollout().phase, world.seen.traffic) == (Phase.ROLLED_BACK, {BLUE: 100}), world.told()


def test_what_serves_may_not_be_deleted() -> None:
    """Its deletion is due and something else is healthy, but it still gets requests."""
    due = rollout(Phase.PROMOTED, clean_after=NOW - HOUR, seen_healthy=SeenHealthy(GREEN, NOW, NOW))
    allowed = [may_delete(due, endpoint(traffic), NOW) for traffic in ({GREEN: 100}, {BLUE: 1, GREEN: 99})]
    assert allowed == [True, False]


def test_a_mirror_ends_before_live_traffic_begins() -> None:
    """Azure refuses a deployment that gets both."""
    both = rollout(Phase.STEPPING, weight=10, mirror=20, expected=())
    found = replace(endpoint(ALL_BLUE), mirror={GREEN: 20})
    assert difference(both, found, NOW) == ()


@pytest.mark.parametrize(("found", "wanted"), [(2, 10), (10, 10), (11, 11)])
def test_a_blue_that_serves_again_gets_its_instances_back_and_keeps_those_that_others_added(
    found: int, wanted: int
) -> None:
    """An order of Teal's may still scale it down, so the opposite is ordered, but never fewer than it has."""
    kept = rollout(Phase.PROMOTED, placement=Beside(BLUE, 10), blue_scaled_down=True, clean_after=NOW + HOUR)
    serves = endpoint(ALL_BLUE)
    blue = replace(serves.deployments[BLUE], instances=found)
    order = ScaleDeployment("churn", BLUE, wanted)
    assert difference(kept, replace(serves, deployments=serves.deployments | {BLUE: blue}), NOW) == (order,)
    assert accepted(kept, order).orders.blue_scaled_up


@pytest.mark.parametrize(
    ("healthy", "shrinks"),
    [
        pytest.param(SeenHealthy(GREEN, NOW, NOW), True, id="seen lately"),
        pytest.param(SeenHealthy(GREEN, NOW, NOW, proven=False), False, id="a few requests"),
        pytest.param(SeenHealthy(GREEN, NOW - HOUR, NOW - HOUR), False, id="seen long ago"),
        pytest.param(SeenHealthy(BLUE, NOW, NOW), False, id="another one was seen"),
        pytest.param(None, False, id="never seen"),
    ],
)
def test_a_kept_blue_shrinks_only_while_what_serves_is_seen_healthy(
    healthy: SeenHealthy | None, *, shrinks: bool
) -> None:
    """Otherwise its capacity may be needed."""
    policy = replace(POLICY, capacity=Capacity(kept_blue=1))
    kept = rollout(Phase.PROMOTED, policy=policy, placement=Beside(BLUE, 4), blue_scaled_down=True)
    kept = kept.with_ending(clean_after=NOW + HOUR, seen_healthy=healthy, autoscale="none")
    look = endpoint(ALL_GREEN)
    look = replace(look, deployments=look.deployments | {BLUE: replace(look.deployments[BLUE], instances=4)})
    assert difference(kept, look, NOW) == ((ScaleDeployment("churn", BLUE, 1),) if shrinks else ())
    scaling = kept.with_ending(autoscale="enabled")
    assert (SwitchAutoscale("churn", BLUE, enabled=False) in difference(scaling, look, NOW)) == shrinks
    halted = Hold(reason(ReasonCode.HALTED, actor="ada", comment="incident 6"), NOW)
    for ordered in (kept, scaling):  # decided before the halt, but not yet carried out
        assert difference(replace(ordered, hold=halted), look, NOW) == ()


@pytest.mark.parametrize(("ago", "deleted"), [(9, True), (10, False)])
def test_an_inherited_blue_goes_only_if_the_log_showed_what_serves_lately(ago: int, *, deleted: bool) -> None:
    """Older minutes are remembered for late rows, but do not show how it performs now."""
    recent = (MinuteCounts(green=60, blue=60), *ago * (MinuteCounts(green=60),))
    kept = (Kept(PARKED, NOW - HOUR),)
    inherits = rollout(Phase.STEPPING, kept=kept, judged_until=NOW, recent=recent, created=NOW - HOUR)
    found = endpoint(TEN)
    inherited = DeploymentSeen(PARKED, Provisioning.SUCCEEDED)
    found = replace(found, deployments=found.deployments | {PARKED: inherited})
    assert expired(inherits, found, NOW) == ((PARKED,) if deleted else ())
