"""Requests and failures as they were recorded; behind a departure, drawn at the rates that were recorded.

It must never go on past the last recorded minute.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from cli.simulate.follower import Follower
from cli.simulate.recording import Recording
from cli.simulate.shares import Share
from cli.simulate.telemetry import Answers
from shared.core.minutes import floor_minute
from shared.core.observation import DeploymentMinute, SmokeResult
from shared.core.policy import SmokeStep
from shared.core.questions import Window


@dataclass(slots=True)
class RecordedSource:
    """Counts as they were recorded, or drawn anew after the departure."""

    recording: Recording
    follower: Follower
    generator: np.random.Generator
    blue_rate: float = 0.0
    green_rate: float = 0.0

    def __post_init__(self) -> None:
        self.blue_rate, self.green_rate = (
            self._pooled(name) for name in (self.recording.record.blue, self.recording.record.green)
        )

    def minute(self, minute: datetime, share: Share, green_since: datetime | None) -> Answers | None:
        """Return what was answered in a minute; None behind the last one that is known."""
        del green_since
        rows = self.recording.minutes.get(minute, {})
        green, blue = (rows.get(name, (0, 0)) for name in (self.recording.record.green, self.recording.record.blue))
        if self.follower.departed is None:
            live = (0, 0) if minute < floor_minute(self.recording.first_live) else green
            return Answers(*green, *blue, *live, hurt=live[1] - live[0] * self.blue_rate)
        if minute > self.recording.last_minute:
            return None
        copied = minute < floor_minute(self.recording.first_live)
        return self._drawn(share, green, blue, blue[0] + (0 if copied else green[0]))

    def past(self, window: Window, blue: str) -> tuple[DeploymentMinute, ...]:
        """Return blue's recorded minutes: the next best, where the record does not say how the judge was set."""
        del window
        rows = ((minute, by_name.get(blue, (0, 0))) for minute, by_name in sorted(self.recording.minutes.items()))
        return tuple(DeploymentMinute(blue, minute, total, bad) for minute, (total, bad) in rows if total)

    def smoke(self, step: SmokeStep) -> SmokeResult:
        """Return what the smoke test gave then; one that is not recorded passed."""
        del step
        return self.recording.record.smoke or SmokeResult(1)

    def _drawn(self, share: Share, green: tuple[int, int], blue: tuple[int, int], total: int) -> Answers:
        green_rate = green[1] / green[0] if green[0] else self.green_rate
        blue_rate = blue[1] / blue[0] if blue[0] else self.blue_rate
        draw = self.generator
        live = int(draw.binomial(total, share.live))
        copies = int(draw.binomial(total, share.mirror))
        bad, copies_bad = int(draw.binomial(live, green_rate)), int(draw.binomial(copies, green_rate))
        rest = total - live
        hurt = live * (green_rate - blue_rate)
        blue_bad = int(draw.binomial(rest, blue_rate))
        return Answers(live + copies, bad + copies_bad, rest, blue_bad, live, bad, hurt)

    def _pooled(self, name: str) -> float:
        rows = [by_name[name] for by_name in self.recording.minutes.values() if name in by_name]
        total = sum(row[0] for row in rows)
        return sum(row[1] for row in rows) / total if total else 0.0
