"""Fixtures of the end-to-end tests, which have their own Azure because they inject faults into it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cloud import exported, running_cloud
from tests.endtoend.stage import Stage
from tests.host.conftest import installed, interpreter

__all__ = ["azure", "installed", "interpreter", "stage", "worked"]

# A second is at most a minute on this clock; logs arrive within the minute that the policies allow for.
OPTIONS = ("--speed", "60", "--durations", "0.1", "--log-lag", "20", "--seed", "1", "--log-every-endpoint")


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Run a small Azure, in which each test creates its own endpoint."""
    folder = tmp_path_factory.mktemp("stage")
    with running_cloud(folder / "azure", *OPTIONS) as cloud:
        yield Stage(cloud, folder)


@pytest.fixture
def azure(stage: Stage) -> Iterator[Stage]:
    """Return the stage, with this process's environment pointing to it; all faults are reset at the end."""
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
