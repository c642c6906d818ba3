"""The latency gate: how long successful responses take.

If the source counts latencies in buckets, green's share of slow answers is compared with blue's, at thresholds frozen
from blue's past. If the source only has percentiles, they are compared minute by minute.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, Literal

from shared.core.gates.absolute_limits import with_limits
from shared.core.gates.fields import role, share_of_risk
from shared.core.gates.gate import Calibrated, Gate, NothingToCompare, Role, SourceChoice, Terms
from shared.core.gates.measured import Measured
from shared.core.gates.past import Past
from shared.core.gates.samples import NOTHING, CountSample, GateSamples, Pair, Row, Sample
from shared.core.judge.burstiness import burstiness
from shared.core.judge.gate_setting import GateSetting
from shared.core.judge.ladder import LEAST_REQUESTS, Percentiles
from shared.core.judge.measure import Item, Measure
from shared.core.judge.odds import Null
from shared.core.judge.panel import long_enough, past_rate
from shared.core.observation.observation import DeploymentMinute
from shared.core.schema.findings import Part, Values
from shared.core.schema.grammar import Field, Labels, Table
from shared.core.schema.kinds import between, text
from shared.core.schema.texts import LONGEST_ANSWER
from shared.core.schema.times import MILLISECOND, duration, spell
from shared.core.telemetry.latency_buckets import bucket, buckets_of, edge, quantile, slower
from shared.core.telemetry.needs import Latency
from shared.core.telemetry.sources import UnknownSource, source_kind

TAILS = (0.9, 0.5, 0.99)  # the first is the one that is reported
CERTIFIED_TAIL, CERTIFIED_MORE = 0.95, 1.08
BUDGET = 0.01
SETTLE = 1
# General slowdowns look like bursts in blue's past, but slow down both deployments and cancel out. So this limits the
# bad minutes that are required to eight.
MOST_BURSTINESS = 7.4
LEAST_ANSWERS = 100
# In an incident, many answers take longer than this multiple of blue's past P95 (or whole minutes of its usual P50).
FAR_SLOWER = 2.0
PERCENTILE = text(r"p[5-9][0-9](?:\.[1-9])?", "a valid percentile (p50 to p99.9)", "p95")


@dataclass(frozen=True, slots=True)
class Slower(CountSample):
    """Successful answers that took longer than a bucket's edge. buckets: green's and blue's, one pair per item."""

    buckets: tuple[tuple[int, int], ...]
    kind: Literal["slower"] = "slower"

    @property
    def size(self) -> int:
        """The number of pairs of thresholds."""
        return len(self.buckets)

    def counts(self, row: DeploymentMinute, *, green: bool) -> Sequence[Pair] | None:
        """Return the number of slow and of all successful answers at each threshold, or None if latency is unknown."""
        found = row.slowness
        if found is None:
            return None if row.total else (NOTHING,) * self.size
        total, side = sum(found.values()), 0 if green else 1
        return [(slower(found, pair[side]), total) for pair in self.buckets]

    def measured(self, item: int) -> Measured:
        """Return the thresholds, in milliseconds."""
        green, blue = self.buckets[item]
        return Measured(
            what="slow_answers",
            green_slower_than_milliseconds=edge(green),
            blue_slower_than_milliseconds=edge(blue),
        )


@dataclass(frozen=True, slots=True)
class Ladder(Sample):
    """P50 and P95 of both deployments, in minutes with enough requests."""

    kind: Literal["ladder"] = "ladder"

    def items(self, green: Row, blue: Row) -> list[Item] | None:
        """Return both percentiles of both deployments, or None if either has too few requests."""
        if green is None or blue is None or min(green.total, blue.total) < LEAST_REQUESTS:
            return None
        ours, theirs = green.percentiles or {}, blue.percentiles or {}
        if not {50, 95} <= ours.keys() & theirs.keys():
            return None
        return [Percentiles(ours[50], theirs[50], ours[95], theirs[95])]

    def measured(self, item: int) -> Measured:
        """Return what is measured: minutes with a higher P95."""
        del item
        return Measured(what="slow_minutes")


@dataclass(frozen=True, slots=True)
class SlowMinute(CountSample):
    """Minutes whose median latency exceeded a threshold, for sources that only have percentiles."""

    milliseconds: float
    kind: Literal["slow_minute"] = "slow_minute"

    def counts(self, row: DeploymentMinute, *, green: bool) -> tuple[Pair]:
        """Return 1 of 1 if the minute was slow, 0 of 1 if not, and 0 of 0 if it has too few requests to tell."""
        del green
        median = (row.percentiles or {}).get(50)
        return (NOTHING if median is None or row.total < LEAST_REQUESTS else (int(median > self.milliseconds), 1),)

    def measured(self, item: int) -> Measured:
        """Return the threshold."""
        del item
        return Measured(what="slow_medians", blue_slower_than_milliseconds=self.milliseconds)


@dataclass(frozen=True, slots=True)
class LatencyLimit:
    """At least `percent` % of the answers take no longer than `milliseconds`."""

    percent: float
    milliseconds: float


@dataclass(frozen=True, slots=True)
class LatencyGate(Gate):
    """How long answers take. worse_than: the acceptable multiple of blue's latency. at_most: absolute limits."""

    role: Role = "non_blocking"
    weight: float = 4.0
    worse_than: float = 1.25
    at_most: tuple[LatencyLimit, ...] = ()
    kind: Literal["latency"] = "latency"
    samples: ClassVar[tuple[type[Sample], ...]] = (Slower, Ladder, SlowMinute)

    def needs(self, sources: SourceChoice) -> tuple[Latency]:
        """Return the telemetry that it needs: latency, from the source that the policy chose."""
        return (Latency(sources.latency_from),)

    def recorded(self, row: DeploymentMinute) -> bool:
        """Return whether latency is known, in either form."""
        return row.slowness is not None or row.percentiles is not None

    def calibrate(self, past: Past, terms: Terms) -> Calibrated:
        """Return the gate's calibration: by counts if the source has them, otherwise by percentiles."""
        try:
            source = source_kind(terms.sources.latency_from)
        except UnknownSource as unknown:
            raise NothingToCompare(str(unknown)) from unknown
        return self._by_counts(past) if source.counts_latency else self._by_percentiles()

    def alarm_sample(self, past: Past) -> CountSample | None:
        """Return the sample of answers, or minutes, far slower than blue's past and than green is allowed to be."""
        far = max(FAR_SLOWER, self.worse_than)
        slowness = past.summed(lambda row: row.slowness)
        if sum(slowness.values()) >= LEAST_ANSWERS:
            return Slower(((quantile(slowness, CERTIFIED_TAIL) + buckets_of(far),) * 2,))
        busy = [row.percentiles for row in past.minutes if row and row.percentiles and row.total >= LEAST_REQUESTS]
        medians = sorted(percentiles[50] for percentiles in busy if 50 in percentiles)
        return SlowMinute(far * medians[int(CERTIFIED_TAIL * (len(medians) - 1))]) if medians else None

    def _by_counts(self, past: Past) -> Calibrated:
        slowness = past.summed(lambda row: row.slowness)
        if sum(slowness.values()) < LEAST_ANSWERS:
            raise NothingToCompare(
                f"blue gave fewer than {LEAST_ANSWERS} successful answers in the past hour to compare with"
            )
        shift, more = buckets_of(self.worse_than), buckets_of(self.worse_than * CERTIFIED_MORE)
        at = [quantile(slowness, tail) for tail in TAILS]
        certified = quantile(slowness, CERTIFIED_TAIL)
        first, rest = Slower(((at[0] + shift, at[0]),)), Slower(tuple((tail + shift, tail) for tail in at[1:]))
        sure = Slower(((certified + more, certified),))
        bad, total = past.series(first)
        null = Null(1.0, 0.0)
        setting = GateSetting(
            name=self.name,
            critical=self.role == "critical",
            phi=min(burstiness(bad, total), MOST_BURSTINESS),
            known=long_enough(total),
            rate=past_rate(*past.series(sure)),
            budget=BUDGET,
            settle=SETTLE,
            measures=with_limits(
                (Measure(share=1 / 3, null=null), Measure(items=2, share=2 / 3, null=null, severe=False)),
                [1.0 - limit.percent / 100.0 for limit in self.at_most],
            ),
        )
        limits = [Slower(((bucket(limit.milliseconds),) * 2,)) for limit in self.at_most]
        return Calibrated(setting, GateSamples((first, rest, *limits), sure))

    def _by_percentiles(self) -> Calibrated:
        setting = GateSetting(
            name=self.name,
            critical=self.role == "critical",
            budget=BUDGET,
            margin=self.worse_than * CERTIFIED_MORE,
            settle=SETTLE,
            measures=(Measure(margin=self.worse_than, severe=False),),
        )
        return Calibrated(setting, GateSamples((Ladder(),), Ladder()))

    @classmethod
    def policy_field(cls) -> Field:
        """Return the gate's key in a policy file."""
        fields = (
            role(),
            share_of_risk("4"),
            Field(
                "worse_than",
                between(1, 100, "1.25"),
                "The acceptable multiple of blue's latency; use 1.5 if machines of one type differ by 15 %.",
            ),
            Field(
                "at_most",
                Labels(
                    duration(MILLISECOND, LONGEST_ANSWER, "300ms"),
                    "{p95: 300ms, p99: 1s}",
                    "a mapping of percentiles to durations",
                    PERCENTILE,
                ),
                "Additional absolute limits, regardless of blue: the longest time for a percentile. Not with metrics.",
                default={},
            ),
        )
        table = Table(fields, example="{worse_than: 1.25}", makes=cls, make=_make, check=_check)
        return Field("latency", table, "How long successful responses take.", default=None)


def _check(latency: Part) -> None:
    limits: Mapping[str, timedelta | None] = latency["at_most"] or {}
    if limits and not source_kind(latency.find("telemetry.latency") or "logs").counts_latency:
        words = "metrics have only a few percentiles, not how many responses took longer; leave it out, or read logs"
        latency.add("at_most", f"{words}, like telemetry: {{latency: logs}}")
    known = sorted((_percent(key), key, span) for key, span in limits.items() if span is not None)
    for (_, lower, longer), (_, upper, shorter) in itertools.pairwise(known):
        if longer > shorter:
            words = f"{spell(longer)} is more than {upper} allows, {spell(shorter)}; limits must not decrease"
            latency.add(f"at_most.{repr(lower) if '.' in lower else lower}", words)


def _make(values: Values) -> LatencyGate:
    limits = sorted((_percent(key), span / MILLISECOND) for key, span in values["at_most"].items())
    return LatencyGate(**values | {"at_most": tuple(LatencyLimit(*limit) for limit in limits)})


def _percent(key: str) -> float:
    """Return the percentage in a percentile's name, such as 99.9 for `p99.9`."""
    return float(key.removeprefix("p"))
