"""Fixtures for the adapters: settings for the emulated cloud, and a credential that its identity service accepts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from azure.core.credentials import AzureNamedKeyCredential
from azure.data.tables import TableServiceClient
from azure.identity import EnvironmentCredential

from shared.settings import Settings, WorkspaceSettings
from tests.adapters.azurite import Storage, running_storage
from tests.adapters.calls import explained, recording
from tests.adapters.stand_in import Reply, StandIn, standing_in
from tests.adapters.workshop import Workshop, register_poems
from tests.cloud import RunningCloud, exported
from tests.emulator.arm import Arm
from tests.emulator.assets import ECHO


@pytest.fixture(scope="session")
def calls() -> Iterator[set[str]]:
    """Return the kinds of request that the adapters have sent so far."""
    with recording() as found:
        yield found


@pytest.fixture(autouse=True)
def _every_call_is_explained(calls: set[str]) -> Iterator[None]:
    """Fail a test in which an adapter sends what docs/permissions.md does not have."""
    yield
    unknown = calls - explained()
    calls.clear()
    assert not unknown, f"docs/permissions.md has no row for {sorted(unknown)}"


@pytest.fixture(scope="session")
def settings(cloud: RunningCloud) -> Settings:
    """Return the app's settings for the emulated cloud."""
    account = cloud["storage_account"]
    return Settings(
        WorkspaceSettings(
            cloud["subscription"], cloud["resource_group"], cloud["workspace"], cloud["log_analytics_workspace"]
        ),
        tables_endpoint=f"https://{account}.table.core.windows.net",
        queues_endpoint=f"https://{account}.queue.core.windows.net",
    )


@pytest.fixture(scope="session")
def credential(cloud: RunningCloud) -> Iterator[EnvironmentCredential]:
    """Return the made-up service principal."""
    del cloud  # its environment variables contain the principal
    with EnvironmentCredential() as made:
        yield made


@pytest.fixture(scope="session")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Storage]:
    """Start only Azurite, which takes a second: the storage tests need nothing else."""
    with running_storage(tmp_path_factory.mktemp("azurite")) as running:
        yield running


@pytest.fixture(scope="session")
def table_service(storage: Storage) -> Iterator[TableServiceClient]:
    """Return a Table Storage client, built as for the app except for address and credential."""
    key = AzureNamedKeyCredential(storage.account, storage.key)
    with TableServiceClient(storage.tables, credential=key, retry_total=1, retry_status=0) as client:
        yield client


@pytest.fixture(scope="session")
def stand_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[StandIn, dict[str, str]]]:
    """Start the scripted Azure once."""
    with standing_in(tmp_path_factory.mktemp("stand-in")) as running:
        yield running


@pytest.fixture
def azure(stand_in: tuple[StandIn, dict[str, str]]) -> Iterator[StandIn]:
    """Return the scripted Azure, which answers for every host name during the test."""
    script, variables = stand_in
    script.answer(Reply())
    with exported(variables):
        yield script


@pytest.fixture(scope="session")
def workshop(
    cloud: RunningCloud, settings: Settings, credential: EnvironmentCredential, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Workshop]:
    """Return the adapters on the emulated cloud, with a folder for templates and their code."""
    arm = Arm(cloud, credential)
    with arm.session:
        made = Workshop(cloud, settings, credential, arm, tmp_path_factory.mktemp("policies"))
        made.write("deployments/code/score.py", ECHO)
        made.write("deployments/conda.yml", "dependencies: [python=3.11]\n")
        yield made


@pytest.fixture(scope="session")
def poems(workshop: Workshop, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Register two versions of a model that a script serves; return the script's code id."""
    return register_poems(workshop, tmp_path_factory.mktemp("poems"))
