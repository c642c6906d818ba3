"""Azure Resource Manager for one Azure ML workspace: single requests with raw JSON bodies.

Raw, because a body that is read into azure-ai-ml's classes and written back loses fields, and its pollers leave threads
behind. Operations are never awaited: a PUT is sent, and its outcome is observed on a later tick.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from azure.core.credentials import TokenCredential
from azure.core.exceptions import (
    ClientAuthenticationError,
    DecodeError,
    HttpResponseError,
    ResourceExistsError,
    ResourceNotFoundError,
)
from azure.core.pipeline.policies import HeadersPolicy, RequestIdPolicy, RetryPolicy, UserAgentPolicy
from azure.core.rest import HttpRequest, HttpResponse
from azure.mgmt.core import ARMPipelineClient
from azure.mgmt.core.exceptions import ARMErrorFormat
from azure.mgmt.core.policies import ARMChallengeAuthenticationPolicy

from shared.adapters.clouds import current_cloud
from shared.adapters.faults import azure_faults
from shared.errors import Permanent

Json = dict[str, Any]
Pipeline = ARMPipelineClient[HttpRequest, HttpResponse]

API_VERSION = "2024-10-01"  # the first GA version with startupProbe; has traffic and mirrorTraffic
AUTOSCALE_API_VERSION = "2022-10-01"
MOST_PAGES = 50
# A 404 with one of these codes means that our settings are wrong, not that the resource is gone.
_PLACES = frozenset({"SubscriptionNotFound", "ResourceGroupNotFound"})
_KINDS: dict[int, type[HttpResponseError]] = {
    401: ClientAuthenticationError,
    404: ResourceNotFoundError,
    409: ResourceExistsError,
}


def arm_pipeline(
    credential: TokenCredential,
    connect_seconds: float,
    read_seconds: float,
    **options: Any,  # noqa: ANN401 -- of azure-core's pipelines, such as a transport
) -> Pipeline:
    """Return the pipeline to ARM. Retries only lost connections; a busy service is left to the next tick."""
    cloud = current_cloud()
    return ARMPipelineClient(
        cloud.resource_manager,
        policies=[
            RequestIdPolicy(),
            HeadersPolicy({"Accept": "application/json"}),
            UserAgentPolicy("teal"),
            RetryPolicy(retry_total=1, retry_status=0),
            ARMChallengeAuthenticationPolicy(credential, cloud.scope),
        ],
        connection_timeout=connect_seconds,
        read_timeout=read_seconds,
        **options,
    )


def path(*parts: str) -> str:
    """Join the parts to a path below the workspace. Raises Permanent for a part that would lead elsewhere."""
    for part in parts:
        if part in {"", ".", ".."}:
            raise Permanent(f"{part!r} is not a valid name of an Azure resource")
    return "/".join(quote(part, safe="") for part in parts)


def moment(said: object) -> datetime | None:
    """Parse a time from ARM, in UTC if it names no zone; None if it is not a time."""
    try:
        at = datetime.fromisoformat(str(said))
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


class ResourceManager:
    """Requests for resources below one workspace."""

    def __init__(self, client: Pipeline, workspace_id: str) -> None:
        self._client = client
        self.workspace_id = workspace_id
        self._host = current_cloud().resource_manager

    def get(self, place: str) -> Json | None:
        """Return the body at a path, or None if it does not exist."""
        with azure_faults(f"read {place}"):
            return self._object(self._found("GET", self._url(place)))

    def items(self, place: str) -> list[Json] | None:
        """Return all items of a list, from all pages, or None if the list does not exist."""
        return self._pages(self._url(place), place)

    def items_until(self, place: str, query: Mapping[str, str], enough: Callable[[Json], bool]) -> list[Json] | None:
        """Return the items of a list up to the page whose last item is `enough`, or None if there is no such list.

        query: further parameters, such as the order.
        """
        return self._pages(f"{self._url(place)}&{urlencode(query, quote_via=quote)}", place, enough)

    def _pages(self, url: str, place: str, enough: Callable[[Json], bool] = lambda _: False) -> list[Json] | None:
        found: list[Json] = []
        with azure_faults(f"list {place}"):
            for _ in range(MOST_PAGES):
                page = self._object(self._found("GET", url))
                if page is None:
                    return None
                found += page.get("value") or []
                url = self._next(page)
                if not url or (found and enough(found[-1])):
                    return found
        raise Permanent(f"cannot list {place}: more than {MOST_PAGES} pages")

    def put(self, place: str, body: Json) -> None:
        """Start a PUT of the body, without waiting for the operation."""
        with azure_faults(f"write {place}"):
            self._send("PUT", self._url(place), body)

    def patch(self, place: str, body: Json) -> None:
        """Start a PATCH, which changes only what the body names, without waiting for the operation."""
        with azure_faults(f"change {place}"):
            self._send("PATCH", self._url(place), body)

    def post(self, place: str, body: Json | None = None) -> Json | None:
        """Call an action and return its response, or None if the resource does not exist."""
        with azure_faults(f"call {place}"):
            return self._object(self._found("POST", self._url(place), body))

    def delete(self, place: str) -> None:
        """Start a DELETE; deleting a missing resource is not an error."""
        with azure_faults(f"delete {place}"):
            self._found("DELETE", self._url(place))

    def settings(self) -> list[Json]:
        """Return the autoscale settings of the workspace's resource group."""
        return self._pages(self._setting_url(""), "autoscale settings") or []

    def put_setting(self, name: str, body: Json) -> None:
        """Write an autoscale setting."""
        with azure_faults(f"write the autoscale setting {name}"):
            self._send("PUT", self._setting_url(f"/{path(name)}"), body)

    def delete_setting(self, name: str) -> None:
        """Delete an autoscale setting; deleting a missing one is not an error."""
        with azure_faults(f"delete the autoscale setting {name}"):
            self._found("DELETE", self._setting_url(f"/{path(name)}"))

    def diagnostic_settings(self, endpoint: str, api_version: str) -> list[Json]:
        """Return the diagnostic settings of an online endpoint."""
        place = f"{quote(self.workspace_id)}/{path('onlineEndpoints', endpoint)}"
        url = f"{self._host}{place}/providers/Microsoft.Insights/diagnosticSettings?api-version={api_version}"
        return self._pages(url, f"diagnostic settings of {endpoint}") or []

    def regional(self, region: str, kind: str) -> list[Json]:
        """Return a list that Azure ML has per subscription and region, such as `usages`."""
        subscription = self.workspace_id.split("/resourceGroups/")[0]
        place = f"{quote(subscription)}/providers/Microsoft.MachineLearningServices/locations/{path(region, kind)}"
        return self._pages(f"{self._host}{place}?api-version={API_VERSION}", f"{kind} in {region}") or []

    def resource(self, arm_id: str, api_version: str) -> Json | None:
        """Return the resource with this ARM id, wherever it is, or None if there is none."""
        below = path(*arm_id.strip("/").split("/"))
        with azure_faults(f"read {arm_id}"):
            return self._object(self._found("GET", f"{self._host}/{below}?api-version={api_version}"))

    def _setting_url(self, rest: str) -> str:
        group = self.workspace_id.split("/providers/")[0]
        kind = "providers/Microsoft.Insights/autoscalesettings"
        return f"{self._host}{quote(group)}/{kind}{rest}?api-version={AUTOSCALE_API_VERSION}"

    def _url(self, place: str) -> str:
        below = f"/{place}" if place else ""
        return f"{self._host}{quote(self.workspace_id)}{below}?api-version={API_VERSION}"

    def _found(self, method: str, url: str, body: Json | None = None) -> HttpResponse | None:
        try:
            return self._send(method, url, body)
        except ResourceNotFoundError as error:
            if error.error is not None and error.error.code in _PLACES:
                raise
            return None

    def _send(self, method: str, url: str, body: Json | None = None) -> HttpResponse:
        response = self._client.send_request(HttpRequest(method, url, json=body))
        if response.status_code >= 400:
            kind = _KINDS.get(response.status_code, HttpResponseError)
            raise kind(response=response, error_format=ARMErrorFormat)
        return response

    @staticmethod
    def _object(response: HttpResponse | None) -> Json | None:
        if response is None:
            return None
        body = response.json()
        if not isinstance(body, dict):
            raise DecodeError("the answer is not a JSON object", response=response)
        return body

    def _next(self, page: Json) -> str:
        link = str(page.get("nextLink") or "")
        if link and urlsplit(link)[:2] != urlsplit(self._host)[:2]:
            raise Permanent("a list continues on another host, which must not get our token")
        return link
