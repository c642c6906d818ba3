"""A green that fails by itself next to a blue whose rows are missing: nothing shows whether blue would do better.

In that case green is compared with blue's past, and blue must pass the smoke requests before it takes green's traffic
back. Until it does, or if there are none, the rollout is on hold and an operator decides.
"""

from __future__ import annotations

from datetime import datetime

from shared.core.observation.observation import EndpointSeen
from shared.core.observation.spans import MINUTE
from shared.core.phases import JUDGED, Phase
from shared.core.reconcile.missing_rows import missing
from shared.core.rollout import history
from shared.core.rollout.history import Decision
from shared.core.rollout.reasons import Reason, ReasonCode, reason
from shared.core.rollout.record import ALL, Rollout

LAST = 5  # judged minutes at the present weight, without any of blue's rows


def fails_uncompared(rollout: Rollout) -> Reason | None:
    """Return the reason if green fails far more than blue's past allows, and blue's rows are missing.

    An overload does not count: a rollback would remove capacity.
    """
    watches, alarms = rollout.judging.watches, rollout.alarms
    shared = rollout.phase in JUDGED and 0 < rollout.traffic.weight < ALL
    if not shared or alarms is None or rollout.judge_overruled:
        return None
    if not watches.green_failed.declared or watches.green_overloaded.declared or not _blue_unseen(rollout):
        return None
    found = reason(ReasonCode.GREEN_FAILS_UNCOMPARED, deployment=rollout.green, other=rollout.blue or "")
    found.facts["limit"] = alarms.failed.limit
    return found


def back_to_unseen(rollout: Rollout, endpoint: EndpointSeen, now: datetime) -> Decision | None:
    """Roll back a green that fails uncompared, once blue has passed all smoke requests in this reconcile."""
    probe, why = rollout.observed.probe, fails_uncompared(rollout)
    passed = probe is not None and (probe.deployment, probe.at) == (rollout.blue, now) and probe.flawless
    if why is None or not passed or not endpoint.ready(rollout.blue):
        return None
    return history.moved(rollout, Phase.ROLLING_BACK, why, now)


def _blue_unseen(rollout: Rollout) -> bool:
    """Return whether the last minutes show no request to blue, although by green's requests it should have some."""
    last, weight = rollout.rereading.recent[-LAST:], rollout.traffic.weight
    until, steady = rollout.judging.judged_until, rollout.traffic.steady_since
    if until is None or steady is None or until - LAST * MINUTE < steady or len(last) < LAST:
        return False
    if any(minute.blue for minute in last):
        return False
    return missing(sum(minute.green for minute in last), 0, weight) == "blue"
