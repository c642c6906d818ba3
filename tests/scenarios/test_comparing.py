"""A green that looks harmful with all traffic is compared with blue again; users stay with the less harmful one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.core.observation import Halt
from shared.core.phases import Phase
from shared.core.policy.step import Step
from shared.core.rollout import Verb
from shared.core.rollout.reasons import ReasonCode
from shared.core.steps import PauseStep, SmokeStep, WeightStep
from tests.scenarios.conduct import Conduct
from tests.scenarios.test_incidents import holds, until_alone
from tests.scenarios.world import BLUE, ENDPOINT, GREEN, MINUTE, POLICY, World

C = ReasonCode
USUAL, SLOW = Conduct(median=90.0), Conduct(median=360.0)
UNTESTED = (WeightStep(10), WeightStep(50))


def alone(steps: tuple[Step, ...] = UNTESTED) -> World:
    """Return a world in which green has just been seen to have all traffic."""
    world = World(replace(POLICY, steps=steps), rpm=900, conduct={BLUE: USUAL, GREEN: USUAL})
    world.register()
    until_alone(world)
    return world


def compared(of_blue: float, of_green: float = 0.0, steps: tuple[Step, ...] = UNTESTED) -> World:
    """Return a world in which green, alone, got four times slower, blue began to fail, and a comparison runs."""
    world = alone(steps)
    world.rates, world.conduct = {BLUE: of_blue, GREEN: of_green}, {BLUE: USUAL, GREEN: SLOW}
    while world.seen.traffic == {GREEN: 100}:
        world.minutes()
    return world


@pytest.mark.parametrize("of_blue", [0.6, 0.8, 1.0])
@pytest.mark.parametrize("steps", [UNTESTED, (WeightStep(1),), (WeightStep(100),)])
def test_users_are_not_left_with_a_blue_that_turns_out_to_fail(of_blue: float, steps: tuple[Step, ...]) -> None:
    """Only blue's own requests can show that it fails; a few minutes of them do, and green gets its traffic back."""
    world = compared(of_blue, steps=steps)
    world.minutes(10)
    assert world.seen.traffic == {GREEN: 100}, world.told()
    world.minutes(300)
    assert (world.seen.traffic, holds(world)[-1]) == ({GREEN: 100}, C.ROLLBACK_WITHHELD), world.told()
    assert len(world.entries(C.COMPARISON_BROKEN_OFF)) == 1


@pytest.mark.parametrize("unlucky", [1, 2])
def test_a_blue_that_fails_some_smoke_requests_gets_little_to_be_compared_with(unlucky: int) -> None:
    """It is not known to work, so 90 % of the traffic stays with green."""
    world = alone(POLICY.steps)
    written = len(world.endpoints.traffic_written)
    world.rates, world.conduct = {BLUE: 0.6}, {BLUE: USUAL, GREEN: SLOW}
    world.scoring.unlucky = {BLUE: unlucky}
    world.minutes(120)
    given = [each.get(BLUE, 0) for each in world.endpoints.traffic_written[written:]]
    assert (given, world.seen.traffic) == ([10, 0], {GREEN: 100}), world.told()


def test_green_is_compared_once_more_when_blue_has_recovered() -> None:
    """Blue passes every smoke request for ten minutes and gets a little traffic; green is still slow."""
    world = compared(0.6, steps=POLICY.steps)
    world.minutes(10)
    world.scoring.unlucky = {BLUE: 1}
    world.minutes(20)
    assert len(world.entries(C.COMPARING_AGAIN)) == 1, world.told()
    world.rates, world.scoring.unlucky = {}, {}
    world.until(Phase.ROLLED_BACK, within=60)
    assert [entry.weight for entry in world.entries(C.COMPARING_AGAIN)] == [10, 90]


def test_a_failing_green_is_compared_with_a_failing_blue_at_little_cost() -> None:
    """Without smoke requests only traffic shows whether blue has recovered, so it occasionally gets a tenth."""
    world = alone()
    world.rates = {BLUE: 1.0, GREEN: 0.3}
    world.minutes(240)
    weights = [entry.weight for entry in world.entries(C.COMPARING_AGAIN)]
    assert (weights[0], set(weights[1:])) == (10, {90}), world.told()
    world.rates = {GREEN: 0.3}
    world.until(Phase.ROLLED_BACK, within=60)


@pytest.mark.parametrize("rate", [0.5, 1.0])
def test_no_traffic_moves_in_an_outage_of_both(rate: float) -> None:
    """Blue fails as much as green, so the comparison waits until the outage is over."""
    world = alone()
    world.rates = {BLUE: rate, GREEN: rate}
    world.minutes(60)
    assert (world.seen.traffic, holds(world)) == ({GREEN: 10, BLUE: 90}, [C.INCIDENT]), world.told()


@pytest.mark.parametrize("of_green", [USUAL, SLOW])
def test_green_does_not_get_all_requests_of_a_surge(of_green: Conduct) -> None:
    """With a tenth of the requests green copes and blue does not; with all of them green would not cope either."""
    world = compared(0.0)
    world.conduct = {BLUE: replace(USUAL, overloaded=0.7), GREEN: of_green}
    world.rates, world.rpm = {BLUE: 0.7}, 9000
    world.minutes(40)
    assert (world.seen.traffic, world.entries(C.COMPARISON_BROKEN_OFF)) == ({GREEN: 10, BLUE: 90}, []), world.told()


def test_a_comparison_takes_its_course_when_blue_has_recovered() -> None:
    """Blue's brief failure counts as an incident for a few minutes more; green is as fast as before again."""
    world = compared(0.9)
    world.conduct = {BLUE: USUAL, GREEN: USUAL}
    world.minutes(2)
    world.rates = {}
    world.until(Phase.PROMOTED, within=120)
    assert (holds(world), world.entries(C.COMPARISON_BROKEN_OFF)) == ([C.INCIDENT], []), world.told()


def test_a_halt_keeps_green_from_getting_its_traffic_back_until_it_is_lifted() -> None:
    """During a halt nothing moves towards green."""
    world = compared(0.8)
    world.store.set_halt(Halt("ada", "network works", world.clock()))
    world.minutes(30)
    assert world.seen.traffic == {GREEN: 10, BLUE: 90}
    world.store.set_halt(None)
    world.minutes(8)
    assert world.seen.traffic == {GREEN: 100}, world.told()


def test_an_operator_who_pauses_a_comparison_decides() -> None:
    """Nothing moves until the operator resumes or asks for something else."""
    world = compared(0.8)
    world.ask(Verb.PAUSE)
    world.minutes(30)
    assert world.seen.traffic == {GREEN: 10, BLUE: 90}


def test_traffic_that_someone_took_from_green_in_a_comparison_stays_away() -> None:
    """Whoever took it probably knows more than Teal."""
    world = compared(0.8)
    world.endpoints.seen[ENDPOINT] = replace(world.seen, traffic={GREEN: 5, BLUE: 95})
    world.minutes(30)
    assert world.seen.traffic == {GREEN: 5, BLUE: 95}


def test_a_comparison_that_is_broken_off_skips_no_pause() -> None:
    """Green was about to wait for an operator with all traffic, and still does."""
    world = compared(0.8, steps=(WeightStep(10), WeightStep(100), PauseStep()))
    world.minutes(10)
    assert (world.seen.traffic, world.rollout().phase) == ({GREEN: 100}, Phase.STEPPING), world.told()
    world.conduct = {BLUE: USUAL, GREEN: USUAL}
    world.minutes(300)
    assert world.rollout().phase is not Phase.PROMOTED


def test_a_blue_that_passes_the_smoke_requests_by_luck_is_found_out() -> None:
    """Its traffic shows that it fails."""
    world = compared(0.8, steps=(SmokeStep("smoke.jsonl"), *UNTESTED))
    world.minutes(10)
    assert world.seen.traffic == {GREEN: 100}, world.told()


def test_a_blue_that_fails_less_than_green_harms_takes_the_traffic_back() -> None:
    """A slow answer counts as half a failed one, and nearly all of green's are slow."""
    world = compared(0.3)
    world.until(Phase.ROLLED_BACK, within=20)
    assert world.entries(C.COMPARISON_BROKEN_OFF) == []


def test_what_was_seen_before_telemetry_stopped_gives_green_nothing() -> None:
    """A halt is lifted while nothing shows how blue performs now."""
    world = compared(0.8)
    world.store.set_halt(Halt("ada", "network works", world.clock()))
    world.minutes(8)
    world.telemetry.faults.always = "the daily cap is reached"
    world.minutes(20)
    world.store.set_halt(None)
    world.minutes(10)
    assert world.seen.traffic == {GREEN: 10, BLUE: 90}, world.told()
    world.telemetry.faults.always = ""
    world.minutes(8)
    assert world.seen.traffic == {GREEN: 100}, world.told()


@pytest.mark.parametrize("share", [10, 50])
@pytest.mark.parametrize("waited", [6, 12, 25])
def test_an_operator_who_gives_a_failing_blue_some_traffic_does_not_roll_back_onto_it(share: int, waited: int) -> None:
    """Green kept all traffic because blue had failed; a few requests to blue do not change that."""
    world = compared(0.7)
    world.minutes(waited)
    while world.seen.traffic != {GREEN: 100}:
        world.minutes()
    world.minutes(6)
    split = {BLUE: share, GREEN: 100 - share}
    world.endpoints.seen[ENDPOINT] = replace(world.seen, traffic=split)
    world.minutes(60)
    assert (world.rollout().phase, world.seen.traffic) == (Phase.PAUSED, split), world.told()


def test_a_pause_as_green_gets_its_traffic_back_does_not_move_it_to_the_failing_blue() -> None:
    """The operator pauses before Teal has seen the traffic in force."""
    world = compared(0.8)
    while not world.entries(C.COMPARISON_BROKEN_OFF):
        world.minutes()
    world.ask(Verb.PAUSE)
    world.minutes(60)
    assert (world.rollout().phase, world.seen.traffic) == (Phase.PAUSED, {GREEN: 100}), world.told()


@pytest.mark.parametrize("lag", [1, 3, 5])
@pytest.mark.parametrize("outage", [15, 20, 40])
def test_a_blue_whose_failures_no_smoke_request_shows_gets_its_traffic_back_in_the_end(lag: int, outage: int) -> None:
    """Blue passed all smoke requests during its outage; once green is alone again, ten minutes of passes count."""
    policy = replace(POLICY, judge=replace(POLICY.judge, telemetry_lag=lag * MINUTE))
    world = World(policy, rpm=900)
    world.register()
    until_alone(world)
    world.rates = {BLUE: 0.97, GREEN: 0.2}
    world.minutes(outage)
    world.rates = {GREEN: 0.2}
    world.until(Phase.ROLLED_BACK, within=30)
    assert world.seen.traffic == {BLUE: 100}


FULLY = "promote all the way"


@pytest.mark.parametrize("asks", [Verb.PROMOTE, FULLY, Verb.PAUSE])
@pytest.mark.parametrize("after", [0, 1, 3])
def test_whatever_an_operator_asks_during_a_comparison_users_are_not_left_with_a_failing_blue(
    asks: str, after: int
) -> None:
    """Neither a request for more of green nor a pause that has ended keeps users on a failing blue."""
    world = compared(0.8)
    world.minutes(after)
    world.ask(Verb.PAUSE if asks == Verb.PAUSE else Verb.PROMOTE, full=asks == FULLY)
    if asks == Verb.PAUSE:
        world.minutes(2)
        world.ask(Verb.RESUME)
    world.minutes(20)
    assert world.seen.traffic == {GREEN: 100}, world.told()


def test_a_comparison_that_green_passed_is_over() -> None:
    """Whatever blue does at the next step moves no traffic, as in any rollout."""
    world = compared(0.0, steps=(WeightStep(10), WeightStep(50)))
    world.conduct = {BLUE: USUAL, GREEN: USUAL}
    world.until_weight(50)
    world.rates = {BLUE: 0.8}
    world.minutes(60)
    assert (world.seen.traffic, world.entries(C.COMPARISON_BROKEN_OFF)) == ({GREEN: 50, BLUE: 50}, []), world.told()


@pytest.mark.parametrize("rate", [0.3, 0.6])
def test_somebody_elses_mirror_to_blue_ends_before_blue_gets_traffic_to_be_compared_with(rate: float) -> None:
    """Azure would otherwise refuse the traffic. The outage affects both, so green is promoted afterwards."""
    world = alone()
    world.endpoints.seen[ENDPOINT] = replace(world.seen, mirror={BLUE: 10})
    world.rates = {BLUE: rate, GREEN: rate}
    world.minutes(12)
    world.rates = {}
    world.until(Phase.PROMOTED, within=120)
    assert (len(world.entries(C.BLUE_MIRROR_ENDED)), world.entries(C.ACTION_REFUSED)) == (1, []), world.told()


@pytest.mark.parametrize("rate", [0.3, 0.6])
def test_a_paused_green_is_compared_in_an_outage_and_stays_paused(rate: float) -> None:
    """It is not rolled back to a blue that fails as much; an operator resumes it afterwards."""
    world = alone()
    world.ask(Verb.PAUSE)
    world.minutes(1)
    world.rates = {BLUE: rate, GREEN: rate}
    world.minutes(12)
    world.rates = {}
    world.minutes(60)
    assert (world.rollout().phase, world.seen.traffic) == (Phase.PAUSED, {GREEN: 10, BLUE: 90}), world.told()
    world.ask(Verb.RESUME)
    world.until(Phase.PROMOTED, within=120)


@pytest.mark.parametrize("minutes", [1, 5, 30])
def test_a_timed_pause_that_a_promotion_began_does_not_keep_users_on_a_failing_blue(minutes: int) -> None:
    """Nobody has to end the pause, and blue's incident alone would keep it from ending."""
    world = compared(0.8, steps=(WeightStep(10), PauseStep(minutes * MINUTE), WeightStep(50)))
    world.ask(Verb.PROMOTE)
    world.minutes(30)
    assert world.seen.traffic == {GREEN: 100}, world.told()


@pytest.mark.parametrize("steps", [UNTESTED, POLICY.steps])
def test_a_newer_version_waits_until_it_is_known_how_blue_does(steps: tuple[Step, ...]) -> None:
    """Replacing the rollout would give all traffic to a blue that turns out to fail."""
    world = alone(steps)
    world.policy = replace(world.policy, newer_version="replace")
    world.rates, world.conduct = {BLUE: 0.9}, {BLUE: USUAL, GREEN: SLOW}
    world.scoring.unlucky = {BLUE: 1}
    while world.seen.traffic == {GREEN: 100}:
        world.minutes()
    world.register("8", event="e8")
    world.minutes(60)
    assert world.seen.traffic == {GREEN: 100}, world.told()


@pytest.mark.parametrize("verb", [Verb.RESUME, Verb.PROMOTE])
def test_ending_somebody_elses_mirror_to_blue_is_reported(verb: Verb) -> None:
    """The operator who gave green everything and mirrors to blue reads why the mirror is gone."""
    world = World(replace(POLICY, steps=UNTESTED), rpm=900)
    world.register()
    world.until_weight(10)
    world.endpoints.seen[ENDPOINT] = replace(world.seen, traffic={GREEN: 100}, mirror={BLUE: 10})
    world.minutes(2)
    world.ask(verb)
    world.minutes(5)
    assert (BLUE in world.seen.traffic, world.seen.mirror, len(world.entries(C.BLUE_MIRROR_ENDED))) == (True, {}, 1)


@pytest.mark.parametrize("minutes", [0, 1])
def test_a_newer_version_begins_once_a_comparison_has_shown_green_to_be_worse(minutes: int) -> None:
    """That is what it waited for: green is rolled back, and the newer version starts."""
    world = alone(POLICY.steps)
    world.policy = replace(world.policy, newer_version="replace")
    world.rates = {GREEN: 0.5}
    while world.seen.traffic == {GREEN: 100}:
        world.minutes()
    world.minutes(minutes)
    world.register("8", event="e8")
    world.until(Phase.ROLLED_BACK, within=30)
    world.minutes(10)
    assert world.rollout("8").phase is not Phase.QUEUED, world.told()
