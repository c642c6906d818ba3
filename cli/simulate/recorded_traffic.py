"""Requests and responses as recorded; after a departure, drawn at the recorded rates.

Ends with the last recorded minute.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from cli.simulate.decision_matching import DecisionMatcher
from cli.simulate.recording import Recording
from cli.simulate.resampling import pooled, resampled
from cli.simulate.shares import Share
from cli.simulate.telemetry import MinuteCounts
from shared.core.gates.calibration import Calibration
from shared.core.observation import DeploymentMinute, SmokeResult
from shared.core.observation.spans import floor_minute
from shared.core.phases import Phase
from shared.core.reconcile.plan import TelemetryQuery, Window
from shared.core.rollout import Rollout
from shared.core.steps import MirrorStep, SmokeStep, WeightStep


@dataclass(slots=True)
class RecordedTraffic:
    """Recorded counts, or new draws after the departure.

    calibration_of_record: the judge's. blue, green: everything that each deployment answered, as one row.
    """

    recording: Recording
    matcher: DecisionMatcher
    generator: np.random.Generator
    calibration_of_record: Calibration
    blue: DeploymentMinute
    green: DeploymentMinute

    def minute(self, minute: datetime, share: Share, green_since: datetime | None) -> MinuteCounts | None:
        """Return the responses in a minute, or None after the last recorded one."""
        del green_since
        rows = self.recording.minutes.get(minute, {})
        green, blue = (rows.get(name) for name in (self.recording.record.green, self.recording.blue))
        mirrored = minute < floor_minute(self.recording.first_live)
        if self.matcher.departed is None:
            live = None if mirrored else green
            affected = _failed_or_refused(live) - live.total * _rate(self.blue) if live else 0.0
            return MinuteCounts(green, blue, live.total if live else 0, live.bad if live else 0, affected)
        if minute > self.recording.last_minute:
            return None
        total = (blue.total if blue else 0) + (green.total if green and not mirrored else 0)
        return self._drawn(minute, share, (green or self.green, blue or self.blue), total)

    def past(self, query: TelemetryQuery, blue: str) -> None:
        """Return None: a replay's judge is calibrated from the record."""
        del query, blue

    def calibration(self, rollout: Rollout, now: datetime) -> Calibration | None:
        """Return the calibration from the time when the recorded rollout had it: it may have been late."""
        expected = self.matcher.following
        sending = rollout.phase is Phase.STEPPING and isinstance(rollout.current_step, MirrorStep | WeightStep)
        return self.calibration_of_record if expected is None or (sending and expected.at <= now) else None

    def missing(self, window: Window) -> Mapping[str, str]:
        """Return the gates whose source had no data in the window, as far as recorded."""
        if self.matcher.departed is not None:
            return {}
        found: dict[str, str] = {}
        for minute, gates in self.recording.missing.items():
            if window.since <= minute < window.until:
                found |= gates
        return found

    def smoke(self, step: SmokeStep) -> SmokeResult:
        """Return the recorded result of the smoke test; without one, it passed."""
        del step
        return self.recording.record.smoke or SmokeResult(1)

    def _drawn(
        self, minute: datetime, share: Share, likes: tuple[DeploymentMinute, DeploymentMinute], total: int
    ) -> MinuteCounts:
        draw, (green_like, blue_like) = self.generator, likes
        live = int(draw.binomial(total, share.live))
        copies = int(draw.binomial(total, share.mirror))
        green = resampled(green_like, draw, minute, live + copies)
        blue = resampled(blue_like, draw, minute, total - live)
        bad = green.bad if green else 0
        failed = int(draw.hypergeometric(bad, live + copies - bad, live)) if live else 0
        return MinuteCounts(green, blue, live, failed, affected=live * (_rate(green_like) - _rate(blue_like)))


def recorded_traffic(
    recording: Recording, matcher: DecisionMatcher, generator: np.random.Generator, calibration: Calibration
) -> RecordedTraffic:
    """Return the traffic of a recording."""
    names = (recording.blue, recording.record.green)
    blue, green = (pooled(name, [rows[name] for rows in recording.minutes.values() if name in rows]) for name in names)
    return RecordedTraffic(recording, matcher, generator, calibration, blue, green)


def _failed_or_refused(row: DeploymentMinute) -> int:
    return row.bad + row.client_errors


def _rate(row: DeploymentMinute) -> float:
    return _failed_or_refused(row) / row.total if row.total else 0.0
