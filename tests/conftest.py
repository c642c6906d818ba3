"""Fixtures for all tests. The cloud is started by the first test that asks for it, once per test process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cloud import FAST, RunningCloud, exported, running_cloud


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCloud]:
    """Run a small Azure with a fast clock; this process's environment points every SDK to it."""
    with running_cloud(tmp_path_factory.mktemp("cloud"), *FAST) as running, exported(running.environment):
        yield running


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the end-to-end tests first: they take minutes, and a single process should not still run them at the end."""
    items.sort(key=lambda item: "endtoend" not in item.path.parts)
