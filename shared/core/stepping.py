"""What happens within a step: smoke, weight, pause. Each function takes the rollout as it is and says what follows.

It must never move a rollout backwards: rolling back is `decide`'s.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from shared.core import history
from shared.core.history import Decision
from shared.core.judge.gate import begin_step
from shared.core.judge.verdict import Outcome
from shared.core.minutes import floor_minute
from shared.core.observation import EndpointSeen, Observation
from shared.core.phases import Phase
from shared.core.policy import PauseStep, SmokeStep, WeightStep
from shared.core.rollout import Rollout


def take_step(rollout: Rollout, observation: Observation, endpoint: EndpointSeen, now: datetime) -> Decision:
    """Return what follows from the step under way; past the last step, promote."""
    step = rollout.current_step
    if isinstance(step, SmokeStep):
        return _smoke(rollout, observation, now)
    if isinstance(step, WeightStep):
        return _weight(rollout, step, endpoint, now)
    if isinstance(step, PauseStep):
        wait = f"for {step.duration}" if step.duration else "until a person resumes or promotes"
        return history.moved(rollout, Phase.PAUSED, f"pause step: waiting {wait}", now)
    return history.moved(rollout, Phase.PROMOTING, "every step passed", now)


def next_step(rollout: Rollout, reason: str, now: datetime, by: str = history.TEAL) -> Decision:
    """Return the decision to begin the next step (or, behind the last, to promote)."""
    ahead = replace(rollout, step=rollout.step + 1, step_since=now, smoke=None)
    if ahead.current_step is None:
        return history.moved(ahead, Phase.PROMOTING, reason, now, by)
    return history.moved(ahead, Phase.STEPPING, reason, now, by)


def shift_weight(rollout: Rollout, weight: int, endpoint: EndpointSeen, now: datetime) -> Rollout:
    """Return the rollout that wants this share of live traffic on green, with a fresh certificate for it."""
    wanting = replace(
        rollout,
        weight=weight,
        steady_since=None,
        judged_until=rollout.judged_until or floor_minute(now),
        evidence=begin_step(rollout.evidence),
        verdict=None,
    )
    return replace(wanting, expected=(endpoint.traffic, wanting.wanted_traffic))


def in_force(rollout: Rollout, endpoint: EndpointSeen) -> bool:
    """Say whether the wanted traffic is seen, with no write of it still under way."""
    return not endpoint.busy and endpoint.traffic == rollout.wanted_traffic


def steadied(rollout: Rollout, now: datetime) -> Rollout:
    """Return the rollout whose wanted traffic was seen in force: from now on any other map is someone else's."""
    return replace(rollout, steady_since=now, expected=(rollout.wanted_traffic,))


def _smoke(rollout: Rollout, observation: Observation, now: datetime) -> Decision:
    result = rollout.smoke
    if result is None:
        return Decision(rollout)
    if result.passed:
        return next_step(rollout, f"smoke test passed: {result.sent} requests answered as they must be", now)
    words = f"smoke test failed: {len(result.problems)} of {result.sent} requests; {'; '.join(result.problems[:3])}"
    return history.moved(rollout, Phase.ROLLING_BACK, with_logs(words, observation.logs), now)


def _weight(rollout: Rollout, step: WeightStep, endpoint: EndpointSeen, now: datetime) -> Decision:
    if rollout.calibration is None:
        return Decision(rollout)
    if rollout.weight < step.weight:
        wanting = shift_weight(rollout, step.weight, endpoint, now)
        return history.noted(wanting, f"sending {step.weight} % of the live traffic to {rollout.green}", now)
    if rollout.steady_since is None:
        if not in_force(rollout, endpoint):
            return Decision(rollout)
        return history.noted(
            steadied(rollout, now), f"seen: {rollout.weight} % of the live traffic goes to {rollout.green}", now
        )
    return _judged(rollout, now)


def _judged(rollout: Rollout, now: datetime) -> Decision:
    verdict = rollout.verdict
    if verdict is not None and verdict.outcome is Outcome.PASS:
        return next_step(rollout, verdict.reason, now)
    settings = rollout.policy.judge
    began = max(rollout.step_since or rollout.since, rollout.steady_since or rollout.since)
    if now - began < settings.patience:
        return Decision(rollout)
    why = rollout.telemetry_problem or (verdict.reason if verdict else "no minute could be judged yet")
    if settings.inconclusive == "advance" and verdict is not None and not verdict.suspicious:
        return next_step(rollout, f"uncertified after {settings.patience}: {why}", now)
    return history.moved(rollout, Phase.PAUSED, f"inconclusive for {settings.patience}: {why}", now)


def with_logs(words: str, logs: str | None) -> str:
    """Return the words with the deployment's last log lines behind them, if there are any."""
    tail = "\n".join((logs or "").strip().splitlines()[-12:])
    return f"{words}\nLast log lines of the deployment:\n{tail[-2000:]}" if tail else words
