"""Platform metrics of one resource as Azure Resource Manager answers for them, below the resource's own path.

`GET {resource}/providers/Microsoft.Insights/metrics` and its definitions and namespaces: what `az monitor metrics` and
the older `azure.monitor.query.MetricsQueryClient` read. The batch API answers with the same values.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from emulator.arm_errors import bad_request, not_emulated
from emulator.monitor.faults import QueryFaults
from emulator.monitor.metrics import answered, identified
from emulator.monitor.metrics_definitions import DEFINITIONS, DEPLOYMENTS, ENDPOINTS
from emulator.monitor.metrics_query import parse_query
from emulator.monitor.metrics_store import MetricsStore
from emulator.monitor.timespan import interval
from emulator.resources import Json, Workspace

_RENAMED = {"$filter": "filter", "$top": "top", "$orderby": "orderby"}
_WITHOUT_EFFECT = {"autoadjusttimegrain", "validatedimensions"}


@dataclass(frozen=True, slots=True)
class ResourceMetrics:
    """Answers for endpoints and deployments of `workspace`. Every method raises ArmError."""

    store: MetricsStore
    workspace: Workspace
    faults: QueryFaults

    async def read(self, resource: str, parameters: Mapping[str, str]) -> Json:
        """Return the metrics that the query parameters ask for."""
        query = parse_query(self._translated(resource, parameters), self.store.clock.now())
        found = identified(self.workspace, resource, query.namespace)
        await asyncio.sleep(self.faults.delay_seconds)
        counts = list(self.store.minutes(query.start, query.end))
        [answer] = answered(self.faults, query, [found], counts, self.workspace.region)
        start, end = answer.pop("starttime"), answer.pop("endtime")
        del answer["resourceid"]
        return {"cost": 0, "timespan": f"{start}/{end}", **answer}

    async def definitions(self, resource: str, _: Mapping[str, str]) -> Json:
        """Return the definitions of the resource's metrics."""
        namespace = _namespace(resource)
        identified(self.workspace, resource, namespace)
        return {
            "value": [
                {
                    "id": f"{resource}/providers/microsoft.insights/metricdefinitions/{name}",
                    "resourceId": resource,
                    "namespace": namespace,
                    "name": _text(name),
                    "unit": definition.unit,
                    "primaryAggregationType": "Average",
                    "supportedAggregationTypes": ["Average"],
                    "isDimensionRequired": False,
                    "dimensions": [_text(dimension) for dimension in definition.dimensions],
                    "metricAvailabilities": [{"timeGrain": "PT1M", "retention": "P93D"}],
                }
                for name, definition in DEFINITIONS[namespace].items()
            ]
        }

    async def namespaces(self, resource: str, _: Mapping[str, str]) -> Json:
        """Return the only namespace of the resource's metrics."""
        name = _namespace(resource)
        identified(self.workspace, resource, name)
        arm_id = f"{resource}/providers/microsoft.insights/metricNamespaces/{name}"
        kind = {"type": "Microsoft.Insights/metricNamespaces", "classification": "Platform"}
        return {"value": [{"id": arm_id, "name": name, **kind, "properties": {"metricNamespaceName": name}}]}

    def _translated(self, resource: str, parameters: Mapping[str, str]) -> dict[str, str]:
        """Return the parameters in the form of the batch API."""
        given = {_RENAMED.get(name.lower(), name.lower()): value for name, value in parameters.items()}
        if given.pop("resulttype", "Data").lower() != "data":
            raise not_emulated("A list of metrics without data (resultType)")
        without_effect = _WITHOUT_EFFECT if given.get("filter") else _WITHOUT_EFFECT | {"top"}  # az always sends it
        kept = {name: value for name, value in given.items() if name not in without_effect}
        try:
            # Azure's own command line encodes the slash twice.
            start, end = interval(unquote(kept.pop("timespan", "")), self.store.clock.now())
        except ValueError as error:
            raise bad_request(f"timespan is not valid: {error}") from error
        times = {"starttime": start, "endtime": end}
        kept |= {name: time.isoformat() for name, time in times.items() if time}
        return {"metricnamespace": _namespace(resource), **{name: value for name, value in kept.items() if value}}


def _namespace(resource: str) -> str:
    if "/onlineendpoints/" not in resource.lower():
        raise not_emulated(f"The metrics of {resource}")
    return DEPLOYMENTS if "/deployments/" in resource.lower() else ENDPOINTS


def _text(value: str) -> Json:
    return {"value": value, "localizedValue": value}
