"""The options in host.json and their defaults. Never touches the file system."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from cli.host import timespan

if TYPE_CHECKING:
    from collections.abc import Mapping

Json = dict[str, Any]

_OVERRIDE = "AzureFunctionsJobHost__"


@dataclass(frozen=True, slots=True)
class QueueOptions:
    """`extensions.queues`: how messages are fetched, retried and moved to the poison queue."""

    batch_size: int
    new_batch_threshold: int
    max_dequeue_count: int
    max_polling_interval: timedelta
    visibility_timeout: timedelta
    base64: bool


@dataclass(frozen=True, slots=True)
class HostOptions:
    """The settings from host.json; `function_timeout` None means no limit."""

    route_prefix: str
    function_timeout: timedelta | None
    queues: QueueOptions


def overridden(host_json: Json, settings: Mapping[str, str]) -> Json:
    """Return host.json overridden by the `AzureFunctionsJobHost__a__b` settings, as in the real host."""
    result = _copy(host_json)
    for name, value in settings.items():
        if name.startswith(_OVERRIDE):
            *path, last = name.removeprefix(_OVERRIDE).split("__")
            _section(result, path)[last] = value
    return result


def _copy(value: Json) -> Json:
    return {key: _copy(item) if isinstance(item, dict) else item for key, item in value.items()}


def _section(content: Json, path: list[str]) -> Json:
    for name in path:
        content = content.setdefault(name, {})
    return content


def read(host_json: Json) -> HostOptions:
    """Return the options. Raises ValueError naming the invalid entry."""
    extensions = host_json.get("extensions", {})
    timeout = str(host_json.get("functionTimeout", "00:30:00"))
    return HostOptions(
        route_prefix=str(extensions.get("http", {}).get("routePrefix", "api")).strip("/"),
        function_timeout=None if timeout == "-1" else _span("functionTimeout", timeout),
        queues=_queues(extensions.get("queues", {})),
    )


def _queues(entry: Json) -> QueueOptions:
    batch_size = _count(entry, "batchSize", 16, range(1, 33))
    encoding = str(entry.get("messageEncoding", "base64")).lower()
    if encoding not in {"base64", "none"}:
        raise ValueError(f"extensions.queues.messageEncoding must be base64 or none, not {encoding!r}")
    return QueueOptions(
        batch_size=batch_size,
        new_batch_threshold=_count(
            entry, "newBatchThreshold", batch_size // 2 * (os.cpu_count() or 1), range(1_000_000)
        ),
        max_dequeue_count=_count(entry, "maxDequeueCount", 5, range(1, 1_000_000)),
        max_polling_interval=_span("extensions.queues.maxPollingInterval", entry.get("maxPollingInterval", "00:01:00")),
        visibility_timeout=_span("extensions.queues.visibilityTimeout", entry.get("visibilityTimeout", "00:00:00")),
        base64=encoding == "base64",
    )


def _count(entry: Json, name: str, default: int, allowed: range) -> int:
    value = entry.get(name, default)
    try:
        number = int(value)
    except (TypeError, ValueError):
        number = -1
    if number not in allowed:
        raise ValueError(f"extensions.queues.{name} must be from {allowed.start} to {allowed.stop - 1}, not {value!r}")
    return number


def _span(name: str, value: object) -> timedelta:
    try:
        return timespan.parse(str(value))
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error
