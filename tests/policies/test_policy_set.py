"""The policies of a valid folder: which one is found for what, and its content."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest

from shared.core.endpoint_id import EndpointId
from shared.core.gates import (
    ClientErrorsGate,
    DisagreementGate,
    ErrorsGate,
    LatencyGate,
    LatencyLimit,
    PredictionReading,
    PredictionsGate,
    QueryGate,
)
from shared.core.judge.verdict import Risk
from shared.core.policy import Capacity, Deadlines, FreezeWindow, JudgeSettings, LiveSource, ModelSelector, Policy
from shared.core.steps import MirrorStep, PauseStep, SmokeStep, WeightStep
from shared.errors import Permanent
from shared.policies.policy_set import PolicySet, read_policies
from shared.ports import Policies

SHORTEST = "endpoint: {endpoint}\nmodels: [{{name: {model}}}]\nsteps: [weight: 10]\n"
EVERYTHING = """\
endpoint: {name: Churn}
workspace: ML-Production
name: careful
models:
  - {name: churn-model, version: 2.*, tags: {stage: production, "on": "yes"}}
  - {name: churn-model.small, version: 1.10}
deployment: {from: live, instance_type: Standard_NC6s_v3, instance_count: proportional, autoscale: false}
steps:
  - smoke:
      requests: ./smoke/../smoke/churn.jsonl
      status: 201
      timeout: 1m30s
      schema: smoke/answer.json
      contains: {classes: [yes it is, 1, 2.5], sure: true, why: null}
      slowest: 250ms
      repeat: 3
  - mirror: {percent: 20, for: 30m, requests: 2000}
  - mirror: 50
  - weight: {to: 5, settled_minutes: 10, patience: 90m, inconclusive: pause, gates: []}
  - pause: {for: 1h30m}
  - weight: 100
  - pause: {}
judge:
  rollback_risk: 1e-3
  advance_risk: .1
  settled_minutes: 5
  budget: 0.002
  patience: 1d
  inconclusive: advance
  gates:
    queries: [{name: fraud, query: ./gates/fraud.kql, role: critical, weight: 2, at_most: 0.01, budget: 0.005}]
    disagreement: {at: /label/0, at_most: 0.1, tolerance: 0, role: dry_run, weight: 3}
    predictions: {at: "", bins: [-0.5, 0, 1e3], shift: 0.05, role: dry_run, weight: .5}
    latency: {worse_than: 2, at_most: {p99.9: 2s, p50: 40ms}, role: critical, weight: 1}
    client_errors: {role: dry_run, weight: 4, at_most: 0.5}
    errors: {role: non_blocking, weight: 9, at_most: 0.02}
telemetry: {errors: metrics, latency: logs, lag: 90s, history: 2d}
deadlines: {provisioning: 20m, step: 2d, rollback: 30m, rollout: 3d12h}
newer_version: replace
freeze:
  - {why: weekend, days: [fri, sat], from: 18:00, to: "08:00", zone: Europe/Berlin}
  - {why: year's end, since: 2026-12-20, until: 2027-01-03T08:00:00+01:00, zone: Europe/Berlin}
keep_blue: {for: 0s, instances: 1}
on_rollback: keep
"""


def book_of(folder: Path, **texts: str) -> PolicySet:
    """Write policies by the stem of their file names and read the folder."""
    for stem, text in texts.items():
        (folder / f"{stem}.yaml").write_text(text)
    return read_policies(folder).valid()


def test_omitted_keys_have_the_core_s_defaults(folder: Path) -> None:
    """The shortest policy consists of the core's defaults."""
    book = book_of(folder, churn=SHORTEST.format(endpoint="churn", model="churn-model"))
    assert book.policies == (Policy("churn", (ModelSelector("churn-model"),), (WeightStep(10),)),)


def test_empty_parts_are_the_defaults_too(folder: Path) -> None:
    """An empty part means the same as an omitted one."""
    plain = SHORTEST.format(endpoint="churn", model="m")
    empty = plain + "judge: {}\ntelemetry: {}\ndeadlines: {}\n"
    assert book_of(folder, churn=plain).policies == book_of(folder, churn=empty).policies


EVERY_STEP = (
    SmokeStep(
        requests="smoke/churn.jsonl",
        status=201,
        timeout=timedelta(seconds=90),
        schema="smoke/answer.json",
        contains='{"classes":["yes it is",1,2.5],"sure":true,"why":null}',
        slowest=timedelta(milliseconds=250),
        repeat=3,
    ),
    MirrorStep(20, timedelta(minutes=30), 2000),
    MirrorStep(50),
    WeightStep(5, 10, timedelta(minutes=90), "pause", ()),
    PauseStep(timedelta(minutes=90)),
    WeightStep(100),
    PauseStep(),
)


EVERY_GATE = (
    ErrorsGate("non_blocking", 9, 0.02),
    ClientErrorsGate("dry_run", 4, 0.5),
    LatencyGate("critical", 1, 2, (LatencyLimit(50, 40), LatencyLimit(99.9, 2000))),
    PredictionsGate(PredictionReading("", (-0.5, 0, 1000)), 0.05, "dry_run", 0.5),
    DisagreementGate(PredictionReading("/label/0"), 0.1, 0, "dry_run", 3),
    QueryGate("fraud", "gates/fraud.kql", "critical", 2, 0.01, 0.005),
)


def test_every_key_arrives(queried: Path) -> None:
    """The core gets every key of a policy, with the endpoint in lower case and times in UTC."""
    (queried / "smoke" / "answer.json").write_text('{"type": "object"}')
    assert book_of(queried, churn=EVERYTHING).policies == (
        Policy(
            endpoint="churn",
            models=(
                ModelSelector("churn-model", {"stage": "production", "on": "yes"}, "2.*"),
                ModelSelector("churn-model.small", {}, "1.10"),
            ),
            steps=EVERY_STEP,
            judge=JudgeSettings(
                risk=Risk(0.001, 0.1, 5),
                budget=0.002,
                patience=timedelta(days=1),
                inconclusive="advance",
                telemetry_lag=timedelta(seconds=90),
                history=timedelta(days=2),
                gates=EVERY_GATE,
                errors_from="metrics",
            ),
            deadlines=Deadlines(
                provisioning=timedelta(minutes=20),
                step=timedelta(days=2),
                rollback=timedelta(minutes=30),
                rollout=timedelta(days=3.5),
            ),
            keep_blue=timedelta(),
            on_rollback="keep",
            name="careful",
            source=LiveSource("Standard_NC6s_v3"),
            capacity=Capacity(green="proportional", kept_blue=1, autoscale=False),
            newer_version="replace",
            workspace="ml-production",
            freeze=(
                FreezeWindow("weekend", (4, 5), time(18), time(8), "Europe/Berlin"),
                FreezeWindow(
                    why="year's end",
                    zone="Europe/Berlin",
                    since=datetime(2026, 12, 19, 23, tzinfo=UTC),
                    until=datetime(2027, 1, 3, 7, tzinfo=UTC),
                ),
            ),
        ),
    )


SHORT_AND_LONG = [
    ("steps: [weight: 10]", "steps: [weight: {to: 10}]"),
    ("steps: [mirror: 20]", "steps: [mirror: {percent: 20}]"),
    ("steps: [pause: 30m]", "steps: [pause: {for: 30m}]"),
    ("steps: [smoke: smoke/churn.jsonl]", "steps: [smoke: {requests: smoke/churn.jsonl}]"),
    ("steps: [pause: {}]\nkeep_blue: 3h", "steps: [pause: {}]\nkeep_blue: {for: 3h}"),
    ("steps: [pause: {}]\ndeployment: {}", "steps: [pause: {}]\ndeployment: {from: live, autoscale: true}"),
]


@pytest.mark.parametrize(("short", "long"), SHORT_AND_LONG)
def test_a_part_has_a_short_form(folder: Path, short: str, long: str) -> None:
    """The main value alone means the long form with no other key."""
    head = "endpoint: churn\nmodels: [{name: m}]\n"
    assert book_of(folder, churn=head + short).policies == book_of(folder, churn=head + long).policies


def test_a_smoke_step_without_a_file_uses_the_endpoint_s_sample(folder: Path) -> None:
    """The step then names no file, which stands for the sample in the endpoint's API description."""
    text = "endpoint: churn\nmodels: [{name: m}]\nsteps: [smoke: {}]\n"
    assert book_of(folder, churn=text).policies[0].steps == (SmokeStep(""),)


def test_one_file_can_be_read_alone(folder: Path) -> None:
    """The problems of other policies are then not reported."""
    (folder / "broken.yaml").write_text("[")
    (folder / "churn.yaml").write_text(SHORTEST.format(endpoint="churn", model="m"))
    book = read_policies(folder, only=folder / "churn.yaml").valid()
    assert [policy.endpoint for policy in book.policies] == ["churn"]
    assert book.files == (str(folder / "churn.yaml"),)


def test_anchors_may_be_used(folder: Path) -> None:
    """A value can be written once and reused."""
    text = SHORTEST.format(endpoint="churn", model="m")
    book = book_of(folder, churn=text + "keep_blue: &long 3h\ndeadlines: {step: *long}\n")
    assert book.policies[0].deadlines.step == book.policies[0].keep_blue == timedelta(hours=3)


def test_one_model_may_drive_several_endpoints(folder: Path) -> None:
    """A model triggers the policy of every endpoint that names it with matching tags, and no other."""
    tagged = "endpoint: west\nmodels: [{name: m, tags: {region: west}}]\nsteps: [weight: 10]\n"
    book: Policies = book_of(folder, a=SHORTEST.format(endpoint="east", model="m"), b=tagged)
    assert [p.endpoint for p in book.for_model("", "m", "1", {"region": "west", "stage": "x"})] == ["east", "west"]
    assert [p.endpoint for p in book.for_model("", "m", "1", {"region": "WEST"})] == ["east"]
    assert book.for_model("", "other", "1", {}) == ()


def test_policy_is_found_by_endpoint_in_any_case(folder: Path) -> None:
    """Azure ignores the case of endpoint names, and so does Teal."""
    book = book_of(folder, churn=SHORTEST.format(endpoint="Churn-EU", model="m"))
    assert book.for_endpoint(EndpointId("", "CHURN-eu")) is book.policies[0]
    assert book.for_endpoint(EndpointId("", "churn")) is None


def test_smoke_requests_are_found_by_the_path_in_the_policy(queried: Path) -> None:
    """The result is the file's lines as bytes, without the empty ones."""
    (queried / "smoke" / "answer.json").write_text('{"type": "object"}')
    book = book_of(queried, churn=EVERYTHING)
    step = book.policies[0].steps[0]
    assert isinstance(step, SmokeStep)
    assert book.schema(step.schema or "") == {"type": "object"}
    assert book.requests(step.paths[0]) == (b'{"data": [[1, 2]]}', b'{"data": [[3, 4]]}')


def test_missing_files_are_a_permanent_error(folder: Path) -> None:
    """A rollout whose policy has since changed gets an error instead of endless retries."""
    book = book_of(folder, churn=SHORTEST.format(endpoint="churn", model="m"))
    for ask, path in ((book.requests, "smoke/a.jsonl"), (book.schema, "b.json"), (book.template, "deployments/c.yml")):
        with pytest.raises(Permanent, match=path):
            ask(path)


@pytest.mark.parametrize("name", ["churn.YML", "Churn.Yaml"])
def test_both_file_extensions_are_read(folder: Path, name: str) -> None:
    """The case of the extension does not matter."""
    (folder / name).write_text(SHORTEST.format(endpoint="churn", model="m"))
    assert len(read_policies(folder).valid().policies) == 1


def test_only_policies_are_read(folder: Path) -> None:
    """Folders, hidden files and files with other extensions are not policies."""
    (folder / "deployments").mkdir()
    (folder / "deployments" / "churn.yml").write_text("instance_type: Standard_DS3_v2")
    (folder / "old.yaml").mkdir()
    (folder / ".churn.yaml.swp.yaml").write_text("[")
    (folder / "policy.schema.json").write_text("{}")
    assert len(book_of(folder, churn=SHORTEST.format(endpoint="churn", model="m")).policies) == 1


def test_two_policies_for_one_endpoint_are_rejected(folder: Path, find_problems: Callable[[Path], list[str]]) -> None:
    """It is unknown which one is intended; the message in the later file says where the first one is."""
    (folder / "a.yaml").write_text(SHORTEST.format(endpoint="churn", model="m"))
    (folder / "b.yml").write_text("# mine\n" + SHORTEST.format(endpoint="CHURN", model="n"))
    assert find_problems(folder) == [
        (
            "policies/b.yml:2:1: endpoint: CHURN already has a policy, in policies/a.yaml:1; remove one, "
            "or give it a name, to be chosen by the model's tag teal"
        )
    ]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("policies", "contains no policy (*.yaml or *.yml)"),
        ("nowhere", "cannot be read: No such file or directory"),
        ("policies/smoke/churn.jsonl", "cannot be read: Not a directory"),
    ],
)
def test_folder_without_policies_is_a_problem(folder: Path, name: str, words: str) -> None:
    """The message says that nothing can be rolled out, and where Teal looked."""
    path = folder.parent / name
    with pytest.raises(Permanent) as caught:
        read_policies(path).valid()
    assert str(caught.value) == (
        f"{path}: {words}, so nothing can be rolled out; Teal looked in {path} (setting TEAL_POLICIES)"
    )


def test_shipped_policies_are_valid() -> None:
    """The example for newcomers is a valid policy, with requests for its smoke test."""
    book = read_policies(Path(__file__).parents[2] / "policies").valid()
    assert [policy.endpoint for policy in book.policies] == ["churn"]
    assert len(book.requests("smoke/churn.jsonl")) == 2
