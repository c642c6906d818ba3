"""Scripts that know nothing of the emulator run against it unchanged, with its environment variables and no more."""

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
    """Return a user's folder: scripts, samples, and two models trained in the serving environment."""
    folder = tmp_path / "project"
    shutil.copytree(FOLDER, folder)
    subprocess.run(  # noqa: S603  # our own script
        [ROOT / ".serving/bin/python", "train.py", "."], cwd=folder, check=True
    )
    return folder


@pytest.fixture
def names(cloud: RunningCloud) -> dict[str, str]:
    """Return the environment of a user who was given the cloud's names."""
    return os.environ | {
        "AZURE_SUBSCRIPTION_ID": cloud["subscription"],
        "AZURE_RESOURCE_GROUP": cloud["resource_group"],
        "AZURE_ML_WORKSPACE": cloud["workspace"],
    }


def test_safe_rollout(project: Path, names: dict[str, str]) -> None:
    """A rollout by hand, from the endpoint to its deletion, gives the answers it would give in Azure."""
    run = subprocess.run(  # our own script
        [sys.executable, "rollout.py"], cwd=project, env=names, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr
    report = json.loads((project / "report.json").read_text())
    assert "the model is loaded" in report.pop("log")
    assert json.loads(report.pop("blue")) == pytest.approx([3.1, 30.1])
    assert report == {
        "instances": 2,
        "traffic at first": {"blue": 100},
        "green": "[3, 30]",
        "mirrored": {"green": 10},
        "traffic shared": {"blue": 90, "green": 10},
        "promoted": "[3, 30]",
        "left": ["green"],
        "gone": True,
    }


def test_curl(cloud: RunningCloud) -> None:
    """Curl reaches an emulated host with the exported variables alone, and no other host."""
    curl = shutil.which("curl")
    if curl is None:
        pytest.skip("there is no curl here")

    known = os.environ | cloud.environment

    def fetch(url: str) -> tuple[int, str]:
        options = ["--silent", "--show-error", "--output", os.devnull, "--write-out", "%{http_code} %{errormsg}"]
        run = subprocess.run([curl, *options, url], env=known, stdout=subprocess.PIPE, text=True, check=False)  # noqa: S603  # curl
        return run.returncode, run.stdout

    assert fetch("https://management.azure.com/") == (0, "401 ")
    code, message = fetch("https://example.com/")
    assert (code != 0, "403" in message) == (True, True)
