"""What the judge sees of one minute: its rows, the traffic split at which it counts, and whose rows are missing."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from shared.core.gates.calibration import Calibration
from shared.core.gates.samples import Row, gate_minute
from shared.core.judge.incident import beyond
from shared.core.judge.measure import severe_limit
from shared.core.judge.odds import Counts
from shared.core.judge.panel import JudgedMinute
from shared.core.observation.observation import DeploymentMinute
from shared.core.observation.spans import ceil_minute
from shared.core.reconcile.missing_rows import missing, missing_beside_mirror
from shared.core.reconcile.traffic_mismatch import live_minute
from shared.core.rollout.record import Rollout
from shared.core.rollout.rereading import MinuteCounts, Split

# A common overload excuses green only if it handles at least this part of what blue handles, given equal shares.
HANDLES = 0.25
Rows = Mapping[str, DeploymentMinute]


def by_minute(rows: Iterable[DeploymentMinute]) -> dict[datetime, dict[str, DeploymentMinute]]:
    """Return rows by minute and deployment."""
    found: dict[datetime, dict[str, DeploymentMinute]] = {}
    for row in rows:
        found.setdefault(row.minute, {})[row.deployment] = row
    return found


def counts_of(rollout: Rollout, rows: Rows) -> MinuteCounts:
    """Return the counts to remember for a judged minute."""
    green, blue = rows.get(rollout.green), rows.get(rollout.blue or "")
    return MinuteCounts(*((green.total, green.bad) if green else (0, 0)), *((blue.total, blue.bad) if blue else (0, 0)))


def present_weight(rollout: Rollout) -> int:
    """Return green's share in percent as the judge counts it: negative for a mirror."""
    return -rollout.traffic.mirror if rollout.traffic.mirror else rollout.traffic.weight


def next_weight(rollout: Rollout) -> int | None:
    """Return the share that green would get next, in percent; None if it has all traffic."""
    if rollout.traffic.weight >= 100:
        return None
    return rollout.policy.next_weight(rollout.progress.step)


def split_at(rollout: Rollout, minute: datetime) -> Split:
    """Return the traffic split at which a minute is judged now."""
    steady, before = _steady(rollout, minute), rollout.traffic.before
    earlier = before.weight if before is not None and before.covers(minute) else None
    live = max(present_weight(rollout), 0) if steady else earlier
    return Split(minute, present_weight(rollout), next_weight(rollout), steady, live)


def unlogged(rollout: Rollout, minute: datetime, rows: Rows) -> str | None:
    """Return the deployment without requests in this minute that should have some, judging by the other one's."""
    weight, mirror = rollout.traffic.weight, rollout.traffic.mirror
    if rollout.blue is None or not _steady(rollout, minute) or not (mirror or 0 < weight < 100):
        return None
    counts = counts_of(rollout, rows)
    absent = (missing_beside_mirror if mirror else missing)(counts.green, counts.blue, mirror or weight)
    return rollout.green if absent == "green" else rollout.blue if absent == "blue" else None


def judged_minute(
    rollout: Rollout, calibration: Calibration, split: Split, rows: Rows, missing: Collection[str]
) -> JudgedMinute:
    """Return what the judge sees of one minute. missing: gates without evidence."""
    green, blue = rows.get(rollout.green), rows.get(rollout.blue or "")
    judged = _unloaded(calibration, green, blue)
    gates = zip(calibration.panel.gates, calibration.samples, strict=True)
    return JudgedMinute(
        gates=tuple([None if setting.name in missing else gate_minute(samples, *judged) for setting, samples in gates]),
        weight=split.weight,
        next_weight=split.next_weight,
        steady=split.steady,
        green=green.total if green else 0,
        blue=blue.total if blue else 0,
        answered=_answered(green),
        blue_answered=_answered(blue),
        live=live_minute(split, green, blue),
    )


def _answered(row: Row) -> int:
    return row.total - row.bad if row else 0


def _steady(rollout: Rollout, minute: datetime) -> bool:
    return rollout.traffic.steady_since is not None and minute >= ceil_minute(rollout.traffic.steady_since)


def _unloaded(calibration: Calibration, green: Row, blue: Row) -> tuple[Row, Row]:
    """Return both deployments' minutes, without the effects of a lack of capacity if both are overloaded.

    In that case 429, 408 and slow answers show how many instances each has for its share, not how good its model is,
    and a rollback would remove capacity when it is needed most. An overload of only one of them still counts, and so
    does anything that makes green far worse than blue: too few instances do not explain that.
    """
    if green is None or blue is None or calibration.alarms is None:
        return green, blue
    overloaded, tuning = calibration.alarms.overloaded, calibration.panel.tuning
    if not all(beyond(Counts(row.overloaded, row.total), overloaded, tuning) for row in (green, blue)):
        return green, blue
    most = math.ceil(green.total * severe_limit(blue.overloaded / blue.total, tuning, handles=HANDLES))
    return _without_overload(green, most), _without_overload(blue, blue.overloaded)


def _without_overload(row: DeploymentMinute, most: int) -> DeploymentMinute:
    excused = min(row.overloaded, most)
    return replace(row, total=row.total - excused, bad=row.bad - excused, slowness=None, percentiles=None)
