"""Several gates of one rollout: what each can decide, in which order, and what happens if one has no data."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from shared.core.judge import gate, panel
from shared.core.judge.burstiness import burstiness
from shared.core.judge.gate import GateEvidence
from shared.core.judge.gate_minute import GateMinute
from shared.core.judge.gate_setting import GateSetting
from shared.core.judge.odds import Counts
from shared.core.judge.panel import (
    Evidence,
    JudgedMinute,
    Panel,
    default_budget,
    errors_minute,
    errors_panel,
    long_enough,
    past_rate,
)
from shared.core.judge.tuning import REFERENCE, TUNED
from shared.core.judge.verdict import Cause, Outcome, Risk, Verdict, judge
from tests.core.judging import after, at

GOOD = Counts(0, 1000, 9, 9000)
WORSE = Counts(100, 1000, 90, 9000)
BROKEN = Counts(1000, 1000, 9, 9000)
ERRORS = GateSetting("errors", 0.5)
REFUSED = GateSetting("client_errors", 0.1, critical=False)
LATENCY = GateSetting("latency", 0.4, critical=False)
DRY_RUN = GateSetting("query", 0.0, critical=False)
JUDGES = Panel((ERRORS, REFUSED, LATENCY, DRY_RUN))


def minute(*each: Counts | None, weight: int = 10) -> JudgedMinute:
    """Return a steady minute in which each gate sees these counts (None: no data)."""
    seen = tuple(None if counts is None else GateMinute((counts,), counts) for counts in each)
    return JudgedMinute(seen, weight, 25, green=1000, blue=9000)


def verdict(*minutes: JudgedMinute, judges: Panel = JUDGES) -> Verdict:
    """Return the verdict after these minutes."""
    return judge(after(*minutes, judges=judges), judges, Risk(), 25)


def odds_of(evidence: Evidence, index: int) -> float:
    """Return one gate's log odds of harm."""
    return gate.log_harm(evidence.gates[index], JUDGES.gates[index], JUDGES.tuning)


@pytest.mark.parametrize("bad", range(3))
def test_any_gate_that_counts_can_roll_back_alone(bad: int) -> None:
    """Harm that only one gate sees is found, whatever its weight, and the verdict names the gate."""
    found = verdict(*[minute(*[WORSE if index == bad else GOOD for index in range(4)])] * 6)
    assert (found.outcome, found.cause, found.gate) == (Outcome.FAIL, Cause.HARM, JUDGES.gates[bad].name)


def test_a_dry_run_changes_nothing() -> None:
    """However bad its data, the rollout is judged as if the gate did not exist; its own odds are still kept."""
    told, untold = ([minute(GOOD, GOOD, GOOD, counts)] * 9 for counts in (BROKEN, None))
    assert verdict(*told) == verdict(*untold)
    assert verdict(*told).outcome is Outcome.PASS
    assert odds_of(after(*told, judges=JUDGES), 3) > math.log(1000)


def test_the_more_of_the_risk_a_gate_has_the_sooner_it_acts() -> None:
    """Harm in a gate with half of the weight rolls back no later than the same harm in one with a tenth."""

    def minutes_to_fail(bad: int) -> int:
        told: list[JudgedMinute] = []
        while verdict(*told).outcome is not Outcome.FAIL:
            told.append(minute(*[Counts(3, 100, 4, 900) if index == bad else GOOD for index in range(4)]))
        return len(told)

    assert minutes_to_fail(0) < minutes_to_fail(1)


def test_gates_do_not_see_each_others_counts() -> None:
    """In whatever order the gates are, each has the evidence of its own counts."""
    forth = after(*[minute(GOOD, WORSE, BROKEN, None)] * 3, judges=JUDGES)
    turned = Panel(tuple(reversed(JUDGES.gates)))
    back = after(*[minute(None, BROKEN, WORSE, GOOD)] * 3, judges=turned)
    assert forth.gates == tuple(reversed(back.gates))
    assert judge(forth, JUDGES, Risk(), 25).log_harm == pytest.approx(judge(back, turned, Risk(), 25).log_harm)


def test_a_gate_without_data_keeps_its_evidence() -> None:
    """Missing data is no evidence either way: the gate's state is unchanged while others continue.

    Only the value for the last minute is reset.
    """
    before = after(*[minute(GOOD, GOOD, GOOD, GOOD)] * 3, judges=JUDGES)
    later = after(*[minute(GOOD, GOOD, None, GOOD)] * 3, judges=JUDGES, start=before)
    assert before.gates[2].last != 0.0
    assert later.gates[2] == replace(before.gates[2], last=0.0)
    assert later.gates[0] == after(*[minute(GOOD, GOOD, GOOD, GOOD)] * 6, judges=JUDGES).gates[0]


def test_a_gate_without_data_still_starts_a_new_certificate() -> None:
    """The last step's certificate does not apply to the next, even for a gate that has no data yet."""
    before = after(*[minute(GOOD, GOOD, GOOD, GOOD)] * 3, judges=JUDGES)
    shifted = after(minute(GOOD, GOOD, None, GOOD, weight=25), judges=JUDGES, start=before)
    assert shifted.gates[2] == replace(gate.begin_step(before.gates[2]), last=0.0)


def test_every_critical_gate_is_waited_for() -> None:
    """One gate's certificate does not replace another's; a non-blocking gate is not waited for."""
    both = Panel((ERRORS, replace(LATENCY, critical=True)))
    unsure = Counts(0, 3, 0, 27)
    found = verdict(*[minute(GOOD, unsure)] * 5, judges=both)
    assert (found.outcome, found.cause, found.gate) == (Outcome.INCONCLUSIVE, Cause.UNCERTIFIED, "latency")
    assert verdict(*[minute(GOOD, unsure)] * 5, judges=Panel((ERRORS, LATENCY))).outcome is Outcome.PASS
    named = judge(after(*[minute(GOOD, unsure)] * 5, judges=both), both, Risk(), 25, ("errors",))
    assert named.outcome is Outcome.PASS


def test_a_critical_gate_that_never_sees_anything_holds_the_rollout() -> None:
    """What is unknown is not certified, however good the other gates are."""
    both = Panel((ERRORS, replace(LATENCY, critical=True)))
    found = verdict(*[minute(GOOD, None)] * 30, judges=both)
    assert (found.outcome, found.gate) == (Outcome.INCONCLUSIVE, "latency")


def test_evidence_of_other_gates_is_discarded() -> None:
    """A record with other gates than the judge's is not an error; it means no evidence."""
    one = after(*[at(10, GOOD)] * 3)
    begun = after(minute(GOOD, GOOD, GOOD, GOOD), judges=JUDGES, start=one)
    assert begun.gates == after(minute(GOOD, GOOD, GOOD, GOOD), judges=JUDGES).gates
    assert judge(one, JUDGES, Risk(), 25).outcome is Outcome.INCONCLUSIVE


def test_a_minute_for_another_panel_is_rejected() -> None:
    """A minute must have an entry for every gate, even an empty one."""
    with pytest.raises(ValueError, match="zip"):
        panel.add_minute(Evidence(), minute(GOOD), JUDGES)


@pytest.mark.parametrize(
    ("weight", "blue", "minutes", "told"),
    [(10, 100, 1, False), (10, 100, 2, True), (50, 21, 1, True), (50, 4, 4, False), (50, 4, 6, True)],
)
def test_green_without_its_traffic_is_reported(weight: int, blue: int, minutes: int, told: bool) -> None:  # noqa: FBT001 -- a column
    """It is reported when about twenty requests that green should have received are missing."""
    silent = errors_minute(Counts(0, 0, 0, blue), weight, 100)
    found = judge(after(*[silent] * minutes), Panel(), Risk(), 100)
    assert (found.cause is Cause.STARVED) is told


def test_a_green_that_gets_traffic_again_is_no_longer_starved() -> None:
    """One request is enough to show that traffic arrives."""
    evidence = after(*[at(10, Counts(0, 0, 0, 900))] * 9, at(10, Counts(0, 1, 0, 900)))
    assert judge(evidence, Panel(), Risk(), 25).cause is not Cause.STARVED


@pytest.mark.parametrize(
    "silent",
    [at(10, Counts(0, 0, 0, 900), steady=False), at(10, Counts()), errors_minute(Counts(0, 0, 0, 900), 0, 10)],
    ids=["while the weight changes", "nobody asks", "it should have none"],
)
def test_expected_silence_is_not_starvation(silent: JudgedMinute) -> None:
    """Missing traffic is not reported if there is none to receive."""
    assert judge(after(*[silent] * 20), Panel(), Risk(), 25).cause is Cause.NO_REQUEST


@pytest.mark.parametrize("weight", [100, -20], ids=["all traffic is green's", "a mirror"])
def test_missing_traffic_is_reported_at_every_share(weight: int) -> None:
    """Blue answers 900 requests a minute, and green gets none of its share, or no mirrored request."""
    evidence = after(*[at(weight, Counts(0, 0, 0, 900))] * 9)
    assert judge(evidence, Panel(), Risk(), None).cause is Cause.STARVED


def test_a_short_past_is_not_taken_for_a_calm_one() -> None:
    """With fewer than fifty minutes of blue's past, more bad minutes are needed than with a calm past."""
    calm = errors_panel([1, 2, 1] * 30, [1000] * 90)
    short, none = errors_panel([1, 2, 1], [1000] * 3), errors_panel([], [])
    gates = [judges.gates[0] for judges in (calm, short, none)]
    needed = [TUNED.bad_minutes(gate.phi, known=gate.known) for gate in gates]
    assert needed[0] == TUNED.calm_minutes < needed[1] == needed[2] == 3
    assert (long_enough([10] * 49 + [0]), long_enough([10] * 50)) == (False, True)


@pytest.mark.parametrize(("rate", "budget"), [(0.0, 0.01), (10.0, 0.01), (400.0, 0.005), (10**5, 0.001)], ids=str)
def test_the_harm_budget_is_two_failures_a_minute(rate: float, budget: float) -> None:
    """The harm budget is two extra failures a minute at the endpoint's traffic, within 0.1 % and 1 %."""
    assert default_budget(rate) == pytest.approx(budget)


def test_a_given_budget_is_used_unchanged() -> None:
    """The policy's budget takes precedence over the one derived from traffic."""
    assert errors_panel([0] * 9, [400] * 9, budget=0.5).gates[0].budget == 0.5


def test_a_past_rate_is_never_0_and_never_1() -> None:
    """A blue without errors may still have one some day; without a past the assumed rate is small."""
    assert 0 < past_rate([0] * 60, [1000] * 60) < 1e-5
    assert past_rate([10], [10]) < 1
    assert 0 < past_rate([], []) < 0.01


def test_a_suspicious_gate_stops_advances_below_the_rollback_threshold() -> None:
    """Odds of harm above the suspicion threshold stop a rollout that is otherwise certified."""
    for tuning in (REFERENCE, TUNED):
        judges, causes = Panel((ERRORS, replace(LATENCY, share=0.5)), tuning), []
        for bad in range(40):
            found = verdict(*[minute(GOOD, GOOD)] * 5, *[minute(GOOD, Counts(bad, 1000, 9, 9000))] * 4, judges=judges)
            causes.append(found.cause)
            assert found.gate == ("errors" if found.cause is Cause.CERTIFIED else "latency")
            assert found.suspicious is (found.cause is not Cause.CERTIFIED)
        assert list(dict.fromkeys(causes)) == [Cause.CERTIFIED, Cause.SUSPICIOUS, Cause.HARM]


def test_no_evidence_is_not_suspicious() -> None:
    """Odds of exactly 1 : 1, or that differ only by rounding, are not suspicious."""
    nothing = Counts(0, 5, 0, 0)
    evidence = after(*[at(10, nothing)] * 200)
    assert not judge(evidence, Panel(), Risk(), 25).suspicious
    assert judge(Evidence(), Panel(), Risk(), 25).suspicious is False


def test_a_gate_without_evidence_has_even_odds() -> None:
    """Before any evidence the odds of harm are 1 : 1, for each gate and for all of them together."""
    assert judge(Evidence(), JUDGES, Risk(), 25).log_harm == pytest.approx(0.0)
    assert GateEvidence().counts(7) == Counts()


def test_bursts_of_several_minutes_are_recognized() -> None:
    """A pod that fails for five minutes hardly shows from one minute to the next, but blocks of minutes show it."""
    bad = ([1] * 10 + [40] * 5) * 20
    lasting, total = errors_panel(bad, [1000] * len(bad)).gates[0], [1000] * len(bad)
    assert lasting.burstiness > 2 * burstiness(bad, total) > 2 * TUNED.calm_phi


def test_a_slow_drift_is_not_a_burst() -> None:
    """A calm blue whose rate rises over hours stays calm, whatever its blocks show."""
    bad = [3 + minute // 60 for minute in range(360)]
    assert errors_panel(bad, [1000] * 360).gates[0].burstiness == burstiness(bad, [1000] * 360) < TUNED.calm_phi
