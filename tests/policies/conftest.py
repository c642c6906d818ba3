"""Policy files on disk: a folder for a test to write to, and a function that lists its problems."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from shared.policies.policy_set import read_policies
from shared.policies.problems import PolicyError

Write = Callable[..., Path]
FindProblems = Callable[[Path], list[str]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a policies folder with the smoke file smoke/churn.jsonl and no policy yet."""
    folder = tmp_path / "policies"
    (folder / "smoke").mkdir(parents=True)
    (folder / "smoke" / "churn.jsonl").write_text('{"data": [[1, 2]]}\n\n{"data": [[3, 4]]}\n')
    return folder


@pytest.fixture
def queried(folder: Path) -> Path:
    """Return a policies folder with a query in it, gates/fraud.kql."""
    (folder / "gates").mkdir()
    (folder / "gates" / "fraud.kql").write_text("// Fraud that was missed.\nFraud | take 1\n")
    return folder


@pytest.fixture
def find_problems() -> FindProblems:
    """Return a function that lists a folder's problems as shown to users, with `policies` for its path."""

    def find(folder: Path) -> list[str]:
        with pytest.raises(PolicyError) as caught:
            read_policies(folder).valid()
        return str(caught.value).replace(str(folder), "policies").splitlines()

    return find
