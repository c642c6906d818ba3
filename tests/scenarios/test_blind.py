"""Green gets no traffic before telemetry shows a request to this endpoint. Problems are reported immediately."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Literal

import pytest

from shared.core.observation import PathState, TelemetryPath
from shared.core.phases import Phase
from shared.core.rollout import Verb
from shared.core.rollout.reasons import ReasonCode as Why
from shared.core.steps import MirrorStep, SmokeStep, WeightStep
from shared.errors import NotPossible, Permanent
from tests.fake_telemetry import FakeTelemetry
from tests.scenarios.late_rows import late_world, rows_after
from tests.scenarios.test_absence import asleep
from tests.scenarios.world import BLUE, GREEN, MINUTE, POLICY, World

FIVE = replace(POLICY, judge=replace(POLICY.judge, telemetry_lag=5 * MINUTE))
MIRRORED = replace(FIVE, steps=(SmokeStep("smoke.jsonl"), MirrorStep(20, 30 * MINUTE), WeightStep(50)))


class Silent(FakeTelemetry):
    """A log in which nothing arrives until `open` is set."""

    open = False

    def minutes(self, endpoint, asked):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN201 -- as in the base class
        seen = super().minutes(endpoint, asked)
        return seen if self.open else replace(seen, minutes=())


class Secret(Silent):
    """The same, and the endpoint's diagnostic settings cannot be read either."""

    def path(self, endpoint: str, source: str) -> TelemetryPath:
        raise Permanent(f"cannot read the {source} settings of {endpoint}: 403 AuthorizationFailed")


def blind(state: PathState = PathState.OPEN, detail: str = "", policy: object = FIVE) -> World:
    """Return a busy endpoint whose requests reach no log, ten minutes into a rollout."""
    world = World(policy=policy, telemetry=Silent(found=TelemetryPath(state, detail)))  # type: ignore[arg-type]
    world.register()
    world.minutes(10)
    return world


@pytest.mark.parametrize("policy", [FIVE, MIRRORED, replace(FIVE, steps=(SmokeStep("smoke.jsonl"),))])
def test_a_green_without_telemetry_gets_no_traffic(policy: object) -> None:
    """No weight, no mirror and no promotion, however long it lasts."""
    world = blind(policy=policy)
    for _ in range(200):
        world.minutes()
        assert (world.seen.traffic, world.seen.mirror) == ({BLUE: 100}, {})
    assert world.rollout().phase is Phase.STEPPING


@pytest.mark.parametrize(
    ("state", "code"),
    [
        (PathState.NO_SETTING, Why.DIAGNOSTIC_SETTING_MISSING),
        (PathState.CATEGORY_OFF, Why.REQUEST_LOG_OFF),
        (PathState.OTHER_WORKSPACE, Why.LOGGED_ELSEWHERE),
    ],
)
def test_a_wrong_setting_is_reported_immediately_and_once(state: PathState, code: Why) -> None:
    """The cause is in the history from green's first minute, and is not repeated."""
    world = blind(state, "audit")
    ready, (unproven,) = world.entries(Why.GREEN_READY)[0], world.entries(Why.TELEMETRY_UNPROVEN)
    assert unproven.reason.because is not None
    assert (unproven.reason.because.code, unproven.at - ready.at) == (code, timedelta(0))


@pytest.mark.parametrize(("source", "role"), [("logs", "Log Analytics Data Reader"), ("metrics", "Monitoring Reader")])
def test_a_missing_permission_is_reported_immediately_and_once(source: Literal["logs", "metrics"], role: str) -> None:
    """The history names the role to grant; the smoke step waits, and continues by itself once it is granted."""
    world = World(replace(FIVE, judge=replace(FIVE.judge, errors_from=source)))
    world.telemetry.faults.planned = [Permanent("403 InsufficientAccessError")] * 1000
    world.register()
    world.minutes(180)
    ready, (unproven,) = world.entries(Why.GREEN_READY)[0], world.entries(Why.TELEMETRY_UNPROVEN)
    assert unproven.reason.because is not None
    assert (unproven.reason.because.code, unproven.at - ready.at) == (Why.TELEMETRY_REFUSED, timedelta(0))
    assert role in unproven.reason.because.facts["role"]
    assert (world.rollout().phase, world.rollout().progress.step) == (Phase.STEPPING, 0)
    assert world.seen.traffic == {BLUE: 100}
    world.telemetry.faults.planned.clear()
    world.until(Phase.PROMOTED)


def test_settings_that_may_not_be_read_are_reported_immediately() -> None:
    """And once more when the smoke requests do not arrive, each time with the cause."""
    world = World(policy=FIVE, telemetry=Secret())
    world.register()
    world.minutes(20)
    ready, (first, second) = world.entries(Why.GREEN_READY)[0], world.entries(Why.TELEMETRY_UNPROVEN)
    assert first.reason.because is not None
    assert second.reason.because is not None
    assert (first.reason.because.code, first.at) == (Why.DIAGNOSTIC_SETTING_UNREADABLE, ready.at)
    assert second.reason.because.code is Why.REQUESTS_NOT_LOGGED
    assert "AuthorizationFailed" in first.reason.because.facts["message"]
    assert "AuthorizationFailed" in second.reason.because.facts["message"]


def test_a_table_that_does_not_exist_yet_is_reported_as_such() -> None:
    """On a new workspace a missing table is not a query error; its rows are still to come."""
    world = World(policy=FIVE, telemetry=FakeTelemetry(no_table="Failed to resolve table"))
    world.register()
    world.minutes(5)
    (unproven,) = world.entries(Why.TELEMETRY_UNPROVEN)
    assert unproven.reason.because is not None
    assert unproven.reason.because.code is Why.LOG_TABLE_MISSING


def test_smoke_requests_have_the_lag_and_five_minutes_to_arrive() -> None:
    """If the settings look right, missing requests are reported only after that."""
    world = blind()
    assert not world.entries(Why.TELEMETRY_UNPROVEN)
    world.minutes(3)
    (unproven,) = world.entries(Why.TELEMETRY_UNPROVEN)
    assert unproven.reason.because is not None
    assert unproven.reason.because.code is Why.REQUESTS_NOT_LOGGED


def test_a_diagnosis_that_fails_stops_nothing() -> None:
    """If the settings cannot be read, the cause is unknown, but the rollout continues."""
    world = blind()
    world.telemetry.found = None
    world.minutes(5)
    assert world.entries(Why.TELEMETRY_UNPROVEN)


def test_it_continues_automatically_when_telemetry_appears() -> None:
    """However late telemetry comes; the step's clock starts again."""
    world = blind(PathState.NO_SETTING)
    world.minutes(180)
    assert isinstance(world.telemetry, Silent)
    world.telemetry.open = True
    world.until(Phase.PROMOTED)
    assert len(world.entries(Why.TELEMETRY_PROVEN)) == 1


def test_the_smoke_test_proves_the_path_of_a_silent_endpoint() -> None:
    """Nobody else calls it, so the first request in its log is green's smoke request, after the lag."""
    world = World(policy=FIVE, rpm=0)
    world.register()
    world.until_weight(10)
    ready, smoked = world.entries(Why.GREEN_READY)[0], world.entries(Why.SMOKE_PASSED)[0]
    assert smoked.at - ready.at == 6 * MINUTE
    assert not world.entries(Why.TELEMETRY_UNPROVEN)


def test_old_requests_prove_nothing() -> None:
    """A log that stopped long before green was ready counts as empty."""
    world = World(policy=FIVE)
    world.telemetry.rows[:] = [row for row in world.telemetry.rows if world.clock() - row.minute > 40 * MINUTE]
    world.rpm = 0
    world.scoring.answered = lambda _deployment, _requests: None
    world.register()
    world.minutes(30)
    assert world.seen.traffic == {BLUE: 100}


def test_a_green_without_telemetry_cannot_be_promoted() -> None:
    """A request to promote is rejected, as it is before the smoke test."""
    world = blind()
    with pytest.raises(NotPossible):
        world.ask(Verb.PROMOTE)
    assert GREEN not in world.seen.traffic


def test_a_promotion_under_an_override_waits_for_telemetry() -> None:
    """There is no smoke step and no request log: overriding the judge does not override the need for telemetry."""
    world = World(replace(FIVE, steps=(WeightStep(10),)), telemetry=FakeTelemetry(no_table="no such table"))
    world.register()
    world.until(Phase.STEPPING)
    world.ask(Verb.OVERRIDE)
    world.minutes()
    world.ask(Verb.PROMOTE, full=True)
    world.minutes(9)
    assert world.seen.traffic == {BLUE: 100}, world.told()


@pytest.mark.parametrize("late", [16, 40, 60])
@pytest.mark.parametrize("rpm", [20, 800])
def test_a_log_that_is_late_is_not_taken_for_one_that_stopped(late: int, rpm: int) -> None:
    """Rows keep appearing. The history says that they are late, and the rollout waits longer for them."""
    world, _ = late_world(rows_after(late), lag=5, rpm=rpm)
    world.until(Phase.PROMOTED, within=24 * 60)
    (entry,) = world.entries(Why.TELEMETRY_LATE)
    assert late * 60 <= entry.reason.facts["delay_seconds"] <= (late + 2) * 60
    assert not world.entries(Why.TELEMETRY_UNPROVEN)


def test_what_was_logged_before_a_pause_of_teal_is_not_late() -> None:
    """The log stops while Teal is down; everything logged before that had arrived in time."""
    world = World(policy=FIVE, rpm=800)
    world.telemetry.rows = [row for row in world.telemetry.rows if world.clock() - row.minute > 20 * MINUTE]
    world.avoided = {BLUE}
    world.register()
    world.minutes(3)
    for avoided in (set(), {BLUE}):
        world.avoided = avoided
        asleep(world, 90)
    world.minutes(5)
    assert (world.seen.traffic, world.entries(Why.TELEMETRY_LATE)) == ({BLUE: 100}, [])


@pytest.mark.parametrize("minutes", [13, 15])
def test_a_log_that_stopped_a_quarter_of_an_hour_ago_proves_nothing(minutes: int) -> None:
    """Until then it showed a busy endpoint, as after someone removed the diagnostic setting."""
    world = World(rpm=500)
    world.telemetry.rows = world.telemetry.rows[:-minutes]
    world.avoided = {BLUE}
    world.register()
    world.minutes(40)
    assert world.seen.traffic == {BLUE: 100}
    assert world.entries(Why.TELEMETRY_UNPROVEN)
    world.avoided = set()
    world.until_weight(10)
