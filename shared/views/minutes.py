"""The telemetry that decisions were made from, as the API shows it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from shared.core.observation import DeploymentMinute
from shared.core.telemetry.latency_buckets import edge


@dataclass(frozen=True, slots=True)
class CountView:
    """A count out of a total."""

    bad: Annotated[int, "How many counted as bad."]
    total: Annotated[int, "The total."]


@dataclass(frozen=True, slots=True)
class LatencyView:
    """The number of answers in one latency bucket: longer than the previous bucket, up to `up_to_ms`."""

    up_to_ms: Annotated[float, "The bucket's upper edge, in milliseconds."]
    answers: Annotated[int, "Successful answers in the bucket."]


@dataclass(frozen=True, slots=True)
class MinuteView:
    """Requests of one deployment in one minute. null: not requested, or not known."""

    minute: Annotated[datetime, "When the minute began."]
    deployment: Annotated[str, "The deployment that answered."]
    requests: Annotated[int, "All requests."]
    errors: Annotated[int, "Those that failed: status 5xx, 408 or 429, of the platform or the model, and crashes."]
    client_errors: Annotated[int, "Those rejected as the caller's mistake: other 4xx, of the platform or the model."]
    overloaded: Annotated[int, "Those of the errors with status 408 or 429."]
    addressed: Annotated[int, "Those of the requests known to have named their deployment, such as smoke tests."]
    latency: Annotated[tuple[LatencyView, ...] | None, "Successful answers by latency, fastest first."]
    latency_percentiles_ms: Annotated[
        dict[str, float] | None, "Milliseconds by percentile (50, 90, 95, 99), where the source has no more detail."
    ]
    predictions: Annotated[dict[str, int] | None, "The number of predictions of each class or bin."]
    counts: Annotated[dict[str, CountView], "What else is counted, by gate: queries, and disagreement."]


def minute_view(minute: DeploymentMinute) -> MinuteView:
    """Return one minute of one deployment."""
    slowness, percentiles = minute.slowness, minute.percentiles
    return MinuteView(
        minute=minute.minute,
        deployment=minute.deployment,
        requests=minute.total,
        errors=minute.bad,
        client_errors=minute.client_errors,
        overloaded=minute.overloaded,
        addressed=minute.addressed,
        latency=None if slowness is None else tuple(_latency(bucket, slowness[bucket]) for bucket in sorted(slowness)),
        latency_percentiles_ms=None if percentiles is None else {str(at): value for at, value in percentiles.items()},
        predictions=None if minute.predictions is None else dict(minute.predictions),
        counts={gate: CountView(tally.bad, tally.total) for gate, tally in minute.tallies.items()},
    )


def _latency(bucket: int, answers: int) -> LatencyView:
    # Rounded down, so that `latency_buckets.bucket` gives the bucket back.
    return LatencyView(math.floor(edge(bucket) * 1000.0) / 1000.0, answers)
