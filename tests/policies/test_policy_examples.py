"""The ready policies, one for each strategy: all can be used as they stand."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from shared.core.policy import MirrorStep, PauseStep, SmokeStep, TemplateSource, WeightStep
from shared.policies.book import PolicyBook, read_policies

FOLDER = Path(__file__).parents[2] / "examples" / "policies"

STRATEGIES = {
    "canary": [SmokeStep, WeightStep, WeightStep, WeightStep, WeightStep],
    "linear": [SmokeStep, *[WeightStep] * 5],
    "blue-green": [SmokeStep, PauseStep, WeightStep],
    "shadow-then-canary": [SmokeStep, MirrorStep, MirrorStep, WeightStep, WeightStep],
    "smoke-only": [SmokeStep],
    "kubernetes": [SmokeStep, WeightStep, WeightStep],
}


@pytest.fixture(scope="module")
def book() -> PolicyBook:
    """Return the book of the ready policies."""
    return read_policies(FOLDER, environment={})


def test_there_is_one_for_each_strategy(book: PolicyBook) -> None:
    """Nothing ships that is not listed here, and nothing listed is missing."""
    assert sorted(Path(file).stem for file in book.files) == sorted(STRATEGIES)


@pytest.mark.parametrize(("strategy", "kinds"), STRATEGIES.items())
def test_strategy_has_its_steps(book: PolicyBook, strategy: str, kinds: list[type]) -> None:
    """A strategy is its steps, in their order, and what they name is there."""
    policy = book.policies[book.files.index(str(FOLDER / f"{strategy}.yaml"))]
    assert [type(step) for step in policy.steps] == kinds
    for step in policy.steps:
        if isinstance(step, SmokeStep) and step.requests:
            assert book.requests(step.requests)
        if isinstance(step, SmokeStep) and step.schema:
            assert book.schema(step.schema)


def test_kubernetes_comes_from_a_template_without_mirror(book: PolicyBook) -> None:
    """The Kubernetes example shows a template, whose variables are filled in for each rollout."""
    policy = book.policies[book.files.index(str(FOLDER / "kubernetes.yaml"))]
    assert isinstance(policy.source, TemplateSource)
    assert "${MODEL_VERSION}" in book.template(policy.source.path)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # what the SDK does to marshmallow
def test_microsofts_loader_takes_the_template(book: PolicyBook) -> None:
    """What the example's template becomes is a Kubernetes deployment to azure-ai-ml, with the version as text."""
    from azure.ai.ml import load_online_deployment  # noqa: PLC0415 -- a second that only this test should cost

    values = {"MODEL_NAME": "vision-model", "MODEL_VERSION": "1.10", "ENDPOINT_NAME": "vision"}
    text = book.filled_template("deployments/vision.yml", values)
    loaded = load_online_deployment(io.StringIO(text), relative_origin=f"{FOLDER / 'deployments'}/")
    assert type(loaded).__name__ == "KubernetesOnlineDeployment"
    assert (loaded.endpoint_name, loaded.model) == ("vision", "vision-model:1.10")
    assert loaded.environment_variables == {"MODEL_VERSION": "1.10"}


def test_each_is_for_an_endpoint_of_its_own(book: PolicyBook) -> None:
    """The examples stand in one folder, so no two may claim one endpoint."""
    assert len({policy.endpoint for policy in book.policies}) == len(book.policies)
