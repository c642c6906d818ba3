"""What people read of the evidence: rates, counts, odds and lines, in words that no computer would say."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.core.gates import (
    ClientErrorsGate,
    DisagreementGate,
    ErrorsGate,
    Gate,
    LatencyGate,
    PredictionsGate,
    QueryGate,
)
from shared.core.gates.calibration import Calibration, calibrate, past_of
from shared.core.gates.latency import bucket
from shared.core.gates.readings import Reading, Thresholds, readings
from shared.core.gates.samples import gate_minute
from shared.core.judge.odds import Counts
from shared.core.judge.panel import Evidence, JudgedMinute
from shared.core.judge.verdict import Cause, Outcome, Risk, Verdict, judge
from shared.core.observation import DeploymentMinute, Tally
from shared.core.policy import JudgeSettings
from shared.core.rollout.reasons import Reason, ReasonCode
from shared.core.rollout.verdict_reason import verdict_reason
from shared.words import sentence
from tests.core.judging import START, after, at, past_minute

ERRORS = calibrate(JudgeSettings(gates=(ErrorsGate(),)), past_of([past_minute(n) for n in range(60)], "blue"))
LINES = Thresholds(Risk(), 25)
GOOD = Counts(0, 1000, 9, 9000)
WORSE = Counts(20, 1000, 27, 9000)
BROKEN = Counts(500, 1000, 9, 9000)
# No signs that only programs write: exponents, missing numbers, infinities, and no names of the program's own.
PROGRAMMED = re.compile(r"\d+e[+-]?\d|\bnan\b|\binf\b|None|Counts\(|[A-Z]{2}_|\d\.\d{9,}")


def evidence_of(*minutes: Counts, weight: int = 10) -> Evidence:
    """Return the evidence of the errors gate after these minutes."""
    return after(*[at(weight, counts) for counts in minutes], judges=ERRORS.panel)


def told(evidence: Evidence, calibration: Calibration = ERRORS, lines: Thresholds = LINES) -> tuple[Verdict, Reason]:
    """Return the verdict and its reason."""
    said = judge(evidence, calibration.panel, lines.risk, lines.next_weight, lines.needed)
    return said, verdict_reason(said, readings(evidence, calibration, lines), calibration, lines)


def reading(*minutes: Counts, lines: Thresholds = LINES) -> Reading:
    """Return what the errors gate says after these minutes."""
    (found,) = readings(evidence_of(*minutes), ERRORS, lines)
    return found


def test_a_rollback_has_counts_odds_and_the_threshold() -> None:
    """Rolling back says how often each failed, how sure that is, and where the judge rolls back."""
    said, why = told(evidence_of(WORSE, WORSE, WORSE))
    assert why.code is ReasonCode.REGRESSION_DETECTED
    measured = why.facts["measured"]
    assert (measured["green_bad"], measured["green_total"]) == (60, 3000)
    assert (measured["blue_bad"], measured["blue_total"]) == (81, 27_000)
    assert why.facts["log_odds_worse"] == said.log_harm > why.facts["log_odds_worse_threshold"] == -math.log(0.01)


WAYS: dict[Cause, tuple[list[Counts], int | None, dict[str, object]]] = {
    Cause.HARM: ([BROKEN], 25, {"log_odds_worse_threshold": -math.log(0.01)}),
    Cause.NO_REQUEST: ([], 25, {}),
    Cause.STARVED: ([Counts(0, 0, 9, 9000)] * 3, 25, {}),
    Cause.TOO_SOON: ([GOOD] * 2, 25, {"settled_minutes": 2, "required_minutes": 3}),
    Cause.SUSPICIOUS: ([GOOD] * 4 + [Counts(6, 1000, 9, 9000)] * 2, 25, {"log_odds_worse_threshold": 0.0}),
    Cause.WATCHED: ([GOOD] * 3, None, {"settled_minutes": 3}),
    Cause.UNCERTIFIED: (
        [Counts(0, 5, 1, 180)] * 4,
        25,
        {"next_weight": 25, "log_odds_safe_threshold": -math.log(0.05)},
    ),
    Cause.CERTIFIED: ([GOOD] * 3, 25, {"next_weight": 25, "log_odds_safe_threshold": -math.log(0.05)}),
}


@pytest.mark.parametrize("cause", list(Cause))
def test_every_cause_is_a_reason_with_facts(cause: Cause) -> None:
    """Whatever the verdict rests on is in its reason, and becomes a sentence that a person reads."""
    minutes, next_weight, facts = WAYS[cause]
    said, why = told(evidence_of(*minutes), lines=Thresholds(Risk(), next_weight))
    assert (said.cause, why.code.value) == (cause, cause.value)
    found: dict[str, object] = {**why.facts}
    assert {key: found.get(key) for key in facts} == facts
    assert not PROGRAMMED.search(sentence(why)), sentence(why)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    green=st.tuples(st.integers(0, 10**6), st.floats(0, 1)),
    blue=st.tuples(st.integers(0, 10**7), st.floats(0, 1)),
    minutes=st.integers(0, 12),
)
def test_no_counts_make_words_that_only_a_program_would_say(
    green: tuple[int, float], blue: tuple[int, float], minutes: int
) -> None:
    """From no request to millions, from no failure to nothing else: ordinary numbers, in every place."""
    counts = Counts(round(green[0] * green[1]), green[0], round(blue[0] * blue[1]), blue[0])
    text = sentence(told(evidence_of(*[counts] * minutes))[1])
    assert not PROGRAMMED.search(text), text


@pytest.mark.parametrize("bad", [0, 1, 3, 20, 400])
@pytest.mark.parametrize("total", [1000, 10_000, 1_000_000, 50_000_000])
def test_rare_failures_are_said_in_per_cent(bad: int, total: int) -> None:
    """One failure in fifty million is a number of per cent, not an exponent."""
    found = reading(Counts(bad, total, bad, total))
    assert not PROGRAMMED.search(found.words), found.words


def test_intervals_and_counts_are_those_of_all_minutes() -> None:
    """The numbers beside the words are sums over the rollout, and the intervals hold their rates."""
    found = reading(GOOD, WORSE)
    assert (found.green_bad, found.green_total, found.blue_bad, found.blue_total) == (20, 2000, 36, 18_000)
    assert found.green is not None
    assert found.blue is not None
    assert found.green.low < 0.01 < found.green.high
    assert found.blue.low < 0.002 < found.blue.high


def test_without_requests_there_is_no_interval() -> None:
    """Nothing seen is said as nothing seen."""
    found = reading()
    assert (found.green, found.blue) == (None, None)
    assert "none of 0 requests" in found.words


def test_lines_are_what_the_odds_are_held_against() -> None:
    """A gate with half of the risk rolls back alone at twice the odds; certificates have their own line."""
    both = calibrate(JudgeSettings(gates=(ErrorsGate(weight=1), ClientErrorsGate(weight=1))), past_of([], "blue"))
    errors, refused = readings(Evidence(), both, Thresholds(Risk(rollback=0.01, advance=0.05), 25))
    assert errors.harm_threshold == refused.harm_threshold == pytest.approx(math.log(200))
    assert errors.certificate_threshold == pytest.approx(-math.log(0.05))
    assert (refused.log_certificate, refused.certificate_threshold, refused.to_certificate) == (None, None, None)


def test_an_informative_gate_has_no_line_to_cross() -> None:
    """Its odds are shown, and that they move nothing."""
    dry = calibrate(JudgeSettings(gates=(ErrorsGate(), ClientErrorsGate(role="dry_run"))), past_of([], "blue"))
    roles = {one.gate: (one.role, one.harm_threshold, one.to_rollback) for one in readings(Evidence(), dry, LINES)}
    assert roles["client_errors"] == ("dry_run", None, None)
    assert roles["errors"][0] == "critical"


@pytest.mark.parametrize("needed", [None, ("errors",), ()])
def test_a_certificate_is_shown_where_it_is_needed(needed: tuple[str, ...] | None) -> None:
    """By the gate's role or by the step's own list; not at the last weight, and not where time alone counts."""
    found = reading(GOOD, lines=replace(LINES, needed=needed))
    assert (found.log_certificate is not None) is (needed != ())
    assert reading(GOOD, lines=Thresholds(Risk(), None, needed)).log_certificate is None


def test_how_far_the_way_has_been_gone_lies_between_nothing_and_all() -> None:
    """The way to a rollback grows with harm, that to the certificate with safety, and neither beyond its end."""
    fates = [(GOOD,) * 3, (GOOD, WORSE), (WORSE,) * 2, (BROKEN,) * 9]
    ways = [reading(*minutes) for minutes in fates]
    back = [one.to_rollback or 0.0 for one in ways]
    assert back == sorted(back)
    assert (back[0], back[-1]) == (0.0, 1.0)
    assert ways[0].to_certificate == 1.0
    assert ways[-1].to_certificate == 0.0


def test_how_long_it_takes_is_told_when_it_can_be() -> None:
    """At the pace so far, rounded up; nothing is promised while the evidence speaks against."""
    few = Counts(0, 20, 1, 180)
    needed = next(n for n in range(1, 60) if (reading(*[few] * n).to_certificate or 0) >= 1.0)
    half = reading(*[few] * (needed // 2)).minutes_to_certificate
    assert half is not None
    assert needed / 2 - 2 <= half <= needed / 2 + 2
    assert reading(*[few] * needed).minutes_to_certificate == 0
    assert reading(BROKEN).minutes_to_certificate is None


def test_a_gate_that_says_nothing_says_why() -> None:
    """What the source said stands beside the gate that misses it, and beside no other."""
    found = readings(evidence_of(GOOD), ERRORS, LINES, {"errors": "the workspace does not answer", "x": "y"})
    assert [one.missing for one in found] == ["the workspace does not answer"]
    assert reading(GOOD).missing == ""


EVERY: tuple[Gate, ...] = (
    ErrorsGate(),
    ClientErrorsGate(),
    LatencyGate(role="critical"),
    PredictionsGate(),
    DisagreementGate(),
    QueryGate("stale", "stale.kql"),
)


def row(name: str, slow: int = 0) -> DeploymentMinute:
    """Return a minute in which everything is known; `slow` moves latency by buckets, and predictions a little."""
    return DeploymentMinute(
        name,
        START,
        500,
        1,
        client_errors=25,
        slowness={150 + slow: 300, 170 + slow: 180, 190 + slow: 20},
        predictions={"yes": 300 - slow, "no": 200 + slow},
        tallies={"stale": Tally(50, 400), "disagreement": Tally(5, 100)},
    )


def everything(source: JudgeSettings) -> tuple[Calibration, Evidence]:
    """Return a calibration of every gate, and the evidence of ten minutes with a somewhat slower green."""
    hour = [replace(row("blue"), minute=past_minute(n).minute) for n in range(1, 61)]
    found = calibrate(replace(source, gates=EVERY), past_of(hour, "blue"))
    known = {50: 900.0, 95: 2400.0}
    green, blue = replace(row("green", 3), percentiles=known), replace(row("blue"), percentiles=known)
    seen = tuple(gate_minute(samples, green, blue) for samples in found.samples)
    minute = JudgedMinute(seen, 10, 25, green=500, blue=500)
    return found, after(*[minute] * 10, judges=found.panel)


WORDS = {
    "errors": r"green fails 0\.2 % \(.*\) of 5,000 requests, blue 0\.2 % \(.*\) of 5,000.*",
    "client_errors": r"green refuses 5 % \(.*\) of 5,000 requests as the caller's mistake, blue 5 % .*",
    "latency": r"green takes longer than [\d,.]+ m?s for 4 % \(.*\) of 4,500 answers, blue longer than .* of 4,500.*",
    "predictions": r"green predicts 'yes' in 59\.4 % \(.*\) of 5,000 answers, blue in 60 % \(.*\) of 5,000",
    "disagreement": r"green answers 5 % \(.*\) of 1,000 mirrored requests otherwise than blue; at most 5 % are allowed",
    "stale": r"stale: green 12\.5 % \(.*\) of 4,000, blue 12\.5 % \(.*\) of 4,000.*",
}


def test_each_kind_of_gate_has_its_own_words() -> None:
    """What was counted is said, with how often green and blue did it."""
    found, evidence = everything(JudgeSettings())
    said = {one.gate: one.words for one in readings(evidence, found, LINES)}
    assert said.keys() == WORDS.keys()
    for gate, words in said.items():
        assert not PROGRAMMED.search(words), words
        assert re.fullmatch(WORDS[gate], words), words


def test_percentiles_are_told_in_minutes() -> None:
    """Where a source knows percentiles only, people read in how many minutes green's was too high."""
    found, evidence = everything(JudgeSettings(latency_from="metrics"))
    said = {one.gate: one.words for one in readings(evidence, found, LINES)}["latency"]
    assert said == "green's P95 was more than 1.25 times blue's in 0 of 9 minutes"


@pytest.mark.parametrize("edge", [20.0, 150.0, 999.0, 1500.0, 12_000.0])
def test_latency_of_seconds_reads_as_a_time(edge: float) -> None:
    """Models that take seconds are common: their thresholds are said without exponents."""
    hour = [replace(past_minute(n), slowness={bucket(edge): 200}) for n in range(60)]
    found = calibrate(JudgeSettings(gates=(LatencyGate(),)), past_of(hour, "blue"))
    (said,) = readings(Evidence(), found, LINES)
    assert not PROGRAMMED.search(said.words), said.words


def test_a_certified_step_is_told_by_a_gate_that_certified_it() -> None:
    """Where the first gate is not the one that the step waits for, its odds are not what is told."""
    gates = (ErrorsGate(role="non_blocking"), ClientErrorsGate(role="critical"))
    found = calibrate(JudgeSettings(gates=gates), past_of([past_minute(n) for n in range(60)], "blue"))
    rows = [DeploymentMinute(name, START, total, 0) for name, total in (("green", 1000), ("blue", 9000))]
    seen = tuple(gate_minute(samples, *rows) for samples in found.samples)
    evidence = after(*[JudgedMinute(seen, 10, 25, green=1000, blue=9000)] * 6, judges=found.panel)
    verdict, why = told(evidence, found)
    assert (verdict.outcome, verdict.cause) == (Outcome.PASS, Cause.CERTIFIED)
    assert why.facts["gate"] == "client_errors"
    assert why.facts["log_odds_safe"] >= why.facts["log_odds_safe_threshold"] == -math.log(0.05)


def test_a_gate_that_cannot_be_judged_is_told_with_its_reason() -> None:
    """A step that waits for a certificate which nothing can give says which, and why."""
    gates = (ErrorsGate(), LatencyGate(role="critical"))
    found = calibrate(JudgeSettings(gates=gates), past_of([past_minute(n) for n in range(60)], "blue"))
    verdict, why = told(evidence_of(GOOD, GOOD, GOOD), found, Thresholds(Risk(), 25, ("errors", "latency")))
    assert (verdict.outcome, verdict.gate) == (Outcome.INCONCLUSIVE, "latency")
    assert (why.code, why.facts["next_weight"]) == (ReasonCode.GATE_NOT_JUDGED, 25)
    assert why.facts["unjudged"]["latency"].startswith("blue gave fewer than 100")


def test_the_gate_that_rolls_back_is_the_one_that_is_told() -> None:
    """Of several gates the words are of the one that speaks loudest, not of the first."""
    gates = (ErrorsGate(), ClientErrorsGate())
    found = calibrate(JudgeSettings(gates=gates), past_of([past_minute(n) for n in range(60)], "blue"))
    rows = [DeploymentMinute("green", START, 1000, 0, 400), DeploymentMinute("blue", START, 9000, 0, 9)]
    seen = tuple(gate_minute(samples, *rows) for samples in found.samples)
    evidence = after(*[JudgedMinute(seen, 10, 25, green=1000, blue=9000)] * 3, judges=found.panel)
    verdict, why = told(evidence, found)
    assert verdict.outcome is Outcome.FAIL
    assert why.facts["measured"] == {
        "gate": "client_errors",
        "green_bad": 1200,
        "green_total": 3000,
        "blue_bad": 27,
        "blue_total": 27_000,
    }
