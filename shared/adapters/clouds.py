"""The addresses of Azure's public and sovereign clouds: the one that azure-core is set to (`AZURE_SDK_CLOUD_CONF`).

Resource Manager's come from azure-mgmt-core, Azure ML's from azure-ai-ml's own list, and Azure Monitor's from the
documentation of azure-monitor-query and azure-monitor-querymetrics.
"""

from __future__ import annotations

from dataclasses import dataclass

from azure.core import AzureClouds
from azure.core.settings import settings
from azure.mgmt.core.tools import get_arm_endpoints


@dataclass(frozen=True, slots=True)
class Cloud:
    """The addresses of one cloud.

    name: azure-ai-ml's name for it. logs: where logs are queried. metrics: the domain below which each region answers
    queries for metrics. scoring: the audience of tokens for endpoints.
    """

    name: str
    logs: str
    metrics: str
    scoring: str
    chosen: AzureClouds

    @property
    def resource_manager(self) -> str:
        """The address of Azure Resource Manager."""
        return str(get_arm_endpoints(self.chosen)["resource_manager"]).rstrip("/")

    @property
    def scope(self) -> str:
        """The scope of tokens for Azure Resource Manager."""
        return str(get_arm_endpoints(self.chosen)["credential_scopes"][0])


_CLOUDS = (
    Cloud(
        "AzureCloud",
        "https://api.loganalytics.io",
        "metrics.monitor.azure.com",
        "https://ml.azure.com",
        AzureClouds.AZURE_PUBLIC_CLOUD,
    ),
    Cloud(
        "AzureUSGovernment",
        "https://api.loganalytics.us",
        "metrics.monitor.azure.us",
        "https://ml.azure.us",
        AzureClouds.AZURE_US_GOVERNMENT,
    ),
    Cloud(
        "AzureChinaCloud",
        "https://api.loganalytics.azure.cn",
        "metrics.monitor.azure.cn",
        "https://ml.azure.cn",
        AzureClouds.AZURE_CHINA_CLOUD,
    ),
)


def current_cloud() -> Cloud:
    """Return the cloud that azure-core is set to; the public one by default."""
    chosen = AzureClouds(settings.azure_cloud())
    return next(cloud for cloud in _CLOUDS if cloud.chosen is chosen)
