"""The weight step: some of the live traffic to green, until the judge certifies the next step."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from shared.core.observation.observation import EndpointSeen, Observation
from shared.core.policy.step import Step
from shared.core.rollout import history
from shared.core.rollout.history import Decision
from shared.core.rollout.record import Rollout
from shared.core.schema.findings import Part
from shared.core.schema.grammar import Field, Sequence, Table
from shared.core.schema.kinds import choice, whole
from shared.core.schema.texts import GATE_NAME, waiting
from shared.core.steps.patience import check_patience
from shared.core.steps.traffic import (
    first_traffic,
    next_step,
    shift_weight,
    waited,
    weight_requested,
)

AS_JUDGE = "as in `judge`"


@dataclass(frozen=True, slots=True)
class WeightStep(Step):
    """Gives green part of the live traffic (percent) until the judge certifies the next step.

    The other fields override the judge's settings for this step (None: as in the policy). gates: the gates whose
    certificates are needed; empty: the step passes after its settled minutes alone. Harm is watched for in any case.
    """

    weight: int
    settled_minutes: int | None = None
    patience: timedelta | None = None
    inconclusive: Literal["pause", "advance"] | None = None
    gates: tuple[str, ...] | None = None
    kind: Literal["weight"] = "weight"

    @property
    def live_weight(self) -> int:
        """Green's share of live traffic, in percent."""
        return self.weight

    @property
    def needed_gates(self) -> tuple[str, ...] | None:
        """The gates whose certificates end this step; None for the policy's critical ones."""
        return self.gates

    @property
    def certified(self) -> bool:
        """Whether it ends by certificate rather than by its settled minutes alone."""
        return self.gates != ()

    def advance(self, rollout: Rollout, observation: Observation, endpoint: EndpointSeen, now: datetime) -> Decision:
        """Return the decision: request the weight, confirm it, and advance when the judge passes it."""
        del observation
        if rollout.first:
            return first_traffic(rollout, self.weight, endpoint, now)
        if rollout.judging.calibration is None or rollout.green in endpoint.mirror:
            return Decision(rollout)  # Azure rejects live traffic together with mirroring: the mirror ends first
        if rollout.traffic.weight < self.weight:
            wanting = shift_weight(rollout, self.weight, endpoint, now)
            return history.noted(wanting, weight_requested(rollout, self.weight), now)
        if rollout.traffic.steady_since is None:
            return Decision(rollout)  # once it is observed, `promoting.confirmed` says so
        if rollout.passes and (why := rollout.verdict_reason) is not None:
            return next_step(rollout, why, now)
        settings = rollout.policy.judge
        return waited(rollout, self.patience or settings.patience, self.inconclusive or settings.inconclusive, now)

    @classmethod
    def policy_field(cls) -> Field:
        """Return the step's key in a policy file."""
        fields = (
            Field(
                "to",
                whole(1, 100, "percent of live traffic, without a sign", "10"),
                "The percentage of live traffic to green until the judge certifies the next step. Weights must "
                "increase.",
                attribute="weight",
            ),
            Field(
                "settled_minutes",
                whole(1, 1440, "minutes", "3"),
                "The minimum number of complete minutes with traffic at this weight.",
                otherwise=AS_JUDGE,
            ),
            Field("patience", waiting("1h"), "How long this weight can stay inconclusive.", otherwise=AS_JUDGE),
            Field(
                "inconclusive",
                choice("pause", "advance"),
                "What happens here when patience runs out.",
                otherwise=AS_JUDGE,
            ),
            Field(
                "gates",
                Sequence(GATE_NAME, "[errors, latency]", least=0),
                "The gates of this policy whose certificates this step needs. `[]`: none; the step passes after its "
                "settled minutes. Green is still rolled back if it does harm.",
                otherwise="the critical ones",
            ),
        )
        table = Table(
            fields,
            example="10 or {to: 10, patience: 2h}",
            makes=cls,
            check=_check,
            short="to",
            expects="a whole number from 1 to 100 (percent) or a mapping",
            hints={"percent": "unknown key; write to", "weight": "unknown key; write to"},
        )
        return Field("weight", table, "Part of the live traffic to green, until the judge certifies the next step.")


def _check(weight: Part) -> None:
    share, highest = weight["to"], max(weight.earlier("weight.to"), default=0)
    if share is not None and share <= highest:
        weight.add("", f"{share} comes after {highest}; weights must increase")
    keys = tuple(weight.at(key) for key in ("patience", "settled_minutes") if weight.writes(key))
    if keys:
        patience = weight["patience"] or weight.find("judge.patience")
        check_patience(weight, patience, weight["settled_minutes"] or weight.find("judge.settled_minutes"), keys)
