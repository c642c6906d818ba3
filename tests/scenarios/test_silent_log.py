"""A log that answers but shows no more requests, while the endpoint is as busy as ever."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.core.observation import DeploymentMinute, PathState, TelemetryPath
from shared.core.phases import Phase
from shared.core.rollout.reasons import ReasonCode
from shared.core.steps import MirrorStep, PauseStep, Step, WeightStep
from tests.scenarios.world import BLUE, GREEN, MIDNIGHT, MINUTE, POLICY, World

HOUR = 60


def silenced(weight: int, rpm: int = 400, inconclusive: str = "pause") -> World:
    """Return a world in which green has this weight and fails everything, and no more rows are logged."""
    judge = replace(POLICY.judge, inconclusive=inconclusive, patience=40 * MINUTE)  # type: ignore[arg-type]
    world = World(replace(POLICY, judge=judge), rpm=rpm)
    world.register()
    while world.seen.traffic.get(GREEN) != weight:
        world.minutes()
    world.minutes(2)
    world.avoided = {BLUE, GREEN}  # there are still users, but the log shows none
    return world


@pytest.mark.parametrize("inconclusive", ["pause", "advance"])
@pytest.mark.parametrize(("weight", "rpm"), [(10, 400), (50, 40)])
def test_green_advances_on_no_silence(weight: int, rpm: int, inconclusive: str) -> None:
    """Not even with a policy that advances uncertified: that is for little evidence, not for none."""
    world = silenced(weight, rpm, inconclusive)
    world.minutes(9 * 60)
    assert world.seen.traffic == {GREEN: weight, BLUE: 100 - weight}


@pytest.mark.parametrize("rpm", [40, 400])
def test_green_is_not_promoted_on_a_silence_however_long(rpm: int) -> None:
    """It answers the smoke requests, but an endpoint with this past is not idle."""
    world = silenced(100, rpm)
    world.minutes(14 * 60)
    assert (world.rollout().phase, sorted(world.seen.deployments)) == (Phase.PROMOTING, [BLUE, GREEN])


def test_the_silence_is_named_within_minutes() -> None:
    """The report says since when, what is usual and, if Azure shows it, the cause: no diagnostic setting."""
    world = silenced(10)
    world.telemetry.found = TelemetryPath(PathState.NO_SETTING)
    world.minutes(14)
    problem = world.rollout().observed.telemetry_problem or ""
    assert "no request since 2026-11-20" in problem
    assert "400 a minute are usual" in problem
    assert "no diagnostic setting any more" in problem


@pytest.mark.parametrize("lag", [3, 30])
def test_a_silence_counts_from_the_last_request(lag: int) -> None:
    """Whatever the lag, it is named ten minutes after the log should have shown another request."""
    world = World(replace(POLICY, judge=replace(POLICY.judge, telemetry_lag=lag * MINUTE)), rpm=400)
    world.register()
    world.until_weight(10)
    world.minutes(2 * lag)
    last = max(row.minute for row in world.telemetry.rows)
    world.avoided = {BLUE, GREEN}
    world.minutes(lag + 8)
    assert world.rollout().observed.telemetry_problem is None
    world.minutes(5)
    assert f"no request since {last:%Y-%m-%d %H:%M} UTC" in (world.rollout().observed.telemetry_problem or "")


def test_a_log_that_is_silent_from_the_first_live_minute_stays_so() -> None:
    """It is one silence however long it lasts, and no entry says that observation resumed."""
    world = World(rpm=400)
    world.register()
    while (first := world.rollout().judging.judged_until) is None:
        world.minutes()
    world.telemetry.rows[:] = [row for row in world.telemetry.rows if row.minute < first]
    world.avoided = {BLUE, GREEN}
    world.minutes(15 * 60)
    assert world.entries(ReasonCode.OBSERVATION_RESUMED) == []
    assert f"since {first:%Y-%m-%d %H:%M} UTC" in (world.rollout().observed.telemetry_problem or "")


def test_it_goes_on_when_the_log_is_back() -> None:
    """The time without a log counts towards no deadline, and rows that arrive late are judged."""
    world = silenced(10)
    world.minutes(3 * 60)
    world.avoided = set()
    world.until(Phase.PROMOTED)
    assert world.entries(ReasonCode.OBSERVATION_RESUMED)


def test_pauses_that_are_usual_are_no_silence() -> None:
    """Requests come in one minute out of twelve, as they always did."""
    world = World(POLICY, rpm=0)
    world.telemetry.rows = [DeploymentMinute(BLUE, MIDNIGHT - n * MINUTE, 2400, 0) for n in range(12, 300, 12)]
    world.register()
    for minute in range(240):
        world.rpm = 2400 if minute % 12 == 0 else 0
        world.minutes()
        assert world.rollout().observed.telemetry_problem is None, world.told()


def batches(world: World, minutes: int) -> None:
    """Let time pass on an endpoint that gets requests only in the first six minutes of an hour, or of two hours."""
    for _ in range(minutes):
        since = (world.clock.now - MIDNIGHT) // MINUTE
        world.rpm = 3000 if since % HOUR < 6 else 0
        world.minutes()


@pytest.mark.parametrize("hours", [[1, 2, 3, 4, 5], [1, 4]], ids=["every hour", "once before"])
def test_the_long_pauses_of_a_batch_endpoint_are_usual(hours: list[int]) -> None:
    """It is idle most of the time. That is not reported every hour, and green advances with the next batch."""
    world = World(replace(POLICY, steps=(*POLICY.steps[:2], PauseStep(20 * MINUTE), *POLICY.steps[2:])), rpm=0)
    starts = [MIDNIGHT - hour * HOUR * MINUTE for hour in hours]
    world.telemetry.rows = [DeploymentMinute(BLUE, at + n * MINUTE, 3000, 2) for at in starts for n in range(6)]
    world.register()
    batches(world, 9 * HOUR)
    assert not world.entries(ReasonCode.HELD), world.told()
    assert world.rollout().phase is Phase.PROMOTED, world.told()


@pytest.mark.parametrize("outages", [[(200, 60)], [(330, 150)], [(330, 45), (150, 70)]], ids=str)
@pytest.mark.parametrize(
    ("steps", "begun"),
    [
        ((WeightStep(10), PauseStep(50 * MINUTE)), ReasonCode.PAUSE_STARTED),
        ((MirrorStep(20, duration=35 * MINUTE), WeightStep(10)), ReasonCode.MIRROR_OBSERVED),
        ((WeightStep(10),), ReasonCode.WEIGHT_OBSERVED),
    ],
    ids=["pause", "mirror", "step"],
)
def test_outages_in_the_past_do_not_excuse_the_next(
    steps: tuple[Step, ...], begun: ReasonCode, outages: list[tuple[int, int]]
) -> None:
    """The log once stopped for an hour; when it stops for good while green waits, elapsed time advances nothing."""
    judge = replace(POLICY.judge, inconclusive="advance", history=6 * HOUR * MINUTE)
    world = World(replace(POLICY, judge=judge, steps=(POLICY.steps[0], *steps, WeightStep(50))), rpm=900)
    lost = {MIDNIGHT - (ago - n) * MINUTE for ago, length in outages for n in range(length)}
    past = [MIDNIGHT - n * MINUTE for n in range(360, 0, -1)]
    world.telemetry.rows = [DeploymentMinute(BLUE, at, 900, 1) for at in past if at not in lost]
    world.register()
    for _ in range(HOUR):
        world.minutes(0 if world.entries(begun) else 1)
    world.minutes(2)
    share, world.avoided = dict(world.seen.traffic), {BLUE, GREEN}
    world.minutes(100)
    assert "no request since" in (world.rollout().observed.telemetry_problem or "")
    world.minutes(4 * HOUR)
    assert world.seen.traffic == share, world.told()


def test_an_endpoint_without_a_past_is_not_called_silent() -> None:
    """It has never had any requests but those of the smoke test."""
    world = World(rpm=0)
    world.register()
    world.until(Phase.STEPPING)
    world.minutes(100)
    assert world.rollout().observed.telemetry_problem is None
