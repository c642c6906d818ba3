"""The pause step: waits for an operator or for a fixed time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Literal

from shared.core.observation.observation import EndpointSeen, Observation
from shared.core.phases import Phase
from shared.core.policy.step import Step
from shared.core.rollout import history
from shared.core.rollout.history import Decision
from shared.core.rollout.reasons import ReasonCode, reason
from shared.core.rollout.record import Rollout
from shared.core.schema.grammar import Field, Table
from shared.core.schema.texts import waiting
from shared.core.steps.traffic import next_step


@dataclass(frozen=True, slots=True)
class PauseStep(Step):
    """Waits for `duration` or, without one, for an operator."""

    duration: timedelta | None = None
    kind: Literal["pause"] = "pause"
    pauses: ClassVar[bool] = True

    def advance(self, rollout: Rollout, observation: Observation, endpoint: EndpointSeen, now: datetime) -> Decision:
        """Return the decision: pause once the mirror before it has ended, and advance when the time is up."""
        del observation
        if rollout.phase is not Phase.PAUSED:
            if rollout.green in endpoint.mirror:
                return Decision(rollout)  # nothing would end the mirror during the pause
            why = reason(ReasonCode.PAUSE_STARTED)
            if self.duration is not None:
                why.facts["limit_seconds"] = self.duration.total_seconds()
            return history.moved(rollout.with_progress(in_pause_step=True), Phase.PAUSED, why, now)
        if self.duration is None or now - rollout.status.since < self.duration:
            return Decision(rollout)
        over = reason(ReasonCode.PAUSE_ENDED, limit_seconds=self.duration.total_seconds())
        return next_step(rollout, over, now)

    def resumed(self, rollout: Rollout) -> bool:
        """Return whether a resume ends the pause, even one that an operator has prolonged."""
        return rollout.progress.in_pause_step

    @classmethod
    def policy_field(cls) -> Field:
        """Return the step's key in a policy file."""
        fields = (
            Field(
                "for",
                waiting("30m"),
                "How long to wait. Without it, the rollout waits until an operator resumes or promotes it.",
                attribute="duration",
            ),
        )
        table = Table(
            fields,
            example="{} or {for: 30m}",
            makes=cls,
            short="for",
            hints={"duration": "unknown key; the duration is `for`"},
        )
        return Field("pause", table, "Wait for an operator or for a fixed time.")
