"""Incidents without failed requests: both deployments become slow, or their answers unreadable."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import pytest

from shared.core.gates import ErrorsGate, LatencyGate, PredictionReading, PredictionsGate
from shared.core.gates.gate import Gate
from shared.core.gates.past import Past
from shared.core.phases import Phase
from shared.core.policy import JudgeSettings
from shared.core.reconcile.incidents import COUNTED
from shared.core.rollout.reasons import ReasonCode
from shared.core.telemetry.predictions import UNREADABLE
from tests.scenarios.conduct import Conduct
from tests.scenarios.test_incidents import holds
from tests.scenarios.world import BLUE, GREEN, MIDNIGHT, MINUTE, POLICY, World

C = ReasonCode
USUAL = Conduct(median=80.0)
METERED = replace(USUAL, percentiles=True)
SORTED = Conduct(predictions={"stays": 0.7, "leaves": 0.3})
UNREAD = Conduct(predictions={UNREADABLE: 1.0})
PREDICTIONS = (ErrorsGate(), PredictionsGate(reading=PredictionReading("/label")))


def judged_by(usual: Conduct, *gates: Gate, rpm: int = 900, judge: JudgeSettings = POLICY.judge) -> World:
    """Return a world whose policy has these gates. usual: how both deployments answer while nothing happens."""
    policy = replace(POLICY, judge=replace(judge, gates=gates or judge.gates))
    return World(policy, rpm=rpm, conduct={BLUE: usual, GREEN: usual})


def at_ten(world: World) -> World:
    """Return the world when green has its first weight."""
    world.register()
    world.until_weight(10)
    return world


@pytest.mark.parametrize("slower", [4.0, 15.0, 60.0])
@pytest.mark.parametrize("rpm", [60, 900])
def test_nothing_advances_while_both_are_far_slower_than_ever(slower: float, rpm: int) -> None:
    """Green is no slower than blue and stays at its weight; afterwards the rollout continues automatically."""
    world = at_ten(judged_by(USUAL, rpm=rpm))
    slow = replace(USUAL, median=80.0 * slower)
    world.conduct = {BLUE: slow, GREEN: slow}
    world.minutes(90)
    assert (world.seen.traffic[GREEN], holds(world)) == (10, [C.INCIDENT_SLOW])
    world.conduct = {BLUE: USUAL, GREEN: USUAL}
    world.until(Phase.PROMOTED, within=300)


def test_platform_metrics_show_an_incident_of_latency_too() -> None:
    """They have only percentiles, so a minute is slow if its median is."""
    world = at_ten(judged_by(METERED, judge=replace(POLICY.judge, latency_from="metrics")))
    slow = replace(METERED, median=800.0)
    world.conduct = {BLUE: slow, GREEN: slow}
    world.minutes(60)
    assert (world.seen.traffic[GREEN], holds(world)) == (10, [C.INCIDENT_SLOW])
    world.conduct = {BLUE: METERED, GREEN: METERED}
    world.until(Phase.PROMOTED, within=120)


@pytest.mark.parametrize("slower", [0.5, 1.3, 1.6])
def test_a_service_that_becomes_a_little_slower_is_no_incident(slower: float) -> None:
    """Load slows it down a little every day."""
    world = at_ten(judged_by(USUAL))
    other = replace(USUAL, median=80.0 * slower)
    world.conduct = {BLUE: other, GREEN: other}
    world.until(Phase.PROMOTED)
    assert holds(world) == []


def test_a_slow_incident_in_the_bake_neither_rolls_back_nor_promotes() -> None:
    """Alone with all traffic, green looks slow. Next to blue it turns out that blue is just as slow."""
    world = judged_by(USUAL)
    world.register()
    while world.seen.traffic != {GREEN: 100}:
        world.minutes()
    slow = replace(USUAL, median=1200.0)
    world.conduct = {BLUE: slow, GREEN: slow}
    world.minutes(60)
    assert (world.rollout().phase, holds(world)) == (Phase.STEPPING, [C.INCIDENT_SLOW])
    world.conduct = {BLUE: USUAL, GREEN: USUAL}
    world.until(Phase.PROMOTED, within=240)


def test_a_green_that_is_slow_by_itself_is_still_rolled_back() -> None:
    """Both are slow, but green is five times slower than blue: rollbacks are never held."""
    world = at_ten(judged_by(USUAL))
    world.conduct = {BLUE: replace(USUAL, median=250.0), GREEN: replace(USUAL, median=1200.0)}
    assert world.until(Phase.ROLLED_BACK).status.reason.facts["gate"] == "latency"


@pytest.mark.parametrize(("failing_blue", "share"), [("hold", 10), ("replace", 100)])
def test_a_green_that_is_not_slow_replaces_a_slow_blue_only_if_the_policy_says_so(
    failing_blue: Literal["hold", "replace"], share: int
) -> None:
    """The same rule applies to a blue that fails."""
    world = at_ten(judged_by(USUAL, judge=replace(POLICY.judge, failing_blue=failing_blue)))
    world.conduct = {BLUE: replace(USUAL, median=1500.0), GREEN: USUAL}
    world.minutes(40)
    assert world.seen.traffic[GREEN] == share


def test_a_dry_run_of_latency_holds_nothing() -> None:
    """It is recorded and changes nothing."""
    world = at_ten(judged_by(USUAL, ErrorsGate(), LatencyGate(role="dry_run")))
    slow = replace(USUAL, median=4000.0)
    world.conduct = {BLUE: slow, GREEN: slow}
    world.until(Phase.PROMOTED)


def test_nothing_advances_while_neither_deployments_answers_can_be_read() -> None:
    """Something in front of both wraps their answers, so the gate has nothing to compare."""
    world = at_ten(judged_by(SORTED, *PREDICTIONS))
    world.conduct = {BLUE: UNREAD, GREEN: UNREAD}
    world.minutes(60)
    assert (world.seen.traffic[GREEN], holds(world)) == (10, [C.INCIDENT_UNREADABLE])
    world.conduct = {BLUE: SORTED, GREEN: SORTED}
    world.until(Phase.PROMOTED, within=120)


def test_a_share_of_unreadable_answers_that_is_usual_is_no_incident() -> None:
    """A third of blue's answers never had a prediction."""
    usual = Conduct(predictions={UNREADABLE: 0.33, "stays": 0.5, "leaves": 0.17})
    world = judged_by(usual, *PREDICTIONS)
    world.register()
    world.until(Phase.PROMOTED)
    assert holds(world) == []


def seen_shortly(unreadable: float) -> World:
    """Return a world with this share of unreadable answers in the past, of which 15 minutes were collected."""
    usual = Conduct(
        predictions={UNREADABLE: unreadable, "stays": 0.7 * (1 - unreadable), "leaves": 0.3 * (1 - unreadable)}
    )
    world = judged_by(usual, *PREDICTIONS)
    began = MIDNIGHT - 15 * MINUTE
    rows = [row if row.minute >= began else replace(row, predictions=None) for row in world.telemetry.rows]
    world.telemetry.rows[:] = rows
    return world


@pytest.mark.parametrize("unreadable", [0.1, 0.26, 0.35, 0.48])
def test_what_is_usual_is_no_incident_where_only_a_short_past_is_collected(unreadable: float) -> None:
    """For answers it is always short, however long the endpoint has served."""
    world = seen_shortly(unreadable)
    world.register()
    world.until(Phase.PROMOTED)
    assert holds(world) == []


@pytest.mark.parametrize(("unreadable", "then"), [(0.02, 0.4), (0.26, 0.6), (0.48, 0.75), (0.97, 0.97)])
def test_a_short_past_does_not_allow_everything(unreadable: float, then: float) -> None:
    """Far more than it shows is an incident. So is more than half: the past may be the beginning of an incident."""
    world = seen_shortly(unreadable)
    worse = Conduct(predictions={UNREADABLE: then, "stays": 0.7 * (1 - then), "leaves": 0.3 * (1 - then)})
    world.register()
    world.minutes(3)
    world.conduct = {BLUE: worse, GREEN: worse}
    world.minutes(90)
    assert (world.seen.traffic.get(GREEN, 0) <= 10, holds(world)) == (True, [C.INCIDENT_UNREADABLE]), world.told()


METRICS = replace(POLICY.judge, latency_from="metrics")


@pytest.mark.parametrize(
    ("usual", "during", "gates", "judge", "refused"),
    [
        (METERED, replace(METERED, median=900.0), (), METRICS, "latency"),
        (SORTED, UNREAD, PREDICTIONS, POLICY.judge, "predictions"),
    ],
    ids=["metrics", "answers"],
)
def test_an_incident_that_nothing_shows_any_more_ends(
    usual: Conduct, during: Conduct, gates: tuple[Gate, ...], judge: JudgeSettings, refused: str
) -> None:
    """Its source is refused from then on. After an hour what it showed is out of date, and holds nothing.

    Patience and deadlines count again, and a gate without the answers that it compares waits for them in a pause.
    """
    world = at_ten(judged_by(usual, *gates, judge=judge))
    world.conduct = {BLUE: during, GREEN: during}
    world.minutes(25)
    world.conduct = {BLUE: Conduct(), GREEN: Conduct()}
    world.telemetry.missing = {refused: "403: no access"}
    world.minutes(50)
    assert (world.seen.traffic[GREEN], world.rollout().hold is not None) == (10, True)
    world.until(Phase.PAUSED if gates else Phase.PROMOTED, within=60)
    assert world.rollout().hold is None


def test_an_incident_goes_on_if_its_source_fails_only_for_a_while() -> None:
    """The minutes that it did not show neither end the incident nor count as calm."""
    world = at_ten(judged_by(METERED, judge=METRICS))
    slow = replace(METERED, median=900.0)
    for conduct in (slow, Conduct(), slow, Conduct()):
        world.conduct = {BLUE: conduct, GREEN: conduct}
        world.minutes(45)
    assert (world.seen.traffic[GREEN], holds(world)) == (10, [C.INCIDENT_SLOW])
    world.conduct = {BLUE: METERED, GREEN: METERED}
    world.until(Phase.PROMOTED, within=60)


def test_judge_settings_include_latency_by_default() -> None:
    """The scenarios above therefore cover a policy without a `gates` section."""
    assert [gate.kind for gate in JudgeSettings().gates] == ["errors", "latency"]


@pytest.mark.parametrize(
    ("gate", "usual"),
    [(LatencyGate(), USUAL), (LatencyGate(), METERED), (PREDICTIONS[1], SORTED)],
    ids=["slow answers", "slow minutes", "unreadable answers"],
)
def test_what_an_alarm_counts_has_a_reason(gate: Gate, usual: Conduct) -> None:
    """Without one, the incident could not be reported."""
    past = Past(tuple(usual.row(BLUE, MIDNIGHT + n * MINUTE, 900, 0.0) for n in range(60)))
    sample = gate.alarm_sample(past)
    assert sample is not None
    assert sample.measured(0)["what"] in COUNTED
