"""A monitor of mirrored requests: an alarm if green disagrees too often for several minutes in a row."""

from __future__ import annotations

from dataclasses import dataclass, field

from bench.judge.methods.alarm import Alarm
from bench.judge.minute import ROLL_BACK, Minute, Move, Status
from shared.core.gates import DISAGREEMENT


@dataclass(slots=True)
class MirrorAlarm:
    """alarm: on the share of disagreements. weight: the percentage mirrored. bake: minutes of mirroring."""

    alarm: Alarm = field(default_factory=lambda: Alarm(threshold=0.05, breaching=3, periods=3))
    weight: int = 10
    bake: int = 60
    elapsed: int = 0

    @property
    def first_weight(self) -> int:
        """The percentage mirrored, which does not change."""
        return self.weight

    def observe(self, minute: Minute | None) -> Move:
        """Check the alarm, then the clock."""
        compared = minute.rows[0].tallies.get(DISAGREEMENT) if minute is not None and minute.rows else None
        if self.alarm.add(compared.bad / compared.total if compared is not None and compared.total else None):
            return ROLL_BACK
        self.elapsed += 1
        return Move(self.weight, Status.PROMOTED if self.elapsed >= self.bake else Status.RUNNING)
