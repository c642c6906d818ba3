"""Rollbacks that wait although green is worse, because blue would be worse for users, or because of a surge.

Such a rollout is on hold; health reports it, except in a surge. Operators can roll back at any time.
"""

from __future__ import annotations

from collections.abc import Sequence

from shared.core.gates.alarms import SLOWNESS
from shared.core.judge.incident import MOST, Watch
from shared.core.judge.verdict import Outcome
from shared.core.phases import JUDGED
from shared.core.reconcile.incidents import LAST, blue_fails, overload, surging
from shared.core.reconcile.probing import RECENT, can_probe
from shared.core.rollout.reasons import Reason, ReasonCode, reason
from shared.core.rollout.record import Rollout
from shared.core.rollout.rereading import MinuteCounts

SLOW = 0.5  # a slow answer counts as half a failed one


def withheld_rollback(rollout: Rollout) -> Reason | None:
    """Return why a green that the judge would roll back keeps its share for now; None if it need not."""
    alarms, watches = rollout.alarms, rollout.judging.watches
    failing = rollout.verdict is not None and rollout.verdict.outcome is Outcome.FAIL
    if rollout.phase not in JUDGED or not failing or alarms is None or rollout.judge_overruled:
        return None
    if rollout.alone and watches.green_overloaded.declared and surging(rollout):
        return overload(rollout, alarms)
    if not blue_fails(rollout):
        return None
    if watches.green_failed.declared and not _blue_failed_more(rollout):
        return None
    why = rollout.verdict_reason
    if why is None or not _blue_is_worse(rollout, why):
        return None
    return reason(
        ReasonCode.ROLLBACK_WITHHELD,
        because=why,
        deployment=rollout.blue or "",
        other=rollout.green,
        limit=(alarms.failed if watches.blue_failed.declared else alarms.overloaded).limit,
    )


def _blue_failed_more(rollout: Rollout) -> bool:
    """Return whether blue failed more of its last requests than green does now.

    Both may have begun to fail a moment ago, and blue may have had no traffic since. After half an hour its requests
    are no longer known; then only the smoke requests can show that it has recovered.
    """
    watches, recent = rollout.judging.watches, rollout.rereading.recent
    of_green = [(minute.green_bad, minute.green) for minute in recent if minute.green]
    of_blue = [(minute.blue_bad, minute.blue) for minute in recent if minute.blue]
    if not of_blue:
        return can_probe(rollout)
    return _failing(of_blue, watches.blue_failed) > _failing(of_green, watches.green_failed)


def _failing(minutes: Sequence[tuple[int, int]], watch: Watch) -> float:
    """Return the share of failures in the last minutes, not counting those before an incident began.

    minutes: bad and total.
    """
    last = minutes[-min(LAST, max(watch.bad + watch.calm, 1)) :]
    return _share(sum(bad for bad, _ in last), sum(total for _, total in last))


def _blue_is_worse(rollout: Rollout, why: Reason) -> bool:
    """Return whether blue's failures concern more requests than what makes green worse.

    If blue had no requests lately, its earlier failures count: someone may have just given it a little traffic.
    """
    recent = rollout.rereading.recent
    if rollout.alone or not any(minute.blue for minute in recent[-LAST:]):
        return _may_still_fail(rollout, why)
    return max(_fails_more(recent[-LAST:]), _fails_more(recent)) > _harm(rollout, why)  # an incident may come and go


def _may_still_fail(rollout: Rollout, why: Reason) -> bool:
    """Return whether blue, which no longer has traffic, may still be the greater harm.

    It failed when it last had requests. Ten minutes in which it answers every smoke request correctly outweigh that,
    and so does a green that answers most requests badly.
    """
    return not _recovered(rollout) and _harm(rollout, why) <= MOST


def _recovered(rollout: Rollout) -> bool:
    """Return whether blue has answered every smoke request correctly for long enough since it lost its traffic."""
    probe, alone_since = rollout.observed.probe, rollout.traffic.steady_since
    if probe is None or probe.flawless_since is None or probe.deployment != rollout.blue or alone_since is None:
        return False
    return probe.at - max(probe.flawless_since, alone_since) >= RECENT


def _harm(rollout: Rollout, why: Reason) -> float:
    """Return the share of green's requests that it answers worse than blue: overall or, if known to be more, lately.

    Slow answers count half: a blue that times out, for example, answers faster than green on average, because only its
    fast answers are left.
    """
    measured = why.facts.get("measured")
    if measured is None or rollout.alarms is None:
        return 1.0
    more = _share(measured["green_bad"], measured["green_total"])
    more -= _share(measured["blue_bad"], measured["blue_total"])
    gate, watch = measured["gate"], rollout.judging.watches.green_gates.get(measured["gate"])
    if watch is not None and watch.declared and gate in rollout.alarms.gates:
        more = max(more, rollout.alarms.gates[gate].alarm.limit)
    return more * (SLOW if measured["what"] in SLOWNESS else 1.0)


def _fails_more(minutes: Sequence[MinuteCounts]) -> float:
    """Return how much larger blue's share of failed requests was than green's."""
    of_blue = _share(sum(minute.blue_bad for minute in minutes), sum(minute.blue for minute in minutes))
    return of_blue - _share(sum(minute.green_bad for minute in minutes), sum(minute.green for minute in minutes))


def _share(bad: int, total: int) -> float:
    return bad / total if total else 0.0
