"""Rollbacks that wait although green is worse, because users would fare worse still with blue, or in a flood.

Such a rollout is held and alerts. Operators can roll back at any time.
"""

from __future__ import annotations

from collections.abc import Sequence

from shared.core.gates.alarms import SLOWNESS
from shared.core.judge.incident import MOST
from shared.core.judge.verdict import Outcome
from shared.core.reconcile.incidents import LAST, SHARED, blue_fails, flooded, overload
from shared.core.reconcile.probing import RECENT
from shared.core.rollout.reasons import Reason, ReasonCode, reason
from shared.core.rollout.record import Rollout
from shared.core.rollout.rereading import MinuteCounts

SLOW = 0.5  # of a failed request: what a slow answer counts as


def withheld_rollback(rollout: Rollout) -> Reason | None:
    """Return why a green that the judge would roll back keeps its share for now; None if it need not."""
    alarms, watches = rollout.alarms, rollout.judging.watches
    failing = rollout.verdict is not None and rollout.verdict.outcome is Outcome.FAIL
    if rollout.phase not in SHARED or not failing or alarms is None or rollout.judge_overruled:
        return None
    if rollout.alone and watches.green_overloaded.declared and flooded(rollout):
        return overload(rollout, alarms)
    if not blue_fails(rollout) or watches.green_failed.declared:
        return None
    why = rollout.verdict_reason
    if why is None or not (_may_still_fail(rollout, why) if rollout.alone else _harms_less(rollout, why)):
        return None
    return reason(
        ReasonCode.ROLLBACK_WITHHELD,
        because=why,
        deployment=rollout.blue or "",
        other=rollout.green,
        limit=(alarms.failed if watches.blue_failed.declared else alarms.overloaded).limit,
    )


def _harms_less(rollout: Rollout, why: Reason) -> bool:
    """Return whether what makes green worse concerns a smaller share of the requests than blue's failures do."""
    recent = rollout.rereading.recent
    return max(_fails_more(recent[-LAST:]), _fails_more(recent)) > _harm(why)  # an incident may come and go


def _may_still_fail(rollout: Rollout, why: Reason) -> bool:
    """Return whether blue, which has no traffic any more, may still be the greater harm.

    It failed when it last had requests. Ten minutes in which it answers every smoke request well outweigh that, and so
    does a green that answers most requests badly.
    """
    probe = rollout.observed.probe
    unbroken = probe.flawless_since if probe is not None and probe.deployment == rollout.blue else None
    recovered = probe is not None and unbroken is not None and probe.at - unbroken >= RECENT
    return not recovered and _harm(why) <= MOST


def _harm(why: Reason) -> float:
    """Return the share of green's requests that it answers worse than blue.

    Slow answers count half: a blue that times out, for example, answers faster than green on average, because only its
    fast answers are left.
    """
    measured = why.facts.get("measured")
    if measured is None:
        return 1.0
    more = _share(measured["green_bad"], measured["green_total"])
    more -= _share(measured["blue_bad"], measured["blue_total"])
    return more * (SLOW if measured["what"] in SLOWNESS else 1.0)


def _fails_more(minutes: Sequence[MinuteCounts]) -> float:
    """Return how much larger blue's share of failed requests was than green's."""
    of_blue = _share(sum(minute.blue_bad for minute in minutes), sum(minute.blue for minute in minutes))
    return of_blue - _share(sum(minute.green_bad for minute in minutes), sum(minute.green for minute in minutes))


def _share(bad: int, total: int) -> float:
    return bad / total if total else 0.0
