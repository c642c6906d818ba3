"""The desired traffic, and the orders that Azure may still carry out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from shared.core.observation.spans import MINUTE


@dataclass(frozen=True, slots=True)
class PastWeight:
    """A weight of green that was in force, and no longer is.

    weight: percent. since: when it was first observed in force. until: when another one was wanted.
    """

    weight: int
    since: datetime
    until: datetime

    def covers(self, minute: datetime) -> bool:
        """Return whether it was in force for the whole minute."""
        return self.since <= minute and minute + MINUTE <= self.until


@dataclass(frozen=True, slots=True, kw_only=True)
class TrafficPlan:
    """The wanted traffic.

    weight, mirror: percent of live traffic that green should receive, and that should be mirrored to it. steady_since:
    when this was first observed in force. expected: Teal's own traffic maps: the one found and the one wanted or, once
    that is in force, only the latter. Any other map was set by someone else. edited: the last such map that was
    noticed; an earlier one counts as a new edit. edited_since: when it was noticed; None once an operator has resumed
    or promoted, or once it was reported after a promotion. before: the weight that was in force before this one;
    telemetry is late, so some of its minutes are only judged now.
    """

    weight: int = 0
    mirror: int = 0
    steady_since: datetime | None = None
    expected: tuple[dict[str, int], ...] = ()
    edited: dict[str, int] | None = None
    edited_since: datetime | None = None
    before: PastWeight | None = None

    @property
    def known(self) -> tuple[dict[str, int], ...]:
        """The traffic maps that are not reported: Teal's own, and the edit that was noticed last."""
        return self.expected if self.edited is None else (*self.expected, self.edited)


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """Orders that Azure may still carry out, remembered because an observation can be older than the order.

    traffic: the last traffic map ordered. shown: whether it was seen in force since; if not, it may still take effect.
    reached: whether green has had live traffic, or Azure accepted an order for it. mirror: the percentage of green's
    copy in the last mirror ordered; mirror_shown: as `shown`. blue_scaled_up: whether Azure accepted the order to
    restore blue's instances. created: when green was last ordered, without the time that was not observed. refused:
    what Azure refused during the rollback, as last reported; it is ordered again anyway. deleted: the deployments that
    were ordered to be deleted.
    """

    traffic: dict[str, int] | None = None
    shown: bool = False
    reached: bool = False
    mirror: int = 0
    mirror_shown: bool = False
    blue_scaled_up: bool = False
    created: datetime | None = None
    refused: str = ""
    deleted: tuple[str, ...] = ()
