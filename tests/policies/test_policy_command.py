"""`teal policy`: the output for users and pipelines. The commands run with real arguments, in this process."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cli.__main__ import main
from shared.policies.schema import policy_schema

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples" / "policies"
VALID = "endpoint: churn\nmodels: [{name: m}]\nsteps: [smoke: {}, weight: 10]\n"
INVALID = "endpoint: churn\nmodles: [{name: m}]\nsteps: [weight: 25, weight: 10]\n"


def teal(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Run `teal policy`; return the exit code, standard output and standard error."""
    code = main(["policy", *arguments])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def test_check_reports_its_assumptions_and_estimates(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    """A valid folder gives exit code 0 and figures for each default traffic rate."""
    (folder / "churn.yaml").write_text(VALID)
    code, out, err = teal(capsys, "check", str(folder))
    assert (code, err) == (0, "")
    first, _, policies = out.partition("\n\n")
    assert first.startswith("Assumptions:\n- blue fails 0.1% and refuses 0.5% of the requests, and answers in 80 ms")
    assert "errors +5%" in first
    assert policies.startswith(f"{folder}/churn.yaml: churn: valid, 2 steps\n")
    assert [line.split()[1] for line in policies.splitlines() if line.startswith("  at ")] == [
        "10",
        "100",
        "1,000",
        "10,000",
    ]
    assert policies.count("    good version: ") == policies.count("    bad version: ") == 4


def test_check_takes_the_world_from_flags_and_a_profile(
    capsys: pytest.CaptureFixture[str], folder: Path, tmp_path: Path
) -> None:
    """The flags have the same names as for `simulate`, and override the profile."""
    (folder / "churn.yaml").write_text(VALID)
    (tmp_path / "world.yaml").write_text("requests: 500\nerrors: 2%\ngreen: [{latency: x3}]\n")
    world = ["--profile", str(tmp_path / "world.yaml"), "--latency", "200ms"]
    code, out, _ = teal(capsys, "check", str(folder), *world, "--errors", "1%", "--json")
    found = json.loads(out)
    assert code == 0
    assert found["assumptions"][0].startswith("blue fails 1% and refuses 0.5% of the requests, and answers in 200 ms")
    assert "latency x3" in found["assumptions"][1]
    (estimate,) = found["policies"][0]["estimates"]
    assert estimate["requests_per_minute"] == 500
    assert [blocker["gate"] for blocker in estimate["bad"]["blockers"]] == ["latency"]


def test_check_lists_every_problem_and_exits_with_2(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    """All problems of all files are listed with their places, without a traceback."""
    (folder / "churn.yaml").write_text(INVALID)
    (folder / "west.yaml").write_text("[")
    code, out, err = teal(capsys, "check", str(folder))
    assert code == 2
    assert err.replace(str(folder), "policies").splitlines() == [
        "policies/churn.yaml:1:1: models: missing; write it like models: [{name: churn-model}]",
        "policies/churn.yaml:2:1: modles: unknown key; did you mean models?",
        "policies/churn.yaml:3:21: steps[1].weight: 10 comes after 25; weights must increase",
        ("policies/west.yaml:2:1: not valid YAML: did not find expected node content, while parsing a flow node"),
    ]
    assert out == f"4 problems: {folder} is not usable\n"


def test_check_says_that_a_named_policy_needs_its_tag(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    """A name meant as a mere label would keep every version from being rolled out."""
    (folder / "churn.yaml").write_text(VALID + "name: churn\n")
    _, out, _ = teal(capsys, "check", "--no-estimates", str(folder))
    assert out.splitlines() == [
        f"{folder}/churn.yaml: churn (churn): valid, 2 steps",
        (
            "  - only versions with the tag teal=churn are rolled out, because the policy has a name; leave name out "
            "to roll out every version"
        ),
    ]
    (folder / "default.yaml").write_text(VALID)
    assert "the tag teal" not in teal(capsys, "check", "--no-estimates", str(folder))[1]


def test_check_names_files_that_look_like_policies_but_are_not_read(
    capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    """Nothing else reports them, and their authors believe that they apply. Templates and hidden files do not count."""
    for name, text in {
        "churn.yaml": VALID,
        "fraud.yaml.txt": VALID,
        "west/prices.yml": VALID,
        "deployments/churn.yml": "instance_type: Standard_DS3_v2\n",
        ".git/old.yaml": VALID,
        "policy.schema.json": VALID,
    }.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    code, out, _ = teal(capsys, "check", "--no-estimates", str(folder))
    why = f"looks like a policy, but is not read: policies are *.yaml and *.yml directly in {folder}"
    assert (code, out.splitlines()[1:]) == (
        0,
        [f"{folder / 'fraud.yaml.txt'}: {why}", f"{folder / 'west/prices.yml'}: {why}"],
    )
    assert json.loads(teal(capsys, "check", "--no-estimates", "--json", str(folder))[1])["unread"] == [
        str(folder / "fraud.yaml.txt"),
        str(folder / "west" / "prices.yml"),
    ]


def test_check_accepts_a_single_file(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    """Problems in other files are then not reported."""
    (folder / "churn.yaml").write_text(VALID)
    (folder / "west.yaml").write_text("[")
    assert teal(capsys, "check", "--no-estimates", str(folder / "churn.yaml")) == (
        0,
        f"{folder}/churn.yaml: churn: valid, 2 steps\n",
        "",
    )


def test_check_prints_json_for_pipelines(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    """It has the same content: problems with their places, or the policies with their estimates."""
    (folder / "churn.yaml").write_text(INVALID)
    code, out, _ = teal(capsys, "check", str(folder), "--json")
    found = json.loads(out)
    assert (code, found["valid"], found["policies"]) == (2, False, [])
    assert found["problems"][2] == {
        "file": f"{folder}/churn.yaml",
        "line": 3,
        "column": 21,
        "path": "steps[1].weight",
        "message": "10 comes after 25; weights must increase",
    }
    (folder / "churn.yaml").write_text(VALID)
    code, out, _ = teal(capsys, "check", str(folder), "--json", "--requests", "1000")
    found = json.loads(out)
    assert (code, found["valid"], found["problems"]) == (0, True, [])
    [estimate] = found["policies"][0]["estimates"]
    assert estimate["requests_per_minute"] == 1000
    assert estimate["minutes_to_full"] > 9


def test_check_reports_invalid_json_schemas(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    """An invalid schema is a problem like any other."""
    (folder / "churn.yaml").write_text(VALID.replace("smoke: {}", "smoke: {schema: smoke/a.json}"))
    (folder / "smoke" / "a.json").write_text('{"type": "objekt"}')
    code, _, err = teal(capsys, "check", str(folder))
    assert code == 2
    words = "'objekt' is not valid under any of the given schemas (at $.type)"
    assert err == f"{folder}/smoke/a.json:1:1: not a valid JSON Schema: {words}\n"


@pytest.mark.parametrize(
    "strategy", ["canary", "linear", "blue-green", "shadow-then-canary", "smoke-only", "kubernetes"]
)
def test_every_ready_policy_can_be_explained(capsys: pytest.CaptureFixture[str], strategy: str) -> None:
    """Each strategy is described step by step, from the deployment to the promotion."""
    code, out, _ = teal(capsys, "explain", str(EXAMPLES / f"{strategy}.yaml"))
    assert code == 0
    assert "\n1. deploy: " in out
    assert ". promote: All traffic goes to green" in out
    assert "\nSimulated rollouts at 1,000 requests per minute:\n  good version: " in out
    assert " instance-hours more than one deployment alone." in out


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
EXPLANATION = """\
Every new version of m whose version matches 2.* tagged stage=prod with the tag teal=careful is rolled out on the \
endpoint churn. If the endpoint does not exist, it is created (key). A version registered in the meantime replaces it: \
this one is rolled back first. After 3 replacements without a promotion one is allowed to finish. A version whose \
event is lost is reported within a day.

1. deploy: Creates green: from deployments/churn.yml, on Standard_F4s_v2, instances in proportion to its traffic.
   Not ready within 45 min: green is deleted, nothing changed.
2. smoke: Green answers the requests of smoke/churn.jsonl, 2 times (the last time counts): status 200 within 10 s, at \
most 500 ms and an answer that contains {"ok":true}.
   Any other answer: green is removed before any user reaches it.
3. mirror 20%: Mirrors 20% of the live traffic to green until green has answered 2,000. Its answers are discarded.
   Green is worse than blue: it is removed before any user reaches it. Too few answers after 1 h: advances \
uncertified, unless green looks suspicious.
4. weight 10%: 10% of the live traffic goes to green, for at least 3 whole minutes and until 50% is certified to stay \
within the harm budget, at odds of 20 to 1 by errors and slow.
   Not certified after 1 h: advances uncertified, unless green looks suspicious.
5. pause: Waits until an operator resumes or promotes.
   Not resumed in time: rolled back.
6. weight 50%: 50% of the live traffic goes to green, for at least 3 whole minutes.
   Green is worse than blue: rolled back.
7. promote: All traffic goes to green, which is still judged; then green serves. Blue stays 12 h on 1 instance, or \
until a newer green is promoted, then it is deleted.
   Green is worse than blue was: rolled back.

Judged minute by minute, each when it is 3 min old: requests and errors from the platform metrics, latency from the \
request log, predictions from the answers that the deployments collect, query results from Log Analytics.
- errors: requests fail (5xx, crashes, 408, 429) no more often than on blue, and at most 2% of them do, whatever blue \
does. Critical, with 50% of the rollback risk: rolls back alone at odds of 200 to 1; steps wait for its certificate.
- client_errors: requests are rejected (4xx, also by the model itself) no more often than on blue. Dry run: shown, but \
decides nothing.
- latency: answers take at most 1.5 times as long as blue's, and 50% of them at most 40 ms, 99% of them at most 1 s, \
whatever blue does. Non-blocking, with 30% of the rollback risk: rolls back alone at odds of 333 to 1; steps wait for \
it only where they name it.
- predictions: the predictions at /label fall into bins with borders at 0.2, 0.5 as blue's do, give or take 2%. \
Non-blocking, with 5% of the rollback risk: rolls back alone at odds of 2,000 to 1; steps wait for it only where they \
name it.
- disagreement: green disagrees with blue on at most 5% of the mirrored requests (numbers within 0.01 agree). \
Non-blocking, with 5% of the rollback risk: rolls back alone at odds of 2,000 to 1; steps wait for it only where they \
name it.
- slow: the share that gates/slow.kql counts as bad is no larger than blue's, and at most 0.5%, whatever blue does. \
Critical, with 10% of the rollback risk: rolls back alone at odds of 1,000 to 1; steps wait for its certificate.

At any step:
- Green is worse than blue, by all gates together at odds of 100 to 1: rolled back immediately.
- A step takes longer than 2 h, or the rollout longer than 1 d: rolled back.
- An operator can roll back at any time while blue exists, and pause, resume or promote.
- After a rollback, green is kept for inspection.
- What an ended rollout left behind is reported within a day.
- Green receives clearly more or fewer of the live requests than its weight: reported.
- Nothing advances on Mon and Fri from 18:00 to 08:00 of the next day (Europe/Berlin): nights.
"""


def write_story(folder: Path) -> None:
    """Write a policy that uses every feature, and the files that it names."""
    (folder / "careful.yaml").write_text(STORY)
    (folder / "gates").mkdir()
    (folder / "gates" / "slow.kql").write_text("Slow")
    (folder / "deployments").mkdir()
    (folder / "deployments" / "churn.yml").write_text(TEMPLATE)


def test_explain_describes_every_part_of_a_policy(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    """It describes what starts a rollout, each step, what is judged, and what stops it."""
    write_story(folder)
    code, out, _ = teal(capsys, "explain", str(folder / "careful.yaml"))
    assert code == 0
    assert out.split("\nSimulated rollouts ")[0] == EXPLANATION


def test_explain_names_the_gates_that_a_step_waits_for(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    """A step may name its gates; an errors gate that no step waits for gets a remark."""
    gates = "judge: {gates: {errors: {role: non_blocking}, latency: {}}}\ntelemetry: {errors: metrics}\n"
    steps = "steps: [smoke: {}, mirror: {percent: 5, for: 20m}, weight: {to: 10, gates: [latency]}]\n"
    (folder / "churn.yaml").write_text(f"endpoint: churn\nmodels: [{{name: m}}]\n{steps}{gates}")
    explained = json.loads(teal(capsys, "explain", str(folder / "churn.yaml"), "--json")[1])
    assert explained["stages"][3]["does"].endswith("at odds of 20 to 1 by latency.")
    assert explained["sources"].startswith(
        "Judged minute by minute, each when it is 5 min old: requests and errors from"
    )
    assert [words.split(": ")[0] for words in explained["judged"]] == ["errors", "latency"]
    assert [words.split(":")[0] for words in explained["remarks"]] == ["errors are not critical", "telemetry.errors"]


def test_explain_promises_no_certificate_after_all_traffic(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    """With 100 percent there is no next weight to be certified."""
    (folder / "churn.yaml").write_text("endpoint: churn\nmodels: [{name: m}]\nsteps: [weight: 50, weight: 100]\n")
    explained = json.loads(teal(capsys, "explain", str(folder / "churn.yaml"), "--json")[1])
    does = {stage["title"]: stage["does"] for stage in explained["stages"]}
    assert "until 100% is certified" in does["weight 50%"]
    assert does["weight 100%"] == "100% of the live traffic goes to green, for at least 3 whole minutes."


def test_explain_counts_what_the_overlap_costs(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    """With prices, the overlap has a cost: blue at its own instance type, and green at the policy's."""
    write_story(folder)
    (folder / "prices.yaml").write_text("currency: EUR\nper_hour: {Standard_DS3_v2: 1, Standard_F4s_v2: 10}\n")
    arguments = (
        "explain",
        str(folder / "careful.yaml"),
        "--instances",
        "4",
        "--instance-type",
        "Standard_DS3_v2",
        "--latency",
        "20ms",
        "--json",
    )
    explained: dict[str, Any] = json.loads(teal(capsys, *arguments)[1])
    hours = explained["overlap_hours"]
    assert hours["kept"] == pytest.approx(12, abs=0.1)
    assert hours["blue"] == pytest.approx(12 + 3 / 4, abs=0.2)  # all four until green was seen to serve well
    [(machines, price)] = explained["overlap_costs"].items()
    assert machines == "Standard_DS3_v2, then Standard_F4s_v2 (EUR)"
    assert price == pytest.approx(hours["blue"] + 10 * hours["green"], abs=0.01)
    assert hours["green"] > 8 / 60  # counted from the order; green takes eight minutes to become ready


@pytest.mark.parametrize(("name", "begins"), [("a.svg", b"<?xml"), ("a.PNG", b"\x89PNG"), ("a.pdf", b"%PDF")])
def test_explain_draws_a_picture(capsys: pytest.CaptureFixture[str], tmp_path: Path, name: str, begins: bytes) -> None:
    """The file extension selects the format."""
    picture = tmp_path / name
    code, _, _ = teal(capsys, "explain", str(EXAMPLES / "shadow-then-canary.yaml"), "--picture", str(picture))
    assert code == 0
    assert picture.read_bytes().startswith(begins)


def test_explain_of_an_invalid_policy_exits_with_2(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    """Problems are reported as by `check`; a folder or a missing file cannot be explained."""
    (folder / "churn.yaml").write_text(INVALID)
    code, out, err = teal(capsys, "explain", str(folder / "churn.yaml"))
    assert (code, out, len(err.splitlines())) == (2, "", 3)
    code, out, _ = teal(capsys, "explain", str(folder / "churn.yaml"), "--json")
    assert (code, len(json.loads(out)["problems"])) == (2, 3)
    for path, found in ((folder, "is a folder"), (folder / "none.yaml", "no such file")):
        assert teal(capsys, "explain", str(path)) == (2, "", f"{path}: {found}; name one policy file\n")


def test_an_unwritable_output_exits_with_1(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    """A picture or schema that cannot be written is reported without a traceback."""
    (folder / "churn.yaml").write_text(VALID)
    (folder / "taken.svg").mkdir()
    code, _, err = teal(capsys, "explain", str(folder / "churn.yaml"), "--picture", str(folder / "taken.svg"))
    assert (code, err) == (1, f"{folder}/taken.svg: cannot be written: Is a directory\n")
    code, _, err = teal(capsys, "schema", "--out", str(folder / "nowhere/a.json"))
    assert (code, err) == (1, f"{folder}/nowhere/a.json: cannot be written: No such file or directory\n")


def test_schema_is_printed_or_written(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """The shipped schema can be written for any other folder."""
    code, out, _ = teal(capsys, "schema")
    assert (code, json.loads(out)) == (0, policy_schema())
    assert teal(capsys, "schema", "--out", str(tmp_path / "a.json")) == (0, "", "")
    assert (tmp_path / "a.json").read_text(encoding="utf-8") == out


@pytest.mark.parametrize("arguments", [["explain"], ["dance"], []])
def test_unknown_or_missing_arguments_exit_with_2(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    """The usage is printed as well."""
    with pytest.raises(SystemExit) as caught:
        teal(capsys, *arguments)
    assert caught.value.code == 2
    assert "usage: teal policy" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["check", "explain"])
def test_every_invalid_argument_is_reported(capsys: pytest.CaptureFixture[str], folder: Path, command: str) -> None:
    """All are listed together, each with what would be valid; the exit code is 2."""
    (folder / "churn.yaml").write_text(VALID)
    invalid = ["--requests", "many", "--errors", "2", "--latency", "slow", "--instances", "0", "--seed", "x"]
    more = ["--picture", "a.gif"] if command == "explain" else []
    code, out, err = teal(capsys, command, str(folder / "churn.yaml"), *invalid, *more)
    assert (code, out) == (2, "")
    assert sorted(line.split(":")[0] for line in err.splitlines()) == sorted(
        argument for argument in invalid + more if argument.startswith("--")
    )
