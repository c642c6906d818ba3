"""The mirror step: a copy of some of the live traffic to green. Its answers are discarded, but judged."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Literal

from shared.core.observation.observation import EndpointSeen, Observation
from shared.core.policy.step import Step
from shared.core.rollout import history
from shared.core.rollout.history import Decision
from shared.core.rollout.record import Rollout
from shared.core.schema.findings import Part
from shared.core.schema.grammar import Field, Table
from shared.core.schema.kinds import whole
from shared.core.schema.texts import waiting
from shared.core.schema.times import MINUTE, spell
from shared.core.steps.traffic import (
    at_new_split,
    first_traffic,
    mirror_requested,
    next_step,
    waited,
)

# The most that Azure mirrors, in percent.
MOST = 50


@dataclass(frozen=True, slots=True)
class MirrorStep(Step):
    """Mirrors part of the live traffic (percent, at most 50) to green.

    Ends after `duration` or once green has answered `requests` copies, whichever comes first, if green is not
    suspicious by then; without either, when the next weight is certified. A failing verdict rolls back.
    """

    percent: int
    duration: timedelta | None = None
    requests: int | None = None
    kind: Literal["mirror"] = "mirror"
    supported_on_kubernetes: ClassVar[bool] = False

    @property
    def load(self) -> int:
        """Mirrored traffic is as much work as live traffic."""
        return self.percent

    @property
    def certified(self) -> bool:
        """Whether it ends by certificate alone."""
        return self.duration is None and self.requests is None

    def advance(self, rollout: Rollout, observation: Observation, endpoint: EndpointSeen, now: datetime) -> Decision:
        """Return the decision: request the mirror, confirm it, and end it when enough was seen."""
        del observation
        if rollout.first:
            return first_traffic(rollout, None, endpoint, now)
        if rollout.judging.calibration is None:
            return Decision(rollout)
        if rollout.traffic.mirror != self.percent:
            others = sorted(name for name in endpoint.mirror if name != rollout.green)
            wanting = at_new_split(rollout, now).with_traffic(mirror=self.percent)
            return history.noted(wanting, mirror_requested(rollout, self.percent, others), now)
        if rollout.traffic.steady_since is None:
            return Decision(rollout)  # once it is observed, `promoting.confirmed` says so
        if rollout.passes and self._enough(rollout, now) and (why := rollout.verdict_reason) is not None:
            return next_step(rollout, why, now)
        patience = rollout.policy.judge.patience + (self.duration or timedelta(0))
        return waited(rollout, patience, rollout.policy.judge.inconclusive, now)

    def _enough(self, rollout: Rollout, now: datetime) -> bool:
        if self.certified:
            return True
        since = rollout.traffic.steady_since
        over = self.duration is not None and since is not None and now - since >= self.duration
        return over or (self.requests is not None and rollout.judging.evidence.step_requests >= self.requests)

    @classmethod
    def policy_field(cls) -> Field:
        """Return the step's key in a policy file."""
        fields = (
            Field(
                "percent",
                whole(1, MOST, "percent of live traffic; Azure ML mirrors no more", "20"),
                "The percentage of live traffic that is copied to green; its responses are discarded.",
            ),
            Field(
                "for",
                waiting("30m"),
                "How long to mirror. Without `for` and `requests`: until the judge certifies the first weight.",
                attribute="duration",
            ),
            Field(
                "requests",
                whole(1, 100_000_000, "requests", "2000"),
                "How many copied requests green must answer. With `for` too, whichever comes first ends the step.",
            ),
        )
        table = Table(
            fields,
            example="20 or {percent: 20, for: 1h}",
            makes=cls,
            check=_check,
            short="percent",
            expects=f"a whole number from 1 to {MOST} (percent) or a mapping",
            hints={"duration": "unknown key; the duration is `for`", "weight": "unknown key; write percent"},
        )
        return Field(
            "mirror",
            table,
            "A copy of part of the live traffic to green; its responses are discarded but judged. Comes before any "
            "weight, and is confirmed to have ended before the next step. Not on Kubernetes.",
        )


def _check(mirror: Part) -> None:
    share, mirrored = mirror["percent"], max(mirror.earlier("mirror.percent"), default=0)
    if mirror.earlier("weight.to"):
        words = "comes after a weight; Azure ML cannot mirror while green has live traffic, so mirror before any weight"
        mirror.add("", words)
    elif share is not None and share <= mirrored:
        mirror.add("", f"{share} comes after {mirrored}; mirror again only with more, or use one longer step")
    _check_times(mirror)


def _check_times(mirror: Part) -> None:
    """Compare the duration with the lag of the logs and, together with patience, with the step's deadline."""
    span, lag, deadline = mirror["for"], mirror.find("telemetry.lag"), mirror.find("deadlines.step")
    if span is None:
        return
    if lag is not None and span < lag + 2 * MINUTE:
        words = f"{spell(span)} ends before the first mirrored minute is in the logs"
        mirror.add("for", f"{words}; with a lag of {spell(lag)} that takes {spell(lag + 2 * MINUTE)}")
    patience = mirror.find("judge.patience")
    if deadline is not None and patience is not None and span + patience >= deadline:
        words = f"{spell(span)} plus patience of {spell(patience)} must be shorter than deadlines.step"
        mirror.add("for", f"{words}, {spell(deadline)}; otherwise a quiet endpoint is rolled back")
