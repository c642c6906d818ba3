"""Scripts modelled on Azure ML's public notebooks run unmodified; what cannot run here is refused by name."""

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
# The last one polls the request log, so it takes longer: `make notebooks` includes it, CI does not.
ALL = os.environ.get("NOTEBOOKS") == "all"
SCRIPTS = ("simple", "kubernetes", "multimodel", "mlflow", "openapi", "binary", *(["blocking_shift"] if ALL else []))


@pytest.fixture(scope="module")
def reports(cloud: RunningCloud, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """Run all scripts and return what each reported, by its name."""
    folder = tmp_path_factory.mktemp("notebooks")
    for number, name in enumerate(SCRIPTS, start=1):
        _copy(folder / name, number)
    names = {
        "AZURE_SUBSCRIPTION_ID": cloud["subscription"],
        "AZURE_RESOURCE_GROUP": cloud["resource_group"],
        "AZURE_ML_WORKSPACE": cloud["workspace"],
        "LOG_ANALYTICS_WORKSPACE": cloud["log_analytics_workspace"],
    }
    command = [sys.executable, "-m", "tests.emulator.notebooks", str(folder)]
    run = subprocess.run(command, cwd=ROOT, env=os.environ | names, check=False)  # noqa: S603  # our own command
    failed = [name for name in SCRIPTS if not (folder / name / f"{name}.json").exists()]
    assert run.returncode == 0, "\n".join((folder / name / "log").read_text()[-3000:] for name in failed)
    return {name: json.loads((folder / name / f"{name}.json").read_text()) for name in SCRIPTS}


def _copy(folder: Path, number: int) -> None:
    """Copy a user's files, made different from those of other users by some empty lines at the end.

    Otherwise two clients would upload the same content to the same place at once, and one would fail, as in Azure.
    """
    shutil.copytree(FOLDER, folder, ignore=shutil.ignore_patterns("__*__*"))
    for path in [*folder.glob("onlinescoring/*.py"), *folder.glob("words/*.txt")]:
        path.write_text(path.read_text() + "\n" * number)


def test_simple(reports: dict[str, Any]) -> None:
    """A deployment with everything inline serves; its log lists the pins of the conda file that are not met here."""
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
    """Blue and green on a cluster, with and without their own resource requests, until blue is deleted."""
    assert reports["kubernetes"] == {
        "answer of blue": '["hello"]',
        "resources of blue": ["100m", "2Gi", "defaultinstancetype"],
        "resources of green": ["0.1", "2Gi", "defaultinstancetype"],
        "split": {"blue": 90, "green": 10},
        "answer of green": '["goodbye"]',
        "remaining": ["green"],
    }


def test_multimodel(reports: dict[str, Any]) -> None:
    """A registered folder is below AZUREML_MODEL_DIR; the machine size is in capitals, and the token is Azure ML's."""
    assert reports["multimodel"] == {"first": ["hello"], "second": ["goodbye"]}


def test_mlflow(reports: dict[str, Any]) -> None:
    """The same MLflow model answers without a script and with one, in a different format each."""
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


def test_files_in_and_out(reports: dict[str, Any]) -> None:
    """Whole requests reach the script, its answers are returned unchanged, and another script replaces it."""
    assert reports["binary"] == {
        "machine": "Standard_F4s_v2",
        "edited": ["files", {"b": "2"}, {"files": 100}],
        "answer": [200, "image/png", True],
        "without a file": [424, "422", "there is no file"],
        "described": "files in and out",
        "sizes": {"x.png": 7, "y.png": 90},
    }


@pytest.mark.skipif(not ALL, reason="only with `make notebooks`")
def test_blocking_traffic_shift(reports: dict[str, Any]) -> None:
    """A loop that waits for the request log continues while green answers, and moves back when half fails."""
    assert reports["blocking_shift"] == {"steps": [[50, 0.0], [100, 0.5]], "traffic": {"blue": 100, "green": 0}}
