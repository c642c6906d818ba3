"""Rollouts recorded by the shipped controller and decided again from what the API shows of them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from pathlib import Path

import numpy as np
import pytest

from cli.simulate.__main__ import main
from cli.simulate.comparison import Pair, pairs
from cli.simulate.course import Course, End, course
from cli.simulate.profile import Answering, Change, Fault, Latency, Profile
from cli.simulate.recorded_judge import OTHERS, UNSAID, calibration_of
from cli.simulate.recording import read_recording
from cli.simulate.replay import set_out_again
from cli.simulate.rows import Rows
from cli.simulate.trial import Scene, set_out
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
from shared.core.history import Entry
from shared.core.phases import Phase
from shared.core.policy import Capacity, FreezeWindow, MirrorStep, PauseStep, Policy, SmokeStep, Source, WeightStep
from shared.core.rollout import Verb
from shared.policies.problems import PolicyError
from shared.views import judgements_view, minutes_view, rollout_view
from tests.scenarios.conduct import Conduct
from tests.scenarios.world import BLUE, GREEN, MIDNIGHT, MINUTE, POLICY, World
from tests.simulate.scenes import FIVE_POINTS, policy, scene

PATIENT = replace(POLICY, judge=replace(POLICY.judge, patience=timedelta(hours=2)))
BY_METRICS = replace(PATIENT, judge=replace(PATIENT.judge, latency_from="metrics"))
ALL_GATES: tuple[Gate, ...] = (
    ErrorsGate(at_most=0.1),
    ClientErrorsGate(role="critical"),
    LatencyGate(at_most=(LatencyLimit(99, 1000),)),
)


@dataclass
class NoisyWorld(World):
    """A world whose requests fail and are slow at random, as real ones do, with some patience for the evidence.

    slow: how many times the usual latency a deployment has. timed_by: where latency is seen.
    """

    policy: Policy = PATIENT
    slow: dict[str, float] = field(default_factory=dict)
    timed_by: Source = "logs"
    rows: Rows = field(init=False)

    def __post_init__(self) -> None:
        self.rows = Rows(np.random.default_rng(5), Latency(), self.timed_by)
        for number in range(60, 0, -1):
            self._log(BLUE, MIDNIGHT - number * MINUTE, self.rpm)

    def log_traffic(self) -> None:
        for name, share in self.seen.traffic.items():
            self._log(name, self.clock.now.replace(second=0), self.rpm * share // 100)

    def _log(self, name: str, minute: datetime, total: int) -> None:
        how = Answering(self.rates.get(name, 0.0), 0.005, 80.0 * self.slow.get(name, 1.0))
        if (row := self.rows.row(name, minute, total, how)) is not None:
            self.telemetry.rows.append(row)


def recorded(world: World, folder: Path) -> Path:
    """Return a file that says of the world's rollout what the API would say."""
    rollout = world.rollout()
    view = rollout_view(rollout, world.history()) | {
        "minutes": minutes_view(world.store.kept_minutes(rollout.id)),
        "evidence": judgements_view(world.store.kept_judgements(rollout.id)),
    }
    file = folder / "rollout.json"
    file.write_text(json.dumps(view))
    return file


def again(file: Path, policy: Policy, number: int = 0) -> tuple[list[Pair], Course]:
    """Decide a recorded rollout again."""
    replay = set_out_again(read_recording(file), policy, 1, number)
    ended = replay.journey.run()
    return pairs(replay), course(replay.journey, Profile(), ended)


def played(world: World, *phases: Phase) -> World:
    """Have a version registered and let time go by until its rollout is there."""
    world.register()
    world.until(*phases, within=240)
    return world


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
def test_every_gate_decides_as_it_did(green: Conduct, end: Phase, tmp_path: Path) -> None:
    """What any gate was told of a minute is in the record, and convicts at the same moment again."""
    judged = replace(PATIENT, judge=replace(PATIENT.judge, gates=EVERYTHING))
    world = played(World(judged, conduct={BLUE: USUAL, GREEN: green}), end)
    compared, _ = again(recorded(world, tmp_path), judged)
    assert [pair for pair in compared if not pair.same] == []
    assert compared[-1].replayed is not None
    assert compared[-1].replayed.after is end


def test_a_source_that_told_nothing_tells_nothing_again(tmp_path: Path) -> None:
    """A past that was waited for, and minutes that a query failed for: the gaps of the record stay gaps."""
    judged = replace(PATIENT, judge=replace(PATIENT.judge, gates=(ErrorsGate(), QueryGate("fraud", "fraud.kql"))))
    world = World(judged, conduct={BLUE: USUAL, GREEN: replace(USUAL, counted={"fraud": 1.0})})
    world.telemetry.missing["fraud"] = "throttled"
    world.register()
    world.minutes(6)
    world.telemetry.missing.clear()
    world.until_weight(10)
    world.telemetry.missing["fraud"] = "throttled"
    world.until_weight(50)
    world.telemetry.missing.clear()
    world.until(Phase.ROLLED_BACK)
    compared, _ = again(recorded(world, tmp_path), judged)
    assert [pair for pair in compared if not pair.same] == []


def simulated(tried: Scene, number: int, folder: Path) -> Path:
    """Return a file that says of a simulated rollout what the API would say, had it happened."""
    generator = np.random.default_rng(number)
    began = tried.profile.start + number * timedelta(hours=7, minutes=13, seconds=29)
    journey = set_out(tried, generator, began)
    journey.run()
    rollout = journey.rollout
    admitted = Entry(began, None, Phase.PROVISIONING, "teal", "simulated", {"step": 0, "weight": 0})
    watched = [row for rows in journey.telemetry.rows for row in rows if row.minute >= began]
    judged = [row for row in watched if rollout.judged_until is not None and row.minute < rollout.judged_until]
    view = rollout_view(rollout, [admitted, *journey.entries]) | {"minutes": minutes_view(judged)}
    file = folder / f"{number}.json"
    file.write_text(json.dumps(view))
    return file


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
    for said in (None, {"phi": 1.0, "bad_minutes": 3, "budget": 0.01}):
        file.write_text(json.dumps(view | {"calibration": said}))
        compared, _ = again(file, PATIENT)
        assert all(pair.same for pair in compared)
        assert calibration_of(read_recording(file), PATIENT.judge)[1] == UNSAID


def test_other_gates_than_recorded_are_set_from_the_recorded_minutes(tmp_path: Path) -> None:
    """Green is twice as slow, which the gates of that time took back; a policy without a latency gate does not."""
    file = recorded(played(NoisyWorld(rpm=3000, slow={GREEN: 2.0}), Phase.ROLLED_BACK), tmp_path)
    blind = replace(PATIENT, judge=replace(PATIENT.judge, gates=(ErrorsGate(), DisagreementGate())))
    calibration, note = calibration_of(read_recording(file), blind.judge)
    assert (note, [gate.name for gate in calibration.panel.gates]) == (OTHERS, ["errors"])
    assert calibration.unjudged == {"disagreement": "the record has none of it"}
    compared, ran = again(file, blind)
    assert ran.end is End.UNFINISHED
    assert not all(pair.same for pair in compared)


def test_latency_is_drawn_as_it_was_recorded_after_a_departure(tmp_path: Path) -> None:
    """With 50 per cent first green gets five times the requests, and is taken back for the times that it took then."""
    file = recorded(played(NoisyWorld(rpm=600, slow={GREEN: 1.5}), Phase.ROLLED_BACK), tmp_path)
    compared, ran = again(file, replace(PATIENT, steps=(SmokeStep("smoke.jsonl"), WeightStep(50))))
    assert not all(pair.same for pair in compared)
    assert ran.end is End.ROLLED_BACK
    assert "longer than" in [pair.replayed.text for pair in compared if pair.replayed][-2]


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
    for gate in view["calibration"]["panel"]["gates"]:
        gate["budget"] = 0.03
    file.write_text(json.dumps(view))
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
