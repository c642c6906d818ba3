"""Requests and answers as they were recorded; behind a departure, drawn at the rates that were recorded.

It must never go on past the last recorded minute.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from cli.simulate.follower import Follower
from cli.simulate.likeness import drawn_like, pooled
from cli.simulate.recording import Recording
from cli.simulate.shares import Share
from cli.simulate.telemetry import Answers
from shared.core.gates.calibration import Calibration
from shared.core.observation import DeploymentMinute, SmokeResult
from shared.core.observation.spans import floor_minute
from shared.core.phases import Phase
from shared.core.reconcile.plan import TelemetryQuery, Window
from shared.core.rollout import Rollout
from shared.core.steps import MirrorStep, SmokeStep, WeightStep


@dataclass(slots=True)
class RecordedSource:
    """Counts as they were recorded, or drawn anew after the departure.

    judge: how it is set. blue, green: all that each answered.
    """

    recording: Recording
    follower: Follower
    generator: np.random.Generator
    judge: Calibration
    blue: DeploymentMinute
    green: DeploymentMinute

    def minute(self, minute: datetime, share: Share, green_since: datetime | None) -> Answers | None:
        """Return what was answered in a minute; None behind the last one that is known."""
        del green_since
        rows = self.recording.minutes.get(minute, {})
        green, blue = (rows.get(name) for name in (self.recording.record.green, self.recording.blue))
        copied = minute < floor_minute(self.recording.first_live)
        if self.follower.departed is None:
            live = None if copied else green
            hurt = _spoilt(live) - live.total * _rate(self.blue) if live else 0.0
            return Answers(green, blue, live.total if live else 0, live.bad if live else 0, hurt)
        if minute > self.recording.last_minute:
            return None
        total = (blue.total if blue else 0) + (green.total if green and not copied else 0)
        return self._drawn(minute, share, (green or self.green, blue or self.blue), total)

    def past(self, asked: TelemetryQuery, blue: str) -> None:
        """Return None: a replay's judge is set by the record."""
        del asked, blue

    def calibration(self, rollout: Rollout, now: datetime) -> Calibration | None:
        """Return how the judge is set, not before the first traffic waited for it then: it may have come late."""
        following = self.follower.following
        sending = rollout.phase is Phase.STEPPING and isinstance(rollout.current_step, MirrorStep | WeightStep)
        return self.judge if following is None or (sending and following.at <= now) else None

    def missing(self, window: Window) -> Mapping[str, str]:
        """Return the gates that telemetry said nothing of then, as far as the record knows."""
        if self.follower.departed is not None:
            return {}
        found: dict[str, str] = {}
        for minute, gates in self.recording.missing.items():
            if window.since <= minute < window.until:
                found |= gates
        return found

    def smoke(self, step: SmokeStep) -> SmokeResult:
        """Return what the smoke test gave then; one that is not recorded passed."""
        del step
        return self.recording.record.smoke or SmokeResult(1)

    def _drawn(
        self, minute: datetime, share: Share, likes: tuple[DeploymentMinute, DeploymentMinute], total: int
    ) -> Answers:
        draw, (green_like, blue_like) = self.generator, likes
        live = int(draw.binomial(total, share.live))
        copies = int(draw.binomial(total, share.mirror))
        green = drawn_like(green_like, draw, minute, live + copies)
        blue = drawn_like(blue_like, draw, minute, total - live)
        bad = green.bad if green else 0
        live_bad = int(draw.hypergeometric(bad, live + copies - bad, live)) if live else 0
        return Answers(green, blue, live, live_bad, hurt=live * (_rate(green_like) - _rate(blue_like)))


def recorded_source(
    recording: Recording, follower: Follower, generator: np.random.Generator, judge: Calibration
) -> RecordedSource:
    """Return the source of a recording."""
    names = (recording.blue, recording.record.green)
    blue, green = (pooled(name, [rows[name] for rows in recording.minutes.values() if name in rows]) for name in names)
    return RecordedSource(recording, follower, generator, judge, blue, green)


def _spoilt(row: DeploymentMinute) -> int:
    return row.bad + row.client_errors


def _rate(row: DeploymentMinute) -> float:
    return _spoilt(row) / row.total if row.total else 0.0
