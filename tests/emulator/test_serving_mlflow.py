"""MLflow models without a scoring script or environment, which MLflow's own server serves in Azure's request format."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from emulator.containers import ContainerError, DeploymentFiles
from tests.emulator.mlflow_models import COLUMNS, ROWS, save
from tests.emulator.serving import Serving, deployment, running_serving


@dataclass(frozen=True, slots=True)
class Registered:
    """Models as MLflow saves them: the same formula, with and without an input example."""

    directory: Path

    def files(self, folder: str = "with-sample", kind: str = "mlflow_model") -> DeploymentFiles:
        """Return the files of a deployment that has only a model."""
        return DeploymentFiles(None, None, str(self.directory / folder), "formula", "2", kind)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Registered:
    """Return models saved by MLflow."""
    directory = tmp_path_factory.mktemp("mlflow")
    save(directory)
    return Registered(directory)


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory, model: Registered) -> Iterator[Serving]:
    """Return an endpoint whose deployments have only an MLflow model: blue's has an input example, green's has none."""
    with running_serving(tmp_path_factory.mktemp("serving")) as started:
        for name, folder in {"blue": "with-sample", "green": "without-sample"}.items():
            wanted = deployment(name, requestSettings={"maxConcurrentRequestsPerInstance": 4})
            started.start(wanted, model.files(folder))
        started.route({"blue": 100})
        yield started


@pytest.mark.parametrize(
    ("request_body", "predictions"),
    [
        ({"input_data": {"columns": COLUMNS, "index": [0, 1], "data": ROWS}}, [47.0, 25.5]),
        ({"input_data": {"columns": COLUMNS[::-1], "data": [[70.0, 40.0]]}}, [47.0]),
        ({"input_data": [{"age": 40.0, "weight": 70.0}]}, [47.0]),
        ({"input_data": {"columns": COLUMNS, "index": [0], "data": ROWS[:1]}, "params": {"factor": 2.0}}, [94.0]),
    ],
)
def test_request_formats(serving: Serving, request_body: dict[str, Any], predictions: list[float]) -> None:
    """Tables with columns, lists of records, and parameters are accepted; the answer is the bare predictions."""
    answer = serving.ask(request_body)
    assert (answer.status, json.loads(answer.text)) == (200, predictions)


@pytest.mark.parametrize(
    ("request_body", "words"),
    [
        ({"dataframe_split": {"columns": COLUMNS, "data": ROWS}}, "'input_data'"),
        ([1, 2], "'input_data'"),
        ({"input_data": {"columns": ["age"], "data": [[40.0]]}}, "weight"),
        ({"input_data": ROWS}, "enforce schema"),
    ],
)
def test_what_the_model_refuses(serving: Serving, request_body: object, words: str) -> None:
    """A request in another format, or one that does not match the signature, is a 400 of the model, shown as a 424."""
    answer = serving.ask(request_body)
    assert (answer.status, answer.headers["ms-azureml-model-error-statuscode"]) == (424, "400")
    assert words in answer.text


def example(serving: Serving, deployment_: str) -> Any:  # noqa: ANN401  # any JSON
    """Return the sample request in a deployment's description."""
    described = json.loads(serving.get("/swagger.json", azureml_model_deployment=deployment_).text)
    return described["definitions"]["ServiceInput"]["example"]


def test_the_sample_is_in_the_description(serving: Serving) -> None:
    """/swagger.json has the model's input example and its parameters' defaults, as a request that works."""
    found = example(serving, "blue")
    assert found == {"input_data": {"columns": COLUMNS, "index": [0, 1], "data": ROWS}, "params": {"factor": 1.0}}
    assert json.loads(serving.ask(found).text) == [47.0, 25.5]


def test_a_model_without_a_sample(serving: Serving) -> None:
    """As in Azure, the sample request then has a table without rows, and the parameters' defaults."""
    found = example(serving, "green")
    assert found == {"input_data": {"columns": COLUMNS, "index": [], "data": []}, "params": {"factor": 1.0}}


def test_a_folder_that_is_not_an_mlflow_model(serving: Serving, tmp_path: Path) -> None:
    """If it is registered as an MLflow model, its container fails to start with a message that says why."""
    (tmp_path / "folder").mkdir()
    files = DeploymentFiles(None, None, str(tmp_path / "folder"), "formula", "3", "mlflow_model")
    with pytest.raises(ContainerError, match="MLmodel") as refused:
        serving.loop.run(serving.fleet.start(deployment("other"), files))
    assert refused.value.code == "ResourceNotReady"


def test_other_models_need_a_script(serving: Serving, model: Registered) -> None:
    """The same folder registered as a custom model is refused, because it is unknown how to call it."""
    files = model.files(kind="custom_model")
    with pytest.raises(ContainerError, match="MLflow models only"):
        serving.loop.run(serving.fleet.start(deployment("other"), files))
