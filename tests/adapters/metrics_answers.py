"""Azure Monitor metrics responses as JSON, for the scripted Azure: complete ones, and every odd form."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.adapters.arm_documents import WORKSPACE
from tests.adapters.stand_in import Reply

TEN = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
ENDPOINT = f"{WORKSPACE}/onlineEndpoints/churn"
REQUESTS = "RequestsPerMinute"
PERCENTS = (50, 90, 95, 99)

Json = dict[str, Any]
Points = dict[int, float | None]


def series(points: Points, **dimensions: str) -> Json:
    """Return one series: averages by minute after ten; None gives a point without a value."""
    return {
        "metadatavalues": [{"name": _text(name), "value": value} for name, value in dimensions.items()],
        "data": [{"timeStamp": _time(minute)} | _average(value) for minute, value in points.items()],
    }


def _average(value: float | None) -> Json:
    return {} if value is None else {"average": value}


def _time(minute: int) -> str:
    return (TEN + timedelta(minutes=minute)).isoformat().replace("+00:00", "Z")


def _text(value: str) -> Json:
    return {"value": value, "localizedValue": value}


def requests(status: str, points: Points, deployment: str = "churn-7") -> Json:
    """Return the series of a deployment's requests with this status."""
    return series(points, deployment=deployment, statuscode=status)


def metric(name: str, *rows: Json, **more: object) -> Json:
    """Return one metric of a response."""
    known = {"id": f"metrics/{name}", "type": "Microsoft.Insights/metrics", "name": _text(name), "unit": "Count"}
    return known | {"errorCode": "Success", "timeseries": list(rows)} | more


def latencies(points: dict[int, float], *percents: int, **dimensions: str) -> list[Json]:
    """Return the percentile metrics: P50 as given, the others scaled in proportion to the percentile."""
    return [
        metric(
            f"RequestLatency_P{percent}",
            series({minute: value * percent / 50 for minute, value in points.items()}, **dimensions),
        )
        for percent in percents or PERCENTS
    ]


def answer(*metrics: Json, resource: str = ENDPOINT, **more: object) -> Json:
    """Return the response for one resource."""
    span = {"starttime": _time(0), "endtime": _time(60)}
    return {"resourceid": resource, "interval": "PT1M", **span, "value": list(metrics)} | more


def answered(*rows: Json) -> Reply:
    """Return the service's reply for the endpoint, with these series of requests."""
    return Reply(200, {"values": [answer(metric(REQUESTS, *rows))]})


def batch(*answers: Json) -> Reply:
    """Return the service's reply with these responses, one per resource."""
    return Reply(200, {"values": list(answers)})
