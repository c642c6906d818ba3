"""Scripts that do not know about the emulator run against it unchanged, with only its environment variables."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cloud import ROOT, RunningCloud

FOLDER = Path(__file__).with_name("safe_rollout")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a user's folder: scripts, sample requests, and two models trained in the serving environment."""
    folder = tmp_path / "project"
    shutil.copytree(FOLDER, folder)
    subprocess.run(  # noqa: S603  # our own script
        [ROOT / ".serving/bin/python", "train.py", "."], cwd=folder, check=True
    )
    return folder


@pytest.fixture
def names(cloud: RunningCloud) -> dict[str, str]:
    """Return the environment of a user who has set the names of the cloud's resources."""
    return os.environ | {
        "AZURE_SUBSCRIPTION_ID": cloud["subscription"],
        "AZURE_RESOURCE_GROUP": cloud["resource_group"],
        "AZURE_ML_WORKSPACE": cloud["workspace"],
    }


def test_safe_rollout(project: Path, names: dict[str, str]) -> None:
    """A manual rollout, from creating the endpoint to deleting it, gives the same answers as in Azure."""
    run = subprocess.run(  # our own script
        [sys.executable, "rollout.py"], cwd=project, env=names, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr
    report = json.loads((project / "report.json").read_text())
    assert "the model is loaded" in report.pop("log")
    assert json.loads(report.pop("blue")) == pytest.approx([3.1, 30.1])
    assert report == {
        "instances": 2,
        "initial traffic": {"blue": 100},
        "green": "[3, 30]",
        "mirrored": {"green": 10},
        "split traffic": {"blue": 90, "green": 10},
        "promoted": "[3, 30]",
        "remaining": ["green"],
        "deleted": True,
    }


def test_curl(cloud: RunningCloud) -> None:
    """With the exported variables alone, curl reaches an emulated host and no other host."""
    curl = shutil.which("curl")
    if curl is None:
        pytest.skip("curl is not installed")

    known = os.environ | cloud.environment

    def fetch(url: str) -> tuple[int, str]:
        options = ["--silent", "--show-error", "--output", os.devnull, "--write-out", "%{http_code} %{errormsg}"]
        run = subprocess.run([curl, *options, url], env=known, stdout=subprocess.PIPE, text=True, check=False)  # noqa: S603  # curl
        return run.returncode, run.stdout

    assert fetch("https://management.azure.com/") == (0, "401 ")
    code, message = fetch("https://example.com/")
    assert (code != 0, "403" in message) == (True, True)
