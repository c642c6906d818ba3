"""What happens within a step: smoke, mirror, weight, pause. Each function says what follows from the rollout as it is.

It must never move a rollout backwards: rolling back is `decide`'s.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from shared.core.judge.panel import begin_step
from shared.core.judge.verdict import Cause, Outcome
from shared.core.observation.observation import EndpointSeen, Observation
from shared.core.observation.spans import floor_minute
from shared.core.phases import Phase
from shared.core.policy.policy import MirrorStep, PauseStep, SmokeStep, WeightStep
from shared.core.rollout import history
from shared.core.rollout.history import Decision
from shared.core.rollout.record import Rollout


def take_step(rollout: Rollout, observation: Observation, endpoint: EndpointSeen, now: datetime) -> Decision:
    """Return what follows from the step under way; past the last step, promote."""
    match rollout.current_step:
        case SmokeStep():
            decision = _smoke(rollout, observation, now)
        case MirrorStep() | WeightStep() if rollout.first:
            decision = _first_traffic(rollout, endpoint, now)
        case MirrorStep() as step:
            decision = _mirror(rollout, step, endpoint, now)
        case WeightStep() as step:
            decision = _weight(rollout, step, endpoint, now)
        case PauseStep() as step:
            wait = f"for {step.duration}" if step.duration else "until a person resumes or promotes"
            waiting = replace(rollout, paused_by_step=True)
            decision = history.moved(waiting, Phase.PAUSED, f"pause step: waiting {wait}", now)
        case None:
            decision = history.moved(rollout, Phase.PROMOTING, "every step passed", now)
    return decision


def next_step(rollout: Rollout, reason: str, now: datetime, by: str = history.TEAL) -> Decision:
    """Return the decision to begin the next step (or, behind the last, to promote)."""
    ahead = replace(rollout, step=rollout.step + 1, step_since=now, smoke=None, mirror=0, paused_by_step=False)
    if rollout.mirror:
        ahead = replace(ahead, steady_since=None)  # until the next share is in force there is none to judge by
    if ahead.current_step is None:
        return history.moved(ahead, Phase.PROMOTING, reason, now, by)
    return history.moved(ahead, Phase.STEPPING, reason, now, by)


def shift_weight(rollout: Rollout, weight: int, endpoint: EndpointSeen, now: datetime) -> Rollout:
    """Return the rollout that wants this share of live traffic on green, with a fresh certificate for it."""
    wanting = replace(_afresh(rollout, now), weight=weight)
    return replace(wanting, expected=(endpoint.traffic, wanting.wanted_traffic))


def _afresh(rollout: Rollout, now: datetime) -> Rollout:
    """Return the rollout at the beginning of another arrangement of traffic, for which nothing is certified yet."""
    return replace(
        rollout,
        steady_since=None,
        judged_until=rollout.judged_until or floor_minute(now),
        evidence=begin_step(rollout.evidence),
        verdict=None,
        thresholds=None,
    )


def in_force(rollout: Rollout, endpoint: EndpointSeen) -> bool:
    """Say whether the wanted traffic is seen, with no write of it still under way."""
    mirrored = endpoint.mirror.get(rollout.green, 0)
    return not endpoint.busy and endpoint.traffic == rollout.wanted_traffic and mirrored == rollout.mirror


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
    if rollout.calibration is None or rollout.green in endpoint.mirror:
        return Decision(rollout)  # Azure refuses live and mirrored traffic at once: the mirror is ended first
    if rollout.weight < step.weight:
        wanting = shift_weight(rollout, step.weight, endpoint, now)
        words = f"sending {step.weight} % of the live traffic to {rollout.green}{_not_judged(rollout)}"
        return history.noted(wanting, words, now)
    if rollout.steady_since is None:
        if not in_force(rollout, endpoint):
            return Decision(rollout)
        return history.noted(
            steadied(rollout, now), f"seen: {rollout.weight} % of the live traffic goes to {rollout.green}", now
        )
    verdict = rollout.verdict
    if verdict is not None and verdict.outcome is Outcome.PASS:
        return next_step(rollout, verdict.reason, now)
    settings = rollout.policy.judge
    return _waited(rollout, step.patience or settings.patience, step.inconclusive or settings.inconclusive, now)


def _not_judged(rollout: Rollout) -> str:
    """Return, when green is about to get its first traffic, which gates of the policy cannot judge it, and why."""
    unjudged = rollout.calibration.unjudged if rollout.calibration and not rollout.evidence.gates else {}
    return "".join(f"; {gate} is not judged: {why}" for gate, why in unjudged.items())


def _first_traffic(rollout: Rollout, endpoint: EndpointSeen, now: datetime) -> Decision:
    """All of the traffic at once, and no verdict: there is nothing to share it with or to compare green with."""
    step = rollout.current_step
    if not isinstance(step, WeightStep) or step.weight < 100:
        return next_step(rollout, "no other deployment serves, so there is no traffic to share: skipped", now)
    if rollout.weight < 100:
        words = f"sending all live traffic to {rollout.green}"
        return history.noted(shift_weight(rollout, 100, endpoint, now), words, now)
    if not in_force(rollout, endpoint):
        return Decision(rollout)
    return next_step(rollout, f"seen: all live traffic goes to {rollout.green}, the first that serves", now)


def _mirror(rollout: Rollout, step: MirrorStep, endpoint: EndpointSeen, now: datetime) -> Decision:
    if rollout.calibration is None:
        return Decision(rollout)
    if rollout.mirror != step.percent:
        others = ", ".join(name for name in endpoint.mirror if name != rollout.green)
        instead = f" (instead of {others})" if others else ""
        wanting = replace(_afresh(rollout, now), mirror=step.percent)
        words = f"sending a copy of {step.percent} % of the live traffic to {rollout.green}{instead}"
        return history.noted(wanting, words + _not_judged(rollout), now)
    if rollout.steady_since is None:
        if not in_force(rollout, endpoint):
            return Decision(rollout)
        return history.noted(steadied(rollout, now), f"seen: {rollout.green} gets its copy of the traffic", now)
    verdict = rollout.verdict
    if verdict is not None and verdict.outcome is Outcome.PASS and _mirrored_enough(rollout, step, now):
        return next_step(rollout, verdict.reason, now)
    patience = rollout.policy.judge.patience + (step.duration or timedelta(0))
    return _waited(rollout, patience, rollout.policy.judge.inconclusive, now)


def _mirrored_enough(rollout: Rollout, step: MirrorStep, now: datetime) -> bool:
    if step.duration is None and step.requests is None:
        return True  # the certificate says when
    waited = (
        step.duration is not None and rollout.steady_since is not None and now - rollout.steady_since >= step.duration
    )
    return waited or (step.requests is not None and rollout.evidence.step_requests >= step.requests)


def _waited(rollout: Rollout, patience: timedelta, inconclusive: str, now: datetime) -> Decision:
    """Return what follows while the judge cannot tell: wait, and when patience ends pause or go on uncertified."""
    verdict = rollout.verdict
    began = max(rollout.step_since or rollout.since, rollout.steady_since or rollout.since)
    if now - began < patience:
        return Decision(rollout)
    why = rollout.telemetry_problem or (verdict.reason if verdict else "no minute could be judged yet")
    blind = verdict is None or verdict.suspicious or verdict.cause is Cause.STARVED
    if inconclusive == "advance" and verdict is not None and not blind:
        return next_step(rollout, f"uncertified after {patience}: {why}", now)
    return history.moved(rollout, Phase.PAUSED, f"inconclusive for {patience}: {why}", now)


def with_logs(words: str, logs: str | None) -> str:
    """Return the words with the deployment's last log lines behind them, if there are any."""
    tail = "\n".join((logs or "").strip().splitlines()[-12:])
    return f"{words}\nLast log lines of the deployment:\n{tail[-2000:]}" if tail else words
