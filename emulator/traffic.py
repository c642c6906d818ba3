"""One request to an endpoint as the gateway reports it to monitoring. Plain data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TrafficEntry:
    """One request as the gateway saw it. Durations are in milliseconds of wall-clock time, sizes in bytes.

    `model_code` is None when no container answered. `mirrored` marks a copy, whose answer is discarded.
    """

    endpoint: str
    deployment: str
    method: str
    path: str
    code: int
    reason: str
    model_code: int | None
    model_reason: str
    request_size: int
    response_size: int
    total_ms: int
    response_ms: int
    user_agent: str = ""
    request_id: str = ""
    client_request_id: str = ""
    auth_type: str = ""
    mirrored: bool = False
