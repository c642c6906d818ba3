"""Verdicts: PASS, FAIL, or an honest `I do not know`, each with the numbers it stands on."""

from __future__ import annotations

import math

import pytest

from shared.core.judge.gate import Calibration, Evidence, JudgedMinute, add_minute
from shared.core.judge.odds import Counts
from shared.core.judge.verdict import Outcome, Risk, judge


def watched(*minutes: Counts, next_weight: int | None = 25) -> Evidence:
    """Return the evidence after steady minutes at 10 per cent."""
    evidence = Evidence()
    for counts in minutes:
        evidence = add_minute(evidence, JudgedMinute(counts, 10, next_weight), Calibration())
    return evidence


GOOD = Counts(0, 1000, 9, 9000)
ROWS: list[tuple[str, list[Counts], Outcome, str]] = [
    ("nothing seen", [], Outcome.INCONCLUSIVE, "no request on green"),
    ("only blue seen", [Counts(0, 0, 9, 9000)] * 9, Outcome.INCONCLUSIVE, "no request on green"),
    ("good, too short", [GOOD] * 2, Outcome.INCONCLUSIVE, "2 of 3 settled minutes"),
    ("good for three minutes", [GOOD] * 3, Outcome.PASS, "25 % is within the harm budget"),
    ("too little to tell", [Counts(0, 5, 0, 45)] * 3, Outcome.INCONCLUSIVE, "advancing at 20 : 1"),
    ("suspicious", [GOOD] * 4 + [Counts(20, 1000, 9, 9000)] * 3, Outcome.INCONCLUSIVE, "too suspicious"),
    ("broken", [Counts(500, 1000, 9, 9000)], Outcome.FAIL, "rolling back at 100 : 1"),
]


@pytest.mark.parametrize(("minutes", "outcome", "words"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_what_the_evidence_means(minutes: list[Counts], outcome: Outcome, words: str) -> None:
    """Each kind of evidence has its verdict, and the reason names what decided."""
    verdict = judge(watched(*minutes), Risk(), 25)
    assert (verdict.outcome, words in verdict.reason) == (outcome, True), verdict.reason


def test_a_verdict_carries_its_numbers() -> None:
    """Whoever reads the verdict sees counts, odds and the lines where odds decide."""
    verdict = judge(watched(*[GOOD] * 3), Risk(rollback=0.001, advance=0.2), 25)
    assert (verdict.green_bad, verdict.green_total, verdict.blue_bad, verdict.blue_total) == (0, 3000, 27, 27000)
    assert verdict.harm_line == pytest.approx(math.log(1000))
    assert verdict.certificate_line == pytest.approx(math.log(5))
    assert verdict.settled_minutes == 3
    assert verdict.reason.startswith("green fails 0 % of 3,000 requests, blue 0.1 % of 27,000")


def test_a_smaller_risk_of_rollback_needs_more_evidence() -> None:
    """The same evidence rolls back at alpha 0.1 and not at alpha 0.00001."""
    evidence = watched(*[Counts(20, 100, 9, 900)] * 2)
    outcomes = {alpha: judge(evidence, Risk(rollback=alpha), 25).outcome for alpha in (0.1, 0.00001)}
    assert outcomes == {0.1: Outcome.FAIL, 0.00001: Outcome.INCONCLUSIVE}


def test_a_longer_dwell_is_waited_for() -> None:
    """The policy's least dwell is honoured though the certificate stands long since."""
    ten = Risk(settled_minutes=10)
    assert judge(watched(*[GOOD] * 9), ten, 25).outcome is Outcome.INCONCLUSIVE
    assert judge(watched(*[GOOD] * 10), ten, 25).outcome is Outcome.PASS


def test_the_last_step_needs_no_certificate_but_its_dwell() -> None:
    """With no weight ahead, three settled minutes without suspicion pass."""
    quiet = Counts(0, 5, 0, 45)
    assert judge(watched(*[quiet] * 2, next_weight=None), Risk(), None).outcome is Outcome.INCONCLUSIVE
    assert judge(watched(*[quiet] * 3, next_weight=None), Risk(), None).outcome is Outcome.PASS
