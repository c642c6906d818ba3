"""The platform metrics of online endpoints and deployments, as listed in Azure's reference. Plain data."""

from __future__ import annotations

from dataclasses import dataclass

ENDPOINTS = "Microsoft.MachineLearningServices/workspaces/onlineEndpoints"
DEPLOYMENTS = f"{ENDPOINTS}/deployments"
PERCENTS = (50, 90, 95, 99)
COUNT, MILLISECONDS = "Count", "MilliSeconds"


@dataclass(frozen=True, slots=True)
class Definition:
    """One of Azure's metrics: its unit, the dimensions it can be split by, and whether it is emulated."""

    unit: str
    dimensions: tuple[str, ...] = ()
    emulated: bool = True


def _latencies(*dimensions: str) -> dict[str, Definition]:
    """Return the percentiles of the latency."""
    return {f"RequestLatency_P{percent}": Definition(MILLISECONDS, dimensions) for percent in PERCENTS}


def _not_emulated(*names: str) -> dict[str, Definition]:
    return dict.fromkeys(names, Definition(COUNT, emulated=False))


_COLLECTED = ("DataCollectionEventsPerMinute", "DataCollectionErrorsPerMinute")

# Metric namespace -> metric name -> definition.
DEFINITIONS: dict[str, dict[str, Definition]] = {
    ENDPOINTS: {
        "RequestsPerMinute": Definition(COUNT, ("deployment", "statusCode", "statusCodeClass", "modelStatusCode")),
        "RequestLatency": Definition(MILLISECONDS, ("deployment",)),
        **_latencies("deployment"),
        **_not_emulated("ConnectionsActive", "NewConnectionsPerSecond", "NetworkBytes", *_COLLECTED),
    },
    DEPLOYMENTS: {
        "RequestsPerMinute": Definition(COUNT, ("envoy_response_code",)),
        **_latencies(),
        **_not_emulated(
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
