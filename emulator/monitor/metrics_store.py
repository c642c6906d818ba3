"""What metrics are made of: how many requests took how long, by minute and kind, counted while they are answered.

Times are the virtual clock's. A request is counted only after the lag. It never waits and keeps no single request.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from emulator.clock import VirtualClock
from emulator.monitor.traffic_log import TrafficEntry

LAG_SECONDS = 60.0  # Azure: platform metrics usually arrive within a minute
MOST_MINUTES = 20_000  # a fortnight; Azure keeps 93 days


@dataclass(frozen=True, slots=True)
class Kind:
    """What requests have in common that are counted together. Names in lower case; mirrored: copies of others."""

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
            "envoy_response_code": str(self.code),
        }
        return values[name]


class MetricsStore:
    """Counts of milliseconds by minute and kind. `lag_seconds` is virtual: from the request until it is counted."""

    def __init__(self, clock: VirtualClock, lag_seconds: float = LAG_SECONDS) -> None:
        self.clock = clock
        self._lag = timedelta(seconds=lag_seconds)
        self._coming: deque[tuple[datetime, Kind, int]] = deque()
        self._minutes: dict[datetime, dict[Kind, Counter[int]]] = {}

    def note(self, entry: TrafficEntry, moment: datetime) -> None:
        """Take in a request that was answered at this moment."""
        self._count()
        kind = Kind(entry.endpoint.lower(), entry.deployment.lower(), entry.code, entry.model_code, entry.mirrored)
        self._coming.append((moment, kind, entry.total_ms))

    def minutes(self, start: datetime, end: datetime) -> Iterator[tuple[datetime, Kind, Counter[int]]]:
        """Yield what is counted for each minute that begins in the span, the end excluded."""
        self._count()
        for minute, kinds in self._minutes.items():
            if start <= minute < end:
                yield from ((minute, kind, times) for kind, times in kinds.items())

    def _count(self) -> None:
        """Count what has arrived by now."""
        arrived = self.clock.now() - self._lag
        while self._coming and self._coming[0][0] <= arrived:
            moment, kind, milliseconds = self._coming.popleft()
            kinds = self._minutes.setdefault(moment.replace(second=0, microsecond=0), {})
            kinds.setdefault(kind, Counter())[milliseconds] += 1
        while len(self._minutes) > MOST_MINUTES:
            del self._minutes[min(self._minutes)]
