"""What became of a scoring request, in Azure's terms: the statuses that a managed endpoint answers. Pure.

Statuses: the container's answer as it is when it is 200, else 424 with the container's status in headers; 408 when it
took too long, 429 when too many wait, 503 when no instance stands. A connection that breaks because the process died
is a failure of the container too: 424, with 502 as the status that the container could not give.
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
    """An answer to the caller; `model_code` is None when no container gave or failed to give one."""

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
        """Tell whether the body is what a container answered, and not the platform's word for it."""
        return self.model_code is not None and self.model_reason != _BROKEN


def refused(code: int, name: str, message: str) -> Outcome:
    """Return the platform's own answer: no container was asked, or none answered in time."""
    body = json.dumps({"error": {"code": name, "message": message}}).encode()
    return Outcome(code, body, {"Content-Type": "application/json"})


def answered(status: int, headers: dict[str, str], body: bytes, response_ms: int) -> Outcome:
    """Return what the caller gets of a container's answer."""
    if status == HTTPStatus.OK:
        return Outcome(200, body, headers, 200, "OK", response_ms)
    marked = headers | {STATUS_HEADER: str(status), REASON_HEADER: "model_error"}
    return Outcome(424, body, marked, status, "model_error", response_ms)


def broken(detail: str) -> Outcome:
    """Return the answer for a container that ended in the middle of the request."""
    told = refused(424, "ModelError", f"The model's container closed the connection: {detail}")
    marked = told.headers | {STATUS_HEADER: "502", REASON_HEADER: _BROKEN}
    return Outcome(424, told.body, marked, 502, _BROKEN)
