"""The example matches the demo's claims: one version is better, and one has a bug that hand-picked requests miss."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from cli.demo.options import EXAMPLE, DemoOptions

Trained = tuple[Path, dict[str, Any]]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """Train the four versions in the environment that serves them."""
    folder = tmp_path_factory.mktemp("trained")
    subprocess.run([DemoOptions().serving, EXAMPLE / "train.py", folder], check=True)  # noqa: S603  # our own script
    return folder, json.loads((folder / "versions.json").read_text(encoding="utf-8"))


def test_about_one_request_in_twenty_fails_on_version_3_and_none_on_the_others(trained: Trained) -> None:
    """The share is measured on the data set, with the registered script."""
    folder, versions = trained
    requests = (folder / "requests.jsonl").read_text(encoding="utf-8").splitlines()
    assert 0.04 <= len(versions["3"]["fails_on"]) / len(requests) <= 0.07
    assert [versions[version]["fails_on"] for version in ("1", "2", "4")] == [[], [], []]


def test_versions_2_and_4_are_better_than_1(trained: Trained) -> None:
    """They are better by at least a tenth, on patients excluded from training."""
    versions = trained[1]
    assert versions["2"]["error"] < 0.91 * versions["1"]["error"]
    assert versions["4"]["error"] < 0.91 * versions["1"]["error"]


def test_the_smoke_test_cannot_see_the_bug(trained: Trained) -> None:
    """All its requests are rows that version 3 can answer, so only live traffic shows the bug."""
    folder, versions = trained
    requests = (folder / "requests.jsonl").read_text(encoding="utf-8").splitlines()
    smoke = (EXAMPLE / "policies/smoke.jsonl").read_text(encoding="utf-8").splitlines()
    assert smoke
    assert {requests.index(request) for request in smoke}.isdisjoint(versions["3"]["fails_on"])


def test_a_version_is_registered_with_its_model_and_its_script_and_nothing_else(trained: Trained) -> None:
    """The folder contains exactly what is uploaded."""
    for version in "1234":
        assert {path.name for path in (trained[0] / "models" / version).iterdir()} == {"model.pkl", "score.py"}
