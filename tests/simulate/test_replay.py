"""Rollouts recorded by the shipped controller, and replayed from what the API returns."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import time, timedelta
from pathlib import Path

import pytest

from cli.__main__ import main
from cli.policy.comparison import pairs
from cli.policy.notes import replay_notes
from cli.simulate.ending import Ending
from cli.simulate.profile import Change, Fault
from cli.simulate.recorded_calibration import NOT_RECORDED, calibration_of
from cli.simulate.recording import read_recording
from cli.simulate.replay import replay
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
from shared.core.rollout.reasons import ReasonCode
from shared.core.steps import MirrorStep, PauseStep, SmokeStep, WeightStep
from tests.scenarios.world import BLUE, GREEN, POLICY, World
from tests.simulate.records import PATIENT, LateWorld, NoisyWorld, again, differences, played, recorded, simulated
from tests.simulate.scenarios import FIVE_POINTS, policy, scenario

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
        "1 percent fails",
        "broken",
        "twice as slow",
        "twice as slow in metrics",
        "mirrored first",
        "no traffic",
    ],
)
def test_the_same_policy_makes_the_same_decisions(world: World, end: Phase, tmp_path: Path) -> None:
    """Every decision has the same time, reason, phase, step and weight."""
    played(world, end)
    compared, _ = again(recorded(world, tmp_path), world.policy)
    assert compared
    assert differences(compared) == []
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
def test_pauses_freezes_and_scaling_replay_at_any_second(of: Policy, fault: tuple[Fault, ...], tmp_path: Path) -> None:
    """Rollouts that start at any second of any day, with operators and freezes, are decided as recorded."""
    for number in range(6):
        compared, _ = again(simulated(scenario(*fault, of=of), number, tmp_path), of)
        assert len(compared) > 4
        assert differences(compared) == []


def test_operator_requests_are_repeated(tmp_path: Path) -> None:
    """The operator pauses, resumes and rolls back at the same times."""
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
    assert differences(compared) == []
    assert [pair.recorded.actor for pair in compared if pair.recorded].count("ada@example.com") == 3


def test_a_record_without_a_calibration_is_still_replayed(tmp_path: Path) -> None:
    """The judge is then calibrated from blue's recorded minutes, which is close enough for a clearly bad version."""
    file = recorded(played(NoisyWorld(rpm=600, rates={GREEN: 0.5}), Phase.ROLLED_BACK), tmp_path)
    view = json.loads(file.read_text())
    for stored in (None, "written by another version"):
        file.write_text(json.dumps(view | {"replay": stored}))
        compared, _ = again(file, PATIENT)
        assert all(pair.same for pair in compared)
        assert calibration_of(read_recording(file), PATIENT.judge)[1] == NOT_RECORDED


def test_another_policy_departs_where_it_decides_differently(tmp_path: Path) -> None:
    """Decisions are the same until the first weight; after that, requests are drawn at the recorded rates."""
    file = recorded(played(NoisyWorld(rpm=600, rates={GREEN: 0.08}), Phase.ROLLED_BACK), tmp_path)
    bold = replace(POLICY, steps=(SmokeStep("smoke.jsonl"), WeightStep(50)))
    compared, first = again(file, bold)
    # Created, ready and smoke-tested; then 50 instead of 10, and a rollback from there; finally blue serves again.
    assert [pair.same for pair in compared] == [True, True, True, False, False, False, True]
    assert first.ending is Ending.ROLLED_BACK
    assert first.failed > 20
    assert again(file, bold, 0)[1] == first != again(file, bold, 1)[1]


def test_a_replay_ends_with_the_record(tmp_path: Path) -> None:
    """A policy that needs longer than recorded does not finish: no data is invented."""
    file = recorded(played(World(), Phase.PROMOTED), tmp_path)
    patient = replace(POLICY.judge, risk=replace(POLICY.judge.risk, settled_minutes=30))
    slow = replace(POLICY, judge=patient)
    _, ran = again(file, slow)
    assert ran.ending is Ending.UNFINISHED
    assert ran.minutes < 40


def test_the_recorded_calibration_is_used(tmp_path: Path) -> None:
    """With a larger budget in the record, the replay advances sooner."""
    file = recorded(played(NoisyWorld(rpm=3000, rates={BLUE: 0.002, GREEN: 0.002}), Phase.PROMOTED), tmp_path)
    view = json.loads(file.read_text())
    calibration = json.loads(view["replay"])
    for gate in calibration["panel"]["gates"]:
        gate["budget"] = 0.03
    file.write_text(json.dumps(view | {"replay": json.dumps(calibration)}))
    compared, bolder = again(file, PATIENT)
    assert differences(compared) != []
    assert bolder.ending is Ending.PROMOTED


def test_the_command_shows_both_side_by_side(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With the same policy nothing differs; another one shows the departure and the figures of many replays."""
    file = str(recorded(played(World(), Phase.PROMOTED), tmp_path))
    written = tmp_path / "churn.yaml"
    written.write_text(
        "endpoint: churn\nmodels: [{name: churn}]\nsteps: [{smoke: a.jsonl}, {weight: 10}, {weight: 50}]\n"
        "judge: {patience: 30m}\ntelemetry: {lag: 1m, history: 1h}\n"
    )
    (tmp_path / "a.jsonl").write_text("{}\n")
    assert main(["policy", "simulate", str(written), "--replay", file]) == 0
    assert "every decision is the recorded one" in capsys.readouterr().out
    written.write_text(written.read_text().replace("weight: 10", "weight: 20"))
    assert main(["policy", "simulate", str(written), "--replay", file, "--rollouts", "5", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["replay"]["same"], found["summary"]["rollouts"]) == (False, 5)
    assert any(note.startswith("recorded with other steps") for note in found["notes"])


@pytest.mark.parametrize("green", [0.002, 0.01, 0.5], ids=["good", "1 percent fails", "half fails"])
def test_a_late_tick_does_not_change_the_decision(green: float, tmp_path: Path) -> None:
    """Decisions are matched by content, so missed or late ticks make no difference."""
    world = played(LateWorld(rpm=3000, rates={BLUE: 0.002, GREEN: green}), Phase.PROMOTED, Phase.ROLLED_BACK)
    file = recorded(world, tmp_path)
    replayed = replay(read_recording(file), world.policy, 1, 0)
    assert [pair for pair in pairs(replayed) if not pair.same] == []
    assert replayed.matcher.departed is None


def test_the_same_decision_much_later_is_a_departure_but_not_a_different_decision(tmp_path: Path) -> None:
    """Green then has its share for another period than recorded, so the recorded counts no longer apply."""
    file = recorded(played(World(), Phase.PROMOTED), tmp_path)
    slow = replace(POLICY, judge=replace(POLICY.judge, risk=replace(POLICY.judge.risk, settled_minutes=12)))
    replayed = replay(read_recording(file), slow, 1, 0)
    late = [pair for pair in pairs(replayed) if pair.delay_seconds]
    assert replayed.matcher.departed is not None
    assert late[0].replayed is not None
    assert (late[0].replayed.code, late[0].delay_seconds) == (ReasonCode.STEP_PASSED, 9 * 60)


def test_a_record_without_its_first_minutes_gets_a_note(tmp_path: Path) -> None:
    """By default the API returns only the newest minutes."""
    file = recorded(played(NoisyWorld(rpm=100), Phase.PROMOTED), tmp_path)
    whole = read_recording(file)
    view = json.loads(file.read_text())
    file.write_text(json.dumps(view | {"minutes": view["minutes"][-6:]}))
    cut = read_recording(file)
    assert whole.lacks_minutes_before is None
    assert cut.lacks_minutes_before == min(cut.minutes)
    assert any("?minutes=1500" in note for note in replay_notes(cut, PATIENT, None))


SUPERSEDED = {"from": "queued", "to": "superseded", "summary": "superseded by churn:8"}
SPLIT = {"from": "provisioning", "to": "failed", "summary": "the traffic is split"}


@pytest.mark.parametrize("end", [SUPERSEDED, SPLIT], ids=["superseded", "failed before green was created"])
def test_a_rollout_that_never_started_is_reported(
    end: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is a valid record with nothing to replay."""
    file = recorded(played(World(), Phase.PROMOTED), tmp_path)
    view = json.loads(file.read_text())
    entries = [view["history"][0], view["history"][0] | end]
    file.write_text(json.dumps(view | {"history": entries, "minutes": [], "blue": None, "replay": None}))
    policy_file = str(Path(__file__).parents[2] / "policies" / "churn.yaml")
    assert main(["policy", "simulate", policy_file, "--replay", str(file)]) == 0
    assert capsys.readouterr().out == f"churn: nothing to replay: the rollout never started: {end['summary']}\n"
    assert main(["policy", "simulate", policy_file, "--replay", str(file), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["replay"]["replayable"] is False
