"""Requests and responses drawn at random from a profile, seeded: Poisson arrivals, independent failures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import repeat
from typing import NamedTuple

import numpy as np

from cli.simulate.curves import MINUTE, series
from cli.simulate.profile import Answering, Profile
from cli.simulate.rows import Rows
from cli.simulate.shares import Share
from cli.simulate.telemetry import MinuteCounts
from shared.core.observation import DeploymentMinute, SmokeResult
from shared.core.reconcile.plan import TelemetryQuery, Window
from shared.core.rollout import Rollout
from shared.core.steps import SmokeStep

HALF = MINUTE / 2
NOTHING_MISSING: Mapping[str, str] = {}
NO_TIMES = (None, None)


class Truth(NamedTuple):
    """The parameters of a minute: the expected number of requests, and how blue and green respond."""

    requests: float
    blue: Answering
    green: Answering


@dataclass(slots=True)
class SimulatedTraffic:
    """The traffic of one simulated rollout.

    names: green's and blue's. timed_by: where latency is read from (None: no gate needs it). smoke_requests: how many
    requests each smoke file or folder of the policy has, by path.
    """

    profile: Profile
    generator: np.random.Generator
    began: datetime
    names: tuple[str, str]
    timed_by: str | None = None
    smoke_requests: dict[str, int] = field(default_factory=dict)
    rows: Rows = field(init=False)

    def __post_init__(self) -> None:
        self.rows = Rows(self.generator, self.profile.latency, self.timed_by)

    def truth(self, minute: datetime, green_since: datetime | None) -> Truth:
        """Return the parameters of a minute; green's faults are timed from its first request."""
        profile = self.profile
        blue = green = profile.usual(minute, self.began)
        if profile.faults:
            age = max(minute + HALF - green_since, MINUTE * 0) if green_since else MINUTE * 0
            for fault in profile.faults:
                if fault.active(age):
                    green = fault.applied_to(green)
        return Truth(profile.requests.at(minute, self.began), blue, green)

    def minute(self, minute: datetime, share: Share, green_since: datetime | None) -> MinuteCounts:
        """Return the responses in a minute."""
        truth, draw = self.truth(minute, green_since), self.generator
        live = int(draw.poisson(truth.requests * share.live)) if share.live else 0
        rest = int(draw.poisson(truth.requests * (1.0 - share.live))) if share.live < 1.0 else 0
        copies = int(draw.binomial(rest + live, share.mirror)) if share.mirror else 0
        green = self.rows.row(self.names[0], minute, live + copies, truth.green)
        blue = self.rows.row(self.names[1], minute, rest, truth.blue)
        bad = green.bad if green else 0
        failed = int(draw.hypergeometric(bad, live + copies - bad, live)) if copies and live else bad if live else 0
        worse = truth.green.failed_or_refused - truth.blue.failed_or_refused
        return MinuteCounts(green, blue, live, failed, affected=live * worse)

    def past(self, query: TelemetryQuery, blue: str) -> tuple[DeploymentMinute, ...]:
        """Return blue's minutes before the rollout, when it had all the traffic."""
        window, draw = query.window, self.generator
        minutes = [window.since + n * MINUTE for n in range(round((window.until - window.since) / MINUTE))]
        totals = draw.poisson(series(self.profile.requests, minutes, self.began))
        bads = draw.binomial(totals, series(self.profile.errors, minutes, self.began))
        refused = draw.binomial(totals - bads, self._refused_of_rest(minutes))
        median, fine_since = self.profile.latency.median, query.fine.since
        times = [
            self.rows.times(good, median) if minute >= fine_since else NO_TIMES
            for minute, good in zip(minutes, (totals - bads - refused).tolist(), strict=True)
        ]
        # `map` for speed: there are hundreds of rows in each of thousands of rollouts.
        counts = (totals.tolist(), bads.tolist(), refused.tolist())
        rows = map(DeploymentMinute, repeat(blue), minutes, *counts, *zip(*times, strict=True))
        return tuple([row for row in rows if row.total])

    def calibration(self, rollout: Rollout, now: datetime) -> None:
        """Return None: the judge is calibrated from the past."""
        del rollout, now

    def missing(self, window: Window) -> Mapping[str, str]:
        """Return nothing: drawn minutes are complete."""
        del window
        return NOTHING_MISSING

    def smoke(self, step: SmokeStep) -> SmokeResult:
        """Return the smoke test's result: passed, unless the profile says that its requests fail as live ones do."""
        requests = sum(self.smoke_requests.get(path, 1) for path in step.paths) or 1
        failed = 0
        if self.profile.smoke == "live":  # only the last round counts: those before are warm-up
            failed = int(self.generator.binomial(requests, self.truth(self.began, None).green.failed_or_refused))
        return SmokeResult(requests * step.repeat, tuple(f"request {n} failed" for n in range(1, failed + 1)))

    def _refused_of_rest(self, minutes: Sequence[datetime]) -> list[float]:
        usual = [series(curve, minutes, self.began) for curve in (self.profile.errors, self.profile.client_errors)]
        return [Answering(bad, refused, 0.0).refused_of_rest for bad, refused in zip(*usual, strict=True)]
