"""The errors gate over several minutes: what counts for harm, what for the certificate, and what for neither."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from shared.core.judge import gate
from shared.core.judge.burstiness import NONE, Variation, burstiness, certificate_temper, paired
from shared.core.judge.certificate import Certificate, bets_for, null_for
from shared.core.judge.gate import GateEvidence
from shared.core.judge.gate_minute import GateMinute, Share
from shared.core.judge.gate_setting import GateSetting
from shared.core.judge.harm import Harm
from shared.core.judge.ladder import RUNGS
from shared.core.judge.measure import Measure
from shared.core.judge.odds import Counts, Null, log_es
from shared.core.judge.panel import Evidence, Panel, begin_step, errors_panel
from shared.core.judge.tuning import REFERENCE, TUNED, Tuning
from shared.core.judge.verdict import Outcome, Risk, judge
from tests.core.judging import after, at

GOOD = Counts(1, 100, 9, 900)
BROKEN = Counts(100, 100, 9, 900)
WORSE = Counts(300, 10_000, 900, 90_000)
SILENT = Counts()
PLAIN = Panel()


def harm_of(evidence: Evidence, judges: Panel = PLAIN) -> float:
    """Return the log odds of harm of the first gate."""
    return gate.log_harm(evidence.gates[0], judges.gates[0], judges.tuning)


def safe_of(evidence: Evidence, judges: Panel = PLAIN) -> float:
    """Return the first gate's log odds that the next step is safe."""
    return gate.log_certificate(evidence.gates[0], judges.gates[0], judges.tuning)


def test_a_silent_minute_teaches_nothing() -> None:
    """Minutes without requests leave the odds of harm and of safety at 1 : 1, and do not count as settled."""
    evidence = after(*[at(10, SILENT)] * 5)
    assert harm_of(evidence) == pytest.approx(0.0, abs=1e-8)
    assert safe_of(evidence) == pytest.approx(0.0)
    assert evidence.gates[0].certificate.minutes == 0


def test_minutes_without_green_do_not_count_as_watched() -> None:
    """However long only blue gets requests, green has not been watched."""
    assert after(*[at(10, Counts(0, 0, 5, 1000))] * 10).gates[0].certificate.minutes == 0


def test_an_unsteady_minute_counts_for_harm_only() -> None:
    """While the weight is changing, a broken green is noticed, but nothing is certified."""
    evidence = after(at(10, BROKEN, steady=False))
    assert harm_of(evidence) > 4
    assert evidence.gates[0].certificate == Certificate()
    assert evidence.gates[0].counts() == BROKEN
    assert evidence.step_requests == 0


def test_harm_is_kept_over_steps_and_the_certificate_is_not() -> None:
    """A new weight starts a fresh certificate; evidence of harm is kept."""
    first = after(*[at(10, Counts(20, 100, 9, 900))] * 2)
    second = after(at(25, GOOD), start=begin_step(first))
    assert second.gates[0].certificate.minutes == 1
    assert harm_of(second) > 1
    assert second.gates[0].counts() == Counts(41, 300, 27, 2700)
    assert Counts(*second.gates[0].step) == GOOD


def test_a_change_of_weight_always_restarts_the_certificate() -> None:
    """One weight's certificate never applies to another."""
    judges = Panel(tuning=REFERENCE)  # its bets do not depend on blue's recent failures
    found = after(*[at(10, GOOD)] * 9, at(25, GOOD), judges=judges).gates[0]
    assert found.certificate == after(at(25, GOOD), judges=judges).gates[0].certificate
    assert Counts(*found.step) == GOOD


def test_a_change_of_weight_restarts_the_bets() -> None:
    """The first steady minute at a new weight stakes a quarter of what is left, other minutes a hundredth."""
    judges = Panel(tuning=REFERENCE)
    first = after(at(10, GOOD), judges=judges)
    assert first.gates[0].harm.unspent == pytest.approx(0.5)
    for minute, left in ((at(10, GOOD), 0.495), (at(25, GOOD, steady=False), 0.495), (at(25, GOOD), 0.375)):
        assert after(minute, start=first, judges=judges).gates[0].harm.unspent == pytest.approx(left)


@pytest.mark.parametrize(("tuning", "needed"), [(REFERENCE, 3), (TUNED, 2)], ids=["reference", "tuned"])
def test_a_little_harm_needs_some_bad_minutes_and_a_lot_needs_one(tuning: Tuning, needed: int) -> None:
    """Two percent more failures at high traffic need k minutes; a model that always fails needs one."""
    judges = Panel((GateSetting(phi=1.0),), tuning)
    minutes = range(1, needed + 1)
    fails = [judge(after(*[at(10, WORSE)] * n, judges=judges), judges, Risk(), 25).outcome for n in minutes]
    assert [outcome is Outcome.FAIL for outcome in fails] == [n == needed for n in minutes]
    assert judge(after(at(10, BROKEN), judges=judges), judges, Risk(), 25).outcome is Outcome.FAIL


@pytest.mark.parametrize("tuning", [REFERENCE, TUNED], ids=["reference", "tuned"])
def test_bursty_errors_need_more_bad_minutes(tuning: Tuning) -> None:
    """The more bursty blue's own errors are, the more bad minutes it takes, but never more than k."""
    taken = []
    for phi in (1.0, 3.0, 9.0, 40.0):
        judges, evidence, minutes = Panel((GateSetting(phi=phi),), tuning), Evidence(), 0
        while judge(evidence, judges, Risk(), 25).outcome is not Outcome.FAIL:
            evidence = after(at(10, WORSE), start=evidence, judges=judges)
            minutes += 1
        assert minutes <= tuning.bad_minutes(phi)
        taken.append(minutes)
    assert taken == sorted(set(taken))


@pytest.mark.parametrize(("failures", "found"), [(30, Outcome.FAIL), (1, Outcome.PASS)], ids=["goes bad", "stays good"])
def test_at_100_percent_green_is_compared_with_what_blue_did(failures: int, found: Outcome) -> None:
    """With no blue left to compare with, a green that goes bad is still found, and a good one still passes."""
    watched = after(*[at(25, GOOD)] * 20)
    alone = after(*[at(100, Counts(failures, 100, 0, 0))] * 6, start=watched)
    assert judge(alone, PLAIN, Risk(), None).outcome is found


@pytest.mark.parametrize(
    "incident", [Counts(300, 900, 33, 100), Counts(33, 100, 300, 900)], ids=["mostly green's", "mostly blue's"]
)
def test_while_the_shift_to_100_percent_comes_into_force_green_is_compared_with_blue(incident: Counts) -> None:
    """Blue still has traffic, so an incident that affects both is not blamed on green."""
    watched = after(*[at(25, GOOD)] * 5)
    shared = after(*[at(100, incident, steady=False)] * 3, start=watched)
    assert judge(shared, PLAIN, Risk(), None).outcome is not Outcome.FAIL


def test_a_few_requests_that_still_name_blue_do_not_end_the_watch() -> None:
    """With 100 percent in force, a caller that addresses blue does not stop the comparison with blue's past."""
    watched = after(*[at(25, GOOD)] * 20)
    named = after(*[at(100, Counts(30, 100, 0, 1))] * 6, start=watched)
    assert judge(named, PLAIN, Risk(), None).outcome is Outcome.FAIL


def test_all_traffic_at_once_is_compared_with_blues_past() -> None:
    """Blue was never seen next to green: a green that fails as often as blue used to, 3 percent, is no worse."""
    judges = errors_panel([30] * 300, [1000] * 300)
    evidence = after(*[at(100, Counts(30, 1000, 0, 0))] * 20, judges=judges)
    assert judge(evidence, judges, Risk(), None).outcome is not Outcome.FAIL


def test_an_absolute_limit_applies_whatever_blue_does() -> None:
    """Green and blue both fail 30 percent: green is no worse than blue, but over the limit of 5 percent."""
    limit = Measure(share=0.5, null=Null(0.0, 0.05), severe=False)
    limited = Panel((GateSetting(measures=(Measure(share=0.5), limit)),))
    both = Counts(300, 1000, 2700, 9000)
    minute = replace(at(10, both), gates=(GateMinute((both, both), both),))
    evidence = after(*[minute] * 6, judges=limited)
    assert judge(evidence, limited, Risk(), 25).outcome is Outcome.FAIL
    assert judge(after(*[at(10, both)] * 6), PLAIN, Risk(), 25).outcome is not Outcome.FAIL
    kept = Counts(4, 1000, 36, 9000)
    minute = replace(at(10, kept), gates=(GateMinute((kept, kept), kept),))
    assert judge(after(*[minute] * 6, judges=limited), limited, Risk(), 25).outcome is Outcome.PASS


def test_fewer_than_blue_is_harm_where_both_directions_count() -> None:
    """Half as many predictions of a class are found as reliably as twice as many."""
    more = Measure(share=0.5, null=Null(1.25, 0.02), severe=False)
    judges = Panel((GateSetting(critical=False, budget=None, measures=(more, replace(more, rarer=True))),))

    def outcome(counts: Counts) -> Outcome:
        minute = replace(at(10, counts), gates=(GateMinute((counts, counts)),))
        return judge(after(*[minute] * 8, judges=judges), judges, Risk(), 25).outcome

    assert outcome(Counts(400, 1000, 1800, 9000)) is Outcome.FAIL
    assert outcome(Counts(100, 1000, 1800, 9000)) is Outcome.FAIL
    assert outcome(Counts(200, 1000, 1800, 9000)) is not Outcome.FAIL


def latency(minutes: int = 1) -> Panel:
    """Return a panel of one gate that skips this many minutes after a change."""
    return Panel((GateSetting(settle=minutes),))


def test_the_first_minute_at_a_weight_is_skipped_if_green_must_warm_up() -> None:
    """Slow answers in the first steady minute at each weight are no evidence; those after it are."""
    cold = after(at(10, BROKEN), judges=latency())
    assert cold.gates == (GateEvidence(),)
    warm = after(at(10, GOOD), start=cold, judges=latency())
    assert warm.gates[0].counts() == GOOD
    assert after(at(25, BROKEN), start=warm, judges=latency()).gates[0].counts() == GOOD


def test_minutes_in_which_a_new_weight_comes_into_force_are_warm_up_too() -> None:
    """There has been no steady minute at the new weight, so a gate that lets green warm up does not look yet."""
    warm = after(*[at(10, GOOD)] * 5, judges=latency())
    shifting = after(*[at(25, BROKEN, steady=False)] * 2, start=warm, judges=latency())
    assert harm_of(shifting, latency()) == pytest.approx(harm_of(warm, latency()))


def test_after_a_minute_of_warm_up_the_minute_before_it_no_longer_looks_harmful() -> None:
    """It was at another weight; an operator may have promoted green in spite of it."""
    slow = after(*[at(10, GOOD)] * 5, at(10, BROKEN), judges=latency())
    assert slow.gates[0].last > TUNED.log_suspicion
    assert after(at(25, GOOD), start=slow, judges=latency()).gates[0].last == 0.0


def test_a_gate_that_skips_a_minute_still_bets_again_after_a_change() -> None:
    """New harm is most likely after a change of weight, so the first minute that is used counts as the change."""
    judges = latency()
    warm = after(*[at(10, GOOD)] * 5, judges=judges)
    left = warm.gates[0].harm.unspent
    changed = after(at(25, GOOD), at(25, GOOD), start=warm, judges=judges)
    assert changed.gates[0].harm.unspent == pytest.approx(left * (1 - judges.tuning.after_change))


@pytest.mark.parametrize("weight", [10, 50, -20])
@pytest.mark.parametrize("rate", [0.0, 1e-7, 0.001, 0.5, 1.0])
def test_bets_of_a_certificate_are_bets_on_safety(weight: int, rate: float) -> None:
    """Whatever blue's past rate and the share, live or mirrored, each bet lies between 0 and 1."""
    bets = bets_for(TUNED, rate, weight, null_for(25, 0.01))
    assert len(bets) == len(TUNED.certificate_shares)
    assert all(0 < bet < 1 for bet in bets)


@pytest.mark.parametrize(("weight", "blue"), [(10, 0.0), (10, 0.02), (50, 0.1), (100, 0.02)])
def test_the_budget_is_of_all_traffic(weight: int, blue: float) -> None:
    """At the limit of the certificate, green raises the endpoint's failures by a quarter plus the budget, no more."""
    null, share = null_for(weight, 0.01), weight / 100
    green = null.rho * blue + null.delta
    assert share * green + (1 - share) * blue == pytest.approx(1.25 * blue + 0.01)


def test_the_ladder_follows_from_what_is_published_about_percentiles() -> None:
    """An acceptable green exceeds the margin in at most half of the minutes, and 1.25 times it in a quarter."""
    assert RUNGS == ((1.0, 0.5), (1.25, 0.25), (1.6, 0.1))


def test_a_mirror_certifies_the_first_live_step() -> None:
    """Mirrored requests show that the first live share is safe, before any user is exposed."""
    evidence = after(*[at(-20, Counts(2, 2000, 10, 10_000))] * 8)
    assert judge(evidence, PLAIN, Risk(), 10).outcome is Outcome.PASS


def test_bursts_temper_certificates_and_pairs_lower_that_again() -> None:
    """A bursty past slows certificates down, up to four times; bursts that hit both deployments alike are ignored."""
    assert certificate_temper(1.0) == 1.0
    assert certificate_temper(3.0) == 3.0
    assert certificate_temper(40.0) == 4.0
    alike = Variation()
    for _ in range(50):
        alike = paired(alike, Counts(30, 100, 270, 900))
    apart = paired(NONE, Counts(90, 100, 9, 900))
    assert certificate_temper(3.0, alike, TUNED.pairs) == 1.0
    assert certificate_temper(3.0, apart, TUNED.pairs) == 3.0
    assert paired(NONE, Counts(0, 0, 9, 900)) == NONE


def test_what_a_minute_shows_of_bursts_tempers_only_later_minutes() -> None:
    """A minute's tempering is fixed before the minute; otherwise luck could choose it."""
    setting, share = GateSetting(phi=9.0), Share(10, 25, age=9)
    before = GateEvidence(variation=Variation(1.0, 50.0))
    wild = Counts(60, 100, 0, 900)
    found = gate.add_minute(before, setting, GateMinute((wild,), wild), share, TUNED)
    bets = bets_for(TUNED, 0.0, 10, null_for(25, 0.01))
    raw = log_es(wild, bets, null_for(25, 0.01))
    temper = certificate_temper(9.0, before.variation, TUNED.pairs)
    assert found.certificate.wealth == pytest.approx([won / temper for won in raw])
    assert found.variation.observed > before.variation.observed


def test_a_past_of_unequal_lists_is_refused() -> None:
    """Every minute needs both of its numbers."""
    with pytest.raises(ValueError, match="3 minutes of bad"):
        burstiness([1, 2, 3], [10])


def test_a_past_with_holes_says_nothing_across_them() -> None:
    """A minute without requests is skipped: its neighbors are not compared with each other."""
    assert burstiness([0, 0, 900], [1000, 0, 1000]) == 1.0
    assert burstiness([], []) == burstiness([5], [10]) == 1.0


@pytest.mark.parametrize("counts", [
    Counts(10**9, 10**9, 0, 10**9),
    Counts(0, 10**9, 10**9, 10**9),
    Counts(0, 10**9, 0, 10**9),
    Counts(10**9, 10**9, 10**9, 10**9),
    Counts(7, 9, 0, 0),
    Counts(0, 0, 7, 9),
], ids=str)  # fmt: skip
@pytest.mark.parametrize("weight", [10, 100])
def test_a_week_of_extreme_minutes_stays_within_numbers(counts: Counts, weight: int) -> None:
    """All bad, none bad, one deployment alone, for a thousand minutes: the odds are finite, and there is a verdict."""
    evidence = after(*[at(weight, counts)] * 1000)
    assert math.isfinite(harm_of(evidence))
    assert math.isfinite(safe_of(evidence))
    judge(evidence, PLAIN, Risk(), 25)


def test_years_of_quiet_end_in_less_budget_and_never_in_an_error() -> None:
    """Once the whole budget was bet and lost, the odds of harm are small or zero, but still odds."""
    spent = GateEvidence(harm=Harm((-1e6,) * 10, 5e-324), seen=(0, 1, 0, 1))
    later = after(*[at(10, GOOD)] * 3, start=Evidence((spent,), 10))
    assert judge(later, PLAIN, Risk(), 25).outcome is not Outcome.FAIL
    assert after(at(10, BROKEN), start=later).gates[0].harm.unspent >= 0
