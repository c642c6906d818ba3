"""Sends requests directly to one deployment, regardless of its traffic.

Not with azure-ai-ml: its `invoke` keeps the deployment's name and the key in a module-level dictionary for every later
call in the process. Here keys and tokens live only for one call and never reach a log, an error or an answer.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from azure.core import PipelineClient
from azure.core.credentials import TokenCredential
from azure.core.exceptions import AzureError, ServiceRequestTimeoutError, ServiceResponseTimeoutError
from azure.core.pipeline.policies import RequestIdPolicy, UserAgentPolicy
from azure.core.rest import HttpRequest, HttpResponse

from shared.adapters.arm import Json, ResourceManager, path
from shared.adapters.clouds import current_cloud
from shared.adapters.faults import azure_faults
from shared.errors import Permanent, Temporary
from shared.ports import Answer

Pipeline = PipelineClient[HttpRequest, HttpResponse]

READ_SECONDS = 30  # for the API description
LONGEST_TEXT = 1024 * 1024  # characters of an answer; a smoke test reads the whole of it as JSON
DIGITS = 3  # of a status
MODEL_STATUS = "ms-azureml-model-error-statuscode"  # Azure turns every status of a container but 200 into 424
OVERALL = timedelta(seconds=100)  # other messages for the same endpoint wait meanwhile
WORTH_A_SECOND_TRY = frozenset({429, 503})
_TIMEOUTS = (ServiceRequestTimeoutError, ServiceResponseTimeoutError)


def scoring_pipeline(connect_seconds: float, **options: Any) -> Pipeline:  # noqa: ANN401 -- of azure-core's pipelines
    """Return the pipeline for scoring: no retries, no redirects (the key must not go elsewhere), no logging."""
    policies = [RequestIdPolicy(), UserAgentPolicy("teal")]
    return PipelineClient("", policies=policies, connection_timeout=connect_seconds, **options)


@dataclass(frozen=True, slots=True)
class Target:
    """Where to send requests, and the secret to authenticate with (excluded from `repr`)."""

    url: str
    deployment: str
    secret: str

    def __repr__(self) -> str:
        return f"Target({self.url}, {self.deployment})"


class HttpScoring:
    """The port Scoring. overall: time limit for all requests of one call together. seconds: a monotonic clock."""

    def __init__(
        self,
        manager: ResourceManager,
        client: Pipeline,
        credential: TokenCredential,
        overall: timedelta = OVERALL,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._manager = manager
        self._client = client
        self._credential = credential
        self._overall = overall
        self._seconds = seconds

    def answers(
        self, endpoint: str, deployment: str, bodies: Sequence[bytes], timeout: timedelta
    ) -> tuple[Answer, ...]:
        """Send each body (JSON) to the deployment, regardless of its traffic, and return the answers in order.

        timeout: per request. Requests not yet sent when the overall time is used up get status 0. Raises Temporary or
        Permanent if the address or the key is unavailable.
        """
        target = self._target(endpoint, deployment)
        until = self._seconds() + self._overall.total_seconds()
        return tuple(self._answer(target, body, timeout, until) for body in bodies)

    def sample(self, endpoint: str, deployment: str) -> bytes:
        """Return the sample request of the deployment's own API description. Raises Permanent if it has none."""
        target = self._target(endpoint, deployment)
        headers = {"Authorization": f"Bearer {target.secret}", "azureml-model-deployment": deployment}
        url = f"{target.url.rsplit('/', 1)[0]}/swagger.json"
        with azure_faults(f"read the API description of {endpoint}/{deployment}"):
            response = self._client.send_request(HttpRequest("GET", url, headers=headers), read_timeout=READ_SECONDS)
            status = response.status_code
            found = _sample(response.json()) if status == 200 else None
        if found is None and (status in {408, 429} or status >= 500):
            raise Temporary(f"{endpoint}/{deployment} gave status {status} for its API description")
        if found is None:
            raise Permanent(f"{deployment} describes no sample request (status {status}): name a file")
        return json.dumps(found).encode()

    def _target(self, endpoint: str, deployment: str) -> Target:
        place = path("onlineEndpoints", endpoint)
        properties = (self._manager.get(place) or {}).get("properties") or {}
        url = str(properties.get("scoringUri") or "")
        if not url:
            raise Temporary(f"endpoint {endpoint} has no scoring address (yet)")
        if not url.startswith("https://"):
            raise Permanent(f"endpoint {endpoint} has the scoring address {url}: no key is sent without TLS")
        return Target(url, deployment, self._secret(endpoint, str(properties.get("authMode") or "Key")))

    def _secret(self, endpoint: str, mode: str) -> str:
        if mode.lower() == "aadtoken":
            with azure_faults(f"get a token for endpoint {endpoint}"):
                return self._credential.get_token(f"{current_cloud().scoring}/.default").token
        action, name = ("token", "accessToken") if mode.lower() == "amltoken" else ("listKeys", "primaryKey")
        answer: Json = self._manager.post(f"{path('onlineEndpoints', endpoint)}/{action}") or {}
        if not answer.get(name):
            raise Temporary(f"{action} of endpoint {endpoint} gave no {name}")
        return str(answer[name])

    def _answer(self, target: Target, body: bytes, timeout: timedelta, until: float) -> Answer:
        begun = self._seconds()
        left = until - begun
        if left <= 0:
            return Answer(0, f"not sent: the requests before took {self._overall.total_seconds():.0f} s", 0.0)
        answer, again = self._once(target, body, min(timeout.total_seconds(), left))
        left = until - self._seconds()
        return self._once(target, body, min(timeout.total_seconds(), left))[0] if again and left > 0 else answer

    def _once(self, target: Target, body: bytes, seconds: float) -> tuple[Answer, bool]:
        """Return the answer, and whether to retry: for a busy gateway or a lost connection, but not after a timeout."""
        headers = {
            "Authorization": f"Bearer {target.secret}",
            "Content-Type": "application/json",
            "azureml-model-deployment": target.deployment,
        }
        request = HttpRequest("POST", target.url, headers=headers, content=body)
        begun = self._seconds()
        try:
            response = self._client.send_request(request, read_timeout=seconds)
            status, text, again = response.status_code, _text(response), response.status_code in WORTH_A_SECOND_TRY
            own = response.headers.get(MODEL_STATUS, "")
        except AzureError as error:
            status, text, again, own = 0, error.message, not isinstance(error, _TIMEOUTS), ""
        model = int(own) if own.isdecimal() and len(own) == DIGITS else None
        return Answer(status, text.replace(target.secret, "***")[:LONGEST_TEXT], self._seconds() - begun, model), again


def _sample(description: object) -> object | None:
    """Return the example of the scoring request in an API description (OpenAPI 2 or 3), or None if it has none.

    Azure ML's inference server writes it in either place, and an empty object if there is no sample.
    """
    for place in (("definitions",), ("components", "schemas")):
        found: object = description
        for part in (*place, "ServiceInput", "example"):
            found = found.get(part) if isinstance(found, dict) else None
        if found and not _without_rows(found):
            return found
    return None


def _without_rows(example: object) -> bool:
    """Return whether this is MLflow's generated table of column names without rows, which no model can answer."""
    table = example.get("input_data") if isinstance(example, dict) else None
    return isinstance(table, dict) and "data" in table and not table["data"]


def _text(response: HttpResponse) -> str:
    return response.content.decode("utf-8", "replace")
