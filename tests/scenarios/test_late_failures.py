"""After the end, what serves is found to be failing although its failures reach the log later than other rows."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.core.phases import Phase
from shared.core.rollout import Verb
from shared.core.rollout.reasons import ReasonCode as Why
from shared.rollout_health import rollout_findings
from tests.scenarios.late_rows import failures_after, late_world
from tests.scenarios.world import BLUE, ENDPOINT, GREEN, MINUTE, POLICY, World

LAG = 5
READ_EVERY = 5  # minutes, while blue is merely kept
KEEPS_LONG = replace(POLICY, keep_blue=timedelta(hours=24))


def promoted(late: int, rpm: int = 1000, keep_blue: timedelta = KEEPS_LONG.keep_blue) -> World:
    """Return a world in which a version was promoted and failures appear this many minutes late."""
    world, _ = late_world(failures_after(late), LAG, replace(POLICY, keep_blue=keep_blue), rpm=rpm)
    world.until(Phase.PROMOTED, within=200)
    return world


def said(world: World) -> list[Why]:
    """Return what the history says about the health of what serves."""
    return [entry.reason.code for entry in world.entries(Why.SERVING_UNHEALTHY, Why.SERVING_HEALTHY)]


def alarmed(world: World) -> bool:
    """Return whether health says that what serves is unhealthy."""
    return "unhealthy" in [finding.check for finding in rollout_findings(world.rollout(), world.clock())]


@pytest.mark.parametrize("rpm", [60, 1000])
@pytest.mark.parametrize("rate", [0.2, 0.6, 0.9])
@pytest.mark.parametrize("late", [6, 9, 11, 14, 20, 40])
def test_failures_that_arrive_late_after_a_promotion_are_reported(late: int, rate: float, rpm: int) -> None:
    """The history reports them once, as soon as the log shows them, and health does so for as long as they go on."""
    world = promoted(late, rpm)
    world.minutes(20)
    world.rates = {GREEN: rate}
    world.minutes(late + LAG + READ_EVERY)
    assert said(world) == [Why.SERVING_UNHEALTHY], world.told()
    for _ in range(90):
        world.minutes()
        assert alarmed(world)
    assert (said(world), BLUE in world.seen.deployments) == ([Why.SERVING_UNHEALTHY], True)


@pytest.mark.parametrize("late", [11, 14, 20, 40])
def test_the_lag_is_raised_for_what_is_watched_after_the_end(late: int) -> None:
    """To a lag that would have been enough; the history says so once."""
    world = promoted(late)
    world.minutes(20)
    world.rates = {GREEN: 0.6}
    world.minutes(late + 60)
    assert len(world.entries(Why.TELEMETRY_LATE)) == 1, world.told()
    assert late * MINUTE <= world.rollout().telemetry_lag <= (late + 2 * READ_EVERY) * MINUTE


@pytest.mark.parametrize("late", [0, 9, 11, 14, 20, 40])
def test_a_recovery_from_late_failures_is_reported_once(late: int) -> None:
    """Minutes whose failures are still to arrive are no recovery, and the failures are not reported again."""
    world = promoted(late)
    world.minutes(20)
    world.rates = {GREEN: 0.5}
    world.minutes(25)
    world.rates = {}
    world.minutes(late)
    assert said(world) == [Why.SERVING_UNHEALTHY], world.told()
    world.minutes(240)
    assert (said(world), alarmed(world)) == ([Why.SERVING_UNHEALTHY, Why.SERVING_HEALTHY], False), world.told()


@pytest.mark.parametrize("late", [11, 14, 18])
def test_blue_is_not_deleted_while_late_failures_of_green_go_on(late: int) -> None:
    """Its time is over after half an hour; the history says why it stays, and it is deleted after the recovery."""
    world = promoted(late, keep_blue=timedelta(minutes=30))
    world.minutes(8)
    world.rates = {GREEN: 0.6}
    world.minutes(120)
    assert (BLUE in world.seen.deployments, alarmed(world)) == (True, True), world.told()
    assert [len(world.entries(code)) for code in (Why.SERVING_UNHEALTHY, Why.LEFTOVER_KEPT)] == [1, 1]
    world.rates = {}
    world.until_finished()
    assert (sorted(world.seen.deployments), len(said(world))) == ([GREEN], 2)


@pytest.mark.parametrize("late", [11, 14])
@pytest.mark.parametrize("ending", [Phase.ROLLED_BACK, Phase.FAILED])
def test_late_failures_are_reported_after_every_ending(ending: Phase, late: int) -> None:
    """Blue serves after a rollback that keeps green, and green after a rollback that failed."""
    world, _ = late_world(failures_after(late), LAG, replace(POLICY, on_rollback="keep"), rpm=1000)
    world.until_weight(10)
    if ending is Phase.FAILED:
        world.until(Phase.PROMOTING)
        world.minutes(3)
        world.scoring.statuses = {BLUE: 500}
    world.ask(Verb.ROLLBACK)
    world.until(ending)
    serves = BLUE if ending is Phase.ROLLED_BACK else GREEN
    world.minutes(3)
    before = len(said(world))
    world.rates = {serves: 0.6}
    world.minutes(late + LAG + READ_EVERY)
    assert said(world)[before:] == [Why.SERVING_UNHEALTHY], world.told()
    assert alarmed(world)


def test_bad_minutes_from_before_the_end_are_not_reported_after_it() -> None:
    """Blue failed for some minutes while green was created, and is healthy when green fails its smoke test."""
    world = World(rpm=900, rates={BLUE: 0.9})
    world.scoring.statuses, world.endpoints.stuck = {GREEN: 500}, True
    world.register()
    world.minutes(5)
    world.rates = {}
    world.minutes(14)
    world.endpoints.stuck = False
    world.until(Phase.ROLLED_BACK)
    world.minutes(25)
    assert said(world) == [], world.told()


@pytest.mark.parametrize("rpm", [60, 1000])
@pytest.mark.parametrize("begins", range(READ_EVERY))
def test_a_short_burst_is_reported_once_and_so_is_its_end(begins: int, rpm: int) -> None:
    """Wherever it falls between two reads, with the usual few failures before it and for a day afterwards."""
    noise = {BLUE: 0.004, GREEN: 0.004}
    world = World(replace(KEEPS_LONG, keep_blue=timedelta(hours=30)), rpm=rpm, rates=dict(noise))
    world.register()
    world.until(Phase.PROMOTED, within=200)
    world.minutes(30 - world.clock().minute % READ_EVERY + begins)
    world.rates = {GREEN: 0.7}
    world.minutes(2)
    world.rates = noise
    world.minutes(24 * 60)
    assert said(world) == [Why.SERVING_UNHEALTHY, Why.SERVING_HEALTHY], world.told()
    assert world.entries(Why.TELEMETRY_LATE) == []


@pytest.mark.parametrize("begins", range(READ_EVERY))
def test_a_bad_minute_is_not_called_worse_once_the_minutes_before_it_are_no_longer_read(begins: int) -> None:
    """The five minutes around it are within the limit, but the start of the hour that is read may cut them short."""
    usual = {BLUE: 0.1, GREEN: 0.1}
    world = World(KEEPS_LONG, rpm=1000, rates=dict(usual))
    world.register()
    world.until(Phase.PROMOTED, within=200)
    world.minutes(30 - world.clock().minute % READ_EVERY + begins)
    world.rates = {GREEN: 1.0}
    world.minutes()
    world.rates = usual
    world.minutes(90)
    assert said(world) == [], world.told()


@pytest.mark.parametrize("back", range(8, 13))
def test_failures_of_a_deployment_before_it_served_are_not_reported(back: int) -> None:
    """Someone tries blue with a fifth of the traffic, repairs it, and gives it everything. Telemetry is prompt."""
    world = World(replace(KEEPS_LONG, on_rollback="keep"), rpm=600)
    world.register()
    world.until(Phase.PROMOTING)
    world.minutes(3)
    world.scoring.statuses = {BLUE: 500}
    world.ask(Verb.ROLLBACK)
    world.until(Phase.FAILED)
    world.scoring.statuses, world.rates = {}, {BLUE: 0.8}
    world.endpoints.seen[ENDPOINT] = replace(world.seen, traffic={GREEN: 80, BLUE: 20})
    world.minutes(3)
    world.rates = {}
    world.minutes(back)
    world.endpoints.seen[ENDPOINT] = replace(world.seen, traffic={BLUE: 100})
    world.minutes(60)
    assert world.entries(Why.SERVING_UNHEALTHY, Why.TELEMETRY_LATE) == [], world.told()
