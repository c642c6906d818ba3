"""Requests to report to monitoring, with defaults for irrelevant fields."""

from __future__ import annotations

from typing import Any

from emulator.traffic import TrafficEntry


def traffic_entry(endpoint: str, deployment: str, code: int = 200, **fields: Any) -> TrafficEntry:  # noqa: ANN401  # any field
    """Return a scoring request to the deployment that was answered with `code`, by the container too."""
    defaults: dict[str, Any] = {
        "method": "POST",
        "path": "/score",
        "reason": "",
        "model_code": code,
        "model_reason": "",
        "request_size": 100,
        "response_size": 20,
        "total_ms": 10,
        "response_ms": 10,
    }
    return TrafficEntry(endpoint, deployment, code=code, **defaults | fields)
