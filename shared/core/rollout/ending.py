"""What remains to be done after a rollout has ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

BlueSize = Literal["ordered", "seen", "changed"]
BlueAutoscale = Literal["unknown", "none", "enabled", "suspending", "suspended", "refused", "left"]


@dataclass(frozen=True, slots=True)
class Kept:
    """The blue of an earlier rollout, which can be deleted at this time.

    scaled_down_from: its instance count before it was scaled down; None: it was not. suspended: whether its autoscale
    settings were suspended for that. used_since: since when it has had live traffic; None: it has none.
    """

    deployment: str
    until: datetime
    scaled_down_from: int | None = None
    suspended: bool = False
    used_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class TooSmall:
    """How many instances a deployment was left with, and how many it should have got back."""

    instances: int
    wanted: int


@dataclass(frozen=True, slots=True)
class SeenHealthy:
    """The deployment that served and was seen healthy: last `at`, and without interruption since `since`.

    proven: whether that is enough to delete something. A few good answers are not, until they have lasted.
    """

    deployment: str
    since: datetime
    at: datetime
    proven: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """What remains to be done after the rollout has ended.

    clean_after: when the leftover deployment can be deleted; once it was dealt with, until when the serving deployment
    is still watched. blue_scaled_down: whether blue is kept with fewer instances, or must grow before the rollback.
    blue_size: whether it was then seen at that size, and has since been given more instances by somebody else.
    autoscale: whether blue has autoscale settings, which are suspended while it is kept with fewer instances
    (`suspending`: ordered; `left`: they could not be restored). too_small: blue's size, if it got its traffic back but
    not all its instances. cleaned: when the leftover was dealt with. finished: when nothing was left to do: no cleanup,
    no inherited deployment, no watch. seen_healthy: which deployment served and was healthy last. unhealthy,
    unhealthy_reported: the serving deployment that fails, and the one for which the history already says so. watched:
    the serving deployment when it was last observed. watched_until: its newest minute that was taken into account.
    bad_until: the newest minute that ended five bad ones. orphan_since: since when the history says that a deployment
    was left behind. overdue: whether the history says what the cleanup waits for, such as a healthy serving deployment.
    """

    clean_after: datetime | None = None
    seen_healthy: SeenHealthy | None = None
    unhealthy: str | None = None
    unhealthy_reported: str | None = None
    watched: str = ""
    watched_until: datetime | None = None
    bad_until: datetime | None = None
    blue_scaled_down: bool = False
    blue_size: BlueSize = "ordered"
    autoscale: BlueAutoscale = "unknown"
    too_small: TooSmall | None = None
    cleaned: datetime | None = None
    finished: datetime | None = None
    orphan_since: datetime | None = None
    overdue: bool = False
