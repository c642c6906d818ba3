"""Proof that a deployment works before it serves: from the log or, where the log is silent, from the smoke requests.

Before a rollback gives live traffic to a blue that has none, or whose rows are missing, and before a green without
recent requests, or a first deployment, is promoted, that deployment is probed. A probe without an answer does not block
a rollback: that needs less proof than advancing.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from shared.core.judge.verdict import Outcome
from shared.core.observation.observation import EndpointSeen, Observation
from shared.core.observation.spans import MINUTE
from shared.core.phases import Phase
from shared.core.reconcile.unseen_blue import fails_uncompared
from shared.core.rollout.observed import Probe
from shared.core.rollout.record import Rollout
from shared.core.steps.smoke import SmokeStep

RECENT = timedelta(minutes=10)  # how old the last judged minute may be to show how a deployment performs
FRESH = timedelta(minutes=5)  # how long blue's last requests, or a failed probe, outweigh a newer probe
LAST = FRESH // MINUTE  # minutes
LEAST = 5  # failed requests in a row that show that a deployment fails every request


def can_probe(rollout: Rollout) -> bool:
    """Return whether the policy has smoke requests to probe with."""
    return any(isinstance(step, SmokeStep) for step in rollout.policy.steps)


def to_probe(rollout: Rollout, endpoint: EndpointSeen, now: datetime) -> str | None:
    """Return the deployment that must answer the smoke requests before it serves; None if there is none."""
    if not can_probe(rollout):
        return None
    if rollout.first:
        return rollout.green if rollout.phase is Phase.PROMOTING and rollout.green in endpoint.traffic else None
    if rollout.blue is None:
        return None
    alone = rollout.green in endpoint.traffic and rollout.blue not in endpoint.traffic
    unseen = fails_uncompared(rollout) is not None
    alone = alone or unseen or (is_withheld(rollout) and not requests_seen_lately(rollout, now))
    back = unseen or rollout.phase is Phase.ROLLING_BACK or (rollout.alone and _doubted(rollout))
    if alone and back and endpoint.ready(rollout.blue):
        return rollout.blue
    baking = rollout.alone and rollout.phase is Phase.PROMOTING
    return rollout.green if baking and not green_requests_seen_lately(rollout, now) else None


def record_observation(rollout: Rollout, observation: Observation, now: datetime) -> Rollout:
    """Return the rollout with the result of a probe, if there was one."""
    if observation.probed is None:
        return rollout
    before = rollout.observed.probe if _probes_again(rollout, observation.probed, now) else None
    result = observation.probe
    if result is None:
        failed_lately = before is not None and before.healthy is False and now - before.since <= FRESH
        healthy, since = (False, before.since) if before and failed_lately else (None, now)
    elif observation.probed == rollout.blue:  # a rollback needs less proof
        healthy, since = result.failed < result.sent, now
    else:
        healthy, since = result.passed, now
    if before is not None and before.healthy and healthy:
        since = before.since
    flawless = result is not None and result.passed
    unbroken = (before.flawless_since if before is not None else None) or now
    probe = Probe(observation.probed, now, healthy, since, flawless, unbroken if flawless else None)
    return rollout.with_observed(probe=probe)


def _probes_again(rollout: Rollout, name: str, now: datetime) -> bool:
    """Return whether the last probe was of the same deployment, and recent."""
    before = rollout.observed.probe
    return before is not None and before.deployment == name and timedelta(0) <= now - before.at <= RECENT


def requests_seen_lately(rollout: Rollout, now: datetime) -> bool:
    """Return whether telemetry has shown requests from the last minutes."""
    until = rollout.judging.judged_until
    return until is not None and now - until <= RECENT + rollout.telemetry_lag


def green_requests_seen_lately(rollout: Rollout, now: datetime) -> bool:
    """Return whether telemetry showed requests to green in the last minutes."""
    return requests_seen_lately(rollout, now) and any(
        minute.green for minute in rollout.rereading.recent[-(RECENT // MINUTE) :]
    )


def answers(rollout: Rollout, name: str | None, now: datetime) -> bool | None:
    """Return whether this reconcile's probe found the deployment healthy; None without a probe or a result."""
    probe = rollout.observed.probe
    return probe.healthy if probe is not None and (probe.deployment, probe.at) == (name, now) else None


def blue_fails_some(rollout: Rollout, now: datetime) -> bool:
    """Return whether a probe of this reconcile shows that blue fails some of the smoke requests."""
    probe = rollout.observed.probe
    asked = probe is not None and (probe.deployment, probe.at) == (rollout.blue, now) and probe.healthy is not None
    return asked and probe is not None and not probe.flawless


def answers_for_long(rollout: Rollout, now: datetime) -> bool:
    """Return whether green has passed every probe for long enough to rule out luck; a first deployment is exempt."""
    probe = rollout.observed.probe
    if probe is None or answers(rollout, rollout.green, now) is not True:
        return False
    return rollout.first or now - probe.since >= RECENT


def awaits_probe(rollout: Rollout, endpoint: EndpointSeen, now: datetime) -> bool:
    """Return whether blue is to be probed before it gets live traffic, which the next reconcile does."""
    probe = rollout.observed.probe
    asked = probe is not None and (probe.deployment, probe.at) == (rollout.blue, now)
    return not asked and rollout.blue is not None and to_probe(rollout, endpoint, now) == rollout.blue


def blue_is_worse(rollout: Rollout, endpoint: EndpointSeen, now: datetime) -> bool:
    """Return whether blue is known to fail every request, while green is not known to do the same.

    Giving it green's traffic would make everything fail. A blue without traffic must answer the smoke requests, but
    those do not outweigh the real requests of the last few minutes. Without telemetry, what a blue with traffic showed
    when the rollback began holds until the smoke requests say otherwise.
    """
    serves, heard = rollout.blue in endpoint.traffic, requests_seen_lately(rollout, now)
    recent = rollout.rereading.recent if heard or (serves and _telemetry_was_current(rollout)) else ()
    last = recent if serves else recent[-LAST:]
    fails = _all_bad([(minute.blue_bad, minute.blue) for minute in last])
    said = answers(rollout, rollout.blue, now)
    if not (serves and heard):
        fails = said is False or (fails and not (serves and said))
    return fails and not _all_bad([(minute.green_bad, minute.green) for minute in recent])


def is_withheld(rollout: Rollout) -> bool:
    """Return whether a rollback waits because blue is unhealthy."""
    return rollout.phase is Phase.ROLLING_BACK and rollout.ending.unhealthy_reported is not None


def _telemetry_was_current(rollout: Rollout) -> bool:
    """Return whether telemetry was up to date when the rollback began."""
    return rollout.phase is Phase.ROLLING_BACK and requests_seen_lately(rollout, rollout.status.since)


def _doubted(rollout: Rollout) -> bool:
    """Return whether green may soon lose its traffic."""
    failing = rollout.verdict is not None and rollout.verdict.outcome is Outcome.FAIL
    return (failing or rollout.suspicious) and not rollout.judge_overruled


def _all_bad(minutes: list[tuple[int, int]]) -> bool:
    """Return whether enough of the last requests failed, and all of them; minutes are pairs of bad and total."""
    seen = 0
    for bad, total in reversed(minutes):
        if bad < total:
            return False
        seen += total
        if seen >= LEAST:
            return True
    return False
