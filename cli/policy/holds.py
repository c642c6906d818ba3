"""What a policy's steps hold green at, and until when: the core's rules as data for an estimate. It decides nothing."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta

from shared.core.policy import Policy
from shared.core.steps import MirrorStep, PauseStep, Step, WeightStep

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Hold:
    """Traffic held at one step. share: green's in per cent, negative for a copy. Times are minutes.

    next_weight: the share after this. certified: the share that must be certified before it, None if none must be.
    needed: the gates whose certificates that takes.
    least: settled minutes. patience: when waiting for certainty ends, and `advances` whether it goes on then.
    shortest, requests: what must have passed too, whichever comes first. length: of a pause; None for all else.
    """

    step: int
    kind: str
    share: int
    next_weight: int | None
    certified: int | None
    least: int
    patience: float
    advances: bool
    shortest: float = 0.0
    requests: float = math.inf
    length: float | None = None
    needed: tuple[str, ...] = ()


def holds(policy: Policy) -> tuple[Hold, ...]:
    """Return what is held one after another, at the end all traffic until the promotion."""
    found: list[Hold] = []
    share = 0
    for index, step in enumerate(policy.steps):
        hold = _hold(policy, index, step, share)
        if hold is not None:
            found.append(hold)
            share = max(share, hold.share)
    last = _weight(policy, len(policy.steps), WeightStep(100))
    return (*found, last)


def _hold(policy: Policy, index: int, step: Step, share: int) -> Hold | None:
    match step:
        case WeightStep():
            return _weight(policy, index, step)
        case MirrorStep():
            return _mirror(policy, index, step)
        case PauseStep(duration=duration) if duration is not None:
            held = _weight(policy, index, WeightStep(share))
            return Hold(index, "pause", share, held.next_weight, None, 0, math.inf, advances=True, length=_in(duration))
        case _:
            return None


def _weight(policy: Policy, index: int, step: WeightStep) -> Hold:
    settings = policy.judge
    ahead = policy.next_weight(index) if step.weight < 100 else None
    return Hold(
        step=index,
        kind="weight" if index < len(policy.steps) else "promotion",
        share=step.weight,
        next_weight=ahead,
        certified=None if step.gates == () else ahead,
        least=settings.risk.settled_minutes if step.settled_minutes is None else step.settled_minutes,
        patience=_in(settings.patience if step.patience is None else step.patience),
        advances=(step.inconclusive or settings.inconclusive) == "advance" or index == len(policy.steps),
        needed=_critical(policy) if step.gates is None else step.gates,
    )


def _mirror(policy: Policy, index: int, step: MirrorStep) -> Hold:
    counted = step.duration is not None or step.requests is not None
    ahead = policy.next_weight(index)
    return Hold(
        step=index,
        kind="mirror",
        share=-step.percent,
        next_weight=ahead,
        certified=None if counted else ahead,
        least=policy.judge.risk.settled_minutes,
        patience=_in(policy.judge.patience + (step.duration or timedelta())),
        advances=policy.judge.inconclusive == "advance",
        shortest=(math.inf if counted else 0.0) if step.duration is None else _in(step.duration),
        requests=math.inf if step.requests is None else step.requests,
        needed=_critical(policy),
    )


def _in(span: timedelta | None) -> float:
    return (span or timedelta()) / MINUTE


def _critical(policy: Policy) -> tuple[str, ...]:
    return tuple(gate.name for gate in policy.judge.gates if gate.role == "critical")
