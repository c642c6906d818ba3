"""Gaps: judged minutes in which a gate counted nothing for a deployment that should have given it something to count.

Collected answers and query results can arrive later than the requests. A gap that is filled when it is read again shows
that they do, and how late they are.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime

from shared.core.gates.samples import GateSamples, gate_minute
from shared.core.judge.gate_setting import GateSetting
from shared.core.judge.odds import Counts
from shared.core.observation.observation import DeploymentMinute
from shared.core.observation.spans import MINUTE
from shared.core.reconcile.judged_minutes import Rows, split_at
from shared.core.rollout.record import Rollout

LEAST = 1.0  # expected outcomes; a minute for which fewer are expected can well have none


def remembered(
    rollout: Rollout, minutes: Sequence[datetime], rows: Mapping[datetime, Rows], missing: Collection[str]
) -> Rollout:
    """Return the rollout with the gaps of newly judged minutes, as long as these are watched for late rows.

    missing: gates whose data could not be read, which says nothing about when it arrives.
    """
    if rollout.rereading.began is None or not minutes:
        return rollout
    first = minutes[-1] + MINUTE - len(rollout.rereading.recent) * MINUTE
    kept = {}
    for setting, samples in _counting(rollout):
        found = [
            minute
            for minute in minutes
            if setting.name not in missing
            and (not setting.mirrored or split_at(rollout, minute).weight < 0)
            and 0 in _counted(rollout, setting, samples, rows.get(minute, {}))
        ]
        known = (*rollout.rereading.gaps.get(setting.name, ()), *found)
        kept[setting.name] = tuple([minute for minute in known if minute >= first])
    return rollout.with_rereading(gaps={name: known for name, known in kept.items() if known})


def filled(rollout: Rollout, rows: Mapping[datetime, Rows]) -> dict[str, tuple[datetime, ...]]:
    """Return the gaps in which each gate now counts something for every deployment."""
    found = {}
    for setting, samples in _counting(rollout):
        minutes = rollout.rereading.gaps.get(setting.name, ())
        counted = [(minute, _counted(rollout, setting, samples, rows.get(minute, {}))) for minute in minutes]
        found[setting.name] = tuple([minute for minute, each in counted if each and 0 not in each])
    return {name: minutes for name, minutes in found.items() if minutes}


def without(rollout: Rollout, known: Mapping[str, Collection[datetime]]) -> Rollout:
    """Return the rollout without these gaps."""
    left = {
        name: tuple([minute for minute in minutes if minute not in known.get(name, ())])
        for name, minutes in rollout.rereading.gaps.items()
    }
    return rollout.with_rereading(gaps={name: minutes for name, minutes in left.items() if minutes})


def first(rollout: Rollout) -> datetime | None:
    """Return the oldest gap, the first minute in which late data would show; None if there is none."""
    return min((minute for minutes in rollout.rereading.gaps.values() for minute in minutes), default=None)


def _counting(rollout: Rollout) -> Iterator[tuple[GateSetting, GateSamples]]:
    """Yield the gates that can roll back and are known to count outcomes of their own."""
    calibration = rollout.judging.calibration
    for setting, samples in zip(calibration.panel.gates, calibration.samples, strict=True) if calibration else ():
        if setting.heard > 0 and setting.share > 0:
            yield setting, samples


def _counted(rollout: Rollout, setting: GateSetting, samples: GateSamples, rows: Rows) -> list[int]:
    """Return how much the gate counts in this minute for each deployment that should have given it something."""
    green, blue = rows.get(rollout.green), rows.get(rollout.blue or "")
    seen = gate_minute(samples, green, blue)
    item = seen.items[0] if seen is not None else Counts()
    if not isinstance(item, Counts):
        return []
    both = [(green, item.green_total), (None if setting.mirrored else blue, item.blue_total)]
    return [counted for row, counted in both if _expected(row, setting) >= LEAST]


def _expected(row: DeploymentMinute | None, setting: GateSetting) -> float:
    return 0.0 if row is None else (row.total - row.bad) * setting.heard
