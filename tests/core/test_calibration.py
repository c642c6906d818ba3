"""How the judge is calibrated from the policy and blue's past: thresholds, shares of the risk, gates left out."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

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
    PredictionsGate,
    QueryGate,
    Role,
)
from shared.core.gates.calibration import Calibration, Past, calibrate, past_of
from shared.core.gates.latency import LEAST_ANSWERS, Ladder, Slower, SlowMinute
from shared.core.gates.predictions import MOST_LABELS, Predicted
from shared.core.judge.burstiness import burstiness
from shared.core.judge.odds import Null
from shared.core.judge.panel import Evidence
from shared.core.judge.tuning import TUNED
from shared.core.judge.verdict import Outcome, Risk, judge
from shared.core.observation import DeploymentMinute, Tally
from shared.core.policy import JudgeSettings
from shared.core.telemetry.latency_buckets import bucket, edge, slower
from shared.core.telemetry.predictions import OTHER, UNREADABLE
from tests.core.judging import START, past_minute

MINUTE = timedelta(minutes=1)
SLOWNESS = {90: 500, 95: 400, 100: 50, 105: 40, 110: 10}
ALL: tuple[Gate, ...] = (
    ErrorsGate(),
    ClientErrorsGate(),
    LatencyGate(),
    PredictionsGate(),
    DisagreementGate(),
    QueryGate("stale", "stale.kql"),
)


def past(minutes: int = 60, **known: object) -> Past:
    """Return a past of blue with 1000 requests a minute and all data known, apart from the given changes."""
    plain = DeploymentMinute(
        "blue",
        START,
        1000,
        2,
        client_errors=30,
        slowness=SLOWNESS,
        predictions={"yes": 700, "no": 300},
        tallies={"stale": Tally(50, 500)},
    )
    changed = replace(plain, **known)  # type: ignore[arg-type] # fields by name
    return past_of([replace(changed, minute=START - n * MINUTE) for n in range(minutes)], "blue")


def calibrated(
    *gates: Gate, by: Past | None = None, missing: dict[str, str] | None = None, source: str = "logs"
) -> Calibration:
    """Return these gates calibrated from a past. source: of latency."""
    return calibrate(JudgeSettings(gates=gates, latency_from=source), past() if by is None else by, missing)


def changed(gate: Gate, **settings: object) -> Gate:
    """Return the gate with other settings."""
    return replace(gate, **settings)  # type: ignore[type-var] # every kind is a dataclass


def shares(calibration: Calibration) -> dict[str, float]:
    """Return each gate's share of the risk."""
    return {gate.name: gate.share for gate in calibration.panel.gates}


def test_the_risk_is_shared_by_weight() -> None:
    """Each gate gets a share of the rollout's one risk in proportion to its weight."""
    found = shares(calibrated(ErrorsGate(weight=5), LatencyGate(weight=4), ClientErrorsGate(weight=1)))
    assert found == pytest.approx({"errors": 0.5, "latency": 0.4, "client_errors": 0.1})


def test_a_dry_run_has_no_part_of_the_risk() -> None:
    """A dry run cannot roll back, so it takes nothing from the gates that can."""
    found = shares(calibrated(ErrorsGate(weight=5), LatencyGate(weight=5, role="dry_run")))
    assert found == {"errors": 1.0, "latency": 0.0}


GATES = st.lists(
    st.tuples(st.sampled_from(ALL[1:]), st.floats(0.1, 100), st.sampled_from(["critical", "non_blocking", "dry_run"])),
    max_size=5,
    unique_by=lambda drawn: drawn[0].name,
)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.sampled_from(["critical", "non_blocking"]), GATES, st.booleans())
def test_shares_add_up_to_one_risk(errors: Role, drawn: list[tuple[Gate, float, Role]], known: bool) -> None:  # noqa: FBT001 -- drawn
    """Whatever the gates, weights and roles, calibrated or dropped: those that can roll back share all of the risk."""
    gates = (ErrorsGate(errors), *[changed(gate, weight=weight, role=role) for gate, weight, role in drawn])
    found = calibrated(*gates, by=past() if known else Past())
    named = {gate.name for gate in gates}
    assert {*shares(found)} | {*found.unjudged} == named
    assert sum(shares(found).values()) == pytest.approx(1.0)
    roles = {gate.name: gate.role for gate in gates}
    assert all((share > 0) is (roles[name] != "dry_run") for name, share in shares(found).items())
    assert judge(Evidence(), found.panel, Risk(), 25).outcome is Outcome.INCONCLUSIVE


@pytest.mark.parametrize(
    ("gate", "by", "words"),
    [
        (LatencyGate(), past(slowness=None), "fewer than 100 successful answers"),
        (LatencyGate(), past(1, slowness={90: LEAST_ANSWERS - 1}), "fewer than 100 successful answers"),
        (LatencyGate(), Past(), "fewer than 100 successful answers"),
        (PredictionsGate(), past(predictions=None), "fewer than 100 of blue's predictions"),
        (PredictionsGate(), past(1, predictions={"yes": LEAST_ANSWERS - 1}), "fewer than 100 of blue's predictions"),
    ],
    ids=["unknown", "few", "none", "no predictions", "few predictions"],
)
def test_a_gate_that_cannot_be_calibrated_is_left_out(gate: Gate, by: Past, words: str) -> None:
    """Its share of the risk goes to the others, and the record says why."""
    found = calibrated(ErrorsGate(), gate, by=by)
    assert shares(found) == {"errors": 1.0}
    assert words in found.unjudged[gate.name]


def test_a_gate_whose_source_does_not_answer_is_left_out() -> None:
    """The record has the source's message. The errors gate stays, because without it nothing would be judged."""
    found = calibrated(*ALL, missing={"stale": "no such table", "errors": "who knows"})
    assert found.unjudged == {"stale": "no such table"}
    assert "errors" in shares(found)


@pytest.mark.parametrize("role", ["dry_run", "non_blocking", "critical"])
@pytest.mark.parametrize("others", [(), (LatencyGate(),), ALL[1:]], ids=len)
def test_an_empty_past_can_be_calibrated(others: tuple[Gate, ...], role: Role) -> None:
    """A new endpoint is not an error, whatever is judged there."""
    found = calibrated(ErrorsGate(), *[changed(gate, role=role) for gate in others], by=Past())
    assert found.panel.gates[0].name == "errors"
    assert judge(Evidence(), found.panel, Risk(), 25).outcome is Outcome.INCONCLUSIVE


def test_latency_is_compared_with_blues_own_tail() -> None:
    """The thresholds are blue's P90, P50 and P99 of the past hour; green's are five buckets (a quarter) higher."""
    found = calibrated(LatencyGate(worse_than=1.25))
    first, rest = found.samples[0].samples
    assert first == Slower(((100, 95),))
    assert rest == Slower(((95, 90), (110, 105)))
    assert [slower(SLOWNESS, blue) / 1000 for _, blue in (*first.buckets, *rest.buckets)] == [0.1, 0.5, 0.01]
    assert all(measure.null == Null(1.0, 0.0) for measure in found.panel.gates[0].measures)


def test_latency_is_certified_by_a_wider_margin_at_another_tail() -> None:
    """It is about a third above blue's P95, so a green at the margin of harm can still be certified."""
    (samples,) = calibrated(LatencyGate(worse_than=1.25)).samples
    assert samples.certified == Slower(((107, 100),))
    assert edge(107) / edge(100) == pytest.approx(1.35, rel=0.02)


@pytest.mark.parametrize("worse_than", [1.1, 1.25, 1.5, 3.0])
def test_every_margin_is_kept(worse_than: float) -> None:
    """Green's thresholds are above blue's by the policy's margin, to half a bucket."""
    (samples,) = calibrated(LatencyGate(worse_than=worse_than)).samples
    pairs = [pair for sample in samples.samples if isinstance(sample, Slower) for pair in sample.buckets]
    assert [edge(green) / edge(blue) for green, blue in pairs] == pytest.approx([worse_than] * 3, rel=0.025)


def test_absolute_limits_have_half_of_the_gate() -> None:
    """Limits add to the comparison: together they get half of the gate's harm budget."""
    errors, latency = calibrated(
        ErrorsGate(at_most=0.03), LatencyGate(at_most=(LatencyLimit(50, 100.0), LatencyLimit(99, 800.0)))
    ).panel.gates
    assert [(one.share, one.null) for one in errors.measures] == [(0.5, None), (0.5, Null(0.0, 0.03))]
    limits = [one for one in latency.measures if one.null and one.null.rho == 0.0]
    assert [one.share for one in limits] == [0.25, 0.25]
    assert [one.null.delta for one in limits if one.null] == pytest.approx([0.5, 0.01])
    assert all(sum(one.share for one in gate.measures) == pytest.approx(1.0) for gate in (errors, latency))


def test_a_latency_limit_is_the_same_for_both() -> None:
    """A limit in milliseconds has no margin."""
    (samples,) = calibrated(LatencyGate(at_most=(LatencyLimit(99, 800.0),))).samples
    assert samples.samples[-1] == Slower(((bucket(800.0), bucket(800.0)),))


def test_latency_from_metrics_is_a_ladder_and_needs_no_past() -> None:
    """Percentiles need no thresholds from the past: they are compared minute by minute."""
    settings = JudgeSettings(gates=(ErrorsGate(), LatencyGate()), latency_from="metrics")
    found = calibrate(settings, Past())
    assert found.samples[1].samples == (Ladder(),)
    assert found.panel.gates[1].measures[0].margin == 1.25
    assert found.panel.gates[1].margin == pytest.approx(1.35)


def test_the_most_common_classes_are_counted_separately() -> None:
    """The others are judged together, so a new class, or a rare one that grows, is noticed too."""
    many = {f"class {n:02}": 100 - n for n in range(20)}
    (samples,) = calibrated(PredictionsGate(), by=past(predictions=many)).samples
    found = (*[f"class {n:02}" for n in range(MOST_LABELS - 2)], OTHER)
    assert samples.samples == (Predicted(found), Predicted(found, any_class=True), Predicted((UNREADABLE,)))
    (two,) = calibrated(PredictionsGate()).samples
    assert two.samples[0] == Predicted(("yes", "no", OTHER))
    assert two.certified is None


def test_unreadable_answers_are_not_a_class_of_blues_past() -> None:
    """However many there are, they are counted separately and displace no class; alone they cannot be compared."""
    (samples,) = calibrated(PredictionsGate(), by=past(predictions={"a": 40, "b": 30, UNREADABLE: 50})).samples
    assert samples.samples[::2] == (Predicted(("a", "b", OTHER)), Predicted((UNREADABLE,)))
    calibration = calibrate(JudgeSettings(gates=(ErrorsGate(), PredictionsGate())), past(predictions={UNREADABLE: 99}))
    assert "predictions" in calibration.unjudged


def test_how_much_a_gate_counts_per_request_is_known_from_the_past() -> None:
    """Only minutes with data count: a quarter of an hour of answers says nothing about the hours before."""
    rows = [past_minute(n) for n in range(60)]
    heard = [replace(row, predictions={"yes": row.total // 4}) if n < 15 else row for n, row in enumerate(rows)]
    gates = (ErrorsGate(), PredictionsGate())
    found = calibrate(JudgeSettings(gates=gates), past_of(heard, "blue")).panel.gates
    assert [gate.heard for gate in found] == [0.0, pytest.approx(0.25, rel=0.01)]


def test_a_prediction_may_shift_as_far_as_the_policy_says() -> None:
    """By a quarter plus the policy's points, in both directions; disagreement has only its allowed share."""
    predictions, disagreement = calibrated(PredictionsGate(shift=0.05), DisagreementGate(at_most=0.1)).panel.gates
    shares = [measure.share for measure in predictions.measures]
    assert [(each.null, each.rarer, each.items) for each in predictions.measures] == [
        (Null(1.25, 0.05), True, 3),
        (Null(1.25, 0.05), False, 3),
        (Null(1.25, 0.05), False, 1),
    ]
    assert shares == pytest.approx([0.375, 0.375, 0.25])
    assert [(each.null, each.rarer) for each in disagreement.measures] == [(Null(0.0, 0.1), False)]
    assert not predictions.critical
    assert predictions.budget is disagreement.budget is None


def test_rates_and_budgets_come_from_blues_past() -> None:
    """Requests per minute over all minutes, even silent ones; each gate's own rate; two extra failures a minute."""
    errors, refused, query = (
        gate
        for gate in calibrated(ErrorsGate(), ClientErrorsGate(), QueryGate("stale", "q.kql", budget=0.03)).panel.gates
    )
    assert [gate.rate for gate in (errors, refused, query)] == pytest.approx([0.002, 0.03, 0.1], rel=0.05)
    assert [gate.budget for gate in (errors, refused, query)] == [0.002, 0.002, 0.03]
    holes = past_of([replace(row, minute=START - 2 * n * MINUTE) for n, row in enumerate(rows(3))], "blue")
    assert calibrated(ErrorsGate(), by=holes).panel.requests_per_minute == pytest.approx(600)
    assert calibrate(JudgeSettings(budget=0.2), past()).panel.gates[0].budget == 0.2


PERCENTILES = {50: 80.0, 95: 240.0}


def metered(minutes: int = 60) -> Past:
    """Return a past from a source that has only percentiles of latency."""
    return past(minutes, slowness=None, percentiles=PERCENTILES)


def test_a_short_past_allows_no_more_than_a_quarter_before_it_is_an_incident() -> None:
    """Half an hour of failures may be the beginning of the same incident; an hour is what is usual there."""
    short, long = (calibrated(ErrorsGate(), by=past(minutes, bad=200)).alarms for minutes in (30, 60))
    assert short is not None
    assert long is not None
    assert [short.failed.limit, long.failed.limit] == pytest.approx([0.25, 0.5])


def test_a_burst_of_several_minutes_that_the_past_shows_delays_an_incident() -> None:
    """Blue fails in bursts of ten minutes, which hardly show between neighbouring minutes."""
    bursts = [replace(row, bad=60 if n % 60 < 10 else 2) for n, row in enumerate(rows(360))]
    calm, bursty = (calibrated(ErrorsGate(), by=by).alarms for by in (past(360), past_of(bursts, "blue")))
    assert calm is not None
    assert bursty is not None
    phi = burstiness([row.bad for row in bursts], [row.total for row in bursts])
    assert bursty.failed.cap < min(TUNED.cap_of(phi), calm.failed.cap)


def test_a_gate_that_counted_little_detects_no_incident() -> None:
    """The platform's percentiles count minutes, and fewer than thirty do not show what is usual."""
    found = [calibrated(LatencyGate(), by=metered(minutes), source="metrics").alarms for minutes in (29, 30)]
    assert [each and list(each.gates) for each in found] == [[], ["latency"]]


def test_the_usual_median_is_that_of_busy_minutes() -> None:
    """A single slow request in a quiet minute would make slowness usual."""
    minutes = [replace(row, slowness=None, percentiles=PERCENTILES) for row in rows(120)]
    quiet = [replace(row, total=5, bad=0, percentiles={50: 9000.0, 95: 9000.0}) for row in minutes[:60]]
    assert LatencyGate().alarm_sample(past_of([*quiet, *minutes[60:]], "blue")) == SlowMinute(160.0)


@pytest.mark.parametrize(("worse_than", "far"), [(1.25, 2.0), (4.0, 4.0)])
def test_what_the_policy_allows_is_no_incident(worse_than: float, far: float) -> None:
    """Blue's P95, or the median of a minute, is far slower at twice the past, or where green would be too slow."""
    gate = LatencyGate(worse_than=worse_than)
    slower_than = gate.alarm_sample(past())
    assert isinstance(slower_than, Slower)
    assert edge(slower_than.buckets[0][0]) / edge(100) == pytest.approx(far, rel=0.025)
    assert gate.alarm_sample(metered()) == SlowMinute(80.0 * far)


def rows(many: int) -> list[DeploymentMinute]:
    """Return this many of blue's minutes."""
    return [row for row in past(many).minutes if row is not None]


def test_other_deployments_are_not_blues_past() -> None:
    """Only blue's own minutes calibrate the judge, not those of green or of another deployment."""
    bad = [replace(row, deployment="stranger", bad=1000) for row in rows(60)]
    assert calibrate(JudgeSettings(), past_of([*rows(60), *bad], "blue")) == calibrate(JudgeSettings(), past())
    assert past_of(bad, "blue") == past_of(bad, None) == Past()


def test_bursts_of_blue_make_the_judge_patient_with_green() -> None:
    """After a bursty past, each gate needs more bad minutes."""
    bursts = [replace(row, bad=300 if n % 4 == 0 else 0) for n, row in enumerate(rows(60))]
    errors, refused = calibrated(ErrorsGate(), ClientErrorsGate(), by=past_of(bursts, "blue")).panel.gates
    assert TUNED.bad_minutes(errors.phi) == 12
    assert TUNED.bad_minutes(refused.phi) == 2
