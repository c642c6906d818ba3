"""The errors gate over several minutes: what counts for harm, what for the certificate, and what for neither."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest

from shared.core.judge.certificate import Certificate
from shared.core.judge.gate import Calibration, Evidence, JudgedMinute, add_minute, begin_step, calibrate
from shared.core.judge.harm import Harm
from shared.core.judge.odds import Counts
from shared.core.judge.verdict import Outcome, Risk, judge

GOOD = Counts(1, 100, 9, 900)
BROKEN = Counts(100, 100, 9, 900)
SILENT = Counts()
PLAIN = Calibration()


def after(*minutes: JudgedMinute, start: Evidence | None = None, calibration: Calibration = PLAIN) -> Evidence:
    """Return the evidence after these minutes."""
    evidence = start or Evidence()
    for minute in minutes:
        evidence = add_minute(evidence, minute, calibration)
    return evidence


def at(weight: int, counts: Counts, *, steady: bool = True) -> JudgedMinute:
    """Return a minute at this weight of a rollout of 10, 25, 100."""
    return JudgedMinute(counts, weight, {10: 25, 25: 100, 100: None}[weight], steady=steady)


def test_a_silent_minute_teaches_nothing() -> None:
    """Minutes without any request leave the odds of harm and of safety at 1 : 1, and do not count as settled."""
    evidence = after(*[at(10, SILENT)] * 5)
    assert evidence.harm.log_odds == pytest.approx(0.0)
    assert evidence.certificate.log_odds == pytest.approx(0.0)
    assert evidence.settled_minutes == 0


def test_minutes_without_green_are_no_dwell() -> None:
    """However long only blue is asked, green has not been watched."""
    assert after(*[at(10, Counts(0, 0, 5, 1000))] * 10).settled_minutes == 0


def test_an_unsteady_minute_counts_for_harm_only() -> None:
    """While the weight is changing, a broken green is seen, but nothing is certified."""
    evidence = after(at(10, BROKEN, steady=False))
    assert evidence.harm.log_odds > 4
    assert evidence.certificate == Certificate()
    assert evidence.seen == BROKEN


def test_harm_is_kept_over_steps_and_the_certificate_is_not() -> None:
    """A new weight begins a fresh certificate; what spoke of harm goes on speaking."""
    first = after(*[at(10, Counts(20, 100, 9, 900))] * 2)
    second = after(at(25, GOOD), start=begin_step(first))
    assert second.settled_minutes == 1
    assert second.harm.log_odds > 1
    assert second.certificate == after(at(25, GOOD)).certificate


def test_a_change_of_weight_starts_the_certificate_afresh_even_if_nobody_said_so() -> None:
    """The gate itself never lets one weight's certificate serve another."""
    assert after(*[at(10, GOOD)] * 9, at(25, GOOD)).settled_minutes == 1


def test_a_change_of_weight_bets_anew() -> None:
    """The first steady minute at a new weight stakes a quarter of what is left, others a hundredth."""
    first = after(at(10, GOOD))
    assert first.harm.unspent == pytest.approx(0.5)
    assert after(at(10, GOOD), start=first).harm.unspent == pytest.approx(0.495)
    assert after(at(25, GOOD, steady=False), start=first).harm.unspent == pytest.approx(0.495)
    assert after(at(25, GOOD), start=first).harm.unspent == pytest.approx(0.375)


def test_three_bad_minutes_are_needed_for_a_little_harm_and_one_for_a_lot() -> None:
    """Two per cent more failures at high traffic need k minutes; a model that always fails needs one."""
    worse = at(10, Counts(300, 10_000, 900, 90_000))
    fails = [judge(after(*[worse] * n), Risk(), 25).outcome is Outcome.FAIL for n in (1, 2, 3)]
    assert fails == [False, False, True]
    assert judge(after(at(10, BROKEN)), Risk(), 25).outcome is Outcome.FAIL


def test_bursty_errors_need_more_bad_minutes() -> None:
    """The more blue's own errors come in bursts, the more bad minutes it takes, and never more than k."""
    worse, taken = at(10, Counts(300, 10_000, 900, 90_000)), []
    for needed in (3, 5, 9, 12):
        evidence, minutes = Evidence(), 0
        while judge(evidence, Risk(), 25).outcome is not Outcome.FAIL:
            evidence = after(worse, start=evidence, calibration=Calibration(bad_minutes=needed))
            minutes += 1
        assert needed - 2 <= minutes <= needed
        taken.append(minutes)
    assert taken == sorted(set(taken))


@pytest.mark.parametrize(
    ("failures", "found"),
    [(30, Outcome.FAIL), (1, Outcome.PASS)],
    ids=["goes bad", "stays good"],
)
def test_at_100_per_cent_green_is_held_against_what_blue_did(failures: int, found: Outcome) -> None:
    """With no blue left to compare with, a green that goes bad is still found, and a good one still passes."""
    watched = after(*[at(25, GOOD)] * 20)
    alone = after(*[at(100, Counts(failures, 100, 0, 0))] * 6, start=watched)
    assert judge(alone, Risk(), None).outcome is found


def test_a_little_traffic_of_blue_at_100_per_cent_is_compared_with_blue() -> None:
    """At 100 per cent, while the shift is coming into force, an incident that hits both is no harm of green's."""
    watched = after(*[at(25, GOOD)] * 5)
    shared_incident = after(*[at(100, Counts(300, 900, 33, 100), steady=False)] * 3, start=watched)
    assert judge(shared_incident, Risk(), None).outcome is not Outcome.FAIL


def test_evidence_survives_being_written_down() -> None:
    """Evidence that went through JSON goes on exactly as the one that did not."""
    before = after(*[at(10, GOOD)] * 3, at(10, Counts(3, 7, 0, 50)), at(25, GOOD, steady=False))
    read = json.loads(json.dumps(asdict(before), allow_nan=False))
    restored = Evidence(
        harm=Harm(tuple(read["harm"]["minor"]), tuple(read["harm"]["severe"]), read["harm"]["unspent"]),
        certificate=Certificate(tuple(read["certificate"]["wealth"]), read["certificate"]["minutes"]),
        weight=read["weight"],
        seen=Counts(**read["seen"]),
        compared=Counts(**read["compared"]),
        step=Counts(**read["step"]),
    )
    assert after(at(25, BROKEN), start=restored) == after(at(25, BROKEN), start=before)


def test_a_year_of_minutes_stays_within_numbers() -> None:
    """Evidence of many extreme minutes stays finite, both ways, and can be written as JSON."""
    huge = Counts(10**7, 10**7, 0, 10**7)
    silent = Counts(0, 10**7, 0, 10**7)
    for counts in (huge, silent):
        evidence = after(*[at(10, counts)] * 500)
        json.dumps(asdict(evidence), allow_nan=False)
        judge(evidence, Risk(), 25)


@pytest.mark.parametrize(
    ("bad", "total", "budget"),
    [([], [], 0.01), ([0], [10], 0.01), ([0] * 9, [400] * 9, 0.005), ([9] * 9, [10**5] * 9, 0.001)],
    ids=["no past", "quiet", "400 a minute", "busy"],
)
def test_the_harm_budget_is_two_failures_a_minute(bad: list[int], total: list[int], budget: float) -> None:
    """D is two extra failures at blue's traffic, never under 0.1 % nor over 1 %."""
    assert calibrate(bad, total).budget == pytest.approx(budget)


def test_a_given_budget_is_taken_as_it_is() -> None:
    """The policy's budget goes before the one from traffic."""
    assert calibrate([0] * 9, [400] * 9, budget=0.5).budget == 0.5


def test_a_bursty_past_makes_the_judge_more_patient() -> None:
    """Bursty failures of blue ask for more bad minutes of green and temper certificates, up to four times."""
    calm = calibrate([2, 3, 2, 3] * 90, [1000] * 360)
    bursty = calibrate([0, 0, 0, 200] * 90, [1000] * 360)
    assert (calm.phi, calm.bad_minutes, calm.temper) == (1.0, 3, 1.0)
    assert bursty.phi > 20
    assert (bursty.bad_minutes, bursty.temper) == (12, 4.0)


def test_a_past_with_holes_says_nothing_across_them() -> None:
    """A minute without requests is passed over: its neighbours are not compared with each other."""
    assert calibrate([0, 0, 900], [1000, 0, 1000]).phi == 1.0


def test_a_past_of_unequal_lists_is_refused() -> None:
    """Every minute needs both of its numbers."""
    with pytest.raises(ValueError, match="3 minutes of bad"):
        calibrate([1, 2, 3], [10])
