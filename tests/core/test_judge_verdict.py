"""Verdicts: PASS, FAIL or INCONCLUSIVE, each with the numbers behind it."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.core.judge.gate_minute import GateMinute
from shared.core.judge.gate_setting import GateSetting
from shared.core.judge.measure import Measure
from shared.core.judge.odds import Counts, Null
from shared.core.judge.panel import Evidence, Panel, begin_step
from shared.core.judge.verdict import Cause, Outcome, Risk, judge
from shared.core.wording import odds
from tests.core.judging import after, at

GOOD = Counts(0, 1000, 9, 9000)
QUIET = Counts(0, 5, 0, 45)
PLAIN = Panel()


def watched(*minutes: Counts) -> Evidence:
    """Return the evidence after steady minutes at 10 percent."""
    return after(*[at(10, counts) for counts in minutes])


@pytest.mark.parametrize(
    ("minutes", "outcome", "cause"),
    [
        pytest.param([], Outcome.INCONCLUSIVE, Cause.NO_REQUEST, id="nothing seen"),
        pytest.param([Counts(0, 0, 1, 30)] * 3, Outcome.INCONCLUSIVE, Cause.NO_REQUEST, id="hardly anything seen"),
        pytest.param([Counts(0, 0, 9, 9000)] * 9, Outcome.INCONCLUSIVE, Cause.STARVED, id="only blue seen"),
        pytest.param([GOOD] * 2, Outcome.INCONCLUSIVE, Cause.TOO_SOON, id="good, too short"),
        pytest.param([GOOD] * 3, Outcome.PASS, Cause.CERTIFIED, id="good for three minutes"),
        pytest.param([QUIET] * 3, Outcome.INCONCLUSIVE, Cause.UNCERTIFIED, id="too little to tell"),
        pytest.param(
            [GOOD] * 4 + [Counts(6, 1000, 9, 9000)] * 2, Outcome.INCONCLUSIVE, Cause.SUSPICIOUS, id="suspicious"
        ),
        pytest.param([Counts(500, 1000, 9, 9000)], Outcome.FAIL, Cause.HARM, id="broken"),
    ],
)
def test_what_the_evidence_means(minutes: list[Counts], outcome: Outcome, cause: Cause) -> None:
    """Each kind of evidence has its verdict and its cause."""
    verdict = judge(watched(*minutes), PLAIN, Risk(), 25)
    assert (verdict.outcome, verdict.cause) == (outcome, cause)


def test_a_verdict_carries_its_numbers() -> None:
    """The verdict has the odds and the thresholds."""
    verdict = judge(watched(*[GOOD] * 3), PLAIN, Risk(rollback=0.001, advance=0.2), 25)
    assert verdict.harm_threshold == pytest.approx(math.log(1000))
    assert verdict.certificate_threshold == pytest.approx(math.log(5))
    assert (verdict.settled_minutes, verdict.suspicious) == (3, False)
    assert verdict.log_harm < 0


def test_a_smaller_risk_of_rollback_needs_more_evidence() -> None:
    """The same evidence rolls back at alpha 0.1 and not at alpha 0.00001."""
    evidence = watched(*[Counts(20, 100, 9, 900)] * 2)
    outcomes = {alpha: judge(evidence, PLAIN, Risk(rollback=alpha), 25).outcome for alpha in (0.1, 0.00001)}
    assert outcomes == {0.1: Outcome.FAIL, 0.00001: Outcome.INCONCLUSIVE}


def test_a_smaller_risk_of_advancing_needs_more_evidence() -> None:
    """The same evidence advances at beta 0.2 and not at beta 0.00001."""
    evidence = watched(*[Counts(0, 40, 0, 360)] * 3)
    outcomes = {beta: judge(evidence, PLAIN, Risk(advance=beta), 25).outcome for beta in (0.2, 0.00001)}
    assert outcomes == {0.2: Outcome.PASS, 0.00001: Outcome.INCONCLUSIVE}


def test_the_minimum_time_is_waited_for() -> None:
    """The policy's minimum time at a weight applies even if the certificate was reached long before."""
    ten = Risk(settled_minutes=10)
    assert judge(watched(*[GOOD] * 9), PLAIN, ten, 25).cause is Cause.TOO_SOON
    assert judge(watched(*[GOOD] * 10), PLAIN, ten, 25).outcome is Outcome.PASS


def test_without_a_certificate_the_minimum_time_is_enough() -> None:
    """If no weight follows, three settled minutes without suspicion pass."""
    assert judge(watched(*[QUIET] * 2), PLAIN, Risk(), None).cause is Cause.TOO_SOON
    assert judge(watched(*[QUIET] * 3), PLAIN, Risk(), None).cause is Cause.WATCHED


def test_harm_is_reported_even_if_nothing_was_being_certified() -> None:
    """Rolling back needs no minimum time, certificate or further weight."""
    broken = watched(Counts(500, 1000, 9, 9000))
    assert judge(broken, PLAIN, Risk(settled_minutes=60), None, ()).outcome is Outcome.FAIL


def test_a_gate_without_a_certificate_is_not_waited_for() -> None:
    """Predictions and disagreements can roll back, but nothing could ever certify them."""
    judges = Panel((GateSetting(share=0.5), GateSetting("predictions", 0.5, critical=False, budget=None)))
    minute = at(10, GOOD)
    both = replace(minute, gates=minute.gates * 2)
    assert judge(after(*[both] * 3, judges=judges), judges, Risk(), 25).outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("ratio", "words"),
    [
        (1.0, "1 : 1"),
        (3.14159, "3.14 : 1"),
        (340.2, "340 : 1"),
        (999.7, "1000 : 1"),
        (12345.6, "12346 : 1"),
        (1 / 12, "1 : 12"),
        (1 / 999.7, "1 : 1000"),
        (1 / 12345.6, "1 : 12346"),
        (1e12, "over a billion : 1"),
        (1e-12, "1 : over a billion"),
    ],
)
def test_odds_are_readable(ratio: float, words: str) -> None:
    """Odds are written as a person would write them, however large or small."""
    assert odds(math.log(ratio)) == words


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.floats(-1e9, 1e9) | st.floats(-25, 25) | st.just(-math.inf) | st.just(math.inf))
def test_odds_never_have_exponents(log_odds: float) -> None:
    """Even odds beyond the range of floats are written without exponents."""
    assert re.fullmatch(r"(over a billion|[\d.]+) : (over a billion|[\d.]+)", odds(log_odds)), odds(log_odds)


def test_a_suspicion_that_nothing_can_settle_any_more_holds_no_step() -> None:
    """Disagreement only has data during a mirror, so its suspicion there does not hold later weights."""
    allowed = Measure(null=Null(0.0, 0.05), severe=False)
    doubtful = GateSetting("disagreement", 0.5, critical=False, budget=None, measures=(allowed,))
    judges = Panel((GateSetting(share=0.5), doubtful))
    pairs = GateMinute((Counts(9, 100),))
    mirrored = [replace(at(-20, GOOD), gates=(*at(-20, GOOD).gates, pairs))] * 3
    live = [replace(at(10, GOOD), gates=(*at(10, GOOD).gates, None))] * 3
    on_the_mirror = after(*mirrored, judges=judges)
    assert judge(on_the_mirror, judges, Risk(), 10).cause is Cause.SUSPICIOUS
    said = judge(after(*live, judges=judges, start=begin_step(on_the_mirror)), judges, Risk(), 25)
    assert (said.outcome, said.suspicious) == (Outcome.PASS, True)
