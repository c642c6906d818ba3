"""A mismatch between green's weight and its actual share of live requests: reported, and a hold if the policy says so.

`judge.traffic_share` decides what a mismatch is. This module decides which minutes count and what follows.
"""

from __future__ import annotations

from datetime import datetime

from shared.core.judge.traffic_share import LiveMinute
from shared.core.observation.observation import DeploymentMinute, EndpointSeen
from shared.core.phases import Phase
from shared.core.reconcile.missing_rows import missing
from shared.core.rollout import history
from shared.core.rollout.history import Decision
from shared.core.rollout.reasons import Reason, ReasonCode, reason
from shared.core.rollout.record import Rollout
from shared.core.rollout.rereading import Split

SHARED = frozenset({Phase.STEPPING, Phase.PAUSED})


def live_minute(split: Split, green: DeploymentMinute | None, blue: DeploymentMinute | None) -> LiveMinute | None:
    """Return the live requests of a minute, if it can be compared with the weight; None if not.

    Minutes in which the traffic was being changed do not count. A minute in which all of one deployment's requests are
    missing is left to `green_starved` and `blue_not_logged`: its rows may be late, or lost.
    """
    if split.live is None or not 0 < split.live < 100:
        return None
    counts = LiveMinute(_live(green), _live(blue), split.live)
    lost = missing(counts.green, counts.blue, split.live)
    return counts if lost is None else None


def mismatch_now(rollout: Rollout) -> Reason | None:
    """Return the mismatch that holds the rollout, if its policy says so. Overruling the judge overrules this too."""
    holds = rollout.policy.judge.traffic_mismatch == "hold" and not rollout.judge_overruled
    return _found(rollout) if holds and rollout.phase in SHARED and _mismatch(rollout) else None


def report(rollout: Rollout, _endpoint: EndpointSeen, now: datetime) -> Decision | None:
    """Report, once each, that green's share of the requests does not match its weight, and that it matches again."""
    found = _mismatch(rollout)
    if found == rollout.judging.mismatch_reported or rollout.phase not in SHARED:
        return None
    known = rollout.with_judging(mismatch_reported=found)
    why = _found(rollout) if found else reason(ReasonCode.TRAFFIC_AS_WEIGHTED, deployment=rollout.green)
    return history.noted(known, why, now)


def _live(row: DeploymentMinute | None) -> int:
    return 0 if row is None else max(0, row.total - row.addressed)


def _mismatch(rollout: Rollout) -> bool:
    return rollout.judging.evidence.traffic.mismatch


def _found(rollout: Rollout) -> Reason:
    share, weight = rollout.judging.evidence.traffic, rollout.traffic.weight
    found = reason(
        ReasonCode.TRAFFIC_MISMATCH,
        deployment=rollout.green,
        weight=weight,
        observed_share=round(share.green / share.total, 4) if share.total else 0.0,
        requests=share.total,
    )
    if any(sample.weight != weight for sample in share.recent):
        found.facts["expected_share"] = round(share.expected() / share.total, 4)
    return found
