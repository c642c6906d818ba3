"""The mirror step: a copy of some of the live traffic to green. Its answers are thrown away, but judged."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import ClassVar, Literal

from shared.core.judge.verdict import Outcome
from shared.core.observation.observation import EndpointSeen, Observation
from shared.core.policy.step import Step
from shared.core.rollout import history
from shared.core.rollout.history import Decision
from shared.core.rollout.reasons import ReasonCode, reason
from shared.core.rollout.record import Rollout
from shared.core.steps.traffic import afresh, first_traffic, in_force, mirror_requested, next_step, steadied, waited


@dataclass(frozen=True, slots=True)
class MirrorStep(Step):
    """A copy of so much of the live traffic (per cent, at most 50) to green.

    Ends when `duration` has passed or green has answered `requests` copies, whichever is given and comes first, and
    green is not suspicious by then; without either, when the next weight is certified. A failing verdict rolls back.
    """

    percent: int
    duration: timedelta | None = None
    requests: int | None = None
    kind: Literal["mirror"] = "mirror"
    supported_on_kubernetes: ClassVar[bool] = False

    @property
    def load(self) -> int:
        """A copy of the traffic is as much work as the traffic itself."""
        return self.percent

    @property
    def certified(self) -> bool:
        """Whether the certificate alone says when it ends."""
        return self.duration is None and self.requests is None

    def advance(self, rollout: Rollout, observation: Observation, endpoint: EndpointSeen, now: datetime) -> Decision:
        """Return what follows: order the mirror, confirm it, and end it when enough was seen."""
        del observation
        if rollout.first:
            return first_traffic(rollout, None, endpoint, now)
        if rollout.calibration is None:
            return Decision(rollout)
        if rollout.mirror != self.percent:
            others = sorted(name for name in endpoint.mirror if name != rollout.green)
            wanting = replace(afresh(rollout, now), mirror=self.percent)
            return history.noted(wanting, mirror_requested(rollout, self.percent, others), now)
        if rollout.steady_since is None:
            return _confirmed(rollout, endpoint, now)
        verdict, why = rollout.verdict, rollout.verdict_reason
        if verdict is not None and why is not None and verdict.outcome is Outcome.PASS and self._enough(rollout, now):
            return next_step(rollout, why, now)
        patience = rollout.policy.judge.patience + (self.duration or timedelta(0))
        return waited(rollout, patience, rollout.policy.judge.inconclusive, now)

    def _enough(self, rollout: Rollout, now: datetime) -> bool:
        if self.certified:
            return True
        since = rollout.steady_since
        over = self.duration is not None and since is not None and now - since >= self.duration
        return over or (self.requests is not None and rollout.evidence.step_requests >= self.requests)


def _confirmed(rollout: Rollout, endpoint: EndpointSeen, now: datetime) -> Decision:
    if not in_force(rollout, endpoint):
        return Decision(rollout)
    seen = reason(ReasonCode.MIRROR_OBSERVED, deployment=rollout.green, mirror=rollout.mirror)
    return history.noted(steadied(rollout, now), seen, now)
