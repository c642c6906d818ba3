"""The outcome of a scoring request in Azure's terms: the statuses of a managed endpoint. Pure.

The container's own answer if it is a 200; otherwise 424, with the container's status in the headers; 408 after a
timeout, 429 if too many requests are pending, 503 if there is no healthy instance. A connection that breaks because
the process died is a failure of the container too: 424, with 502 as the container's status.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from http import HTTPStatus

STATUS_HEADER = "ms-azureml-model-error-statuscode"
REASON_HEADER = "ms-azureml-model-error-reason"
_BROKEN = "connection_terminated"


@dataclass(frozen=True, slots=True)
class Outcome:
    """An answer to the caller; `model_code` is None if the request did not reach a container."""

    code: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    model_code: int | None = None
    model_reason: str = ""
    response_ms: int = 0

    @property
    def reason(self) -> str:
        """The reason phrase of the code."""
        return HTTPStatus(self.code).phrase

    @property
    def from_container(self) -> bool:
        """Whether the body is a container's answer rather than the platform's."""
        return self.model_code is not None and self.model_reason != _BROKEN


def refused(code: int, name: str, message: str) -> Outcome:
    """Return the platform's own answer, for a request that no container answered."""
    body = json.dumps({"error": {"code": name, "message": message}}).encode()
    return Outcome(code, body, {"Content-Type": "application/json"})


def answered(status: int, headers: dict[str, str], body: bytes, response_ms: int) -> Outcome:
    """Return what the caller sees of a container's answer."""
    if status == HTTPStatus.OK:
        return Outcome(200, body, headers, 200, "OK", response_ms)
    marked = headers | {STATUS_HEADER: str(status), REASON_HEADER: "model_error"}
    return Outcome(424, body, marked, status, "model_error", response_ms)


def broken(detail: str) -> Outcome:
    """Return the answer for a container that died during the request."""
    answer = refused(424, "ModelError", f"The model's container closed the connection: {detail}")
    marked = answer.headers | {STATUS_HEADER: "502", REASON_HEADER: _BROKEN}
    return Outcome(424, answer.body, marked, 502, _BROKEN)
