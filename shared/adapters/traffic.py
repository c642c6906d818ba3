"""What to read from a source that counts requests: which minutes, latency for which of them, how retries count."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from shared.core.telemetry import Latency, Need, Requests, Window
from shared.ports import Fetch


class TrafficQuery(NamedTuple):
    """The minutes to read, the ones to read latency for, and whether a retried request counts once."""

    window: Window
    latency: Window | None
    once: bool


def traffic_query(fetch: Fetch, needs: Sequence[Need]) -> TrafficQuery:
    """Return the query that covers these needs; for latency alone, its part of the window is enough."""
    requests = next((need for need in needs if isinstance(need, Requests)), None)
    latency = fetch.query.fine if any(isinstance(need, Latency) for need in needs) else None
    window = fetch.query.fine if requests is None else fetch.query.window
    return TrafficQuery(window, latency, once=requests is not None and requests.once)
