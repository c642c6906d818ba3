"""Fixtures of the end-to-end tests: they have an Azure of their own, because they make it hostile."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cloud import exported, running_cloud
from tests.endtoend.stage import Stage
from tests.host.conftest import interpreter

__all__ = ["azure", "interpreter", "stage", "worked"]

# A second is at most a minute of this clock; logs arrive within the minute that the policies wait for them.
OPTIONS = ("--speed", "60", "--durations", "0.1", "--log-lag", "20", "--seed", "1")


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Run a small Azure; each test makes its own endpoint in it."""
    folder = tmp_path_factory.mktemp("stage")
    with running_cloud(folder / "azure", *OPTIONS) as cloud:
        yield Stage(cloud, folder)


@pytest.fixture
def azure(stage: Stage) -> Iterator[Stage]:
    """Return the stage, with this process's environment leading to it; at the end every hostility is off again."""
    with exported(stage.cloud.environment):
        yield stage
        stage.cloud.set("event-grid", duplicates=0, reordering=0.0, spelling="documented", null_tags=False)
        stage.cloud.set("log-analytics", mode="none", remaining=None)
        stage.cloud.set("resource-manager", faults=[])


@pytest.fixture(scope="session")
def worked(stage: Stage) -> str:
    """Return an endpoint that serves version 1, shared by tests that leave it as they found it."""
    with exported(stage.cloud.environment):
        stage.serve("worked")
    return "worked"
