"""Requests and failures drawn at random from a profile: Poisson arrivals, independent failures. Seeded, repeatable.

It must never know what the judge makes of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from itertools import repeat
from typing import NamedTuple

import numpy as np

from cli.simulate.curves import MINUTE, series
from cli.simulate.profile import Profile
from cli.simulate.shares import Share
from cli.simulate.telemetry import Answers
from shared.core.observation import DeploymentMinute, SmokeResult
from shared.core.policy import SmokeStep
from shared.core.questions import Window

HALF = MINUTE / 2


class Truth(NamedTuple):
    """What really holds in a minute: requests expected, and the shares that blue and green fail."""

    requests: float
    blue: float
    green: float


@dataclass(slots=True)
class Draws:
    """The source of one simulated rollout. smoke_requests: how many the policy's smoke files hold, by their path."""

    profile: Profile
    generator: np.random.Generator
    began: datetime
    smoke_requests: dict[str, int] = field(default_factory=dict)

    def truth(self, minute: datetime, green_since: datetime | None) -> Truth:
        """Return what holds in a minute; green's faults count from its first request."""
        profile = self.profile
        blue = green = profile.errors.at(minute, self.began)
        if profile.faults:
            age = max(minute + HALF - green_since, MINUTE * 0) if green_since else MINUTE * 0
            for fault in profile.faults:
                if fault.active(age):
                    green = fault.errors.of(green)
        return Truth(profile.requests.at(minute, self.began), blue, green)

    def minute(self, minute: datetime, share: Share, green_since: datetime | None) -> Answers:
        """Return what was answered in a minute."""
        truth, draw = self.truth(minute, green_since), self.generator
        live = int(draw.poisson(truth.requests * share.live)) if share.live else 0
        blue = int(draw.poisson(truth.requests * (1.0 - share.live))) if share.live < 1.0 else 0
        copies = int(draw.binomial(blue + live, share.mirror)) if share.mirror else 0
        live_bad = int(draw.binomial(live, truth.green)) if live else 0
        copies_bad = int(draw.binomial(copies, truth.green)) if copies else 0
        blue_bad = int(draw.binomial(blue, truth.blue)) if blue else 0
        hurt = live * (truth.green - truth.blue)
        return Answers(live + copies, live_bad + copies_bad, blue, blue_bad, live, live_bad, hurt)

    def past(self, window: Window, blue: str) -> tuple[DeploymentMinute, ...]:
        """Return blue's minutes before the rollout, when it had all the traffic."""
        minutes = [window.since + n * MINUTE for n in range(round((window.until - window.since) / MINUTE))]
        totals = self.generator.poisson(series(self.profile.requests, minutes, self.began))
        bads = self.generator.binomial(totals, series(self.profile.errors, minutes, self.began))
        # Rows are made by `map`, as there are hundreds of them in each of thousands of rollouts.
        rows = map(DeploymentMinute, repeat(blue), minutes, totals.tolist(), bads.tolist())
        return tuple([row for row in rows if row.total])

    def smoke(self, step: SmokeStep) -> SmokeResult:
        """Return how the smoke test went: all answered, unless its requests are to fail as live ones do."""
        requests = self.smoke_requests.get(step.requests, 1)
        failed = 0
        if self.profile.smoke == "live":  # only the last round counts: those before are warm-up
            failed = int(self.generator.binomial(requests, self.truth(self.began, None).green))
        return SmokeResult(requests * step.repeat, tuple(f"request {n} failed" for n in range(1, failed + 1)))
