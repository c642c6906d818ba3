"""Good versions, and what operators and time do to them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from shared.core.phases import Phase
from shared.core.rollout import Verb
from shared.core.rollout.reasons import ReasonCode
from shared.core.steps import PauseStep, SmokeStep, WeightStep
from shared.intake import IntakeResult
from tests.scenarios.world import BLUE, ENDPOINT, GREEN, POLICY, World


def test_a_good_version_is_promoted_and_the_old_one_deleted_after_its_time() -> None:
    """Created next to blue, smoke-tested, 10, 50, 100 percent, promoted; blue is deleted after `keep_blue`."""
    world = World()
    assert world.register() is IntakeResult.STARTED
    promoted = world.until(Phase.PROMOTED)
    assert world.endpoints.traffic_written == [{GREEN: 10, BLUE: 90}, {GREEN: 50, BLUE: 50}, {GREEN: 100}]
    assert set(world.seen.deployments) == {BLUE, GREEN}
    finished = world.until_finished()
    assert set(world.seen.deployments) == {GREEN}
    assert finished.finished is not None
    assert finished.finished - promoted.status.since >= POLICY.keep_blue
    assert world.store.open_endpoints() == ()


def test_every_weight_is_certified_by_recorded_numbers() -> None:
    """Each step's entry has the counts and odds that it passed with."""
    world = World()
    world.register()
    world.until(Phase.PROMOTED)
    passed = world.entries(ReasonCode.STEP_PASSED)
    assert [entry.step for entry in passed] == [2, 3]
    for entry in passed:
        (errors,) = [reading for reading in entry.readings if reading.gate == "errors"]
        assert errors.green_total > 0
        assert errors.log_certificate is not None
        assert errors.certificate_threshold is not None
        assert errors.log_certificate >= errors.certificate_threshold
        assert errors.green is not None
        assert errors.green.low <= errors.green_bad / errors.green_total <= errors.green.high


def test_no_traffic_is_not_evidence() -> None:
    """An endpoint without requests is not promoted: the rollout pauses when patience runs out, and says why."""
    world = World(rpm=0)
    world.register()
    paused = world.until(Phase.PAUSED)
    assert paused.status.reason.because is not None
    assert paused.status.reason.because.code in {ReasonCode.NOTHING_JUDGED, ReasonCode.NO_REQUESTS}
    assert world.seen.traffic == {GREEN: 10, BLUE: 90}


def test_a_quiet_endpoint_advances_uncertified_if_its_policy_says_so() -> None:
    """With `inconclusive: advance` it continues after its patience, and the history says that it was uncertified."""
    policy = replace(POLICY, judge=replace(POLICY.judge, inconclusive="advance"))
    world = World(policy=policy, rpm=40)
    world.register()
    world.until(Phase.PROMOTED, within=200)
    assert world.entries(ReasonCode.STEP_UNCERTIFIED)


def test_promoted_manually() -> None:
    """An operator promotes at 10 percent: all traffic goes to green at once, and the history says who and why."""
    world = World()
    world.register()
    world.until_weight(10)
    world.ask(Verb.PROMOTE, "the board waits", full=True)
    promoted = world.until(Phase.PROMOTED)
    assert world.endpoints.traffic_written == [{GREEN: 10, BLUE: 90}, {GREEN: 100}]
    accepted, asked = (entry for entry in world.history() if entry.actor == "ada@example.com")
    assert (accepted.reason.code, accepted.reason.facts["skipped"]) == (
        ReasonCode.REQUEST_ACCEPTED,
        ["weight 10%", "weight 50%"],
    )
    assert (asked.before, asked.after) == (Phase.STEPPING, Phase.PROMOTING)
    assert (asked.reason.code, asked.reason.facts["comment"]) == (ReasonCode.OPERATOR_PROMOTE_FULL, "the board waits")
    assert asked.reason.facts["skipped"] == ["weight 10%", "weight 50%"]
    assert promoted.observed.serving == GREEN


def test_a_version_promoted_without_telemetry_is_judged_when_telemetry_is_back() -> None:
    """An early promotion does not disable the judge: a broken green is still rolled back at 100 percent."""
    world = World(rates={GREEN: 0.5})
    world.register()
    world.until_weight(10)
    world.telemetry.faults.always = "the workspace is away"
    world.ask(Verb.PROMOTE, full=True)
    world.minutes(3)
    assert world.seen.traffic == {GREEN: 100}
    world.telemetry.faults.always = ""
    assert world.until(Phase.ROLLED_BACK).observed.serving == BLUE


def test_paused_and_resumed_manually() -> None:
    """While paused, the weight stays whatever the evidence says; once resumed, the rollout continues to the end."""
    world = World()
    world.register()
    world.until_weight(10)
    world.ask(Verb.PAUSE, "lunch")
    world.minutes(20)
    assert (world.rollout().phase, world.seen.traffic) == (Phase.PAUSED, {GREEN: 10, BLUE: 90})
    world.ask(Verb.RESUME, "back")
    world.until(Phase.PROMOTED)
    people = [
        (entry.after, entry.reason.code, entry.reason.facts["comment"])
        for entry in world.history()
        if entry.actor == "ada@example.com"
    ]
    assert people == [
        (Phase.STEPPING, ReasonCode.REQUEST_ACCEPTED, "lunch"),
        (Phase.PAUSED, ReasonCode.OPERATOR_PAUSE, "lunch"),
        (Phase.PAUSED, ReasonCode.REQUEST_ACCEPTED, "back"),
        (Phase.STEPPING, ReasonCode.OPERATOR_RESUME, "back"),
    ]


def test_a_pause_step_waits_for_an_operator_and_records_who_it_was() -> None:
    """Without a duration the pause lasts until someone resumes, and the history says who did."""
    steps = (SmokeStep("s"), WeightStep(10), PauseStep(), WeightStep(50))
    world = World(policy=replace(POLICY, steps=steps))
    world.register()
    world.until(Phase.PAUSED)
    world.minutes(90)
    assert world.rollout().phase is Phase.PAUSED
    world.ask(Verb.RESUME, "approved")
    world.minutes()
    assert world.rollout().phase is Phase.STEPPING
    assert any(
        entry.actor == "ada@example.com" and entry.reason.facts["comment"] == "approved" for entry in world.history()
    )
    world.until(Phase.PROMOTED)


def test_a_pause_step_with_a_duration_waits_for_the_clock() -> None:
    """`pause: {for: 20m}` continues by itself, and not before."""
    steps = (SmokeStep("s"), PauseStep(timedelta(minutes=20)), WeightStep(50))
    world = World(policy=replace(POLICY, steps=steps))
    world.register()
    paused = world.until(Phase.PAUSED)
    stepping = world.until(Phase.STEPPING)
    assert stepping.status.since - paused.status.since == timedelta(minutes=20)


def test_a_policy_that_ends_at_100_percent_is_watched_there() -> None:
    """If the last step is `weight: 100`, the bake happens within that step, and the promotion follows."""
    world = World(policy=replace(POLICY, steps=(SmokeStep("s"), WeightStep(50), WeightStep(100))))
    world.register()
    world.until(Phase.PROMOTED)
    assert world.endpoints.traffic_written == [{GREEN: 50, BLUE: 50}, {GREEN: 100}]


def test_a_version_that_serves_already_is_left_alone() -> None:
    """Registering the serving version again changes nothing, and the rollout ends as superseded."""
    world = World()
    world.register("6")
    ended = world.until(Phase.SUPERSEDED, version="6")
    assert (ended.status.reason.code, ended.status.reason.facts["model"]) == (ReasonCode.ALREADY_SERVING, "churn:6")
    assert ended.finished is not None
    assert world.endpoints.traffic_written == []


def test_a_rollout_waits_while_the_endpoint_is_being_written() -> None:
    """An endpoint whose traffic is just being set is observed again; the rollout does not fail."""
    world = World()
    world.endpoints.set_traffic(ENDPOINT, {})
    world.endpoints.finish()
    world.endpoints.set_traffic(ENDPOINT, {BLUE: 100})
    world.endpoints.traffic_written.clear()
    world.register()
    world.settle()
    assert world.rollout().phase is Phase.PROVISIONING
    world.until(Phase.PROMOTED)
