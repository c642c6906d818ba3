"""Green's share of the live traffic over time: as it took effect, not as ordered."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple


class Share(NamedTuple):
    """Green's shares of the live traffic, from 0 to 1: what it answers, and what is mirrored to it."""

    live: float
    mirror: float


NOTHING = Share(0.0, 0.0)


@dataclass(slots=True)
class Shares:
    """Changes of green's share. Changes and queries for means both come in chronological order."""

    times: list[datetime]
    shares: list[Share] = field(default_factory=lambda: [NOTHING])
    at: int = 0

    def change(self, moment: datetime, share: Share) -> None:
        """Record that green has this share from now on."""
        if share != self.shares[-1]:
            self.times.append(moment)
            self.shares.append(share)

    @property
    def first(self) -> datetime | None:
        """When green's first request could arrive, or None if none could yet."""
        return self.times[1] if len(self.times) > 1 else None

    def reached(self, live: float) -> datetime | None:
        """Return when green first had at least this share of the live traffic."""
        return next((moment for moment, share in zip(self.times, self.shares, strict=True) if share.live >= live), None)

    def mean(self, since: datetime, until: datetime) -> Share:
        """Return the mean share from `since` up to `until`. Neither may be earlier than in the previous call."""
        if self.at == len(self.times) - 1:
            return self.shares[self.at]
        live = mirror = 0.0
        moment, whole = since, until - since
        while True:
            last = self.at == len(self.times) - 1 or self.times[self.at + 1] >= until
            end = until if last else self.times[self.at + 1]
            part, share = max((end - moment) / whole, 0.0), self.shares[self.at]
            live, mirror = live + part * share.live, mirror + part * share.mirror
            if last:
                return Share(live, mirror)
            moment, self.at = max(end, since), self.at + 1
