"""Rollouts recorded by the shipped controller and decided again from what the API shows of them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import time, timedelta
from pathlib import Path

import pytest

from cli.simulate.__main__ import main
from cli.simulate.course import End
from cli.simulate.profile import Change, Fault
from cli.simulate.recorded_judge import UNSAID, calibration_of
from cli.simulate.recording import read_recording
from shared.core.gates import (
    ClientErrorsGate,
    ErrorsGate,
    Gate,
    LatencyGate,
    LatencyLimit,
)
from shared.core.phases import Phase
from shared.core.policy import Capacity, FreezeWindow, Policy
from shared.core.rollout import Verb
from shared.core.steps import MirrorStep, PauseStep, SmokeStep, WeightStep
from shared.policies.problems import PolicyError
from tests.scenarios.world import BLUE, GREEN, POLICY, World
from tests.simulate.records import PATIENT, NoisyWorld, again, played, recorded, simulated
from tests.simulate.scenes import FIVE_POINTS, policy, scene

ALL_GATES: tuple[Gate, ...] = (
    ErrorsGate(at_most=0.1),
    ClientErrorsGate(role="critical"),
    LatencyGate(at_most=(LatencyLimit(99, 1000),)),
)
BY_METRICS = replace(PATIENT, judge=replace(PATIENT.judge, latency_from="metrics"))


@pytest.mark.parametrize(
    ("world", "end"),
    [
        (NoisyWorld(rpm=3000, rates={BLUE: 0.002, GREEN: 0.002}), Phase.PROMOTED),
        (NoisyWorld(rpm=3000, rates={BLUE: 0.002, GREEN: 0.01}), Phase.ROLLED_BACK),
        (NoisyWorld(rpm=600, rates={GREEN: 1.0}), Phase.ROLLED_BACK),
        (NoisyWorld(rpm=600, slow={GREEN: 2.0}), Phase.ROLLED_BACK),
        (NoisyWorld(rpm=600, slow={GREEN: 2.0}, timed_by="metrics", policy=BY_METRICS), Phase.ROLLED_BACK),
        (World(policy=replace(POLICY, steps=(MirrorStep(20, timedelta(minutes=9)), WeightStep(50)))), Phase.PROMOTED),
        (World(rpm=0), Phase.PAUSED),
    ],
    ids=[
        "good",
        "1 per cent fails",
        "broken",
        "twice as slow",
        "twice as slow in metrics",
        "mirrored first",
        "no traffic",
    ],
)
def test_the_same_policy_decides_as_it_did(world: World, end: Phase, tmp_path: Path) -> None:
    """Every move at the same moment, to the same phase, step and weight, from the recorded counts alone."""
    played(world, end)
    if world.rpm == 0:
        with pytest.raises(PolicyError, match="no minute was recorded"):
            again(recorded(world, tmp_path), world.policy)
        return
    compared, _ = again(recorded(world, tmp_path), world.policy)
    assert compared
    assert [pair for pair in compared if not pair.same] == []
    assert compared[-1].replayed is not None
    assert compared[-1].replayed.after is end


SLOWER = Fault(latency=Change("times", 1.5), client_errors=Change("plus", 0.02))
NIGHT = FreezeWindow("night", days=(0, 1, 2, 3, 4, 5, 6), start=time(20), end=time(6), zone="Europe/Berlin")


@pytest.mark.parametrize(
    "of",
    [
        policy(),
        policy((MirrorStep(20, requests=500), WeightStep(10), PauseStep(), WeightStep(50), PauseStep())),
        replace(policy((WeightStep(20, gates=()), WeightStep(60, settled_minutes=9))), freeze=(NIGHT,)),
        replace(policy((WeightStep(25), WeightStep(75))), capacity=Capacity(green="proportional")),
        policy(gates=ALL_GATES),
    ],
    ids=["canary", "mirror and approvals", "freeze", "growing", "all gates"],
)
@pytest.mark.parametrize("fault", [(), (FIVE_POINTS,), (SLOWER,)], ids=["good", "bad", "slow"])
def test_odd_seconds_pauses_freezes_and_growth_replay_too(of: Policy, fault: tuple[Fault, ...], tmp_path: Path) -> None:
    """Rollouts that began at any second of any day, with people and freezes in the way, come out as they did."""
    for number in range(6):
        compared, _ = again(simulated(scene(*fault, of=of), number, tmp_path), of)
        assert len(compared) > 4
        assert [pair for pair in compared if not pair.same] == []


def test_what_people_asked_for_is_asked_for_again(tmp_path: Path) -> None:
    """Paused and resumed by hand, then rolled back by hand: at the moments at which it was."""
    world = World()
    world.register()
    world.until_weight(10)
    world.ask(Verb.PAUSE)
    world.minutes(5)
    world.ask(Verb.RESUME)
    world.until_weight(50)
    world.minutes(2)
    world.ask(Verb.ROLLBACK)
    world.until(Phase.ROLLED_BACK)
    compared, _ = again(recorded(world, tmp_path), world.policy)
    assert all(pair.same for pair in compared)
    assert [pair.recorded.by for pair in compared if pair.recorded].count("ada@example.com") == 3


def test_a_record_without_the_judges_settings_is_still_decided(tmp_path: Path) -> None:
    """They are then taken from blue's recorded minutes, which is near enough for a version that is plainly bad."""
    file = recorded(played(NoisyWorld(rpm=600, rates={GREEN: 0.5}), Phase.ROLLED_BACK), tmp_path)
    view = json.loads(file.read_text())
    for said in (None, "written by another version"):
        file.write_text(json.dumps(view | {"replay": said}))
        compared, _ = again(file, PATIENT)
        assert all(pair.same for pair in compared)
        assert calibration_of(read_recording(file), PATIENT.judge)[1] == UNSAID


def test_another_policy_departs_where_it_decides_otherwise(tmp_path: Path) -> None:
    """The same until the first weight; from there on requests are drawn at the recorded rates."""
    file = recorded(played(NoisyWorld(rpm=600, rates={GREEN: 0.08}), Phase.ROLLED_BACK), tmp_path)
    bold = replace(POLICY, steps=(SmokeStep("smoke.jsonl"), WeightStep(50)))
    compared, first = again(file, bold)
    same = [pair.same for pair in compared]
    assert same.index(False) == 3  # chosen, ready, smoke-tested; then 50 instead of 10
    assert not any(same[3:])
    assert first.end is End.ROLLED_BACK
    assert first.failed > 20
    assert again(file, bold, 0)[1] == first != again(file, bold, 1)[1]


def test_a_replay_ends_with_what_was_recorded(tmp_path: Path) -> None:
    """A policy that wants longer than was recorded is not finished: nothing is made up."""
    file = recorded(played(World(), Phase.PROMOTED), tmp_path)
    patient = replace(POLICY.judge, risk=replace(POLICY.judge.risk, settled_minutes=30))
    slow = replace(POLICY, judge=patient)
    _, ran = again(file, slow)
    assert ran.end is End.UNFINISHED
    assert ran.minutes < 40


def test_the_judge_is_set_as_it_was_if_the_record_says_so(tmp_path: Path) -> None:
    """With a budget ten times as large it goes on sooner than it did."""
    file = recorded(played(NoisyWorld(rpm=3000, rates={BLUE: 0.002, GREEN: 0.002}), Phase.PROMOTED), tmp_path)
    view = json.loads(file.read_text())
    calibration = json.loads(view["replay"])
    for gate in calibration["panel"]["gates"]:
        gate["budget"] = 0.03
    file.write_text(json.dumps(view | {"replay": json.dumps(calibration)}))
    compared, bolder = again(file, PATIENT)
    assert not all(pair.same for pair in compared)
    assert bolder.end is End.PROMOTED


def test_the_command_shows_both_side_by_side(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In words where nothing differs; with another policy the departure, and figures of many replays."""
    file = str(recorded(played(World(), Phase.PROMOTED), tmp_path))
    written = tmp_path / "churn.yaml"
    written.write_text(
        "endpoint: churn\nmodels: [{name: churn}]\nsteps: [{smoke: a.jsonl}, {weight: 10}, {weight: 50}]\n"
        "judge: {patience: 30m}\ntelemetry: {lag: 1m, history: 1h}\n"
    )
    (tmp_path / "a.jsonl").write_text("{}\n")
    assert main([str(written), "--replay", file]) == 0
    assert "every decision is the recorded one" in capsys.readouterr().out
    written.write_text(written.read_text().replace("weight: 10", "weight: 20"))
    assert main([str(written), "--replay", file, "--rollouts", "5", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["replay"]["same"], found["summary"]["rollouts"]) == (False, 5)
    assert any(note.startswith("recorded under other steps") for note in found["notes"])
