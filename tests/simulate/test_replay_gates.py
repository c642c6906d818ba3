"""Replays with each gate's data: latency, refusals, predictions, queries, and gaps in them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cli.simulate.ending import Ending
from cli.simulate.recorded_calibration import OTHER_GATES, calibration_of
from cli.simulate.recording import read_recording
from shared.core.gates import (
    ClientErrorsGate,
    DisagreementGate,
    ErrorsGate,
    Gate,
    LatencyGate,
    PredictionsGate,
    QueryGate,
)
from shared.core.phases import Phase
from shared.core.rollout.reasons import ReasonCode
from shared.core.steps import SmokeStep, WeightStep
from tests.scenarios.conduct import Conduct
from tests.scenarios.world import BLUE, GREEN, World
from tests.simulate.records import PATIENT, NoisyWorld, again, differences, played, recorded

OFTEN, SELDOM = {"yes": 0.5, "no": 0.5}, {"yes": 0.1, "no": 0.9}
USUAL = Conduct(median=80.0, predictions=SELDOM, counted={"fraud": 0.01})
EVERYTHING: tuple[Gate, ...] = (
    *(ErrorsGate(), ClientErrorsGate(), LatencyGate(role="critical"), PredictionsGate()),
    *(QueryGate("fraud", "fraud.kql"), DisagreementGate()),
)


@pytest.mark.parametrize(
    ("green", "end"),
    [
        (USUAL, Phase.PROMOTED),
        (replace(USUAL, refused=0.2), Phase.ROLLED_BACK),
        (replace(USUAL, median=160.0), Phase.ROLLED_BACK),
        (replace(USUAL, predictions=OFTEN), Phase.ROLLED_BACK),
        (replace(USUAL, counted={"fraud": 0.2}), Phase.ROLLED_BACK),
        (replace(USUAL, counted={"fraud": 0.01, "disagreement": 0.4}), Phase.ROLLED_BACK),
    ],
    ids=["as usual", "refuses", "slow", "predicts otherwise", "a query counts more", "disagrees"],
)
def test_every_gate_makes_the_same_decision(green: Conduct, end: Phase, tmp_path: Path) -> None:
    """Each gate's data is in the record, and leads to the same decision at the same time."""
    judged = replace(PATIENT, judge=replace(PATIENT.judge, gates=EVERYTHING))
    world = played(World(judged, conduct={BLUE: USUAL, GREEN: green}), end)
    compared, _ = again(recorded(world, tmp_path), judged)
    assert differences(compared) == []
    assert compared[-1].replayed is not None
    assert compared[-1].replayed.after is end


def test_gaps_in_a_source_stay_gaps(tmp_path: Path) -> None:
    """The gaps are a late history, and minutes for which a query failed."""
    judged = replace(PATIENT, judge=replace(PATIENT.judge, gates=(ErrorsGate(), QueryGate("fraud", "fraud.kql"))))
    world = World(judged, conduct={BLUE: USUAL, GREEN: replace(USUAL, counted={"fraud": 1.0})})
    world.telemetry.missing["fraud"] = "throttled"
    world.register()
    world.minutes(6)
    world.telemetry.missing.clear()
    world.until_weight(10)
    world.telemetry.missing["fraud"] = "throttled"
    world.minutes(12)
    world.telemetry.missing.clear()
    world.until(Phase.ROLLED_BACK)
    compared, _ = again(recorded(world, tmp_path), judged)
    assert differences(compared) == []


def test_different_gates_are_calibrated_from_the_recorded_minutes(tmp_path: Path) -> None:
    """The record was rolled back for latency; a policy without a latency gate does not notice that green is slow."""
    file = recorded(played(NoisyWorld(rpm=3000, slow={GREEN: 2.0}), Phase.ROLLED_BACK), tmp_path)
    blind = replace(PATIENT, judge=replace(PATIENT.judge, gates=(ErrorsGate(), DisagreementGate())))
    calibration, note = calibration_of(read_recording(file), blind.judge)
    assert (note, [gate.name for gate in calibration.panel.gates]) == (OTHER_GATES, ["errors"])
    assert calibration.unjudged == {"disagreement": "the record has no data for it"}
    compared, ran = again(file, blind)
    assert ran.ending is Ending.UNFINISHED
    assert not all(pair.same for pair in compared)


def test_latency_is_drawn_as_it_was_recorded_after_a_departure(tmp_path: Path) -> None:
    """With 50% first, green gets five times the requests, and is rolled back for its recorded latency."""
    file = recorded(played(NoisyWorld(rpm=600, slow={GREEN: 1.5}), Phase.ROLLED_BACK), tmp_path)
    compared, ran = again(file, replace(PATIENT, steps=(SmokeStep("smoke.jsonl"), WeightStep(50))))
    assert not all(pair.same for pair in compared)
    assert ran.ending is Ending.ROLLED_BACK
    assert ran.blocker is not None
    assert (ran.blocker.code, ran.blocker.gate) == (ReasonCode.REGRESSION_DETECTED, "latency")
