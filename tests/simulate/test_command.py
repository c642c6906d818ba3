"""`teal policy simulate` from the command line: tables, JSON, pictures, and the problems of invalid input."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from cli.__main__ import main

ROOT = Path(__file__).resolve().parents[2]
CHURN = str(ROOT / "policies" / "churn.yaml")
FEW = ("--rollouts", "8")


def simulate(arguments: list[str]) -> int:
    """Run `teal policy simulate` and return its exit code."""
    return main(["policy", "simulate", *arguments])


def test_a_table_with_intervals(capsys: pytest.CaptureFixture[str]) -> None:
    """It shows shares with Wilson intervals, values with their spread, and the assumptions."""
    assert simulate([CHURN, *FEW]) == 0
    shown = capsys.readouterr().out
    for words in ("promoted", "100%", "67.6% to 100%", "8 of 8", "minutes to 100%", "smoke tests pass"):
        assert words in shown


def test_json_is_the_same_for_the_same_seed(capsys: pytest.CaptureFixture[str]) -> None:
    """The text is identical, so it can be compared; another seed gives other rollouts."""
    texts = []
    for seed in ("3", "3", "4"):
        assert simulate([CHURN, *FEW, "--seed", seed, "--json", "--green-errors", "+1%"]) == 0
        texts.append(capsys.readouterr().out)
    assert texts[0] == texts[1] != texts[2]
    found = json.loads(texts[0])
    assert found["endpoint"] == "churn"
    assert found["summary"]["rollouts"] == 8
    assert found["summary"]["false_rollbacks"].keys() == {"count", "of", "rate", "low", "high"}
    assert found["summary"]["affected"].keys() >= {"median", "low", "high", "mean"}
    assert any("smoke tests pass" in note for note in found["notes"])
    assert found["typical"]["shares"][0] == [0.0, 0.0, 0.0]


@pytest.mark.parametrize(("ending", "begins"), [("png", b"\x89PNG"), ("svg", b"<?xml")])
def test_a_picture(ending: str, begins: bytes, tmp_path: Path) -> None:
    """The file extension selects the format."""
    file = tmp_path / f"policy.{ending}"
    assert simulate([CHURN, *FEW, "--picture", str(file)]) == 0
    assert file.read_bytes().startswith(begins)


def test_a_picture_that_cannot_be_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The arguments are valid, so the exit code is 1, with the reason."""
    (tmp_path / "taken.png").mkdir()
    assert simulate([CHURN, *FEW, "--picture", str(tmp_path / "taken.png")]) == 1
    assert "could not be written" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--green-latency", "x1.2"], "no gate of this policy judges latency, so green's has no effect"),
        (["--green-client-errors", "+1%"], "no gate of this policy judges client errors"),
        (["--resume", "never"], "nobody resumes a rollout that is paused for lack of evidence"),
        (["--profile", "profile.yaml"], "no gate of this policy judges latency"),
        ([], "the drift gate takes no part: simulated traffic has no data for it"),
    ],
)
def test_assumptions_are_noted(
    words: list[str], expected: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The notes cover flags without effect, gates left out, and assumptions."""
    (tmp_path / "profile.yaml").write_text("green: [{latency: +20ms}]")
    (tmp_path / "drift.kql").write_text("traffic")
    (tmp_path / "churn.yaml").write_text(
        "endpoint: churn\nmodels: [{name: churn}]\nsteps: [{weight: 10}]\n"
        "judge: {gates: {errors: {}, queries: [{name: drift, query: drift.kql}]}}\n"
    )
    named = [str(tmp_path / word) if word == "profile.yaml" else word for word in words]
    assert simulate([str(tmp_path / "churn.yaml"), "--rollouts", "1", *named]) == 0
    assert expected in capsys.readouterr().out


def test_green_s_latency_and_refusals_on_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    """Both begin and end with its errors; the usual policy judges latency and rolls back a slow version."""
    slow = [CHURN, *FEW, "--latency", "0.2s", "--latency-spread", "0.5", "--latency-noise", "0.01", "--json"]
    assert simulate([*slow, "--client-errors", "2%", "--green-latency", "x2", "--from", "10m"]) == 0
    found = json.loads(capsys.readouterr().out)["summary"]
    assert found["detected"]["rate"] == 1.0
    assert found["affected"]["mean"] == 0.0


def test_the_command_line_overrides_the_profile(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The file has the usual values, the flags those for this run."""
    profile = tmp_path / "profile.json"
    profile.write_text(json.dumps({"requests": 500, "green": [{"errors": "100%"}]}))
    assert simulate([CHURN, *FEW, "--profile", str(profile), "--json"]) == 0
    assert "rolled_back" in json.loads(capsys.readouterr().out)["summary"]["endings"]
    assert simulate([CHURN, *FEW, "--profile", str(profile), "--json", "--green-errors", "x1"]) == 0
    assert "rolled_back" not in json.loads(capsys.readouterr().out)["summary"]["endings"]


def test_every_problem_is_reported_together(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Invalid arguments, policy and profile are all reported in one run, with their places; exit code 2."""
    policy, profile = tmp_path / "churn.yaml", tmp_path / "profile.yml"
    policy.write_text("endpoint: churn\nmodels: [{name: m}]\nsteps: [{weight: 10}, {weight: 5}]\n")
    profile.write_text("request: 5\nerrors: 7\ngreen: [{errors: x2, from: 9m, until: 3m}]\n")
    wrong = ["--rollouts", "0", "--seed", "many", "--errors", "2", "--green-errors", "worse", "--picture", "a.docx"]
    assert simulate([str(policy), "--profile", str(profile), *wrong]) == 2
    output = capsys.readouterr().err
    for words in (
        "churn.yaml:3:24: steps[1].weight",
        "profile.yml:1:1: request: unknown key; did you mean requests?",
        "profile.yml:2:1: errors",
        "profile.yml:3:32: green[0].until: must be later than from",
        "--rollouts: 0",
        "--seed: many",
        "--errors: '2'",
        "--green-errors: 'worse'",
        "--picture: '.docx'",
    ):
        assert words in output
    assert "Traceback" not in output


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--from", "5m"], "--from and --until need a fault of green"),
        (["--green-errors", "x2", "--from", "5m", "--until", "5m"], "--until must be later than --from"),
        (["--endpoint", "other"], "no policies match; choose one with --endpoint and --name: churn"),
        (["--profile", "nowhere.yaml"], "nowhere.yaml: no such file"),
        (["--replay", "nowhere.json"], "nowhere.json: no such file"),
        (["--picture", "no/such/a.png"], "no/such\n"),
        (["--approve", "soon"], "--approve: 'soon' is not a duration or never"),
        (["--green-latency", "faster"], "--green-latency: 'faster' is not a factor"),
        (["--latency-spread", "5"], "--latency-spread"),
        (["--client-errors", "150%"], "--client-errors"),
        (["--start", "tomorrow"], "--start: 'tomorrow' is not a valid date or date and time"),
        (["--jobs", "0"], "--jobs: 0 is not a whole number from 1"),
        (["--spread", "month"], "--spread: 'month' is not hour or week"),
        (["--requests", "-5"], "--requests"),
        (["--replay", "nowhere.json", "--green-errors", "x2"], "--green-errors: not allowed with --replay"),
    ],
)
def test_one_invalid_argument(words: list[str], expected: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The exit code is 2, and the message says what would be valid."""
    assert simulate([CHURN, *words]) == 2
    assert expected in capsys.readouterr().err


def test_profiles_describe_the_world(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One file has a daily curve, values per minute, temporary faults and slow provisioning."""
    profile = tmp_path / "profile.yaml"
    profile.write_text(
        """
requests: {day: {low: 200, high: 2000, peak: "14:30"}}
errors: {minutes: [0.1%, 0.2%, 0.003]}
green:
  - x1
  - {errors: +20%, from: 20m}
provisioning: 3m
traffic_write: 40s
approve: never
start: 2026-03-02T22:00Z
spread: week
"""
    )
    assert simulate([CHURN, *FEW, "--profile", str(profile), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["summary"]["detected"]["rate"] == 1.0
    assert found["typical"]["onset"] > 23


def test_it_runs_as_a_module() -> None:
    """Problems go to standard error, without a traceback."""
    command = [sys.executable, "-m", "cli", "policy", "simulate", CHURN, "--rollouts", "no"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603 -- our own module
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("--rollouts:")
