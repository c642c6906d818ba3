"""The audiences of access tokens: the resource that each emulated service accepts tokens for."""

from __future__ import annotations

RESOURCE_MANAGER = ("https://management.azure.com", "https://management.core.windows.net")
LOG_ANALYTICS = "https://api.loganalytics.io"
METRICS = "https://metrics.monitor.azure.com"
SCORING = "https://ml.azure.com"


def endpoint_audience(endpoint: str) -> str:
    """Return the audience of the tokens that the control plane issues for one endpoint with authMode AMLToken."""
    return f"{SCORING}/onlineEndpoints/{endpoint.lower()}"
