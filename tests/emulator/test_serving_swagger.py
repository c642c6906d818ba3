"""The API description of an endpoint, with the sample that a scoring script declares."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from emulator.containers import DeploymentFiles
from tests.emulator.serving import Serving, code_folder, deployment, running_serving

DECLARED = """
from inference_schema.parameter_types.standard_py_parameter_type import StandardPythonParameterType
from inference_schema.schema_decorators import input_schema

def init():
    pass

@input_schema("words", StandardPythonParameterType(["SAMPLE"]))
def run(words):
    return [word.upper() for word in words]
"""
UNDECLARED = "def init():\n    pass\n\n\ndef run(raw):\n    return raw\n"


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """Return an endpoint whose deployments declare different samples; `plain` declares none."""
    directory: Path = tmp_path_factory.mktemp("serving")
    scripts = {name: DECLARED.replace("SAMPLE", name) for name in ("blue", "green")} | {"plain": UNDECLARED}
    with running_serving(directory) as started:
        for name, script in scripts.items():
            files = DeploymentFiles(code_folder(directory / name, script), "score.py", None, None, None)
            started.start(deployment(name), files)
        started.route({"blue": 100})
        yield started


@pytest.mark.parametrize(("named", "sample"), [({}, "blue"), ({"azureml_model_deployment": "green"}, "green")])
def test_the_sample(serving: Serving, named: dict[str, str], sample: str) -> None:
    """The description is that of the deployment with the traffic, or of the named one. Its sample works."""
    described = json.loads(serving.get("/swagger.json", **named).text)
    example = described["definitions"]["ServiceInput"]["example"]
    assert example == {"words": [sample]}
    assert json.loads(serving.ask(example, **named).text) == [sample.upper()]


def test_no_sample(serving: Serving) -> None:
    """A script that declares no sample has a description too; its example is an empty object."""
    described = json.loads(serving.get("/swagger.json", azureml_model_deployment="plain").text)
    assert described["definitions"]["ServiceInput"]["example"] == {}


@pytest.mark.parametrize("key", ["", "Bearer another"])
def test_a_key_is_required(serving: Serving, key: str) -> None:
    """Without the endpoint's key nothing about the model is disclosed."""
    assert serving.get("/swagger.json", Authorization=key).status == 401
