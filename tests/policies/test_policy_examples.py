"""The example policies, one for each strategy: all are valid as they are."""

from __future__ import annotations

import io
from datetime import timedelta
from pathlib import Path

import pytest

from emulator.traffic import TrafficEntry
from shared.adapters.queries import tallies
from shared.core.gates import DisagreementGate, PredictionsGate
from shared.core.observation import Tally
from shared.core.policy import TemplateSource
from shared.core.steps import MirrorStep, PauseStep, SmokeStep, WeightStep
from shared.core.telemetry.predictions import agrees, labels
from shared.policies.policy_set import PolicySet, read_policies
from tests.adapters.written_log import HOUR, START, WrittenLog, written_log

FOLDER = Path(__file__).parents[2] / "examples" / "policies"

STRATEGIES = {
    "canary": [SmokeStep, *[WeightStep] * 5],
    "linear": [SmokeStep, *[WeightStep] * 5],
    "blue-green": [SmokeStep, PauseStep, WeightStep],
    "shadow-then-canary": [SmokeStep, MirrorStep, MirrorStep, WeightStep, WeightStep],
    "smoke-only": [SmokeStep],
    "kubernetes": [SmokeStep, WeightStep, WeightStep],
}
GATES = {
    "canary": ["errors", "client_errors", "latency", "empty"],
    "linear": ["errors", "latency"],
    "blue-green": ["errors", "latency"],
    "shadow-then-canary": ["errors", "latency", "predictions", "disagreement"],
    "smoke-only": ["errors", "latency"],
    "kubernetes": ["errors", "latency"],
}


@pytest.fixture(scope="module")
def book() -> PolicySet:
    """Return the set of example policies."""
    return read_policies(FOLDER, environment={}).valid()


def test_there_is_one_for_each_strategy(book: PolicySet) -> None:
    """The shipped files are exactly those listed here."""
    assert sorted(Path(file).stem for file in book.files) == sorted(STRATEGIES)


@pytest.mark.parametrize(("strategy", "kinds"), STRATEGIES.items())
def test_strategy_has_its_steps(book: PolicySet, strategy: str, kinds: list[type]) -> None:
    """Each strategy has its steps, in order, and the files that they name exist."""
    policy = book.policies[book.files.index(str(FOLDER / f"{strategy}.yaml"))]
    assert [type(step) for step in policy.steps] == kinds
    for step in policy.steps:
        if isinstance(step, SmokeStep):
            assert all(book.requests(path) for path in step.paths)
        if isinstance(step, SmokeStep) and step.schema:
            assert book.schema(step.schema)
    assert [gate.name for gate in policy.judge.gates] == GATES[strategy]


def write(log: WrittenLog, seconds: int, code: int, size: int, endpoint: str = "churn") -> None:
    """Record a response of `size` bytes, `seconds` after the start."""
    log.clock.moments.append(START + timedelta(seconds=seconds))
    log.log.record(
        TrafficEntry(endpoint, f"{endpoint}-7".title(), "POST", "/score", code, "", code, "", 100, size, 10, 10)
    )
    log.clock.moments.append(HOUR.until)


def test_the_example_query_counts_empty_answers(book: PolicySet) -> None:
    """Run as in the app, it counts only good answers of the endpoint, and those of at most two bytes as bad."""
    with written_log() as log:
        for seconds, size in enumerate((0, 2, 3, 900, 2), start=59):
            write(log, seconds, 200, size)
        write(log, 1, 500, 0)
        write(log, 2, 200, 0, "fraud")
        found = tallies(log.analytics, "churn", HOUR, book.query("gates/empty_answers.kql"))
    assert [(name, tally) for (_, name), tally in found.items()] == [("churn-7", Tally(1, 1)), ("churn-7", Tally(2, 4))]


def test_example_pointers_match_the_answers(book: PolicySet) -> None:
    """In an answer of the example ranking model the score falls into its bin, and the first result is compared."""
    policy = book.policies[book.files.index(str(FOLDER / "shadow-then-canary.yaml"))]
    (predictions,) = (gate for gate in policy.judge.gates if isinstance(gate, PredictionsGate))
    (disagreement,) = (gate for gate in policy.judge.gates if isinstance(gate, DisagreementGate))
    one = '{"model": "ranking", "results": [{"id": 17, "score": 0.91}, {"id": 4, "score": 0.3}]}'
    other = '{"model": "ranking", "results": [{"id": 4, "score": 0.91}, {"id": 17, "score": 0.3}]}'
    assert labels(one, predictions.reading) == ("0.8 and above",)
    assert not agrees(one, other, disagreement.reading, disagreement.tolerance)


def test_kubernetes_comes_from_a_template_without_mirror(book: PolicySet) -> None:
    """The Kubernetes example has a template, whose variables are filled in for each rollout."""
    policy = book.policies[book.files.index(str(FOLDER / "kubernetes.yaml"))]
    assert isinstance(policy.source, TemplateSource)
    assert "${MODEL_VERSION}" in book.template(policy.source.path)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # the SDK's use of marshmallow
def test_microsofts_loader_accepts_the_template(book: PolicySet) -> None:
    """azure-ai-ml loads the filled-in template as a Kubernetes deployment, with the version as text."""
    from azure.ai.ml import load_online_deployment  # noqa: PLC0415 -- a second that only this test should cost

    values = {"MODEL_NAME": "vision-model", "MODEL_VERSION": "1.10", "ENDPOINT_NAME": "vision"}
    text = book.filled_template("deployments/vision.yml", values)
    loaded = load_online_deployment(io.StringIO(text), relative_origin=f"{FOLDER / 'deployments'}/")
    assert type(loaded).__name__ == "KubernetesOnlineDeployment"
    assert (loaded.endpoint_name, loaded.model) == ("vision", "vision-model:1.10")
    assert loaded.environment_variables == {"MODEL_VERSION": "1.10"}


def test_each_is_for_a_different_endpoint(book: PolicySet) -> None:
    """The examples are in one folder, so no two may be for the same endpoint."""
    assert len({policy.endpoint for policy in book.policies}) == len(book.policies)
