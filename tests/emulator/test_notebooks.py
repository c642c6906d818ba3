"""Scripts in the manner of Azure ML's public notebooks run unmodified; what cannot run here is refused by name."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cloud import ROOT, RunningCloud

FOLDER = Path(__file__).with_name("notebooks")
SCRIPTS = ("simple", "kubernetes", "multimodel", "mlflow", "openapi")


@pytest.fixture(scope="module")
def reports(cloud: RunningCloud, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """Run all scripts and return what each has written down, by its name."""
    folder = tmp_path_factory.mktemp("notebooks") / "scripts"
    shutil.copytree(FOLDER, folder, ignore=shutil.ignore_patterns("__*__*"))
    names = {
        "AZURE_SUBSCRIPTION_ID": cloud["subscription"],
        "AZURE_RESOURCE_GROUP": cloud["resource_group"],
        "AZURE_ML_WORKSPACE": cloud["workspace"],
    }
    command = [sys.executable, "-m", "tests.emulator.notebooks", str(folder)]
    run = subprocess.run(command, cwd=ROOT, env=os.environ | names, check=False)  # noqa: S603  # our own command
    logs = "\n".join(path.read_text() for path in sorted(folder.glob("*.log")))
    assert run.returncode == 0, logs
    return {name: json.loads((folder / f"{name}.json").read_text()) for name in SCRIPTS}


def test_simple(reports: dict[str, Any]) -> None:
    """One deployment with everything inline serves; its log says which pins of the conda file are not met here."""
    found = reports["simple"]
    log = found.pop("log")
    assert "Init complete" in log
    assert "python is 3.11, not ==3.9.*; numpy is 2.4.6, not ==1.21.2." in log
    assert found == {
        "kind and traffic": ["Managed", {"blue": 100}],
        "scoring uri ends with": "score",
        "endpoints": True,
        "answer": '["hello"]',
        "deleted": True,
    }


def test_safe_rollout_on_kubernetes(reports: dict[str, Any]) -> None:
    """Blue and green on a cluster, with and without resources of their own, up to blue's deletion."""
    assert reports["kubernetes"] == {
        "answer of blue": '["hello"]',
        "resources of blue": ["100m", "2Gi", "defaultinstancetype"],
        "resources of green": ["0.1", "2Gi", "defaultinstancetype"],
        "split": {"blue": 90, "green": 10},
        "answer of green": '["goodbye"]',
        "remaining": ["green"],
    }


def test_multimodel(reports: dict[str, Any]) -> None:
    """A registered folder lies below AZUREML_MODEL_DIR, with a machine size in capitals and an Azure ML token."""
    assert reports["multimodel"] == {"first": ["hello"], "second": ["goodbye"]}


def test_mlflow(reports: dict[str, Any]) -> None:
    """The same MLflow model answers without a script and with one, each in its own format."""
    found = reports["mlflow"]
    assert found["model"] == ["mlflow_model", "1"]
    assert [json.loads(found[name]) for name in ("without-script", "with-script")] == [[47.0], [47.0]]
    assert "mlflow is not installed" in found["log"]


def test_openapi_and_inference_schema(reports: dict[str, Any]) -> None:
    """The declared input is in the OpenAPI documents, works as a request, and is enforced."""
    example = {"data": [[1.5, 2.0], [3.0, 4.0]], "options": {"factor": 2, "labels": ["a", "b"]}}
    assert reports["openapi"] == {
        "paths": ["/", "/score", "/swagger.json"],
        "example": example,
        "newer": "3.0.3",
        "answer": {"a": 7.0, "b": 14.0},
        "another input": [424, "400"],
    }
