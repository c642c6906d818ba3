"""Policy files on disk: a folder that holds what a test writes into it, and what is wrong with it."""

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
    """Return a policies folder that holds no policy yet but the smoke file smoke/churn.jsonl."""
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
    """Return a function that gives the lines a person reads about a folder, with `policies` for its path."""

    def find(folder: Path) -> list[str]:
        with pytest.raises(PolicyError) as caught:
            read_policies(folder).valid()
        return str(caught.value).replace(str(folder), "policies").splitlines()

    return find
