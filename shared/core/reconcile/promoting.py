"""The end of the road: all live traffic to green, watched for a while, and then it is the one that serves.

It must never promote a green that looks harmful: the step's deadline takes that one back.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from shared.core.judge.verdict import Outcome
from shared.core.observation.observation import EndpointSeen
from shared.core.phases import Phase
from shared.core.rollout import history
from shared.core.rollout.history import Decision
from shared.core.rollout.record import Rollout
from shared.core.steps.stepping import in_force, shift_weight, steadied


def promote(rollout: Rollout, endpoint: EndpointSeen, now: datetime) -> Decision:
    """Return what follows while green is being given everything."""
    if rollout.mirror:
        return Decision(replace(rollout, mirror=0))
    if rollout.weight != 100:
        return history.noted(shift_weight(rollout, 100, endpoint, now), "sending all live traffic to green", now)
    if not in_force(rollout, endpoint):
        return Decision(rollout)
    if rollout.steady_since is None and not rollout.first:
        return history.noted(steadied(rollout, now), "seen: all live traffic goes to green", now)
    return _baked(rollout, now)


def _baked(rollout: Rollout, now: datetime) -> Decision:
    """Return the promotion once green was watched long enough with all traffic, or patience ended without harm."""
    verdict = rollout.verdict
    words = verdict.reason if verdict is not None else rollout.telemetry_problem or "no request was seen"
    passed = verdict is not None and verdict.outcome is Outcome.PASS
    if rollout.first:
        passed, words = True, f"{rollout.green} is the first that serves: there is nothing to compare it with"
    suspicious = verdict is not None and verdict.suspicious
    waited = now - (rollout.steady_since or now)
    if not passed and (suspicious or waited < rollout.policy.judge.patience):
        return Decision(rollout)
    done = history.moved(rollout, Phase.PROMOTED, words if passed else f"uncertified: {words}", now)
    return history.after(done, clean_after=now + rollout.policy.keep_blue)
