"""Addresses in Azure's public and sovereign clouds."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from azure.core import AzureClouds
from azure.core.settings import settings

from shared.adapters.clouds import current_cloud
from shared.adapters.metrics import metrics_address
from tests.adapters.workshop import imported


@pytest.fixture
def reset() -> Iterator[None]:
    """Forget the cloud afterwards."""
    yield
    settings.azure_cloud.unset_value()


@pytest.mark.usefixtures("reset")
@pytest.mark.parametrize(
    ("cloud", "manager", "logs", "metrics"),
    [
        ("AZURE_PUBLIC_CLOUD", "https://management.azure.com", "https://api.loganalytics.io", "azure.com"),
        ("AZURE_US_GOVERNMENT", "https://management.usgovcloudapi.net", "https://api.loganalytics.us", "azure.us"),
        ("AZURE_CHINA_CLOUD", "https://management.chinacloudapi.cn", "https://api.loganalytics.azure.cn", "azure.cn"),
    ],
)
def test_every_address_is_in_the_chosen_cloud(cloud: str, manager: str, logs: str, metrics: str) -> None:
    """azure-core's own setting moves Resource Manager, logs, metrics and scoring together."""
    settings.azure_cloud.set_value(AzureClouds(cloud))
    chosen = current_cloud()
    assert (chosen.resource_manager, chosen.logs) == (manager, logs)
    assert metrics_address("East 1") == f"https://east1.metrics.monitor.{metrics}"
    assert chosen.scoring == f"https://ml.{metrics}"
    known = imported("azure.ai.ml._azure_environments")._get_cloud(chosen.name)  # noqa: SLF001  # there is no public list
    assert known["resource_manager"] == f"{manager}/"
    assert known["aml_resource_id"] == f"{chosen.scoring}/"


def test_the_environment_chooses_the_cloud(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without it, the public cloud is chosen."""
    assert current_cloud().name == "AzureCloud"
    monkeypatch.setenv("AZURE_SDK_CLOUD_CONF", "AZURE_US_GOVERNMENT")
    assert current_cloud().name == "AzureUSGovernment"
