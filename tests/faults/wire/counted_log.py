"""A request log that stores counts instead of rows, for schedules with a million requests.

It answers only Teal's query for minutes, as the emulator's own log does (a test compares the two). The emulator's log
needs half a second for each query.
"""

from __future__ import annotations

import re
from collections import Counter
from datetime import datetime

from emulator.clock import VirtualClock
from emulator.monitor.log_store import Result, Scope
from emulator.monitor.traffic_log import TrafficLog
from shared.core.telemetry.latency_buckets import bucket

Answered = tuple[int, int | None, int]  # the gateway's status, the container's, milliseconds
MOMENT = r"datetime\(([^)]+)\)"
WINDOW = re.compile(rf"where TimeGenerated >= {MOMENT} and TimeGenerated < {MOMENT}")
TIMED = re.compile(rf"timed = TimeGenerated >= {MOMENT} and TimeGenerated < {MOMENT}")
COLUMNS = {
    "deployment": "VARCHAR",
    "minute": "TIMESTAMP",
    "bucket": "BIGINT",
    "total": "BIGINT",
    "bad": "BIGINT",
    "client_errors": "BIGINT",
    "overloaded": "BIGINT",
    "addressed": "BIGINT",
}
UNTIMED = -1


class CountedLog(TrafficLog):
    """Requests of one endpoint, counted by deployment and minute."""

    def __init__(self, clock: VirtualClock) -> None:
        super().__init__(clock, 0.0)
        self.counted: dict[tuple[datetime, str], Counter[Answered]] = {}

    def add(self, deployment: str, minute: datetime, answered: Counter[Answered]) -> None:
        """Add the requests that a deployment answered in a minute."""
        self.counted.setdefault((minute, deployment), Counter()).update(answered)

    async def query(self, kql: str, scope: Scope | None = None) -> Result:
        """Return what Teal's query for minutes returns."""
        del scope
        (since, until), (timed_since, timed_until) = _window(WINDOW, kql), _window(TIMED, kql)
        found = [
            row
            for (minute, deployment), answered in sorted(self.counted.items(), key=lambda item: item[0])
            if since <= minute < until
            for row in _rows(minute, deployment, answered, timed=timed_since <= minute < timed_until)
        ]
        return Result(list(COLUMNS), list(COLUMNS.values()), found)


def _window(pattern: re.Pattern[str], kql: str) -> tuple[datetime, datetime]:
    found = pattern.search(kql)
    assert found is not None, f"not the query for minutes: {kql[:200]}"
    return datetime.fromisoformat(found[1]), datetime.fromisoformat(found[2])


def _rows(minute: datetime, deployment: str, answered: Counter[Answered], *, timed: bool) -> list[tuple[object, ...]]:
    """Return one row for each latency bucket of the good answers, and one for all others."""
    sums: dict[int, list[int]] = {}
    for (code, model_code, milliseconds), count in answered.items():
        busy = code == 429
        refused = model_code is not None and 400 <= model_code < 500
        bad = not refused and code >= 400
        found = sums.setdefault(bucket(milliseconds) if timed and code == 200 else UNTIMED, [0] * 4)
        for number, part in enumerate((True, bad, refused, busy)):
            found[number] += count if part else 0
    return [(deployment, minute.replace(tzinfo=None), index, *sums[index], 0) for index in sorted(sums)]
