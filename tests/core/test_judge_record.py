"""The judge's state: it survives storage unchanged, stays small, and counts each minute once."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

import pytest

from shared.core.gates import (
    ClientErrorsGate,
    DisagreementGate,
    ErrorsGate,
    Gate,
    LatencyGate,
    LatencyLimit,
    PredictionsGate,
    QueryGate,
)
from shared.core.gates.calibration import Calibration, calibrate, past_of
from shared.core.gates.samples import gate_minute
from shared.core.judge import panel
from shared.core.judge.panel import Evidence, JudgedMinute
from shared.core.judge.verdict import Risk, judge
from shared.core.observation import DeploymentMinute, Observation, Tally
from shared.core.phases import Phase
from shared.core.policy import JudgeSettings
from shared.core.reconcile.judging import judge_minutes
from shared.core.rollout import Rollout
from shared.json_codec import decode, encode
from tests.core.rollouts import BLUE, GREEN, NOW, POLICY, TEN, endpoint, rollout

MINUTE = timedelta(minutes=1)
START = NOW - 60 * MINUTE
LARGEST = 1280
LABELS = tuple("abcdefgh")
EVERY: dict[str, tuple[Gate, JudgeSettings]] = {
    "errors": (ErrorsGate(), JudgeSettings()),
    "errors with a limit": (ErrorsGate(at_most=0.05), JudgeSettings()),
    "client errors": (ClientErrorsGate(), JudgeSettings()),
    "latency": (LatencyGate(), JudgeSettings()),
    "latency with limits": (LatencyGate(at_most=(LatencyLimit(50, 80.0), LatencyLimit(99, 900.0))), JudgeSettings()),
    "latency from metrics": (LatencyGate(), JudgeSettings(latency_from="metrics")),
    "predictions": (PredictionsGate(), JudgeSettings()),
    "disagreement": (DisagreementGate(), JudgeSettings()),
    "a query with a limit": (QueryGate("slow", "slow.kql", at_most=0.4), JudgeSettings()),
}


def row(random: Random, name: str, minute: datetime, total: int) -> DeploymentMinute:
    """Return a minute of telemetry with all data known."""

    def spread(keys: tuple[int, ...] | tuple[str, ...]) -> dict[int | str, int]:
        return {key: random.randrange(total // len(keys) + 1) for key in keys}

    return DeploymentMinute(
        name,
        minute,
        total,
        random.randrange(total // 50 + 1),
        random.randrange(total // 20 + 1),
        {int(key): count for key, count in spread(tuple(range(60, 110))).items()},
        {50: random.uniform(90, 110), 95: random.uniform(180, 260)},
        {str(key): count for key, count in spread(LABELS).items()},
        {name: Tally(random.randrange(total // 10 + 1), total) for name in ("slow", "disagreement")},
    )


def setting(name: str) -> tuple[Calibration, Random]:
    """Return the judge of one gate, calibrated from an hour of blue, and the random numbers to continue with."""
    random = Random(name)  # noqa: S311 -- a simulation, not a secret
    gate, settings = EVERY[name]
    hour = [row(random, BLUE, START - n * MINUTE, 2000) for n in range(1, 61)]
    return calibrate(replace(settings, gates=(gate,)), past_of(hour, BLUE)), random


def minute_of(calibration: Calibration, random: Random, number: int, total: int) -> JudgedMinute:
    """Return a minute at a weight that rises twice in 200 minutes; in every seventh the weight is unsteady."""
    weight, next_weight = ((10, 25), (25, 50), (50, 100))[min(number // 70, 2)]
    green, blue = (row(random, name, START, total * share) for name, share in ((GREEN, 1), (BLUE, 9)))
    seen = tuple(gate_minute(samples, green, blue) for samples in calibration.samples)
    return JudgedMinute(seen, weight, next_weight, number % 7 != 0, green.total, blue.total)


@pytest.mark.parametrize("name", EVERY)
def test_evidence_survives_the_record_at_any_minute(name: str) -> None:
    """A judge that is stored and reloaded after every minute decides exactly as an uninterrupted one."""
    calibration, random = setting(name)
    kept = read = Evidence()
    for number in range(80):
        minute = minute_of(calibration, random, number, 40)
        kept = panel.add_minute(kept, minute, calibration.panel)
        read = panel.add_minute(decode(encode(read), Evidence), minute, decode(encode(calibration), Calibration).panel)
        assert decode(encode(read), Evidence) == read == kept
    assert judge(read, calibration.panel, Risk(), 50) == judge(kept, calibration.panel, Risk(), 50)


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("total", [40, 100_000], ids=["some traffic", "a lot"])
def test_evidence_of_a_gate_stays_small(name: str, total: int) -> None:
    """After 200 minutes a gate's evidence is at most one and a quarter kilobytes of the record."""
    calibration, random = setting(name)
    evidence = Evidence()
    for number in range(200):
        evidence = panel.add_minute(evidence, minute_of(calibration, random, number, total), calibration.panel)
    assert len(encode(evidence.gates[0])) <= LARGEST


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("luck", ["all bad", "none bad", "none there"])
def test_extremes_can_be_stored(name: str, luck: str) -> None:
    """Months of only failures, of none, or of silence still give numbers that JSON can represent."""
    calibration, _ = setting(name)
    many = 0 if luck == "none there" else 10**7
    bad = many if luck == "all bad" else 0
    slowness = {bad and 300: many} if many else None
    rows = [
        DeploymentMinute(
            who, START, many, wrong, wrong, slowness, {50: 1.0, 95: 1e6}, {"z": many}, {"slow": Tally(wrong, many)}
        )
        for who, wrong in ((GREEN, bad), (BLUE, 0))
    ]
    evidence = Evidence()
    for weight in (10, 100):
        seen = tuple(gate_minute(samples, *rows) for samples in calibration.samples)
        for _ in range(300):
            evidence = panel.add_minute(evidence, JudgedMinute(seen, weight, 25), calibration.panel)
    json.loads(encode(evidence))
    assert not math.isnan(judge(evidence, calibration.panel, Risk(), 25).log_harm)


def rows_of(minute: datetime, bad: int = 0) -> list[DeploymentMinute]:
    """Return one minute's rows of both deployments."""
    return [DeploymentMinute(BLUE, minute, 900, 1), DeploymentMinute(GREEN, minute, 100, bad)]


def after(before: Rollout, *minutes: list[DeploymentMinute], until: datetime | None = NOW) -> Rollout:
    """Return the rollout after a reconcile that read these minutes."""
    rows = tuple(found for minute in minutes for found in minute)
    return judge_minutes(before, Observation(endpoint(TEN), rows, settled_until=until)).rollout


def watched() -> Rollout:
    """Return a rollout at 10 percent whose minutes are judged from the start."""
    plain = calibrate(replace(POLICY.judge, gates=(ErrorsGate(),)), past_of([], BLUE))
    return rollout(Phase.STEPPING, judged_until=START, steady_since=START, calibration=plain)


def test_a_minute_given_twice_changes_nothing() -> None:
    """The same rows in the next read, twice in one read, or together with new ones count once."""
    first, second = rows_of(START, bad=5), rows_of(START + MINUTE, bad=3)
    once = after(watched(), first, second)
    assert after(once, first, second) == once
    assert after(watched(), first, first, second).judging.evidence == once.judging.evidence
    assert after(after(watched(), first), first, second).judging.evidence == once.judging.evidence


def test_late_rows_never_revise_a_minute() -> None:
    """Later telemetry for a judged minute is ignored, however bad it is."""
    calm = after(watched(), rows_of(START), rows_of(START + MINUTE))
    assert (
        after(calm, rows_of(START, bad=100), rows_of(START + MINUTE, bad=100)).judging.evidence == calm.judging.evidence
    )


def test_minutes_can_arrive_in_any_order_and_grouping() -> None:
    """One reconcile with three minutes, three with one each, or rows in another order: the same evidence."""
    three = [rows_of(START + n * MINUTE, bad=n) for n in range(3)]
    together, one_by_one = after(watched(), *three), watched()
    for rows in three:
        one_by_one = after(one_by_one, rows)
    assert together == one_by_one
    assert after(watched(), *reversed([list(reversed(rows)) for rows in three])) == together


def test_an_unsettled_minute_is_left_for_later() -> None:
    """Rows after the settled time wait for the next reconcile, and then count in full."""
    early = after(watched(), rows_of(START), rows_of(START + MINUTE, bad=1), until=START + MINUTE)
    whole = rows_of(START + MINUTE, bad=2)
    assert after(early, whole) == after(watched(), rows_of(START), whole)


def test_a_rollout_reloaded_between_reconciles_is_judged_alike() -> None:
    """The process can end after every reconcile: a rollout reloaded from its record continues the same way."""
    here = there = watched()
    for n in range(12):
        rows = rows_of(START + n * MINUTE, bad=n % 3)
        here = after(here, rows)
        there = after(decode(encode(there), Rollout), rows)
    assert there == here
