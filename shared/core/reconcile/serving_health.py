"""Whether its requests show that the serving deployment is healthy, in the last minutes and since the last bad ones.

Healthy means that no more requests fail than blue's calibrated past allows, or less than a quarter without a
calibration. Nor may nearly all be refused, or be as slow or unreadable as in an incident. A few minutes can look good
by chance. So after bad ones, at least ten good minutes must show with 95 % confidence that the share is below its
limit; if there are too few requests for that, nearly an hour of good minutes is enough.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto

from shared.core.gates.alarms import MOST_REFUSED, SLOWNESS, Alarms
from shared.core.judge.incident import MOST_UNKNOWN
from shared.core.judge.interval import interval
from shared.core.observation.observation import DeploymentMinute

LOOK_BACK = timedelta(hours=1)
LAST = timedelta(minutes=5)  # the minutes that must look good now
CALM = timedelta(minutes=10)  # how long they must do so after bad ones,
LONG = timedelta(minutes=50)  # and how long if there are too few requests to show it
BY_CHANCE = 1  # a bad request that proves nothing
ENOUGH = 30  # requests


class ServingHealth(Enum):
    """What is known about a deployment. GOOD: healthy so far, but so few requests can succeed by chance."""

    UNHEALTHY = auto()
    UNCLEAR = auto()
    GOOD = auto()
    PROVEN = auto()


@dataclass(frozen=True, slots=True)
class Share:
    """The bad requests in some minutes, `bad` of `total`, and the largest share of them that is acceptable."""

    bad: int
    total: int
    limit: float

    @property
    def too_much(self) -> bool:
        """Whether too many are bad. One bad request is not enough."""
        return self.bad > self.limit * self.total + BY_CHANCE

    @property
    def surely_too_much(self) -> bool:
        """Whether these requests prove that too many are bad, so that many readings do not find this by chance."""
        found = interval(self.bad, self.total) if self.too_much else None
        return found is not None and found.low > self.limit

    @property
    def shown(self) -> bool | None:
        """Whether these requests show that the share is below its limit; None if so few cannot."""
        found, best = interval(self.bad, self.total), interval(0, self.total)
        if found is None or best is None or best.high >= self.limit:
            return None
        return found.high < self.limit

    @property
    def small(self) -> bool:
        """Whether there are too few requests to show it, with no more bad ones than chance explains."""
        return self.shown is None and self.bad <= BY_CHANCE


def shown_by(
    rows: Sequence[DeploymentMinute], alarms: Alarms | None, *, slow_too: bool, unhealthy: bool, only: bool = False
) -> ServingHealth:
    """Return what these requests show about a deployment.

    rows: one deployment's minutes of the last hour, the newest within the last five. unhealthy: whether it was known to
    be unhealthy before. slow_too: whether slow answers count. only: whether there are no smoke requests that could
    show it instead. Then `ENOUGH` requests suffice: otherwise a deployment called once an hour would never be proven.
    """
    bad_until = _bad_until(rows, alarms, slow_too=slow_too)
    newest = max(row.minute for row in rows)
    since = sorted((row for row in rows if bad_until is None or row.minute > bad_until), key=lambda row: row.minute)
    shares = list(_shares(since, alarms, slow_too=slow_too))
    if bad_until == newest or any(share.too_much for share in shares):
        return ServingHealth.UNHEALTHY
    doubted, good_for = unhealthy or bad_until is not None, newest - since[0].minute
    # A doubt that does not come from these rows, such as from the smoke requests, is newer than some of them.
    proven = ServingHealth.GOOD if unhealthy and bad_until is None and not only else ServingHealth.PROVEN
    if all(share.shown for share in shares if share.total) and (good_for >= CALM or not doubted):
        return proven
    enough = only and bad_until is None and sum(row.total for row in since) >= ENOUGH
    if doubted:
        long = (enough or good_for >= LONG) and all(share.shown or share.small for share in shares)
        return proven if long else ServingHealth.UNCLEAR
    if any(share.shown is False for share in shares):
        return ServingHealth.UNCLEAR
    return ServingHealth.PROVEN if enough else ServingHealth.GOOD


def latest(rows: Iterable[DeploymentMinute], until: datetime | None) -> list[DeploymentMinute]:
    """Return the rows of the last minutes. until: what was read."""
    return [row for row in rows if until is not None and row.minute >= until - LAST]


def surely_bad_until(rows: Sequence[DeploymentMinute], alarms: Alarms | None, *, slow_too: bool) -> datetime | None:
    """Return the newest minute that ends five minutes in which provably too much was bad; None if there is none."""
    return _bad_until(rows, alarms, slow_too=slow_too, surely=True)


def _bad_until(
    rows: Sequence[DeploymentMinute], alarms: Alarms | None, *, slow_too: bool, surely: bool = False
) -> datetime | None:
    """Return the newest minute that ends five bad minutes; None if there is none."""
    for minute in sorted((row.minute for row in rows), reverse=True):
        last = [row for row in rows if minute - LAST < row.minute <= minute]
        shares = _shares(last, alarms, slow_too=slow_too)
        if any(share.surely_too_much if surely else share.too_much for share in shares):
            return minute
    return None


def _shares(rows: Sequence[DeploymentMinute], alarms: Alarms | None, *, slow_too: bool) -> Iterator[Share]:
    """Yield what failed, what was overloaded or refused, and what gates watch: answers that are unreadable, or slow."""
    total = sum(row.total for row in rows)
    yield Share(sum(row.bad for row in rows), total, MOST_UNKNOWN if alarms is None else alarms.failed.limit)
    yield Share(sum(row.overloaded for row in rows), total, MOST_UNKNOWN if alarms is None else alarms.overloaded.limit)
    yield Share(sum(row.client_errors for row in rows), total, MOST_REFUSED if alarms is None else alarms.refused)
    for gate in alarms.gates.values() if alarms is not None else ():
        if gate.sample.measured(0)["what"] in SLOWNESS and not slow_too:
            continue
        pairs = [pair for row in rows for pair in gate.sample.counts(row, green=False) or ()]
        yield Share(sum(bad for bad, _ in pairs), sum(known for _, known in pairs), gate.alarm.limit)
