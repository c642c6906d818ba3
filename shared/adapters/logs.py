"""The telemetry source of the request log in Log Analytics: requests, errors and latency. Its query is `minutes.kql`.

Everything that goes into the query is validated or generated here. One unreadable row invalidates the whole answer,
because a missing row looks like requests that did not fail.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from string import Template
from typing import Any

from azure.monitor.query import LogsTable

from shared.adapters.log_analytics import LogAnalytics, endpoint_name, moment
from shared.adapters.traffic import traffic_query
from shared.core.observation import DeploymentMinute
from shared.core.telemetry import Need, SourceKind, Window
from shared.core.telemetry.latency_buckets import LOG_RATIO
from shared.core.telemetry.sources import LOGS
from shared.errors import Temporary
from shared.ports import Fetch

# An id that occurs more often per minute is not a retried request, but an id that a client uses for all its requests.
MOST_TRIES = 20
UNTIMED = -1  # the query's bucket for requests without a meaningful latency
_Key = tuple[datetime, str]


class RequestLog:
    """The telemetry source of one workspace's request log."""

    kind: SourceKind = LOGS

    def __init__(self, log: LogAnalytics) -> None:
        self._log = log

    def read(self, fetch: Fetch, needs: Sequence[Need]) -> tuple[DeploymentMinute, ...]:
        """Return requests, errors and latency, as `minutes` does."""
        asked = traffic_query(fetch, needs)
        return self.minutes(fetch.endpoint, asked.window, asked.latency, once=asked.once)

    def minutes(
        self, endpoint: str, window: Window, latency: Window | None, *, once: bool = False
    ) -> tuple[DeploymentMinute, ...]:
        """Return a row for each deployment and minute of the window with requests, oldest first.

        latency: the part of the window whose minutes get `slowness` (empty if no answer was good); others have None.
        once: a request that its caller retried counts once per minute, as failed if any attempt failed.
        Raises Temporary if the answer is missing or partial, Permanent for an invalid endpoint name.
        """
        timed = latency or Window(window.until, window.until)
        query = _query().substitute(
            endpoint=endpoint_name(endpoint),
            workspace=self._log.workspace_id,
            since=moment(window.since),
            until=moment(window.until),
            latency_since=moment(timed.since),
            latency_until=moment(timed.until),
            log_ratio=repr(LOG_RATIO),
            most_tries=MOST_TRIES if once else 0,
        )
        counted: dict[_Key, _Counted] = {}
        for table in self._log.tables(query, window, f"the request log of {endpoint}"):
            for row in _rows(table):
                _count(counted, row)
        return tuple(_minute(key, counted[key], timed) for key in sorted(counted))


@dataclass(slots=True)
class _Counted:
    """The sums over the rows of one deployment and minute."""

    total: int = 0
    bad: int = 0
    client_errors: int = 0
    overloaded: int = 0
    addressed: int = 0
    slowness: dict[int, int] = field(default_factory=dict)


@cache
def _query() -> Template:
    return Template(files("shared.adapters").joinpath("minutes.kql").read_text(encoding="utf-8"))


def _rows(table: LogsTable) -> Iterable[dict[str, Any]]:
    return (dict(zip(table.columns, row, strict=True)) for row in table.rows)


def _count(counted: dict[_Key, _Counted], row: dict[str, Any]) -> None:
    try:
        key = (row["minute"].astimezone(UTC), str(row["deployment"]))
        bucket, total = int(row["bucket"]), int(row["total"])
        sums = counted.setdefault(key, _Counted())
        sums.total += total
        sums.bad += int(row["bad"])
        sums.client_errors += int(row["client_errors"])
        sums.overloaded += int(row["overloaded"])
        sums.addressed += int(row["addressed"])
        if bucket != UNTIMED:
            sums.slowness[bucket] = total
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise Temporary(f"a row of the request log cannot be read: {error!r}") from error


def _minute(key: _Key, sums: _Counted, timed: Window) -> DeploymentMinute:
    minute, deployment = key
    asked = timed.since <= minute < timed.until
    slowness = dict(sorted(sums.slowness.items())) if asked else None
    return DeploymentMinute(
        deployment,
        minute,
        sums.total,
        sums.bad,
        sums.client_errors,
        slowness,
        overloaded=sums.overloaded,
        addressed=sums.addressed,
    )
