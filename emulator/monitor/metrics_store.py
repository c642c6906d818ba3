"""The counts behind the metrics: how many requests took how long, by minute and kind.

Times are virtual. A request is counted only after the lag. Individual requests are not kept, and nothing blocks.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from emulator.clock import VirtualClock
from emulator.traffic import TrafficEntry

LAG_SECONDS = 60.0  # Azure: platform metrics usually arrive within a minute
MOST_MINUTES = 20_000  # two weeks; Azure keeps 93 days


@dataclass(frozen=True, slots=True)
class Kind:
    """What requests that are counted together have in common. Names are in lower case."""

    endpoint: str
    deployment: str
    code: int
    model_code: int | None
    mirrored: bool

    def dimension(self, name: str) -> str:
        """Return the value of one of the metrics' dimensions."""
        values = {
            "deployment": self.deployment,
            "statusCode": str(self.code),
            "statusCodeClass": f"{self.code // 100}xx",
            "modelStatusCode": "" if self.model_code is None else str(self.model_code),
            "envoy_response_code": str(self.model_code or self.code),  # before it becomes 424
        }
        return values[name]


class MetricsStore:
    """Counts of milliseconds by minute and kind. Requests are counted after `lag_seconds` of virtual time."""

    def __init__(self, clock: VirtualClock, lag_seconds: float = LAG_SECONDS) -> None:
        self.clock = clock
        self._lag = timedelta(seconds=lag_seconds)
        self._pending: deque[tuple[datetime, Kind, int]] = deque()
        self._minutes: dict[datetime, dict[Kind, Counter[int]]] = {}

    def record(self, entry: TrafficEntry, moment: datetime) -> None:
        """Record a request that was answered at this time."""
        self._count()
        kind = Kind(entry.endpoint.lower(), entry.deployment.lower(), entry.code, entry.model_code, entry.mirrored)
        self._pending.append((moment, kind, entry.total_ms))

    def minutes(self, start: datetime, end: datetime) -> Iterator[tuple[datetime, Kind, Counter[int]]]:
        """Yield the counts of each minute that begins between `start` and `end` (exclusive)."""
        self._count()
        for minute, kinds in self._minutes.items():
            if start <= minute < end:
                yield from ((minute, kind, times) for kind, times in kinds.items())

    def _count(self) -> None:
        """Count the requests that have arrived by now."""
        arrived = self.clock.now() - self._lag
        while self._pending and self._pending[0][0] <= arrived:
            moment, kind, milliseconds = self._pending.popleft()
            kinds = self._minutes.setdefault(moment.replace(second=0, microsecond=0), {})
            kinds.setdefault(kind, Counter())[milliseconds] += 1
        while len(self._minutes) > MOST_MINUTES:
            del self._minutes[min(self._minutes)]
