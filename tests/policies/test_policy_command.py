"""`teal policy`: what a person or a pipeline sees. The commands run as they are typed, in this process."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cli.__main__ import main
from shared.policies.schema import policy_schema

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples" / "policies"
RIGHT = "endpoint: churn\nmodels: [{name: m}]\nsteps: [smoke: {}, weight: 10]\n"
WRONG = "endpoint: churn\nmodles: [{name: m}]\nsteps: [weight: 25, weight: 10]\n"


def teal(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    """Run `teal policy` with these words; return the exit code and what was printed on both channels."""
    code = main(["policy", *words])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def test_check_says_what_each_policy_takes(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    """A right folder ends well, with a sentence for each traffic that people ask about."""
    (folder / "churn.yaml").write_text(RIGHT)
    code, out, err = teal(capsys, "check", str(folder))
    assert (code, err) == (0, "")
    assert out.startswith(f"{folder}/churn.yaml: churn: right, 2 steps\n  at 10 requests a minute it needs about ")
    assert [line.split()[1] for line in out.splitlines() if line.startswith("  at ")] == [
        "10",
        "100",
        "1,000",
        "10,000",
    ]


def test_check_names_every_problem_and_ends_with_2(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    """All problems of all files at once, each with its place; no traceback."""
    (folder / "churn.yaml").write_text(WRONG)
    (folder / "west.yaml").write_text("[")
    code, out, err = teal(capsys, "check", str(folder))
    assert code == 2
    assert err.replace(str(folder), "policies").splitlines() == [
        "policies/churn.yaml:1:1: models: missing; write it like models: [{name: churn-model}]",
        "policies/churn.yaml:2:1: modles: unknown key; did you mean models?",
        "policies/churn.yaml:3:21: steps[1].weight: 10 comes after 25; weights must increase",
        ("policies/west.yaml:2:1: not valid YAML: did not find expected node content, while parsing a flow node"),
    ]
    assert out == f"4 problems; nothing in {folder} can be used so\n"


def test_check_takes_one_file_too(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    """Who asks about one file is not told of others."""
    (folder / "churn.yaml").write_text(RIGHT)
    (folder / "west.yaml").write_text("[")
    assert teal(capsys, "check", "--no-estimates", str(folder / "churn.yaml")) == (
        0,
        f"{folder}/churn.yaml: churn: right, 2 steps\n",
        "",
    )


def test_check_gives_pipelines_json(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    """The same as data: problems with their places, or the policies with their estimates."""
    (folder / "churn.yaml").write_text(WRONG)
    code, out, _ = teal(capsys, "check", str(folder), "--json")
    found = json.loads(out)
    assert (code, found["right"], found["policies"]) == (2, False, [])
    assert found["problems"][2] == {
        "file": f"{folder}/churn.yaml",
        "line": 3,
        "column": 21,
        "path": "steps[1].weight",
        "message": "10 comes after 25; weights must increase",
    }
    (folder / "churn.yaml").write_text(RIGHT)
    code, out, _ = teal(capsys, "check", str(folder), "--json", "--requests-per-minute", "1000")
    found = json.loads(out)
    assert (code, found["right"], found["problems"]) == (0, True, [])
    [estimate] = found["policies"][0]["estimates"]
    assert estimate["requests_per_minute"] == 1000
    assert estimate["minutes_to_full"] > 9


def test_check_knows_wrong_json_schemas(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    """A schema that is not valid is a problem like any other."""
    (folder / "churn.yaml").write_text(RIGHT.replace("smoke: {}", "smoke: {schema: smoke/a.json}"))
    (folder / "smoke" / "a.json").write_text('{"type": "objekt"}')
    code, _, err = teal(capsys, "check", str(folder))
    assert code == 2
    words = "'objekt' is not valid under any of the given schemas (at $.type)"
    assert err == f"{folder}/smoke/a.json:1:1: not a valid JSON Schema: {words}\n"


@pytest.mark.parametrize(
    "strategy", ["canary", "linear", "blue-green", "shadow-then-canary", "smoke-only", "kubernetes"]
)
def test_every_ready_policy_can_be_explained(capsys: pytest.CaptureFixture[str], strategy: str) -> None:
    """Each strategy is told step by step, from the deployment to the promotion."""
    code, out, _ = teal(capsys, "explain", str(EXAMPLES / f"{strategy}.yaml"))
    assert code == 0
    assert "\n1. deploy: " in out
    assert ". promote: All traffic goes to green" in out
    assert "\nIn short, at 1,000 requests a minute it needs about " in out


STORY = """\
endpoint: {name: churn, create: {}}
name: careful
models: [{name: m, version: "2.*", tags: {stage: prod}}]
deployment: {template: deployments/churn.yml, instance_type: Standard_F4s_v2, instance_count: proportional}
steps:
  - smoke: {requests: smoke/churn.jsonl, contains: {ok: true}, slowest: 500ms, repeat: 2}
  - mirror: {percent: 20, requests: 2000}
  - weight: 10
  - pause: {}
  - weight: {to: 50, gates: []}
judge:
  inconclusive: advance
  gates:
    errors: {at_most: 0.02}
    client_errors: {role: dry_run}
    latency: {worse_than: 1.5, at_most: {p99: 1s, p50: 40ms}, weight: 3}
    predictions: {at: /label, bins: [0.2, 0.5], weight: 0.5}
    disagreement: {tolerance: 0.01, weight: 0.5}
    queries: [{name: slow, query: gates/slow.kql, role: critical, at_most: 0.005}]
telemetry: {errors: metrics, lag: 3m}
newer_version: replace
freeze:
  - {why: nights, days: [mon, fri], from: "18:00", to: "08:00", zone: Europe/Berlin}
keep_blue: {for: 12h, instances: 1}
on_rollback: keep
"""
TEMPLATE = "model: azureml:${MODEL_NAME}:${MODEL_VERSION}\ninstance_type: Standard_DS3_v2\n"
TOLD = """\
Every new version of m whose version fits 2.* tagged stage=prod whose tag teal says careful is rolled out on the \
endpoint churn. If the endpoint does not exist, it is made (key). A version that is registered meanwhile takes its \
place: this one is rolled back first.

1. deploy: Green is made: from deployments/churn.yml, on Standard_F4s_v2, instances in proportion to \
its traffic.
   Not ready within 45m: given up, nothing changed.
2. smoke: Green answers the requests of smoke/churn.jsonl, 2 times (the last time counts): status 200 within 10s, at \
most 500ms and an answer that contains {"ok":true}.
   Any other answer: green is taken away; no user met it.
3. mirror 20 %: Green gets a copy of 20 % of the live traffic until green has answered 2,000. Its answers are thrown \
away.
   It does worse than blue: green is taken away; no user met it. Too few answers after 1h: it goes on uncertified, \
unless green looks suspicious.
4. weight 10 %: 10 % of the live traffic goes to green, for at least 3 whole minutes and until 50 % is within the harm \
budget at odds of 20 to 1, by errors and slow.
   Not certain after 1h: it goes on uncertified, unless green looks suspicious.
5. pause: Waits for a person to resume or promote.
   Nobody does in time: back to blue.
6. weight 50 %: 50 % of the live traffic goes to green, for at least 3 whole minutes.
   It does worse than blue: back to blue.
7. promote: All traffic goes to green and is watched; then green is the one that serves. Blue stays 12h on 1 instance, \
then it is deleted.
   It does worse than blue did: back to blue.

Judged minute by minute, each when it is 3m old: requests and errors from the platform metrics, latency from the \
request log, predictions from the answers that the deployments collect, query results from Log Analytics.
- errors: requests fail (5xx, 424, 408, 429) no more often than on blue, and at most 2% of them do, whatever blue \
does. Critical, with 50 % of the rollback risk: rolls back alone at odds of 200 to 1; steps wait for its certificate.
- client_errors: requests are rejected (other 4xx) no more often than on blue. Dry run: shown, and moves nothing.
- latency: answers take at most 1.5 times as long as blue's, and 50% of them at most 40 ms, 99% of them at most 1 s, \
whatever blue does. Non-blocking, with 30 % of the rollback risk: rolls back alone at odds of 333 to 1; steps wait \
for it only where they name it.
- predictions: the predictions at /label fall into bins with borders at 0.2, 0.5 as blue's do, give or take 2%. \
Non-blocking, with 5 % of the rollback risk: rolls back alone at odds of 2,000 to 1; steps wait for it only where \
they name it.
- disagreement: green disagrees with blue on at most 5% of the mirrored requests (numbers within 0.01 agree). \
Non-blocking, with 5 % of the rollback risk: rolls back alone at odds of 2,000 to 1; steps wait for it only where \
they name it.
- slow: the share that gates/slow.kql counts as bad is no larger than blue's, and at most 0.5%, whatever blue does. \
Critical, with 10 % of the rollback risk: rolls back alone at odds of 1,000 to 1; steps wait for its certificate.

At any step:
- Green is worse than blue by all gates together, at odds of 100 to 1: back to blue at once.
- A step takes longer than 2h, or all of it than 1d: back to blue.
- A person says rollback, at any time while blue stands. Pause, resume and promote work too.
- After going back, green is kept for a look.
- Nothing goes forward on Mon and Fri from 18:00 to 08:00 of the next day (Europe/Berlin): nights.
"""


def write_story(folder: Path) -> None:
    """Write the policy whose story is told, and what it names."""
    (folder / "careful.yaml").write_text(STORY)
    (folder / "gates").mkdir()
    (folder / "gates" / "slow.kql").write_text("Slow")
    (folder / "deployments").mkdir()
    (folder / "deployments" / "churn.yml").write_text(TEMPLATE)


def test_explain_tells_the_whole_story(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    """Whatever a policy says is in the words: what begins it, each step, what stops it."""
    write_story(folder)
    code, out, _ = teal(capsys, "explain", str(folder / "careful.yaml"))
    assert code == 0
    assert out.split("\nIn short, ")[0] == TOLD


def test_explain_names_the_gates_that_a_step_waits_for(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    """A step may name its gates; and errors that nothing waits for are worth a remark."""
    gates = "judge: {gates: {errors: {role: non_blocking}, latency: {}}}\ntelemetry: {errors: metrics}\n"
    steps = "steps: [smoke: {}, mirror: {percent: 5, for: 20m}, weight: {to: 10, gates: [latency]}]\n"
    (folder / "churn.yaml").write_text(f"endpoint: churn\nmodels: [{{name: m}}]\n{steps}{gates}")
    told = json.loads(teal(capsys, "explain", str(folder / "churn.yaml"), "--json")[1])
    assert told["stages"][3]["does"].endswith("at odds of 20 to 1, by latency.")
    assert told["sources"].startswith("Judged minute by minute, each when it is 5m old: requests and errors from the p")
    assert [words.split(": ")[0] for words in told["judged"]] == ["errors", "latency"]
    assert [words.split(":")[0] for words in told["remarks"]] == ["errors are not critical", "telemetry.errors"]


def test_explain_counts_what_the_overlap_costs(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    """With a price the doubled hours have a sum; blue is paid by its own type and green by the policy's."""
    write_story(folder)
    (folder / "prices.yaml").write_text("currency: EUR\nper_hour: {Standard_DS3_v2: 1, Standard_F4s_v2: 10}\n")
    words = (
        "explain",
        str(folder / "careful.yaml"),
        "--instances",
        "4",
        "--instance-type",
        "Standard_DS3_v2",
        "--json",
    )
    told: dict[str, Any] = json.loads(teal(capsys, *words)[1])
    hours = told["overlap_hours"]
    assert hours["kept"] == hours["blue"] == 12
    [(machines, price)] = told["overlap_costs"].items()
    assert machines == "Standard_DS3_v2, then Standard_F4s_v2 (EUR)"
    assert price == pytest.approx(12 + 10 * hours["green"], abs=0.01)


@pytest.mark.parametrize(("name", "begins"), [("a.svg", b"<?xml"), ("a.PNG", b"\x89PNG"), ("a.pdf", b"%PDF")])
def test_explain_draws_a_picture(capsys: pytest.CaptureFixture[str], tmp_path: Path, name: str, begins: bytes) -> None:
    """The ending of the file says what kind of picture it is."""
    picture = tmp_path / name
    code, _, _ = teal(capsys, "explain", str(EXAMPLES / "shadow-then-canary.yaml"), "--picture", str(picture))
    assert code == 0
    assert picture.read_bytes().startswith(begins)


def test_explain_of_what_is_wrong_ends_with_2(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    """Problems are told as `check` tells them; a folder or a missing file is none to explain."""
    (folder / "churn.yaml").write_text(WRONG)
    code, out, err = teal(capsys, "explain", str(folder / "churn.yaml"))
    assert (code, out, len(err.splitlines())) == (2, "", 3)
    code, out, _ = teal(capsys, "explain", str(folder / "churn.yaml"), "--json")
    assert (code, len(json.loads(out)["problems"])) == (2, 3)
    for path in (folder, folder / "none.yaml"):
        assert teal(capsys, "explain", str(path)) == (2, "", f"{path}: no such file; name one policy file\n")


def test_what_cannot_be_written_ends_with_1(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    """A picture or schema for a folder that is not there is told without a traceback."""
    (folder / "churn.yaml").write_text(RIGHT)
    code, _, err = teal(capsys, "explain", str(folder / "churn.yaml"), "--picture", "/nowhere/a.svg")
    assert (code, err) == (1, "/nowhere/a.svg: cannot be written: No such file or directory\n")
    code, _, err = teal(capsys, "schema", "--out", "/nowhere/a.json")
    assert (code, err) == (1, "/nowhere/a.json: cannot be written: No such file or directory\n")


def test_schema_is_printed_or_written(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """The schema that ships can be had for any other folder."""
    code, out, _ = teal(capsys, "schema")
    assert (code, json.loads(out)) == (0, policy_schema())
    assert teal(capsys, "schema", "--out", str(tmp_path / "a.json")) == (0, "", "")
    assert (tmp_path / "a.json").read_text(encoding="utf-8") == out


@pytest.mark.parametrize(
    "words",
    [
        ["check", "--requests-per-minute", "many"],
        ["check", "--error-rate", "2"],
        ["explain"],
        ["explain", "a.yaml", "--picture", "a.gif"],
        ["explain", "a.yaml", "--instances", "0"],
        ["dance"],
        [],
    ],
)
def test_wrong_words_end_with_2(capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    """What cannot be understood is said with the right words beside it."""
    with pytest.raises(SystemExit) as caught:
        teal(capsys, *words)
    assert caught.value.code == 2
    assert "usage: teal policy" in capsys.readouterr().err
