"""Incidents that affect both deployments: nothing advances, and nothing is rolled back unless blue does better."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.core.gates import ClientErrorsGate, ErrorsGate, LatencyGate
from shared.core.observation import Halt, Observation, Provisioning
from shared.core.phases import Phase
from shared.core.policy import Capacity
from shared.core.policy.step import Step
from shared.core.reconcile.rereading import judge, recheck
from shared.core.reconcile.withholding import withheld_rollback
from shared.core.rollout import Verb
from shared.core.rollout.observed import Probe
from shared.core.rollout.reasons import ReasonCode
from shared.core.steps import MirrorStep, PauseStep, SmokeStep, WeightStep
from shared.rollout_health import rollout_findings
from tests.scenarios.conduct import Conduct
from tests.scenarios.world import BLUE, CHURN, ENDPOINT, GREEN, MIDNIGHT, MINUTE, POLICY, World

C = ReasonCode


def holds(world: World) -> list[ReasonCode]:
    """Return the reasons for which the rollout was held, in order."""
    return [entry.reason.because.code for entry in world.entries(C.HELD) if entry.reason.because is not None]


def until_alone(world: World) -> None:
    """Let time pass until green has all live traffic."""
    for _ in range(600):
        if world.seen.traffic == {GREEN: 100}:
            return
        world.minutes()
    raise AssertionError(world.told())


def in_an_incident(rate: float, rpm: int = 900) -> World:
    """Return a world in which both deployments begin to fail as soon as green has its first weight."""
    world = World(rpm=rpm)
    world.register()
    world.until_weight(10)
    world.rates = {BLUE: rate, GREEN: rate}
    return world


@pytest.mark.parametrize("rate", [0.04, 0.2, 0.65, 1.0])
def test_nothing_advances_while_both_fail(rate: float) -> None:
    """Green is no worse than blue and stays at its weight; the incident is reported once."""
    world = in_an_incident(rate)
    world.minutes(45)
    assert (world.seen.traffic[GREEN], holds(world)) == (10, [C.INCIDENT])


@pytest.mark.parametrize(
    ("past", "failing"),
    [
        pytest.param(4, 4, id="a new blue"),
        pytest.param(60, 25, id="a third of the past"),
        pytest.param(60, 50, id="most of the past"),
    ],
)
def test_nothing_advances_in_an_incident_that_is_part_of_the_past(past: int, failing: int) -> None:
    """The version was registered in the middle of an outage, so blue's past shows it too."""
    world = World(rpm=900, rates={BLUE: 0.45})
    healthy, sick = world.telemetry.rows[60 - past : 60 - failing], world.telemetry.rows[60 - failing :]
    world.telemetry.rows = [*(replace(row, bad=0) for row in healthy), *sick]
    world.register()
    world.rates = {BLUE: 0.7, GREEN: 0.7}
    world.minutes(45)
    assert (world.seen.traffic, holds(world)) == ({BLUE: 100}, [C.INCIDENT])


def test_the_rollout_continues_when_the_incident_is_over() -> None:
    """It continues automatically, and the held time counts towards no deadline."""
    world = in_an_incident(0.4)
    world.minutes(180)
    world.rates = {}
    world.until(Phase.PROMOTED)


def test_an_intermittent_incident_is_one_incident() -> None:
    """Blue fails for five minutes in every ten; nothing advances in the calm minutes between."""
    world = in_an_incident(0.5)
    for _ in range(6):
        world.rates = {BLUE: 0.5, GREEN: 0.5}
        world.minutes(5)
        world.rates = {}
        world.minutes(5)
    assert (world.seen.traffic[GREEN], holds(world)) == (10, [C.INCIDENT])


@pytest.mark.parametrize(("on", "off"), [(5, 5), (6, 4), (8, 8)])
@pytest.mark.parametrize("usual", [(0, 0.0), (1, 0.06), (3, 0.09)])
def test_an_incident_in_turns_is_one_whatever_bursts_the_past_had(on: int, off: int, usual: tuple[int, float]) -> None:
    """Bursts in blue's past make one bad minute prove less, but many of them within an hour prove an incident."""
    world, (minutes, share) = World(rpm=900), usual
    for number in range(minutes):
        row = world.telemetry.rows[17 * number + 5]
        world.telemetry.rows[17 * number + 5] = replace(row, bad=round(share * row.total))
    world.register()
    world.until_weight(10)
    for _ in range(12):
        world.rates = {BLUE: 0.17, GREEN: 0.17}
        world.minutes(on)
        world.rates = {}
        world.minutes(off)
    assert (world.rollout().phase, holds(world)[:1]) == (Phase.STEPPING, [C.INCIDENT]), world.told()
    assert world.entries(C.HELD)[0].at - MIDNIGHT < 40 * MINUTE


@pytest.mark.parametrize("weight", [10, 50])
@pytest.mark.parametrize("fails", [0.3, 0.8])
def test_users_are_not_moved_to_a_blue_that_fails_more(weight: int, fails: float) -> None:
    """Green is slower than blue, but blue's requests time out: no reason to go back while blue fails."""
    usual = Conduct(median=90.0)
    world = World(rpm=900, conduct={BLUE: usual, GREEN: usual})
    world.register()
    world.until_weight(weight)
    world.rates, world.conduct = {BLUE: fails}, {BLUE: usual, GREEN: Conduct(median=160.0)}
    world.minutes(60)
    assert world.seen.traffic == {BLUE: 100 - weight, GREEN: weight}
    assert C.ROLLBACK_WITHHELD in holds(world), world.told()
    world.rates = {}
    world.until(Phase.ROLLED_BACK, within=30)


@pytest.mark.parametrize("slow", [900.0, 4500.0])
def test_a_blue_that_fails_little_keeps_no_useless_green(slow: float) -> None:
    """Blue is in an incident, but green serves hardly anyone: most users would fare better with blue."""
    usual = Conduct(median=90.0)
    world = World(rpm=900, conduct={BLUE: usual, GREEN: usual})
    world.register()
    world.until_weight(50)
    world.rates = {BLUE: 0.05}
    world.minutes(8)
    world.conduct = {BLUE: usual, GREEN: Conduct(median=slow)}
    world.until(Phase.ROLLED_BACK, within=20)


def test_a_green_that_replaced_a_failing_blue_does_not_go_back_to_it() -> None:
    """It is slower than blue was, but nothing shows that blue has recovered: an operator decides."""
    usual = Conduct(median=90.0)
    judge = replace(POLICY.judge, failing_blue="replace")
    world = World(replace(POLICY, judge=judge), rpm=900, conduct={BLUE: usual, GREEN: usual})
    world.register()
    world.until_weight(10)
    world.rates = {BLUE: 0.6}
    until_alone(world)
    world.conduct, world.scoring.unlucky = {BLUE: usual, GREEN: Conduct(median=170.0)}, {BLUE: 1}
    world.minutes(120)
    assert (world.seen.traffic, holds(world)[-1]) == ({GREEN: 100}, C.ROLLBACK_WITHHELD), world.told()
    assert [each.check for each in rollout_findings(world.rollout(), world.clock())] == ["unhealthy"]
    world.ask(Verb.ROLLBACK)
    world.until(Phase.ROLLED_BACK, within=5)


def with_the_lesser_harm(of_blue: float, of_green: float) -> World:
    """Return a world in which both began to fail, by these shares, just before green got all traffic."""
    promoting = World(rpm=900)
    promoting.register()
    until_alone(promoting)
    world = World(rpm=900)
    world.register()
    world.minutes((promoting.clock() - world.clock()) // MINUTE - 2)
    world.rates, world.scoring.unlucky = {BLUE: of_blue, GREEN: of_green}, {BLUE: 1}
    world.minutes(20)
    return world


def test_what_blue_answered_before_it_lost_its_traffic_does_not_show_that_it_recovered() -> None:
    """Blue passed the smoke requests while it failed real ones. Only ten minutes of passes since then count."""
    rollout = with_the_lesser_harm(1.0, 0.2).store.rollouts(CHURN)[0]
    alone_since = rollout.traffic.steady_since
    assert alone_since is not None
    for minutes, withheld in ((9, True), (10, False)):
        at, since = alone_since + minutes * MINUTE, alone_since - 5 * MINUTE
        probe = Probe(BLUE, at, healthy=True, since=since, flawless=True, flawless_since=since)
        assert (withheld_rollback(rollout.with_observed(probe=probe)) is not None) is withheld


@pytest.mark.parametrize(("of_blue", "of_green"), [(1.0, 0.2), (0.9, 0.4), (0.7, 0.3)])
def test_users_stay_with_the_lesser_harm_although_green_has_just_got_all_traffic(
    of_blue: float, of_green: float
) -> None:
    """Both begin to fail, and telemetry shows it only after the last step: blue failed more when it was last seen."""
    world = with_the_lesser_harm(of_blue, of_green)
    world.minutes(70)
    assert (world.seen.traffic, holds(world)[-1]) == ({GREEN: 100}, C.ROLLBACK_WITHHELD), world.told()
    world.rates, world.scoring.unlucky = {GREEN: of_green}, {}
    world.until(Phase.ROLLED_BACK, within=40)


@pytest.mark.parametrize("recovered", [True, False])
def test_a_green_that_is_alone_returns_next_to_a_blue_that_has_recovered_or_is_the_lesser_harm(
    *, recovered: bool
) -> None:
    """Blue passes the smoke requests for ten minutes, or green refuses nearly everything."""
    usual = Conduct(median=90.0)
    judge = replace(POLICY.judge, failing_blue="replace", gates=(ErrorsGate(), LatencyGate(), ClientErrorsGate()))
    world = World(replace(POLICY, judge=judge), rpm=900, conduct={BLUE: usual, GREEN: usual})
    world.register()
    world.until_weight(10)
    world.rates = {BLUE: 0.6}
    until_alone(world)
    worse = Conduct(median=170.0) if recovered else replace(usual, refused=0.97)
    world.rates, world.conduct = {}, {BLUE: usual, GREEN: worse}
    world.scoring.unlucky = {} if recovered else {BLUE: 1}
    world.until(Phase.ROLLED_BACK, within=120)


@pytest.mark.parametrize("operator", [False, True])
def test_a_newer_version_does_not_take_green_away_from_users_of_a_failing_blue(*, operator: bool) -> None:
    """Replacing the rollout would give blue all traffic, so the newer version waits; an operator need not."""
    world = World(replace(POLICY, newer_version="replace"), rpm=900)
    world.register()
    world.until_weight(50)
    world.rates = {BLUE: 0.6}
    world.minutes(10)
    world.register("8", event="e2")
    world.minutes(30)
    assert world.seen.traffic == {BLUE: 50, GREEN: 50}
    if operator:
        world.ask(Verb.ROLLBACK)
        world.until(Phase.ROLLED_BACK, within=4)
    world.rates = {}
    world.until(Phase.PROMOTED, version="8", within=200)


def test_a_newer_version_has_its_turn_once_green_has_replaced_a_failing_blue() -> None:
    """The newer version could not replace the rollout while blue failed; the promotion stands, and it goes next."""
    judge = replace(POLICY.judge, failing_blue="replace")
    policy = replace(POLICY, judge=judge, newer_version="replace", keep_blue=timedelta(hours=5))
    world = World(policy, rpm=900)
    world.register()
    world.until_weight(10)
    world.rates = {BLUE: 0.6}
    world.until_weight(50)
    world.minutes(2)
    world.register("8", event="e2")
    world.until(Phase.PROMOTED, within=60)
    world.until(Phase.PROMOTED, version="8", within=90)
    assert world.rollout().phase is Phase.PROMOTED


def test_users_are_not_moved_to_a_blue_that_fails_in_turns() -> None:
    """Between two bad spells blue looks healthy, but the incident continues, and green is merely slower."""
    usual = Conduct(median=90.0)
    world = World(rpm=900, conduct={BLUE: usual, GREEN: usual})
    world.register()
    world.until_weight(10)
    world.conduct = {BLUE: usual, GREEN: Conduct(median=130.0)}
    for _ in range(6):
        world.rates = {BLUE: 0.7}
        world.minutes(5)
        world.rates = {}
        world.minutes(5)
    assert world.seen.traffic == {BLUE: 90, GREEN: 10}, world.told()


def test_ordinary_growth_of_traffic_is_no_surge() -> None:
    """The usual morning growth, of which blue handled nearly as much: a green that is too small is rolled back."""
    world = World(rpm=900)
    world.telemetry.rows = [replace(row, total=15 * n, bad=0) for n, row in enumerate(world.telemetry.rows, start=1)]
    world.register()
    for _ in range(2):
        until_alone(world)
        world.rpm, world.rates, world.conduct = 1200, {GREEN: 0.45}, {GREEN: Conduct(overloaded=0.45)}
        while world.seen.traffic == {GREEN: 100}:
            world.minutes()
            assert world.clock() - MIDNIGHT < 240 * MINUTE, world.told()
        world.rates, world.conduct = {}, {}
    world.until(Phase.ROLLED_BACK)


def test_a_green_that_is_alone_in_a_surge_keeps_the_traffic() -> None:
    """The requests rise to twenty times the usual, twice: the deployment that serves loses no capacity meanwhile."""
    world = World(rpm=300)
    world.register()
    for _ in range(2):
        until_alone(world)
        world.rpm, surging = 6000, Conduct(overloaded=0.7)
        world.rates, world.conduct = {BLUE: 0.7, GREEN: 0.7}, {BLUE: surging, GREEN: surging}
        world.minutes(12)
        assert world.seen.traffic == {GREEN: 100}, world.told()
        world.rpm, world.rates, world.conduct = 300, {}, {}
        world.minutes(20)
    world.until(Phase.PROMOTED, within=300)


@pytest.mark.parametrize(("rpm", "rate"), [(30, 0.06), (90, 0.04), (150, 0.03)])
def test_a_moderate_incident_is_held_until_it_ends(rpm: int, rate: float) -> None:
    """No single minute is bad enough, but all together are; the end of the incident is noticed as well."""
    world = in_an_incident(rate, rpm)
    world.minutes(300)
    assert (world.seen.traffic[GREEN], holds(world), world.entries(C.RELEASED)) == (10, [C.INCIDENT], [])
    world.rates = {}
    world.minutes(40)
    assert len(world.entries(C.RELEASED)) == 1


def test_a_single_bad_minute_costs_only_minutes() -> None:
    """A short incident ends after a short calm."""
    world = in_an_incident(0.9)
    world.minutes(1)
    world.rates = {}
    world.minutes(7)
    assert world.entries(C.RELEASED) != []


def test_a_green_that_is_worse_is_rolled_back_during_an_incident() -> None:
    """Blue fails a fifth and green everything: rollbacks are never held."""
    world = in_an_incident(0.2)
    world.minutes(5)
    world.rates = {BLUE: 0.2, GREEN: 1.0}
    assert world.until(Phase.ROLLED_BACK).status.reason.code is C.REGRESSION_DETECTED


@pytest.mark.parametrize("drift", [0.002, 0.003])
def test_a_failure_rate_that_drifts_is_no_incident(drift: float) -> None:
    """Blue's past had 1 failure in 1,000. Two or three times as many is no outage."""
    world = World(rpm=6000, rates={BLUE: 0.001, GREEN: 0.001})
    world.register()
    world.until_weight(10)
    world.rates = {BLUE: drift, GREEN: drift}
    world.minutes(60)
    assert holds(world) == []


def test_a_healthy_green_waits_next_to_a_failing_blue_by_default() -> None:
    """Teal does not guess whether green fixes blue's problem."""
    world = in_an_incident(0.0)
    world.rates = {BLUE: 0.5}
    world.minutes(60)
    assert (world.seen.traffic[GREEN], holds(world)) == (10, [C.INCIDENT])


def next_to_a_failing_blue(minutes: int) -> World:
    """Return a world in which green, at half of the traffic, fails 2 %, and blue 60 % for this many minutes."""
    world = World(rpm=100)
    world.register()
    world.until_weight(50)
    world.rates = {BLUE: 0.6, GREEN: 0.02}
    world.minutes(minutes)
    world.rates = {GREEN: 0.02}
    return world


@pytest.mark.parametrize("minutes", [1, 3, 12, 40])
def test_a_green_over_the_budget_is_not_certified_by_a_failing_blue(minutes: int) -> None:
    """Blue failed far more for some minutes. Next to a healthy blue, green exceeds the budget."""
    world = next_to_a_failing_blue(minutes)
    world.until(Phase.ROLLED_BACK, within=180)
    assert not any(entry.after is Phase.PROMOTING for entry in world.history()), world.told()


def test_rereading_an_incident_certifies_no_more_than_before() -> None:
    """Its minutes certify nothing, whether they are judged as they arrive or reread all at once."""
    world = next_to_a_failing_blue(8)
    for _ in range(14):
        world.minutes()
        known = world.rollout()
        seen = Observation(world.seen, tuple(world.telemetry.rows), settled_until=world.clock.now)
        again = judge(recheck(known), seen).rollout
        assert (again.rereading.recheck, again.judging.evidence) == (None, known.judging.evidence)
    assert world.entries(C.RELEASED), world.told()


def test_a_policy_may_let_a_healthy_green_replace_a_failing_blue() -> None:
    """`failing_blue: replace` lets a version advance that is the fix."""
    world = World(policy=replace(POLICY, judge=replace(POLICY.judge, failing_blue="replace")), rpm=900)
    world.register()
    world.until_weight(10)
    world.rates = {BLUE: 0.5}
    world.until(Phase.PROMOTED)


def overdue_next_to_a_failing_blue() -> World:
    """Return a world in which green replaced a failing blue, and then fails too much to be promoted in time."""
    judge, deadlines = replace(POLICY.judge, failing_blue="replace"), replace(POLICY.deadlines, step=30 * MINUTE)
    world = World(policy=replace(POLICY, judge=judge, deadlines=deadlines), rpm=200)
    world.register()
    world.until_weight(10)
    world.rates = {BLUE: 0.6}
    world.until_weight(100)
    world.rates = {BLUE: 0.6, GREEN: 0.03}
    world.minutes(50)
    return world


def test_a_deadline_does_not_return_users_to_a_blue_that_was_seen_failing() -> None:
    """Blue failed 60 % and green 3 %, so green keeps its traffic; one entry says so, and health raises an alert."""
    world = overdue_next_to_a_failing_blue()
    world.minutes(10)
    assert (world.rollout().phase, world.seen.traffic) == (Phase.PROMOTING, {GREEN: 100})
    assert holds(world).count(C.DEADLINE_WITHHELD) == 1
    (finding,) = [each for each in rollout_findings(world.rollout(), world.clock()) if each.check == "unhealthy"]
    assert "the step deadline of 30 min passed, but churn-6 failed" in finding.message


@pytest.mark.parametrize(("verb", "phase"), [(Verb.ROLLBACK, Phase.ROLLED_BACK), (Verb.OVERRIDE, Phase.PROMOTED)])
def test_an_operator_decides_about_a_green_that_is_overdue_next_to_a_failing_blue(verb: Verb, phase: Phase) -> None:
    """The hold prevents neither a promotion nor a rollback by an operator."""
    world = overdue_next_to_a_failing_blue()
    world.ask(verb)
    world.until(phase)


def test_a_green_that_passes_after_its_deadline_is_promoted() -> None:
    """The hold ends by itself."""
    world = overdue_next_to_a_failing_blue()
    world.rates = {BLUE: 0.6}
    world.until(Phase.PROMOTED, within=10 * 60)


def test_the_same_policy_does_not_spread_an_outage() -> None:
    """A green that fails as blue does does not replace it."""
    world = World(policy=replace(POLICY, judge=replace(POLICY.judge, failing_blue="replace")), rpm=900)
    world.register()
    world.until_weight(10)
    world.rates = {BLUE: 0.5, GREEN: 0.45}
    world.minutes(60)
    assert world.seen.traffic[GREEN] == 10


def test_an_operator_can_advance_during_an_incident() -> None:
    """Overriding the judge also overrides incidents."""
    world = in_an_incident(0.0)
    world.rates = {BLUE: 0.5}
    world.minutes(20)
    world.ask(Verb.OVERRIDE, "the new version fixes it")
    world.until(Phase.PROMOTED)


@pytest.mark.parametrize(
    ("arm", "rates", "overloaded"),
    [
        pytest.param(BLUE, {BLUE: 0.3}, 0.3, id="blue"),
        pytest.param(GREEN, {BLUE: 0.02, GREEN: 0.02}, 0.02, id="green"),
    ],
)
def test_an_overload_holds_whichever_deployment_it_hits(arm: str, rates: dict[str, float], overloaded: float) -> None:
    """It answers some requests with 429: capacity is short, so nothing moves, whatever the policy says."""
    usual = {BLUE: 0.02, GREEN: 0.02} if arm == GREEN else {}
    world = World(replace(POLICY, judge=replace(POLICY.judge, failing_blue="replace")), rpm=6000, rates=dict(usual))
    world.register()
    world.until_weight(10)
    world.rates, world.conduct = dict(rates), {arm: Conduct(overloaded=overloaded)}
    world.minutes(40)
    assert (world.seen.traffic[GREEN], holds(world)) == (10, [C.OVERLOAD])
    (held,) = world.entries(C.HELD)
    assert held.reason.because is not None
    assert held.reason.because.facts["deployment"] == arm
    world.rates, world.conduct = dict(usual), {}
    world.until(Phase.PROMOTED)


def test_a_green_that_is_overloaded_with_all_traffic_is_not_promoted() -> None:
    """It fails no more often than blue did, but with 429: the rollout is held until that is over, then promoted."""
    world = World(rpm=6000, rates={BLUE: 0.02, GREEN: 0.02})
    world.register()
    world.until(Phase.PROMOTING)
    until_alone(world)
    world.conduct = {GREEN: Conduct(overloaded=0.02)}
    world.minutes(150)
    assert (world.rollout().phase, world.seen.traffic, holds(world)) == (Phase.PROMOTING, {GREEN: 100}, [C.OVERLOAD])
    world.conduct = {}
    world.until(Phase.PROMOTED)


def test_blue_keeps_its_instances_while_the_promoted_green_is_overloaded() -> None:
    """Blue is to be scaled from four instances to one, but only once what serves is seen healthy."""
    world = World(replace(POLICY, capacity=Capacity(kept_blue=1), keep_blue=120 * MINUTE), rpm=6000)
    blue = replace(world.seen.deployments[BLUE], instances=4)
    world.endpoints.seen[ENDPOINT] = replace(world.seen, deployments={BLUE: blue})
    world.register()
    world.until(Phase.PROMOTED)
    world.rates, world.conduct = {GREEN: 0.4}, {GREEN: Conduct(overloaded=0.4)}
    world.minutes(25)
    assert (world.seen.instances(BLUE), world.entries(C.BLUE_KEPT)) == (4, [])
    world.rates, world.conduct = {}, {}
    world.until_instances(1)


@pytest.mark.parametrize("minutes", [2, 25])
def test_an_outage_of_both_in_the_bake_does_not_roll_back(minutes: int) -> None:
    """Alone with all traffic, green looks harmful. Next to blue it turns out that blue is no better."""
    world = World(rpm=900)
    world.register()
    world.until(Phase.PROMOTING)
    until_alone(world)
    world.rates = {BLUE: 0.5, GREEN: 0.5}
    world.minutes(minutes)
    world.rates = {}
    world.until(Phase.PROMOTED, within=240)
    assert [entry.weight for entry in world.entries(C.COMPARING_AGAIN)] == [10]


ALL_AT_ONCE = {
    "a last step of 100": ((WeightStep(15), WeightStep(100)), 15),
    "blue/green": ((WeightStep(100),), 10),
    "a mirror alone": ((MirrorStep(20, duration=5 * MINUTE),), 10),
}


def with_all_traffic(steps: tuple[Step, ...]) -> World:
    """Return a world in which green has just been seen to have all traffic."""
    world = World(policy=replace(POLICY, steps=(SmokeStep("smoke.jsonl"), *steps)), rpm=900)
    world.register()
    until_alone(world)
    return world


@pytest.mark.parametrize(("steps", "beside"), ALL_AT_ONCE.values(), ids=ALL_AT_ONCE)
def test_however_green_got_all_traffic_an_outage_of_both_does_not_roll_back(
    steps: tuple[Step, ...], beside: int
) -> None:
    """Even if no step has both deployments serve, green is compared with blue before it is given up."""
    world = with_all_traffic(steps)
    world.rates = {BLUE: 0.5, GREEN: 0.5}
    world.minutes(3)
    world.rates = {}
    world.until(Phase.PROMOTED, within=240)
    assert [entry.weight for entry in world.entries(C.COMPARING_AGAIN)] == [beside]


@pytest.mark.parametrize(("steps", "beside"), ALL_AT_ONCE.values(), ids=ALL_AT_ONCE)
def test_however_green_got_all_traffic_it_is_rolled_back_if_it_alone_fails(
    steps: tuple[Step, ...], beside: int
) -> None:
    """The comparison with blue then takes a few minutes, with little traffic on green."""
    world = with_all_traffic(steps)
    world.rates = {GREEN: 0.5}
    world.until(Phase.ROLLED_BACK, within=30)
    assert beside in [written.get(GREEN) for written in world.endpoints.traffic_written]


def test_an_incident_on_blue_does_not_outlast_its_traffic() -> None:
    """Blue fails while Azure moves all traffic to green. Without requests, blue could never show a recovery."""
    world = World(policy=replace(POLICY, steps=(SmokeStep("smoke.jsonl"), WeightStep(50), WeightStep(100))), rpm=900)
    world.register()
    world.until_weight(50)
    while world.rollout().traffic.weight != 100:
        world.minutes()
    world.endpoints.stuck, world.rates = True, {BLUE: 0.9}
    world.minutes(6)
    assert holds(world) == [C.INCIDENT]
    world.endpoints.stuck = False
    world.until(Phase.PROMOTED, within=30)


def test_a_green_that_fails_only_in_the_bake_is_rolled_back() -> None:
    """Blue is healthy next to it, so green is at fault: nearly all traffic returns at once, the rest soon after."""
    world = World(rpm=900)
    world.register()
    world.until(Phase.PROMOTING)
    until_alone(world)
    world.rates = {GREEN: 0.5}
    world.minutes(4)
    assert world.seen.traffic.get(BLUE, 0) >= 90
    assert world.until(Phase.ROLLED_BACK).status.reason.code is C.REGRESSION_DETECTED


@pytest.mark.parametrize("rate", [0.3, 0.6, 1.0])
def test_outages_of_both_that_come_back_do_not_roll_back(rate: float) -> None:
    """Each outage begins in green's bake and outlasts it, so next to green blue is seen to fail as much."""
    world = World(rpm=900)
    world.register()
    for _ in range(3):
        until_alone(world)
        world.rates = {BLUE: rate, GREEN: rate}
        world.minutes(8)
        world.rates = {}
        world.minutes(2)
    world.until(Phase.PROMOTED, within=900)
    assert len(world.entries(C.COMPARING_AGAIN)) == 3


def test_outages_that_the_smoke_requests_meet_do_not_roll_back_however_often() -> None:
    """Blue fails one of three smoke requests whenever green fails, so green is not to blame."""
    world = World(rpm=900)
    world.register()
    for _ in range(5):
        until_alone(world)
        world.rates, world.scoring.unlucky = {BLUE: 0.4, GREEN: 0.4}, {BLUE: 1}
        world.minutes(3)
        world.rates, world.scoring.unlucky = {}, {}
        world.minutes(2)
    world.until(Phase.PROMOTED, within=240)
    assert len(world.entries(C.COMPARING_AGAIN)) == 5


def test_a_green_that_fails_only_under_all_traffic_is_compared_once() -> None:
    """Next to blue, both are fine; alone, green fails again, and the second time it is rolled back."""
    world = World(rpm=900)
    world.register()
    for _ in range(300):
        world.rates = {GREEN: 0.5} if world.seen.traffic == {GREEN: 100} else {}
        world.minutes()
        if world.rollout().phase is Phase.ROLLED_BACK:
            break
    assert world.rollout().phase is Phase.ROLLED_BACK
    assert len(world.entries(C.COMPARING_AGAIN)) == 1


def test_a_halt_does_not_keep_a_harmful_green_at_all_traffic() -> None:
    """Returning green next to blue counts as a rollback, so nothing holds it."""
    world = World(rpm=900)
    world.register()
    world.until(Phase.PROMOTING)
    for _ in range(3):
        world.minutes(world.seen.traffic != {GREEN: 100})
    assert world.seen.traffic == {GREEN: 100}
    world.store.set_halt(Halt("ada", "network works", MIDNIGHT))
    world.rates = {GREEN: 0.5}
    world.minutes(6)
    assert world.seen.traffic.get(BLUE, 0) >= 90


@pytest.mark.parametrize("begins", range(7, 13))
def test_an_incident_of_a_blue_that_lost_its_traffic_meanwhile_ends(begins: int) -> None:
    """Whenever it is declared: a blue without requests cannot show that it has recovered."""
    world = World()
    world.register()
    world.minutes(begins)
    world.rates = {BLUE: 0.9}
    world.minutes(3)
    world.rates = {}
    assert world.until(Phase.PROMOTED, within=240)


def test_a_green_that_lost_its_traffic_to_an_operator_is_not_given_some_to_compare_it() -> None:
    """Green fails with all traffic, and the operator acts before the verdict does."""
    world = World(rpm=900)
    world.register()
    world.until(Phase.PROMOTING)
    while world.rollout().traffic.steady_since is None:
        world.minutes()
    world.rates = {GREEN: 0.5}
    world.minutes(2)
    written = len(world.endpoints.traffic_written)
    world.endpoints.seen[ENDPOINT] = replace(world.seen, traffic={BLUE: 100})
    world.until(Phase.ROLLED_BACK)
    assert [each for each in world.endpoints.traffic_written[written:] if GREEN in each] == []


def test_a_timed_pause_with_all_traffic_is_no_reason_to_roll_back() -> None:
    """Both fail for some minutes while the policy pauses at 100 %: green is compared with blue, as in a bake."""
    steps = (SmokeStep("smoke.jsonl"), WeightStep(10), WeightStep(100), PauseStep(60 * MINUTE))
    world = World(policy=replace(POLICY, steps=steps), rpm=900)
    world.register()
    while not (world.seen.traffic == {GREEN: 100} and world.rollout().phase is Phase.PAUSED):
        world.minutes()
    world.minutes(5)
    world.rates = {BLUE: 0.6, GREEN: 0.6}
    world.minutes(4)
    world.rates = {}
    world.until(Phase.PROMOTED, within=240)
    assert len(world.entries(C.COMPARING_AGAIN)) == 1


def test_surges_in_several_bakes_do_not_roll_back() -> None:
    """Next to green, blue is overloaded as well, so green is not to blame, however often that happens."""
    world = World(rpm=900)
    world.register()
    for _ in range(3):
        until_alone(world)
        world.rates = {BLUE: 0.6, GREEN: 0.6}
        world.conduct = {BLUE: Conduct(overloaded=0.6), GREEN: Conduct(overloaded=0.6)}
        world.minutes(8)
        world.rates, world.conduct = {}, {}
        world.minutes(2)
    world.until(Phase.PROMOTED, within=900)


def test_a_pause_does_not_keep_a_harmful_green_at_all_traffic() -> None:
    """Azure is busy when green should return next to blue, and an operator pauses: green is moved back nevertheless."""
    world = World(rpm=900)
    world.register()
    world.until(Phase.PROMOTING)
    until_alone(world)
    world.rates = {GREEN: 0.6}
    world.endpoints.seen[ENDPOINT] = replace(world.seen, state=Provisioning.UPDATING)
    while not world.entries(C.COMPARING_AGAIN):
        world.minutes()
    world.ask(Verb.PAUSE)
    world.minutes(3)
    assert (world.rollout().phase, world.seen.traffic) == (Phase.PAUSED, {GREEN: 100})
    world.endpoints.seen[ENDPOINT] = replace(world.seen, state=Provisioning.SUCCEEDED)
    world.minutes(4)
    assert world.seen.traffic.get(BLUE, 0) >= 90


def test_a_share_that_others_raised_in_a_pause_is_not_lowered() -> None:
    """An operator set the traffic, and it stays until one resumes."""
    world = World(rpm=900)
    world.register()
    world.until_weight(10)
    world.ask(Verb.PAUSE)
    world.minutes(2)
    world.endpoints.seen[ENDPOINT] = replace(world.seen, traffic={BLUE: 60, GREEN: 40})
    world.minutes(20)
    assert world.seen.traffic == {BLUE: 60, GREEN: 40}
