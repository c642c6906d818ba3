"""Blue's past, which the judge is calibrated from. It never contains a minute of green."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from shared.core.gates.samples import Sample
from shared.core.judge.panel import usual_rate
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
        """Return how much a sample's first item counted per request, in the minutes with recorded data."""
        requests = sum(row.total for row in self.minutes if row is not None and recorded(row))
        return sum(self.series(sample)[1]) / requests if requests else 0.0

    def summed(self, of: Callable[[DeploymentMinute], Mapping[Key, int] | None]) -> dict[Key, int]:
        """Return the counts by key that `of` finds in each minute, added up over all minutes."""
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


def past_of(history: Iterable[DeploymentMinute], blue: str | None) -> Past:
    """Return blue's past from minutes of telemetry."""
    by_minute = {row.minute: row for row in history if row.deployment == blue}
    return Past(tuple(by_minute.get(minute) for minute in span(by_minute)))
