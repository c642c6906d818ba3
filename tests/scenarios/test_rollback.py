"""Versions that must be rolled back: by evidence, smoke test, Azure, deadline or operator."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from shared.core.observation import Provisioning
from shared.core.phases import Phase
from shared.core.policy import Deadlines
from shared.core.rollout import Verb
from shared.core.rollout.reasons import ReasonCode
from shared.core.steps import PauseStep, SmokeStep, WeightStep
from shared.errors import Permanent
from tests.scenarios.world import BLUE, ENDPOINT, GREEN, MINUTE, POLICY, World


def test_a_bad_version_is_rolled_back_on_the_evidence_and_deleted() -> None:
    """One request in ten fails: rolled back at 10 percent, green deleted, and the reason has the counts."""
    world = World(rates={GREEN: 0.1})
    world.register()
    ended = world.until_finished()
    assert ended.phase is Phase.ROLLED_BACK
    assert ended.status.reason.code is ReasonCode.REGRESSION_DETECTED
    measured = ended.status.reason.facts["measured"]
    assert (measured["gate"], measured["green_bad"] / measured["green_total"]) == ("errors", 0.1)
    assert ended.status.reason.facts["log_odds_worse"] > ended.status.reason.facts["log_odds_worse_threshold"]
    assert world.endpoints.traffic_written == [{GREEN: 10, BLUE: 90}, {BLUE: 100}]
    assert (world.seen.traffic, set(world.seen.deployments)) == ({BLUE: 100}, {BLUE})


def test_a_bad_version_can_be_kept_for_investigation() -> None:
    """`on_rollback: keep` leaves green in place, without traffic."""
    world = World(policy=replace(POLICY, on_rollback="keep"), rates={GREEN: 0.1})
    world.register()
    world.until_finished()
    world.minutes(30)
    assert (world.seen.traffic, set(world.seen.deployments)) == ({BLUE: 100}, {BLUE, GREEN})
    assert world.store.open_endpoints() == ()


def test_evidence_that_cannot_be_kept_is_still_acted_on() -> None:
    """If the table of minutes is full or unavailable, the plot is lost, but not the rollback."""
    world = World(rates={GREEN: 0.1})
    world.store.keeping.always = "the table is away"
    world.register()
    assert world.until_finished().phase is Phase.ROLLED_BACK


def test_a_version_that_goes_bad_at_100_percent_is_rolled_back() -> None:
    """Without blue to compare with, the bake still finds failures that appear only under full load."""
    world = World()
    world.register()
    world.until(Phase.PROMOTING)
    world.rates[GREEN] = 0.2
    assert world.until(Phase.ROLLED_BACK).observed.serving == BLUE


def test_a_failed_smoke_test_keeps_users_away() -> None:
    """Green answers 424 to the smoke requests: no live traffic ever, and the reason has the answer and the log."""
    world = World()
    world.scoring.statuses[GREEN] = 424
    world.register()
    ended = world.until_finished()
    assert ended.phase is Phase.ROLLED_BACK
    assert ended.status.reason.code is ReasonCode.SMOKE_FAILED
    assert ended.status.reason.facts["examples"][0].startswith("request 1: status 424 instead of 200")
    assert f"log of {ENDPOINT}/{GREEN}" in ended.status.reason.facts["log_lines"]
    assert world.endpoints.traffic_written == []


def test_a_second_smoke_test_is_sent_separately() -> None:
    """A model that passed before the pause can fail after it: each smoke step sends its own requests."""
    steps = (SmokeStep("s"), PauseStep(timedelta(minutes=5)), SmokeStep("s"), WeightStep(50))
    world = World(policy=replace(POLICY, steps=steps))
    world.register()
    world.until(Phase.PAUSED)
    world.scoring.statuses[GREEN] = 500
    assert world.until(Phase.ROLLED_BACK).status.reason.code is ReasonCode.SMOKE_FAILED


def test_a_smoke_test_that_could_not_be_sent_is_sent_again() -> None:
    """That the scoring address does not answer for a while says nothing about the model."""
    world = World()
    world.scoring.faults.always = "no route"
    world.register()
    world.minutes(10)
    assert world.rollout().phase is Phase.STEPPING
    world.scoring.faults.always = ""
    world.until(Phase.PROMOTED)


def test_a_deployment_that_fails_is_rolled_back_with_its_log() -> None:
    """Azure reports Failed: blue is untouched, the reason has the last log lines, and green is deleted."""
    world = World()
    world.endpoints.unready.add(GREEN)
    world.register()
    ended = world.until_finished()
    assert ended.phase is Phase.ROLLED_BACK
    assert (ended.status.reason.code, ended.status.reason.facts["state"]) == (ReasonCode.PROVISIONING_FAILED, "Failed")
    assert f"log of {ENDPOINT}/{GREEN}" in ended.status.reason.facts["log_lines"]
    assert world.endpoints.traffic_written == []
    assert set(world.seen.deployments) == {BLUE}


def test_a_deployment_that_never_becomes_ready_meets_its_deadline() -> None:
    """Twenty minutes of Creating are too long."""
    world = World()
    world.endpoints.stuck = True
    world.register()
    ended = world.until(Phase.ROLLED_BACK)
    assert ended.status.reason.code is ReasonCode.DEADLINE_EXCEEDED
    assert (ended.status.reason.facts["deadline"], ended.status.reason.facts["limit_seconds"]) == (
        "provisioning",
        20 * 60,
    )


def test_a_deployment_that_becomes_ready_as_its_deadline_passes_is_not_late() -> None:
    """It took longer than its 20 minutes, but there is nothing left to wait for."""
    world = World()
    world.register()
    world.minutes()
    world.endpoints.stuck = True
    world.minutes(19)
    world.endpoints.stuck = False
    world.clock.pass_(MINUTE)
    world.minutes()
    assert world.rollout().phase is Phase.STEPPING, world.told()


def test_a_rollout_without_telemetry_meets_its_deadline_and_says_why() -> None:
    """Green gets no weight that nobody could judge, so the rollout's own deadline ends it, not the step's."""
    deadlines = Deadlines(step=timedelta(minutes=15), rollout=timedelta(minutes=30))
    world = World(policy=replace(POLICY, deadlines=deadlines))
    world.telemetry.faults.always = "the workspace is away"
    world.register()
    ended = world.until(Phase.ROLLED_BACK)
    assert ended.status.reason.code is ReasonCode.DEADLINE_EXCEEDED
    assert (ended.status.reason.facts["deadline"], ended.status.reason.facts["limit_seconds"]) == ("rollout", 30 * 60)
    assert ended.status.reason.because is not None
    assert ended.status.reason.because.because is not None
    assert "the workspace is away" in ended.status.reason.because.because.facts["message"]
    assert world.endpoints.traffic_written == []


def test_telemetry_that_goes_away_in_the_middle_pauses_the_rollout() -> None:
    """Telemetry does not answer for longer than patience: the weight is held, and operators read why."""
    world = World()
    world.register()
    world.until_weight(10)
    world.telemetry.faults.always = "the workspace is away"
    paused = world.until(Phase.PAUSED)
    assert (paused.status.reason.code, paused.status.reason.because is not None) == (
        ReasonCode.EVIDENCE_INSUFFICIENT,
        True,
    )
    assert paused.status.reason.because is not None
    assert "the workspace is away" in paused.status.reason.because.facts["message"]
    world.telemetry.faults.always = ""
    world.ask(Verb.RESUME)
    world.until(Phase.PROMOTED)


def test_a_rollout_that_takes_too_long_is_rolled_back() -> None:
    """Even a pause ends, at the rollout's own deadline, unless green has been certified by then."""
    world = World(policy=replace(POLICY, deadlines=Deadlines(rollout=timedelta(minutes=50))))
    world.avoided = {GREEN}
    world.register()
    world.until_weight(10)
    world.ask(Verb.PAUSE)
    ended = world.until(Phase.ROLLED_BACK)
    assert ended.status.reason.code is ReasonCode.DEADLINE_EXCEEDED
    assert (ended.status.reason.facts["deadline"], ended.status.reason.facts["limit_seconds"]) == ("rollout", 50 * 60)
    assert world.seen.traffic == {BLUE: 100}


def test_a_green_that_breaks_is_rolled_back() -> None:
    """Someone deletes green's deployment: blue takes over all traffic again."""
    world = World()
    world.register()
    world.until_weight(10)
    seen = world.seen
    broken = replace(seen.deployments[GREEN], state=Provisioning.FAILED)
    world.endpoints.seen[ENDPOINT] = replace(seen, deployments=seen.deployments | {GREEN: broken})
    ended = world.until(Phase.ROLLED_BACK)
    assert ended.status.reason.code is ReasonCode.GREEN_LOST
    assert world.seen.traffic == {BLUE: 100}


def test_a_permanent_refusal_while_advancing_rolls_back() -> None:
    """Azure refuses to create green: it is rolled back immediately, with Azure's message."""
    world = World()
    world.endpoints.refuses["create"] = "OutOfQuota: no cores"
    world.register()
    ended = world.until_finished()
    assert (ended.phase, ended.status.reason.code) == (Phase.ROLLED_BACK, ReasonCode.ACTION_REFUSED)
    assert "OutOfQuota: no cores" in ended.status.reason.facts["message"]


def test_a_rollback_that_azure_refuses_is_ordered_again_until_its_deadline() -> None:
    """The refusal is in the history once; in the end an operator must act, and the record says why and what serves."""
    world = World(rates={GREEN: 0.5})
    world.register()
    world.until_weight(10)
    world.endpoints.refuses["traffic"] = "Forbidden: no right to write"
    failed = world.until(Phase.FAILED)
    assert failed.status.reason.code is ReasonCode.DEADLINE_EXCEEDED
    why = failed.status.reason.because
    assert why is not None
    assert (why.code, why.facts["other"]) == (ReasonCode.ACTION_REFUSED, "churn-6")
    assert "Forbidden: no right to write" in why.facts["message"]
    assert len(world.entries(ReasonCode.ACTION_REFUSED)) == 1


def test_a_rollback_that_azure_refuses_once_is_carried_out() -> None:
    """A role assignment takes minutes to apply; green must not keep serving because of that."""
    world = World(rates={GREEN: 0.5})
    world.register()
    world.until_weight(10)
    world.endpoints.refuses["traffic"] = "Forbidden: no right to write"
    world.until(Phase.ROLLING_BACK)
    world.minutes(2)
    world.endpoints.refuses.clear()
    assert world.until(Phase.ROLLED_BACK, Phase.FAILED).phase is Phase.ROLLED_BACK
    assert world.seen.traffic == {BLUE: 100}


def test_a_refusal_before_a_rollback_does_not_affect_it() -> None:
    """Azure refused to delete blue after the promotion; then someone moves the traffic back by hand."""
    world = World()
    world.endpoints.refuses["delete"] = "Locked: there is a lock"
    world.register()
    world.until(Phase.PROMOTED)
    while world.rollout().refusal is None:
        world.minutes()
    world.ask(Verb.ROLLBACK)
    assert world.until(Phase.ROLLED_BACK, Phase.FAILED).phase is Phase.ROLLED_BACK
    assert world.entries(ReasonCode.ACTION_REFUSED) == []


def test_a_refused_deletion_is_retried_each_minute_and_then_reported() -> None:
    """Teal tries to delete green once a minute; finally the history says that it still costs money."""
    world = World(rates={GREEN: 0.5})
    world.endpoints.refuses["delete"] = "Locked: there is a lock"
    world.register()
    finished = world.until_finished()
    assert finished.phase is Phase.ROLLED_BACK
    (told,) = world.entries(ReasonCode.LEFTOVER_NOT_DELETED)
    assert "Locked: there is a lock" in told.reason.facts["message"]


def test_a_smoke_test_that_fails_on_our_side_says_nothing_about_green() -> None:
    """An error between Teal and green, such as a missing key, is retried and does not count against green."""
    world = World()
    world.scoring.faults.planned.append(Permanent("no such key"))
    world.register()
    assert world.until(Phase.PROMOTED).observed.serving == GREEN
