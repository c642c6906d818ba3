"""Mirrored traffic, before any user gets green's answers."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Literal

import pytest

from shared.core.observation import Provisioning
from shared.core.phases import Phase
from shared.core.policy import Policy
from shared.core.rollout import Verb
from shared.core.rollout.reasons import ReasonCode
from shared.core.steps import MirrorStep, PauseStep, SmokeStep, WeightStep
from shared.ports import Halt
from shared.rollout_health import rollout_findings
from tests.scenarios.world import BLUE, ENDPOINT, GREEN, MINUTE, POLICY, World

SHADOW = replace(POLICY, steps=(SmokeStep("smoke.jsonl"), MirrorStep(20, duration=5 * MINUTE), WeightStep(50)))


def mirrored(policy: Policy = SHADOW) -> World:
    """Return a world in which traffic is mirrored to green."""
    world = World(policy)
    world.register()
    world.until(Phase.STEPPING)
    for _ in range(10):
        if world.seen.mirror:
            return world
        world.minutes()
    raise AssertionError(world.told())


def test_green_is_judged_by_its_mirror_and_then_gets_live_traffic() -> None:
    """The mirror runs for its time and is observed to have ended; only then comes the first live weight."""
    world = mirrored()
    assert world.seen.mirror == {GREEN: 20}
    assert world.seen.traffic == {BLUE: 100}
    assert world.until(Phase.PROMOTED).observed.serving == GREEN
    assert world.seen.mirror == {}
    codes = [entry.reason.code for entry in world.history()]
    assert codes.index(ReasonCode.MIRROR_OBSERVED) < codes.index(ReasonCode.WEIGHT_REQUESTED)


def test_the_mirror_lasts_as_long_as_the_policy_says() -> None:
    """Before its five minutes are over green gets no live traffic, however good it looks."""
    world = mirrored()
    world.minutes(4)
    assert world.seen.mirror == {GREEN: 20}
    assert GREEN not in world.seen.traffic


def test_a_mirror_may_last_longer_than_patience() -> None:
    """Patience begins when its time is over: a green that has long been certified just waits until then."""
    minutes = POLICY.judge.patience + 10 * MINUTE
    world = World(replace(POLICY, steps=(MirrorStep(20, duration=minutes), WeightStep(50))))
    world.register()
    world.until_weight(50)
    assert world.entries(ReasonCode.EVIDENCE_INSUFFICIENT) == []


def test_a_green_that_fails_its_mirror_never_gets_live_traffic() -> None:
    """Harm in mirrored traffic rolls back, and the mirror ends."""
    world = World(SHADOW, rates={GREEN: 0.3})
    world.register()
    rollout = world.until_finished()
    assert rollout.phase is Phase.ROLLED_BACK
    assert rollout.status.reason.code is ReasonCode.REGRESSION_DETECTED
    assert all(GREEN not in written for written in world.endpoints.traffic_written)
    assert world.seen.mirror == {}
    assert GREEN not in world.seen.deployments


def test_a_number_of_requests_can_end_the_mirror() -> None:
    """It ends when green has answered that many requests, in settled minutes."""
    world = World(replace(POLICY, steps=(MirrorStep(20, requests=5000), WeightStep(50))))
    world.register()
    world.until_weight(50)
    assert world.rollout().judging.evidence.gates[0].counts().green_total >= 5000


def test_without_time_or_number_the_certificate_ends_the_mirror() -> None:
    """A mirror step with only a share lasts until the next weight is certified."""
    world = World(replace(POLICY, steps=(MirrorStep(20), WeightStep(50))))
    world.register()
    world.until_weight(50)
    assert "odds" in world.told()


def test_an_operator_can_roll_back_during_the_mirror() -> None:
    """The mirror stops, green is deleted, and blue is unaffected."""
    world = mirrored()
    world.ask(Verb.ROLLBACK)
    world.until_finished()
    assert (world.seen.mirror, world.seen.traffic) == ({}, {BLUE: 100})


def test_an_operator_can_promote_during_the_mirror() -> None:
    """The mirror ends first, because Azure refuses a mirror together with live traffic."""
    world = mirrored()
    world.ask(Verb.PROMOTE, full=True)
    assert world.until(Phase.PROMOTED).observed.serving == GREEN
    assert world.seen.mirror == {}


def test_kubernetes_endpoints_cannot_mirror_and_nothing_is_created() -> None:
    """The rollout ends immediately with a clear message."""
    world = World(SHADOW)
    world.endpoints.seen["churn"] = replace(world.seen, kubernetes=True)
    world.register()
    rollout = world.until(Phase.FAILED)
    assert rollout.status.reason.code is ReasonCode.MIRROR_UNSUPPORTED
    assert list(world.seen.deployments) == [BLUE]


def test_no_weight_is_requested_before_the_mirror_has_ended() -> None:
    """The record and its history keep the actual order: first no mirror, then a weight."""
    world = mirrored()
    while world.seen.mirror:
        assert world.rollout().traffic.weight == 0
        world.minutes()
    assert world.until_weight(50).traffic.mirror == 0


def test_after_a_mirror_minutes_are_judged_at_its_share() -> None:
    """During a pause after the mirror, minutes are still judged at the mirror's share."""
    steps = (MirrorStep(20, duration=5 * MINUTE), PauseStep(), WeightStep(50))
    world = World(replace(POLICY, steps=steps))
    world.register()
    world.until(Phase.PAUSED)
    world.minutes(10)
    assert (world.rollout().traffic.mirror, world.rollout().judging.evidence.weight) == (0, -20)


def test_a_mirror_that_someone_ends_is_not_restored() -> None:
    """Perhaps it was too much for green: the rollout pauses, and mirrors again only when an operator resumes."""
    world = mirrored()
    world.minutes(2)
    world.endpoints.seen[ENDPOINT] = replace(world.seen, mirror={})
    world.minutes(30)
    assert (world.rollout().phase, world.seen.mirror, world.seen.traffic) == (Phase.PAUSED, {}, {BLUE: 100})
    (changed,) = world.entries(ReasonCode.MIRROR_CHANGED_EXTERNALLY)
    assert (changed.reason.facts["mirror"], changed.reason.facts["observed_mirror"]) == (20, 0)
    world.ask(Verb.RESUME)
    world.minutes(2)
    assert world.seen.mirror == {GREEN: 20}
    world.until(Phase.PROMOTED)


def test_a_request_from_before_the_mirror_was_ended_does_not_count() -> None:
    """Whoever asked for the promotion did not know that someone had just ended the mirror."""
    world = mirrored()
    world.minutes(2)
    world.ask(Verb.PROMOTE)
    world.endpoints.seen[ENDPOINT] = replace(world.seen, mirror={})
    world.minutes(3)
    assert (world.rollout().phase, world.seen.traffic) == (Phase.PAUSED, {BLUE: 100})
    assert world.entries(ReasonCode.REQUEST_OVERRULED)


def test_a_mirror_that_someone_ends_as_a_hold_ends_is_not_restored() -> None:
    """One reconcile sees both: the hold is lifted, and the edit is noticed before anything is ordered."""
    world = mirrored()
    world.minutes(2)
    world.store.set_halt(Halt("ada", "network works", world.clock()))
    world.minutes(2)
    world.endpoints.seen[ENDPOINT] = replace(world.seen, mirror={})
    world.store.set_halt(None)
    world.minutes(3)
    assert (world.rollout().phase, world.seen.mirror) == (Phase.PAUSED, {})


def test_a_mirror_that_someone_ends_during_a_halt_is_not_restored_afterwards() -> None:
    """The halt begins before Teal has seen its mirror in force; once it is seen, its end counts as an edit."""
    world = World(SHADOW)
    world.endpoints.slow = True
    world.register()
    while not world.endpoints.pending or world.rollout().traffic.mirror == 0:
        world.minutes()
    world.store.set_halt(Halt("ada", "green is too slow", world.clock()))
    world.minutes(3)
    assert world.seen.mirror == {GREEN: 20}
    world.endpoints.seen[ENDPOINT] = replace(world.seen, mirror={})
    world.minutes(3)
    world.store.set_halt(None)
    world.minutes(30)
    assert (world.rollout().phase, world.seen.mirror) == (Phase.PAUSED, {})
    assert world.entries(ReasonCode.MIRROR_CHANGED_EXTERNALLY)


def test_a_pause_begins_when_the_mirror_before_it_has_ended() -> None:
    """Someone else is changing the endpoint, so the order to end the mirror must wait."""
    world = World(replace(POLICY, steps=(MirrorStep(20, duration=5 * MINUTE), PauseStep(), WeightStep(50))))
    world.register()
    world.until_mirrored(20)
    world.endpoints.seen[ENDPOINT] = replace(world.seen, state=Provisioning.UPDATING)
    world.minutes(15)
    assert (world.rollout().phase, world.seen.mirror) == (Phase.STEPPING, {GREEN: 20})
    world.endpoints.seen[ENDPOINT] = replace(world.seen, state=Provisioning.SUCCEEDED)
    assert world.until(Phase.PAUSED).phase is Phase.PAUSED
    assert world.seen.mirror == {}


def test_what_a_mirror_showed_next_to_another_blue_does_not_count() -> None:
    """All traffic moves to a hotfix after the mirror: green is mirrored again, next to the hotfix."""
    steps = (SmokeStep("s"), MirrorStep(20, duration=5 * MINUTE), PauseStep(20 * MINUTE), WeightStep(50))
    world = World(replace(POLICY, steps=steps))
    world.register()
    world.until(Phase.PAUSED)
    hotfix = replace(world.seen.deployments[BLUE], name="hotfix", model="azureml:churn:61")
    found = replace(world.seen, deployments=world.seen.deployments | {"hotfix": hotfix}, traffic={"hotfix": 100})
    world.endpoints.seen[ENDPOINT] = found
    world.rates = {GREEN: 0.4}
    world.until_mirrored(20)
    assert world.until_finished().phase is Phase.ROLLED_BACK
    assert (world.seen.traffic, world.endpoints.traffic_written) == ({"hotfix": 100}, [])


@pytest.mark.parametrize("duration", [None, 30 * MINUTE], ids=["without an end", "timed"])
def test_a_pause_by_an_operator_lasts_when_green_gets_another_blue(duration: timedelta | None) -> None:
    """An operator's pause within a pause step outlasts that step, and holds back a new mirror as well."""
    steps = (SmokeStep("s"), MirrorStep(20, duration=5 * MINUTE), PauseStep(duration), WeightStep(50))
    world = World(replace(POLICY, steps=steps))
    world.register()
    world.until(Phase.PAUSED)
    world.ask(Verb.PAUSE)
    world.minutes(3)
    hotfix = replace(world.seen.deployments[BLUE], name="hotfix", model="azureml:churn:61")
    found = replace(world.seen, deployments=world.seen.deployments | {"hotfix": hotfix}, traffic={"hotfix": 100})
    world.endpoints.seen[ENDPOINT] = found
    world.minutes(90)
    assert (world.rollout().phase, world.rollout().blue, world.seen.mirror) == (Phase.PAUSED, "hotfix", {})
    world.ask(Verb.RESUME)
    world.until_mirrored(20)


def test_a_mirror_without_enough_requests_goes_on_next_to_another_blue() -> None:
    """No operator paused it, so none has to resume it when all traffic moves and more requests arrive."""
    world = World(replace(POLICY, steps=(SmokeStep("s"), MirrorStep(20), WeightStep(50))), rpm=6)
    world.register()
    world.until(Phase.PAUSED, within=200)
    hotfix = replace(world.seen.deployments[BLUE], name="hotfix", model="azureml:churn:61")
    found = replace(world.seen, deployments=world.seen.deployments | {"hotfix": hotfix}, traffic={"hotfix": 100})
    world.endpoints.seen[ENDPOINT], world.rpm = found, 6000
    world.until(Phase.PROMOTED, within=120)


def unended(policy: Policy = SHADOW) -> World:
    """Return a world in which Azure refuses to end the mirror: the rollback has failed, an hour ago."""
    world = mirrored(policy)
    world.endpoints.refuses["mirror"] = "ScopeLocked: the resource group has a lock"
    world.ask(Verb.ROLLBACK)
    world.until(Phase.FAILED)
    world.minutes(60)
    assert world.seen.mirror == {GREEN: 20}
    return world


@pytest.mark.parametrize("on_rollback", ["delete", "keep"])
def test_a_mirror_that_azure_refuses_to_end_is_teals_own(on_rollback: Literal["delete", "keep"]) -> None:
    """The history names the refusal and no other person; once it is lifted, the mirror ends and green is deleted."""
    world = unended(replace(SHADOW, on_rollback=on_rollback))
    (told,) = world.entries(ReasonCode.LEFTOVER_MIRROR_NOT_ENDED)
    assert "ScopeLocked" in told.reason.facts["message"]
    assert world.entries(ReasonCode.LEFTOVER_MIRRORED) == []
    (finding,) = rollout_findings(world.rollout(), world.clock())
    assert (finding.check, "ScopeLocked" in finding.message) == ("cleanup", True)
    world.endpoints.refuses.clear()
    world.minutes(2)
    assert world.seen.mirror == {}
    world.until_finished()
    assert (GREEN in world.seen.deployments) is (on_rollback == "keep")
    assert list(rollout_findings(world.rollout(), world.clock())) == []


def test_a_mirror_that_somebody_ends_by_hand_keeps_no_green() -> None:
    """Azure still refuses Teal's own order to end it, but that order is no longer needed."""
    world = unended()
    world.endpoints.seen[ENDPOINT] = replace(world.seen, mirror={})
    world.until_finished()
    assert GREEN not in world.seen.deployments


def test_a_new_version_does_not_wait_for_a_mirror_that_azure_refuses_to_end() -> None:
    """The leftover has already been reported, so the next rollout begins."""
    world = unended()
    world.register("8", "e8")
    world.minutes(3)
    assert world.rollout("8").phase is not Phase.QUEUED


def test_somebody_elses_mirror_to_a_failed_green_is_named_as_theirs() -> None:
    """Its share is not the one that Teal ordered."""
    world = mirrored()
    world.endpoints.refuses["mirror"] = "ScopeLocked: the resource group has a lock"
    world.ask(Verb.ROLLBACK)
    world.minutes(2)
    world.endpoints.seen[ENDPOINT] = replace(world.seen, mirror={GREEN: 35})
    world.until(Phase.FAILED)
    world.minutes(60)
    assert world.entries(ReasonCode.LEFTOVER_MIRRORED)
    assert world.entries(ReasonCode.LEFTOVER_MIRROR_NOT_ENDED) == []
