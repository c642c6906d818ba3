"""Stored evidence: each judged minute's, and the numbers behind a decision."""

from __future__ import annotations

from dataclasses import replace

from shared.core.gates import ErrorsGate, LatencyGate, QueryGate
from shared.core.phases import Phase
from shared.core.reconcile.judging import Judgement
from shared.core.rollout import Verb
from shared.core.rollout.history import Entry
from shared.json_codec import decode, encode
from tests.scenarios.conduct import Conduct
from tests.scenarios.test_gates import QUICK, SLOWER, judged_by
from tests.scenarios.world import BLUE, GREEN, MINUTE, POLICY, World

AWAY = "the query for churn: throttled"


def kept(world: World) -> tuple[Judgement, ...]:
    """Return the stored readings of each minute of the rollout."""
    return world.store.kept_judgements(world.rollout().id)


def convicted() -> World:
    """Return a world in which a slow version was rolled back."""
    world = World(conduct={BLUE: QUICK, GREEN: SLOWER})
    world.register()
    world.until(Phase.ROLLED_BACK)
    return world


def test_each_judged_minute_is_kept_with_what_each_gate_said() -> None:
    """Every judged minute, once, with its weight and each gate's reading."""
    world = convicted()
    minutes = [one.minute for one in kept(world)]
    assert minutes == [minutes[0] + number * MINUTE for number in range(len(minutes))]
    assert minutes[-1] + MINUTE == world.rollout().judging.judged_until
    assert {tuple(each.gate for each in one.readings) for one in kept(world)} == {("errors", "latency")}
    assert {one.weight for one in kept(world)} == {10}


def test_kept_evidence_shows_how_the_odds_grew() -> None:
    """Counts only grow, the intervals contain the rates, and the last minute is the one that rolled back."""
    world = convicted()
    latency = [each for one in kept(world) for each in one.readings if each.gate == "latency"]
    totals = [each.green_total for each in latency]
    assert totals == sorted(totals)
    last = latency[-1]
    assert last.green is not None
    assert last.blue is not None
    assert last.green.low < last.green_bad / last.green_total < last.green.high
    assert last.blue.high < last.green.low
    assert latency[0].log_harm < last.log_harm


def test_thresholds_are_kept_with_the_odds() -> None:
    """They are the odds at which each gate alone would roll back, and the certificate that the step needs."""
    world = convicted()
    errors, latency = kept(world)[-1].readings
    assert errors.harm_threshold is not None
    assert latency.harm_threshold is not None
    assert errors.harm_threshold < latency.harm_threshold  # five ninths of the risk, versus four
    assert errors.certificate_threshold is not None
    assert latency.certificate_threshold is None


def test_a_minute_without_data_for_a_gate_is_kept_with_the_reason() -> None:
    """A reader can later see which minutes had no evidence, and why."""
    policy = judged_by(ErrorsGate(), QueryGate("fraud", "gates/fraud.kql"))
    alike = Conduct(counted={"fraud": 0.01})
    world = World(policy, conduct={BLUE: alike, GREEN: alike})
    world.register()
    world.until_weight(10)
    world.minutes()
    world.telemetry.missing["fraud"] = AWAY
    world.minutes()
    world.telemetry.missing.clear()
    world.minutes()
    missing = [one.readings[1].missing for one in kept(world)]
    assert missing[-3:] == ["", AWAY, ""]


def test_evidence_survives_a_pause() -> None:
    """A manual pause neither loses nor duplicates a minute."""
    world = World(conduct={BLUE: QUICK, GREEN: QUICK})
    world.register()
    world.until_weight(10)
    world.ask(Verb.PAUSE)
    world.minutes(7)
    world.ask(Verb.RESUME)
    world.until(Phase.PROMOTED)
    minutes = [one.minute for one in kept(world)]
    assert minutes == [minutes[0] + number * MINUTE for number in range(len(minutes))]
    assert sorted({one.weight for one in kept(world)}) == [10, 50, 100]


def test_the_history_has_the_numbers_of_each_gate() -> None:
    """The rollback's entry has every gate's counts and odds, as JSON that any parser accepts."""
    world = convicted()
    [entry] = [each for each in world.history() if each.after is Phase.ROLLING_BACK and each.before is Phase.STEPPING]
    assert entry.verdict is not None
    assert (entry.verdict.gate, entry.reason.facts["gate"]) == ("latency", "latency")
    [latency] = [each for each in entry.readings if each.gate == "latency"]
    assert latency.log_harm > entry.verdict.harm_threshold
    assert entry.reason.facts["measured"]["green_bad"] == latency.green_bad


def test_every_history_entry_is_finite_json() -> None:
    """Every number in a history can be represented in JSON, and storage changes none of them."""
    policy = judged_by(ErrorsGate(), LatencyGate(), QueryGate("fraud", "gates/fraud.kql", role="dry_run"))
    world = World(policy, rates={GREEN: 1.0}, conduct={BLUE: QUICK})
    world.register()
    world.until_finished()
    for entry in world.history():
        assert decode(encode(entry), Entry) == entry


def test_a_minute_is_kept_with_the_share_that_it_had() -> None:
    """The log is late: the previous step's minutes are judged after the next one was ordered, and keep their share."""
    world = World(replace(POLICY, judge=replace(POLICY.judge, telemetry_lag=5 * MINUTE)))
    world.register()
    rollout = world.until(Phase.PROMOTED)
    shifted = next(entry.at for entry in world.history() if entry.reason.facts.get("weight") == 50)
    shares = {one.minute: one.weight for one in world.store.kept_judgements(rollout.id)}
    assert {shares[minute] for minute in shares if minute < shifted - MINUTE} == {10}
