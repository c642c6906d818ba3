"""Operators' requests: the outcome of each, alone and together with others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from shared.core.phases import Phase
from shared.core.rollout import OperatorRequest, Rollout, Verb
from shared.core.rollout.history import Entry
from shared.core.rollout.reasons import ReasonCode
from shared.core.rollout.requests import Address
from shared.core.steps import PauseStep, SmokeStep, WeightStep
from shared.errors import ErrorCode, NotPossible, TealError
from tests.scenarios.world import BLUE, ENDPOINT, GREEN, MINUTE, POLICY, World

STEPS = (SmokeStep("s"), WeightStep(15), PauseStep(), WeightStep(40), WeightStep(80))


def at_fifteen() -> World:
    """Return a world in which green has fifteen percent."""
    world = World(replace(POLICY, steps=STEPS))
    world.register()
    world.until_weight(15)
    return world


def at_the_pause() -> World:
    """Return a world in which the rollout waits at its pause step."""
    world = World(replace(POLICY, steps=STEPS))
    world.register()
    world.until(Phase.PAUSED)
    return world


def by(world: World, actor: str) -> list[Entry]:
    """Return one person's history entries."""
    return [entry for entry in world.history() if entry.actor == actor]


def test_promote_ends_only_the_current_step() -> None:
    """15, the pause, 40, 80, 100 percent: one request each, and no more than one step at a time."""
    world = at_fifteen()
    seen = []
    for _ in range(5):
        world.ask(Verb.PROMOTE)
        world.controller().reconcile(world.policy.endpoint_id)
        seen.append((world.rollout().phase, world.rollout().progress.step))
        for _ in range(2):
            world.endpoints.finish()
            world.controller().reconcile(world.policy.endpoint_id)
        if world.rollout().phase is Phase.PROMOTING:
            break
    stepping = Phase.STEPPING
    assert seen == [(stepping, 2), (stepping, 3), (stepping, 4), (Phase.PROMOTING, 5)], world.told()
    assert [traffic[GREEN] for traffic in world.endpoints.traffic_written] == [15, 40, 80, 100]


def test_promote_at_a_pause_goes_to_the_next_weight() -> None:
    """The weight after the pause is forty percent, not a hundred."""
    world = at_the_pause()
    world.ask(Verb.PROMOTE)
    world.minutes(2)
    assert world.seen.traffic == {GREEN: 40, BLUE: 60}


def test_a_full_promotion_records_what_it_skips() -> None:
    """Green gets all traffic, and the history lists the skipped steps."""
    world = at_the_pause()
    world.ask(Verb.PROMOTE, full=True)
    world.minutes(3)
    assert world.seen.traffic == {GREEN: 100}
    (entry,) = world.entries(ReasonCode.OPERATOR_PROMOTE_FULL)
    assert entry.reason.facts["skipped"] == ["pause", "weight 40%", "weight 80%"]


def test_a_green_with_known_errors_is_not_promoted_without_an_override() -> None:
    """With five percent failures, a full promotion is rolled back."""
    world = at_the_pause()
    world.rates[GREEN] = 0.05
    world.ask(Verb.PROMOTE, full=True)
    world.until(Phase.ROLLED_BACK, within=90)


def test_a_green_with_known_errors_is_promoted_once_an_operator_overrules_the_judge() -> None:
    """The same five percent do not roll it back, and the next rollout is judged again."""
    world = at_the_pause()
    world.rates[GREEN] = 0.05
    world.ask(Verb.OVERRIDE, "the old one fails in silence")
    world.ask(Verb.PROMOTE, full=True)
    assert world.until(Phase.PROMOTED, within=90).override is not None
    world.register("8", "e2")
    world.rates["churn-8"] = 0.5
    assert world.until(Phase.ROLLED_BACK, version="8", within=120).override is None


def test_an_override_counts_from_the_moment_that_it_is_accepted() -> None:
    """The verdict fails in the reconcile that would record the override: green is not rolled back."""
    world = at_fifteen()
    world.rates[GREEN] = 0.4
    for _ in range(3):
        world.log_traffic()
        world.clock.pass_(world.policy.judge.telemetry_lag)
    world.ask(Verb.OVERRIDE)
    world.minutes(3)
    assert world.rollout().phase in {Phase.STEPPING, Phase.PAUSED}, world.told()
    verdict = world.rollout().verdict
    assert verdict is not None
    assert verdict.outcome == "fail"


SAFER = [
    (Verb.PROMOTE, Verb.PAUSE),
    (Verb.PAUSE, Verb.PROMOTE),
    (Verb.PAUSE, Verb.ROLLBACK),
    (Verb.PROMOTE, Verb.ROLLBACK),
]


@pytest.mark.parametrize(("first", "second"), SAFER, ids=str)
def test_of_two_requests_the_safer_one_is_carried_out(first: Verb, second: Verb) -> None:
    """In either order: both are in the history, and the dropped request's entry says what took precedence."""
    world = at_fifteen()
    world.ask(first, by="ada")
    world.ask(second, by="bob")
    world.minutes(4)
    wins, loser = (second, "ada") if second.row.risk < first.row.risk else (first, "bob")
    assert world.rollout().phase is (Phase.PAUSED if wins is Verb.PAUSE else Phase.ROLLED_BACK), world.told()
    accepted, lost = by(world, loser)
    assert (accepted.reason.code, lost.reason.code) == (ReasonCode.REQUEST_ACCEPTED, ReasonCode.REQUEST_OVERRULED)
    assert lost.reason.because is not None
    assert lost.reason.because.facts["verb"] == wins


def test_two_simultaneous_promotes_promote_one_step() -> None:
    """The second request meant the same step, not the one after it."""
    world = at_fifteen()
    world.ask(Verb.PROMOTE, by="ada")
    world.ask(Verb.PROMOTE, by="bob")
    world.minutes()
    assert world.rollout().progress.step == 2
    assert [entry.reason.code for entry in by(world, "bob")] == [
        ReasonCode.REQUEST_ACCEPTED,
        ReasonCode.REQUEST_OVERRULED,
    ]


def test_every_accepted_request_has_two_entries_whatever_becomes_of_it() -> None:
    """Thirty people try all verbs for an hour: each request is either rejected or in the history with its outcome."""
    world = at_fifteen()
    accepted = []
    for number in range(30):
        verb = list(Verb)[number % 3]  # no rollback, because it would end the rollout
        try:
            world.ask(verb, by=f"person {number}")
        except TealError:
            continue
        accepted.append(f"person {number}")
        if number % 4 == 0:
            world.minutes(2)
    world.minutes(2)
    assert len(accepted) > 5
    assert {name: len(by(world, name)) for name in accepted} == dict.fromkeys(accepted, 2), world.told()


def test_a_request_overtaken_by_the_end_is_answered() -> None:
    """The endpoint is deleted before the pause is carried out: the history says that the request came too late."""
    world = at_fifteen()
    world.ask(Verb.PAUSE)
    world.endpoints.seen.clear()
    world.until_finished()
    assert [entry.reason.code for entry in by(world, "ada@example.com")] == [
        ReasonCode.REQUEST_ACCEPTED,
        ReasonCode.REQUEST_TOO_LATE,
    ]


def test_a_promotion_that_was_meant_for_the_last_step_is_too_late() -> None:
    """The judge passes the step before the request is carried out, so it does not skip another step."""
    world = at_fifteen()
    world.ask(Verb.PROMOTE)
    stored = world.store.rollout(world.policy.endpoint_id, world.rollout().id)
    assert stored is not None
    ahead = replace(stored.value.with_progress(step=3), requests=stored.value.requests)
    world.store.rows[world.policy.endpoint_id, ahead.id] = (ahead, stored.etag or "")
    world.controller().reconcile(world.policy.endpoint_id)
    assert world.entries(ReasonCode.REQUEST_TOO_LATE)
    assert world.rollout().progress.step == 3


def test_a_resume_before_an_edit_was_noticed_does_not_count() -> None:
    """Traffic is moved off green, and someone resumes before Teal notices: the edit stays; the request is dropped."""
    world = at_the_pause()
    world.endpoints.seen[ENDPOINT] = replace(world.seen, traffic={BLUE: 100})
    world.ask(Verb.RESUME)
    world.minutes(4)
    assert (world.rollout().phase, world.seen.traffic) == (Phase.PAUSED, {BLUE: 100})
    (lost,) = world.entries(ReasonCode.REQUEST_OVERRULED)
    assert lost.reason.because is not None
    assert lost.reason.because.code is ReasonCode.TRAFFIC_CHANGED_EXTERNALLY


def test_a_late_order_after_a_promotion_is_not_mistaken_for_an_edit() -> None:
    """The promotion follows an edit: Azure is still carrying out the restored split, and the promotion continues."""
    world = at_fifteen()
    world.endpoints.seen[ENDPOINT] = replace(world.seen, traffic={BLUE: 100})
    world.controller().reconcile(world.policy.endpoint_id)
    assert world.rollout().phase is Phase.PAUSED
    world.ask(Verb.PROMOTE, full=True)
    world.settle()
    world.until(Phase.PROMOTED)
    assert world.endpoints.traffic_written[-2:] == [{GREEN: 15, BLUE: 85}, {GREEN: 100}]
    assert len(world.entries(ReasonCode.TRAFFIC_CHANGED_EXTERNALLY)) == 1


def unsure() -> World:
    """Return a world in which the rollout is paused for lack of evidence; more traffic would end that pause."""
    world = World(replace(POLICY, steps=(SmokeStep("s"), WeightStep(15), WeightStep(40))), rpm=8)
    world.register()
    world.until(Phase.PAUSED, within=120)
    return world


def timed() -> World:
    """Return a world in a pause step that ends after twenty minutes."""
    world = World(replace(POLICY, steps=(SmokeStep("s"), WeightStep(15), PauseStep(20 * MINUTE), WeightStep(40))))
    world.register()
    world.until(Phase.PAUSED)
    return world


@pytest.mark.parametrize("paused", [unsure, timed])
def test_a_pause_that_ends_by_itself_can_be_made_to_last(paused: Callable[[], World]) -> None:
    """If an operator pauses it again, the rollout stays where it is until someone resumes it."""
    world = paused()
    world.ask(Verb.PAUSE)
    world.rpm = 6000
    world.minutes(60)
    assert (world.rollout().phase, world.seen.traffic[GREEN]) == (Phase.PAUSED, 15), world.told()
    world.ask(Verb.RESUME)
    world.until(Phase.PROMOTED, within=90)


def test_a_pause_keeps_what_an_edit_has_caused() -> None:
    """An operator moves the traffic back by hand and also asks for a pause: the edit still asks for a rollback."""
    world = at_fifteen()
    world.endpoints.seen[ENDPOINT] = replace(world.seen, traffic={BLUE: 100})
    world.until(Phase.PAUSED)
    world.ask(Verb.PAUSE)
    assert world.until(Phase.ROLLED_BACK, within=20).status.reason.code is ReasonCode.TRAFFIC_TAKEN_BACK


def test_a_promotion_can_be_paused() -> None:
    """With all traffic on green, nothing is promoted and blue stays until someone resumes."""
    world = World()
    world.register()
    world.until(Phase.PROMOTING)
    world.ask(Verb.PAUSE)
    world.minutes(90)
    assert world.rollout().phase is Phase.PAUSED
    assert BLUE in world.seen.deployments
    world.ask(Verb.RESUME)
    world.until(Phase.PROMOTED)


def test_an_overruled_judge_does_not_stop_a_step() -> None:
    """Green fails one request in five and an operator knows why: each step waits for its patience, then advances."""
    world = World()
    world.register()
    world.until_weight(10)
    world.ask(Verb.OVERRIDE, "those requests are a test")
    world.rates[GREEN] = 0.2
    world.until_weight(50)
    (ahead,) = world.entries(ReasonCode.STEP_UNCERTIFIED)
    assert ahead.reason.facts["actor"] == "ada@example.com"


def test_an_overruled_judge_still_needs_telemetry() -> None:
    """Nothing shows how green performs: the step pauses, override or not."""
    world = at_fifteen()
    world.ask(Verb.OVERRIDE, "those requests are a test")
    world.telemetry.faults.always = "503"
    assert world.until(Phase.PAUSED, within=40).status.reason.code is ReasonCode.EVIDENCE_INSUFFICIENT


def rolled_back_by_key() -> World:
    """Return a world in which 7 was rolled back under the key `k`, and 8 has fifteen percent."""
    world = at_fifteen()
    world.ask(Verb.ROLLBACK, address=Address(key="k"))
    world.until_finished()
    world.register("8", "e2")
    world.until_weight(15, "8")
    return world


def send(world: World, request: OperatorRequest, address: Address) -> Rollout:
    """Return the rollout that accepted the request."""
    accepted = world.controller().request(world.policy.endpoint_id, request, address)
    assert accepted is not None
    return accepted


def test_a_repeated_rollback_does_not_hit_the_next_version() -> None:
    """The response was lost and the caller retries after 8's rollout has begun: 8 is not rolled back."""
    world = rolled_back_by_key()
    again = OperatorRequest(Verb.ROLLBACK, "ada@example.com", "because", world.clock())
    assert send(world, again, Address(key="k")).model.version == "7"
    world.minutes(2)
    assert world.rollout("8").phase is Phase.STEPPING


def test_a_key_of_long_ago_does_not_stop_an_emergency() -> None:
    """A script that always sends the same key still rolls back the next day's version."""
    world = rolled_back_by_key()
    later = OperatorRequest(Verb.ROLLBACK, "ada@example.com", "because", world.clock() + 61 * MINUTE)
    assert send(world, later, Address(key="k")).model.version == "8"


@pytest.mark.parametrize("other", [{"by": "bob"}, {"reason": "it is slow"}, {"verb": Verb.ROLLBACK}])
@pytest.mark.parametrize("ended", [False, True])
def test_a_key_is_good_for_one_request_only(*, other: dict[str, Any], ended: bool) -> None:
    """Another person, reason or verb under the same key is refused; otherwise it would be lost without a trace."""
    world = rolled_back_by_key() if ended else at_fifteen()
    asked = OperatorRequest(Verb.ROLLBACK if ended else Verb.PAUSE, "ada@example.com", "because", world.clock())
    if not ended:
        send(world, asked, Address(key="k"))
    different = replace(asked, **(other if other != {"verb": asked.verb} else {"verb": Verb.PAUSE}))
    with pytest.raises(NotPossible) as refused:
        send(world, different, Address(key="k"))
    assert refused.value.code is ErrorCode.KEY_REUSED
