"""What each gate reports about its evidence: counts, rates, odds and thresholds."""

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
    LatencyLimit,
    Measured,
    PredictionsGate,
    QueryGate,
)
from shared.core.gates.calibration import Calibration, calibrate, past_of
from shared.core.gates.readings import Reading, Thresholds, readings
from shared.core.gates.samples import gate_minute
from shared.core.judge.gate_minute import GateMinute
from shared.core.judge.odds import Counts
from shared.core.judge.panel import Evidence, JudgedMinute
from shared.core.judge.verdict import Cause, Outcome, Risk, Verdict, judge
from shared.core.observation import DeploymentMinute, Tally
from shared.core.policy import JudgeSettings
from shared.core.rollout.reasons import Reason, ReasonCode
from shared.core.rollout.verdict_reason import verdict_reason
from shared.core.telemetry.latency_buckets import edge
from shared.words import sentence
from tests.core.judging import START, after, at, past_minute

ERRORS = calibrate(JudgeSettings(gates=(ErrorsGate(),)), past_of([past_minute(n) for n in range(60)], "blue"))
LINES = Thresholds(Risk(), 25)
GOOD = Counts(0, 1000, 9, 9000)
WORSE = Counts(20, 1000, 27, 9000)
BROKEN = Counts(500, 1000, 9, 9000)
# Signs that only programs write: exponents, missing numbers, infinities, and the program's own names.
PROGRAMMED = re.compile(r"\d+e[+-]?\d|\bnan\b|\binf\b|None|Counts\(|[A-Z]{2}_|\d\.\d{9,}")


def evidence_of(*minutes: Counts, weight: int = 10) -> Evidence:
    """Return the evidence of the errors gate after these minutes."""
    return after(*[at(weight, counts) for counts in minutes], judges=ERRORS.panel)


def told(evidence: Evidence, calibration: Calibration = ERRORS, lines: Thresholds = LINES) -> tuple[Verdict, Reason]:
    """Return the verdict and its reason."""
    said = judge(evidence, calibration.panel, lines.risk, lines.next_weight, lines.needed)
    return said, verdict_reason(said, readings(evidence, calibration, lines), calibration, lines)


def reading(*minutes: Counts, lines: Thresholds = LINES) -> Reading:
    """Return the errors gate's reading after these minutes."""
    (found,) = readings(evidence_of(*minutes), ERRORS, lines)
    return found


def test_a_rollback_has_counts_odds_and_the_threshold() -> None:
    """The reason says how often each failed, how sure that is, and where the judge rolls back."""
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


def with_fraud() -> Calibration:
    """Return the errors gate and a second one that counts an outcome for every other request."""
    errors = ERRORS.panel.gates[0]
    fraud = replace(errors, name="fraud", share=0.5, heard=0.5)
    panel = replace(ERRORS.panel, gates=(replace(errors, share=0.5), fraud))
    return replace(ERRORS, panel=panel, samples=ERRORS.samples * 2)


def test_a_gate_that_does_not_hear_green_is_named() -> None:
    """The reason names the gate and what it counts for blue."""
    both = with_fraud()
    answered = at(10, GOOD)
    unheard = GateMinute((Counts(0, 0, 9, 9000),))
    minute = replace(answered, gates=(*answered.gates, unheard), answered=1000)
    said, why = told(after(*[minute] * 3, judges=both.panel), both)
    assert (said.cause, why.code, why.facts["gate"]) == (Cause.UNHEARD, ReasonCode.GREEN_UNHEARD, "fraud")
    assert not PROGRAMMED.search(sentence(why))


def test_a_gate_that_no_longer_hears_green_alone_is_named() -> None:
    """It counted blue's outcomes before green got all traffic, so those of green are missing, not the gate's data."""
    both = with_fraud()
    shared, alone = at(50, GOOD), at(100, Counts(0, 1000))
    before = replace(shared, gates=shared.gates * 2, answered=1000)
    silent = replace(alone, gates=(*alone.gates, GateMinute((Counts(),))), answered=1000)
    said, why = told(after(before, *[silent] * 3, judges=both.panel), both)
    assert (said.cause, why.code, why.facts["gate"]) == (Cause.UNHEARD, ReasonCode.GREEN_UNHEARD, "fraud")


def test_a_gate_without_data_of_blue_is_named() -> None:
    """Green cannot be compared with data that is late or lost, whether green's own outcomes are counted or not."""
    both = with_fraud()
    answered = at(10, GOOD)
    minute = replace(answered, answered=10, blue_answered=20)
    for seen in (None, GateMinute((Counts(),)), GateMinute((Counts(0, 1000),))):
        minute = replace(minute, gates=(*answered.gates, seen))
        said, why = told(after(*[minute] * 3, judges=both.panel), both)
        assert (said.cause, why.code, why.facts["gate"]) == (Cause.UNSEEN, ReasonCode.GATE_WITHOUT_DATA, "fraud")
        assert said.suspicious
        assert not PROGRAMMED.search(sentence(why))
    heard = replace(answered, gates=(*answered.gates, GateMinute((Counts(0, 9, 0, 20),))), answered=10)
    assert told(after(*[minute] * 3, heard, judges=both.panel), both)[0].cause is not Cause.UNSEEN


@pytest.mark.parametrize("cause", [cause for cause in Cause if cause not in {Cause.UNHEARD, Cause.UNSEEN}])
def test_every_cause_is_a_reason_with_facts(cause: Cause) -> None:
    """Whatever the verdict is based on is in its reason, which becomes a readable sentence."""
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
def test_all_counts_give_readable_numbers(green: tuple[int, float], blue: tuple[int, float], minutes: int) -> None:
    """From zero to millions of requests, with no failures or only failures: ordinary numbers everywhere."""
    counts = Counts(round(green[0] * green[1]), green[0], round(blue[0] * blue[1]), blue[0])
    text = sentence(told(evidence_of(*[counts] * minutes))[1])
    assert not PROGRAMMED.search(text), text


def test_intervals_and_counts_are_those_of_all_minutes() -> None:
    """Counts are sums over the rollout, and the intervals contain their rates."""
    found = reading(GOOD, WORSE)
    assert (found.green_bad, found.green_total, found.blue_bad, found.blue_total) == (20, 2000, 36, 18_000)
    assert found.green is not None
    assert found.blue is not None
    assert found.green.low < 0.01 < found.green.high
    assert found.blue.low < 0.002 < found.blue.high


def test_without_requests_there_is_no_interval() -> None:
    """Without requests there is no rate."""
    found = reading()
    assert (found.green, found.blue) == (None, None)
    assert (found.green_total, found.blue_total) == (0, 0)


def test_thresholds_depend_on_the_gates_share() -> None:
    """A gate with half of the risk rolls back alone at twice the odds; certificates have their own threshold."""
    both = calibrate(JudgeSettings(gates=(ErrorsGate(weight=1), ClientErrorsGate(weight=1))), past_of([], "blue"))
    errors, refused = readings(Evidence(), both, Thresholds(Risk(rollback=0.01, advance=0.05), 25))
    assert errors.harm_threshold == refused.harm_threshold == pytest.approx(math.log(200))
    assert errors.certificate_threshold == pytest.approx(-math.log(0.05))
    assert (refused.log_certificate, refused.certificate_threshold, refused.to_certificate) == (None, None, None)


def test_a_dry_run_has_no_threshold() -> None:
    """Its odds are shown, and the fact that they decide nothing."""
    dry = calibrate(JudgeSettings(gates=(ErrorsGate(), ClientErrorsGate(role="dry_run"))), past_of([], "blue"))
    roles = {one.gate: (one.role, one.harm_threshold, one.to_rollback) for one in readings(Evidence(), dry, LINES)}
    assert roles["client_errors"] == ("dry_run", None, None)
    assert roles["errors"][0] == "critical"


@pytest.mark.parametrize("needed", [None, ("errors",), ()])
def test_a_certificate_is_shown_where_it_is_needed(needed: tuple[str, ...] | None) -> None:
    """The gate's role or the step's own list requires it; there is none at the last weight, or if only time counts."""
    found = reading(GOOD, lines=replace(LINES, needed=needed))
    assert (found.log_certificate is not None) is (needed != ())
    assert reading(GOOD, lines=Thresholds(Risk(), None, needed)).log_certificate is None


def test_progress_lies_between_0_and_1() -> None:
    """Progress to a rollback grows with harm, progress to the certificate with safety, and neither exceeds 1."""
    fates = [(GOOD,) * 3, (GOOD, WORSE), (WORSE,) * 2, (BROKEN,) * 9]
    ways = [reading(*minutes) for minutes in fates]
    back = [one.to_rollback or 0.0 for one in ways]
    assert back == sorted(back)
    assert (back[0], back[-1]) == (0.0, 1.0)
    assert ways[0].to_certificate == 1.0
    assert ways[-1].to_certificate == 0.0


def test_the_remaining_time_is_shown_if_it_can_be_estimated() -> None:
    """It assumes the rate so far, rounded up; nothing is shown while the evidence points the other way."""
    few = Counts(0, 20, 1, 180)
    needed = next(n for n in range(1, 60) if (reading(*[few] * n).to_certificate or 0) >= 1.0)
    half = reading(*[few] * (needed // 2)).minutes_to_certificate
    assert half is not None
    assert needed / 2 - 2 <= half <= needed / 2 + 2
    assert reading(*[few] * needed).minutes_to_certificate == 0
    assert reading(BROKEN).minutes_to_certificate is None


def test_a_gate_without_data_says_why() -> None:
    """The source's reason is shown with the gate that lacks data, and with no other."""
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
    """Return a minute with all data known; `slow` moves latency by buckets, and predictions a little."""
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
    """Return a calibration of every gate, and the evidence of ten minutes with a slightly slower green."""
    hour = [replace(row("blue"), minute=past_minute(n).minute) for n in range(1, 61)]
    found = calibrate(replace(source, gates=EVERY), past_of(hour, "blue"))
    known = {50: 900.0, 95: 2400.0}
    green, blue = replace(row("green", 3), percentiles=known), replace(row("blue"), percentiles=known)
    seen = tuple(gate_minute(samples, green, blue) for samples in found.samples)
    minute = JudgedMinute(seen, 10, 25, green=500, blue=500)
    return found, after(*[minute] * 10, judges=found.panel)


MEASURED: dict[str, Measured] = {
    "errors": {"what": "failed_requests", "item": 0},
    "client_errors": {"what": "rejected_requests", "item": 0},
    "latency": {
        "what": "slow_answers",
        "item": 0,
        "green_slower_than_milliseconds": edge(175),
        "blue_slower_than_milliseconds": edge(170),
    },
    "predictions": {"what": "predicted_label", "item": 0, "label": "yes"},
    "disagreement": {"what": "disagreements", "item": 0, "limit": 0.05},
    "stale": {"what": "query_count", "item": 0},
}


def test_each_kind_of_gate_says_what_it_counted() -> None:
    """As data: latency thresholds, the class whose share differs most, the allowed share."""
    found, evidence = everything(JudgeSettings())
    assert {one.gate: one.measured for one in readings(evidence, found, LINES)} == MEASURED


def test_percentiles_are_counted_in_minutes() -> None:
    """If the source has only percentiles, the reading has the number of minutes in which green exceeded the margin."""
    found, evidence = everything(JudgeSettings(latency_from="metrics"))
    (said,) = (one for one in readings(evidence, found, LINES) if one.gate == "latency")
    assert said.measured == {"what": "slow_minutes", "item": 0, "margin": 1.25}
    assert (said.green_bad, said.green_total) == (0, 9)


@pytest.mark.parametrize("gate", [ErrorsGate(at_most=0.01), LatencyGate(at_most=(LatencyLimit(99, 100.0),))], ids=str)
def test_what_is_measured_is_the_item_that_suggests_harm(gate: Gate) -> None:
    """Green and blue are alike, and both exceed the limit: the limit's item is reported, with the limit."""
    hour = [replace(past_minute(n), bad=30, slowness={150: 800, 250: 200}) for n in range(60)]
    found = calibrate(JudgeSettings(gates=(gate,)), past_of(hour, "blue"))
    alike = replace(hour[0], minute=START)
    seen = gate_minute(found.samples[0], alike, alike)
    evidence = after(*[JudgedMinute((seen,), 10, 25, green=1000, blue=1000)] * 20, judges=found.panel)
    (said,) = readings(evidence, found, LINES)
    assert said.log_harm > 0
    assert said.measured["limit"] == pytest.approx(0.01)
    assert said.measured["item"] == sum(measure.items for measure in found.panel.gates[0].measures) - 1


def test_a_certified_step_reports_a_gate_that_certified_it() -> None:
    """If the step does not need the first gate, that gate's odds are not the ones reported."""
    gates = (ErrorsGate(role="non_blocking"), ClientErrorsGate(role="critical"))
    found = calibrate(JudgeSettings(gates=gates), past_of([past_minute(n) for n in range(60)], "blue"))
    rows = [DeploymentMinute(name, START, total, 0) for name, total in (("green", 1000), ("blue", 9000))]
    seen = tuple(gate_minute(samples, *rows) for samples in found.samples)
    evidence = after(*[JudgedMinute(seen, 10, 25, green=1000, blue=9000)] * 6, judges=found.panel)
    verdict, why = told(evidence, found)
    assert (verdict.outcome, verdict.cause) == (Outcome.PASS, Cause.CERTIFIED)
    assert why.facts["gate"] == "client_errors"
    assert why.facts["log_odds_safe"] >= why.facts["log_odds_safe_threshold"] == -math.log(0.05)


def test_a_gate_that_cannot_be_judged_is_reported_with_its_reason() -> None:
    """If a step needs an impossible certificate, the reading says which one, and why."""
    gates = (ErrorsGate(), LatencyGate(role="critical"))
    found = calibrate(JudgeSettings(gates=gates), past_of([past_minute(n) for n in range(60)], "blue"))
    verdict, why = told(evidence_of(GOOD, GOOD, GOOD), found, Thresholds(Risk(), 25, ("errors", "latency")))
    assert (verdict.outcome, verdict.gate) == (Outcome.INCONCLUSIVE, "latency")
    assert (why.code, why.facts["next_weight"]) == (ReasonCode.GATE_NOT_JUDGED, 25)
    assert why.facts["unjudged"]["latency"].startswith("blue gave fewer than 100")


def test_a_suspicious_gate_is_reported_with_its_own_odds() -> None:
    """The reason has the odds of the gate that stops the advance, not those of all gates together."""
    gates = (ErrorsGate(), ClientErrorsGate())
    found = calibrate(JudgeSettings(gates=gates), past_of([past_minute(n) for n in range(60)], "blue"))
    rows = [DeploymentMinute("green", START, 1000, 4, 1), DeploymentMinute("blue", START, 9000, 9, 9)]
    seen = tuple(gate_minute(samples, *rows) for samples in found.samples)
    evidence = after(*[JudgedMinute(seen, 10, 25, green=1000, blue=9000)] * 3, judges=found.panel)
    verdict, why = told(evidence, found)
    [errors, _] = readings(evidence, found, LINES)
    assert (verdict.cause, verdict.gate) == (Cause.SUSPICIOUS, "errors")
    assert why.facts["log_odds_worse"] == errors.log_harm != verdict.log_harm


def test_the_gate_that_rolls_back_is_the_one_reported() -> None:
    """The sentence is about the gate with the strongest evidence, not the first one."""
    gates = (ErrorsGate(), ClientErrorsGate())
    found = calibrate(JudgeSettings(gates=gates), past_of([past_minute(n) for n in range(60)], "blue"))
    rows = [DeploymentMinute("green", START, 1000, 0, 400), DeploymentMinute("blue", START, 9000, 0, 9)]
    seen = tuple(gate_minute(samples, *rows) for samples in found.samples)
    evidence = after(*[JudgedMinute(seen, 10, 25, green=1000, blue=9000)] * 3, judges=found.panel)
    verdict, why = told(evidence, found)
    assert verdict.outcome is Outcome.FAIL
    assert why.facts["measured"] == {
        "what": "rejected_requests",
        "item": 0,
        "gate": "client_errors",
        "green_bad": 1200,
        "green_total": 3000,
        "blue_bad": 27,
        "blue_total": 27_000,
    }
