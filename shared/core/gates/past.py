"""Blue's past, from which the judge is calibrated. It never contains a minute of green."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from shared.core.gates.samples import Sample
from shared.core.judge.panel import usual_rate
from shared.core.judge.verdict import UNHEARD
from shared.core.observation.observation import DeploymentMinute
from shared.core.observation.spans import span

Key = TypeVar("Key", int, str)
Series = list[tuple[list[int], list[int]]]  # bad and total per minute, for each item


@dataclass(frozen=True, slots=True)
class Past:
    """Blue's past minutes without gaps, oldest first (None: a minute without requests)."""

    minutes: tuple[DeploymentMinute | None, ...] = ()
    _counted: dict[Sample, Series] = field(default_factory=dict, compare=False, repr=False)

    def series(self, sample: Sample) -> tuple[list[int], list[int]]:
        """Return bad and total per minute, as the sample's first item counts them for blue."""
        return next(iter(self._series(sample)), ([], []))

    def rates(self, samples: Iterable[Sample]) -> tuple[float, ...]:
        """Return blue's bad share for each item of the samples."""
        counted = [both for sample in samples for both in self._series(sample)]
        return tuple([usual_rate(sum(bad), sum(total)) for bad, total in counted])

    def heard(self, sample: Sample, recorded: Callable[[DeploymentMinute], bool]) -> float:
        """Return how much a sample's first item counted per request, in the minutes with recorded data.

        A long pause between outcomes lowers the rate, so that only a pause twice as long is improbable. The time after
        the last outcome is not a pause, since the next one may just be late.
        """
        found = zip(self.minutes, self.series(sample)[1], strict=False)
        known = [(row.total, counted) for row, counted in found if row is not None and recorded(row)]
        requests = sum(total for total, _ in known)
        if not requests:
            return 0.0
        rate, pause = sum(counted for _, counted in known) / requests, _longest_pause(known)
        return min(rate, UNHEARD / (2 * pause)) if pause else rate

    def summed(self, of: Callable[[DeploymentMinute], Mapping[Key, int] | None]) -> dict[Key, int]:
        """Return the counts by key that `of` finds in each minute, summed over all minutes."""
        total: dict[Key, int] = {}
        for row in self.minutes:
            for key, count in ((row and of(row)) or {}).items():
                total[key] = total.get(key, 0) + count
        return total

    def _series(self, sample: Sample) -> Series:
        """Return a sample's series, cached, because calibration needs the same ones several times."""
        found = self._counted.get(sample)
        if found is None:
            found = self._counted[sample] = sample.series(self.minutes)
        return found


def _longest_pause(known: Iterable[tuple[int, int]]) -> int:
    """Return the most requests between counted outcomes. known: requests and outcomes by minute."""
    longest = pause = 0
    for requests, counted in known:
        if counted:
            longest, pause = max(longest, pause), 0
        else:
            pause += requests
    return longest


def past_of(history: Iterable[DeploymentMinute], blue: str | None) -> Past:
    """Return blue's past from minutes of telemetry."""
    by_minute = {row.minute: row for row in history if row.deployment == blue}
    return Past(tuple(by_minute.get(minute) for minute in span(by_minute)))
