"""The platform metrics of online endpoints and deployments, as Azure's reference lists them. Only data.

Those that are not `non_blocking` exist in Azure and are not emulated.
"""

from __future__ import annotations

from dataclasses import dataclass

ENDPOINTS = "Microsoft.MachineLearningServices/workspaces/onlineEndpoints"
DEPLOYMENTS = f"{ENDPOINTS}/deployments"
PERCENTS = (50, 90, 95, 99)
COUNT, MILLISECONDS = "Count", "MilliSeconds"


@dataclass(frozen=True, slots=True)
class Definition:
    """One metric: its unit, the dimensions it can be split by, and whether it is emulated."""

    unit: str
    dimensions: tuple[str, ...] = ()
    counted: bool = True


def _latencies(*dimensions: str) -> dict[str, Definition]:
    """Return the percentiles of the time that answers took."""
    return {f"RequestLatency_P{percent}": Definition(MILLISECONDS, dimensions) for percent in PERCENTS}


def _lacking(*names: str) -> dict[str, Definition]:
    return dict.fromkeys(names, Definition(COUNT, counted=False))


_COLLECTED = ("DataCollectionEventsPerMinute", "DataCollectionErrorsPerMinute")

# Metric namespace -> metric name -> what it is.
DEFINITIONS: dict[str, dict[str, Definition]] = {
    ENDPOINTS: {
        "RequestsPerMinute": Definition(COUNT, ("deployment", "statusCode", "statusCodeClass", "modelStatusCode")),
        "RequestLatency": Definition(MILLISECONDS, ("deployment",)),
        **_latencies("deployment"),
        **_lacking("ConnectionsActive", "NewConnectionsPerSecond", "NetworkBytes", *_COLLECTED),
    },
    DEPLOYMENTS: {
        "RequestsPerMinute": Definition(COUNT, ("envoy_response_code",)),
        **_latencies(),
        **_lacking(
            "CpuUtilizationPercentage",
            "CpuMemoryUtilizationPercentage",
            "GpuUtilizationPercentage",
            "GpuMemoryUtilizationPercentage",
            "GpuEnergyJoules",
            "DiskUtilization",
            "DeploymentCapacity",
            *_COLLECTED,
        ),
    },
}
