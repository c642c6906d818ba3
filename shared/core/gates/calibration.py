"""What the judge is set to for one rollout, from the policy and blue's past alone; frozen before green's first request.

A gate that there is nothing to set by (no answers whose latency could be compared, no predictions) is left out, and
its part of the rollback risk goes to the others; the record says so. It must never see a minute of green.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from shared.core.gates.latency import bucket, buckets_of, quantile
from shared.core.gates.recipes import (
    ClientErrorsGate,
    DisagreementGate,
    ErrorsGate,
    Gate,
    LatencyGate,
    PredictionsGate,
    QueryGate,
)
from shared.core.gates.samples import (
    OTHER,
    Counted,
    Failed,
    GateSamples,
    Ladder,
    Predicted,
    Refused,
    Sample,
    Slower,
    blue_series,
)
from shared.core.judge import panel
from shared.core.judge.burstiness import burstiness, lasting
from shared.core.judge.gate import GateSetting
from shared.core.judge.measure import Measure
from shared.core.judge.odds import Null
from shared.core.judge.panel import Panel
from shared.core.judge.tuning import TUNED, Tuning
from shared.core.observation.observation import DeploymentMinute
from shared.core.observation.spans import span
from shared.core.policy.policy import JudgeSettings

Label = TypeVar("Label", int, str)
TAILS = (0.9, 0.5, 0.99)  # the first is what people read of
CERTIFIED_TAIL, CERTIFIED_MORE = 0.95, 1.08
LATENCY_BUDGET = 0.01
LATENCY_SETTLE = 1
# Slowdowns of everything look like bursts in blue's past although they cancel beside green: eight bad minutes at most.
LATENCY_BURSTINESS = 7.4
LEAST_ANSWERS = 100
MOST_LABELS = 8
SHIFT_RATIO = 1.25


@dataclass(frozen=True, slots=True)
class Calibration:
    """How the judge is set, what each gate of the panel takes from a minute, and the gates left out, with why."""

    panel: Panel = field(default_factory=Panel)
    samples: tuple[GateSamples, ...] = (GateSamples(),)
    unjudged: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Past:
    """Blue's past minutes, every one from the first to the last, oldest first (None: a minute without requests)."""

    minutes: tuple[DeploymentMinute | None, ...] = ()

    def series(self, sample: Sample) -> tuple[list[int], list[int]]:
        """Return bad and total of each minute, as the sample's first count has them for blue."""
        return next(iter(blue_series(sample, self.minutes)), ([], []))

    def rates(self, samples: Iterable[Sample]) -> tuple[float, ...]:
        """Return blue's share of bad for each item of the samples."""
        counted = [both for sample in samples for both in blue_series(sample, self.minutes)]
        return tuple([panel.usual_rate(sum(bad), sum(total)) for bad, total in counted])

    def slowness(self) -> dict[int, int]:
        """Return how many answers fell into which bucket of latency."""
        return _summed(row.slowness for row in self.minutes if row is not None and row.slowness)

    def predictions(self) -> dict[str, int]:
        """Return how many predictions were of which class or bin."""
        return _summed(row.predictions for row in self.minutes if row is not None and row.predictions)


def past_of(history: Iterable[DeploymentMinute], blue: str | None) -> Past:
    """Return blue's past out of what telemetry gave."""
    by_minute = {row.minute: row for row in history if row.deployment == blue}
    return Past(tuple(by_minute.get(minute) for minute in span(by_minute)))


def calibrate(
    settings: JudgeSettings, past: Past, missing: dict[str, str] | None = None, tuning: Tuning = TUNED
) -> Calibration:
    """Return the calibration. missing: gates that telemetry could say nothing of, and why.

    Raises ValueError if no gate may roll back; a policy that was read never has that.
    """
    rate = panel.requests_per_minute([row.total if row else 0 for row in past.minutes])
    budget = panel.default_budget(rate) if settings.budget is None else settings.budget
    unjudged = {name: why for name, why in (missing or {}).items() if name != "errors"}
    found: list[tuple[Gate, GateSetting, GateSamples]] = []
    for gate in settings.gates:
        if gate.name in unjudged:
            continue
        try:
            setting, samples = _set(gate, past, budget, settings, tuning)
        except _NothingToSetBy as nothing:
            unjudged[gate.name] = str(nothing)
        else:
            found.append((gate, replace(setting, rates=past.rates(samples.samples)), samples))
    whole = sum(_part(gate) for gate, _, _ in found)
    if not whole:
        raise ValueError("no gate of these may roll back: the errors gate must be critical or counted")
    gates = tuple(replace(setting, share=_part(gate) / whole) for gate, setting, _ in found)
    return Calibration(Panel(gates, tuning, rate), tuple(samples for _, _, samples in found), unjudged)


class _NothingToSetBy(Exception):  # noqa: N818 -- no error: the gate is left out
    pass


def _part(gate: Gate) -> float:
    return 0.0 if gate.role == "dry_run" else gate.weight


def _set(
    gate: Gate, past: Past, budget: float, settings: JudgeSettings, tuning: Tuning
) -> tuple[GateSetting, GateSamples]:
    match gate:
        case ErrorsGate():
            return _relative(gate, Failed(), past, budget, tuning)
        case ClientErrorsGate():
            return _relative(gate, Refused(), past, budget, tuning)
        case QueryGate():
            return _relative(gate, Counted(gate.name), past, budget if gate.budget is None else gate.budget, tuning)
        case LatencyGate():
            return _ladder(gate) if settings.latency_from == "metrics" else _latency(gate, past)
        case PredictionsGate():
            return _predictions(gate, past, tuning)
        case DisagreementGate():
            return _disagreement(gate)


def _relative(
    gate: ErrorsGate | ClientErrorsGate | QueryGate, sample: Sample, past: Past, budget: float, tuning: Tuning
) -> tuple[GateSetting, GateSamples]:
    bad, total = past.series(sample)
    limits = () if gate.at_most is None else (gate.at_most,)
    setting = GateSetting(
        name=gate.name,
        critical=gate.role == "critical",
        phi=burstiness(bad, total),
        lasting=lasting(bad, total, tuning),
        known=panel.long_enough(total),
        rate=panel.past_rate(bad, total),
        budget=budget,
        measures=_limited((Measure(),), limits),
    )
    return setting, GateSamples((sample, *[sample for _ in limits]), sample)


def _limited(relative: tuple[Measure, ...], limits: Sequence[float]) -> tuple[Measure, ...]:
    """Return the measures with one more for each absolute limit; these have half of the gate's harm together."""
    if not limits:
        return relative
    absolute = [Measure(share=0.5 / len(limits), null=Null(0.0, limit), severe=False) for limit in limits]
    return (*[replace(measure, share=measure.share / 2.0) for measure in relative], *absolute)


def _latency(gate: LatencyGate, past: Past) -> tuple[GateSetting, GateSamples]:
    slowness = past.slowness()
    if sum(slowness.values()) < LEAST_ANSWERS:
        raise _NothingToSetBy(f"blue gave fewer than {LEAST_ANSWERS} good answers in the past hour to compare with")
    shift, more = buckets_of(gate.worse_than), buckets_of(gate.worse_than * CERTIFIED_MORE)
    at = [quantile(slowness, tail) for tail in TAILS]
    certified = quantile(slowness, CERTIFIED_TAIL)
    first, rest = Slower(((at[0] + shift, at[0]),)), Slower(tuple((edge + shift, edge) for edge in at[1:]))
    sure = Slower(((certified + more, certified),))
    null = Null(1.0, 0.0)
    setting = GateSetting(
        name=gate.name,
        critical=gate.role == "critical",
        phi=min(burstiness(*past.series(first)), LATENCY_BURSTINESS),
        known=panel.long_enough(past.series(first)[1]),
        rate=panel.past_rate(*past.series(sure)),
        budget=LATENCY_BUDGET,
        settle=LATENCY_SETTLE,
        measures=_limited(
            (Measure(share=1 / 3, null=null), Measure(items=2, share=2 / 3, null=null, severe=False)),
            [1.0 - limit.percent / 100.0 for limit in gate.at_most],
        ),
    )
    limits = [Slower(((bucket(limit.milliseconds),) * 2,)) for limit in gate.at_most]
    return setting, GateSamples((first, rest, *limits), sure)


def _ladder(gate: LatencyGate) -> tuple[GateSetting, GateSamples]:
    setting = GateSetting(
        name=gate.name,
        critical=gate.role == "critical",
        budget=LATENCY_BUDGET,
        margin=gate.worse_than * CERTIFIED_MORE,
        settle=LATENCY_SETTLE,
        measures=(Measure(margin=gate.worse_than, severe=False),),
    )
    return setting, GateSamples((Ladder(),), Ladder())


def _predictions(gate: PredictionsGate, past: Past, tuning: Tuning) -> tuple[GateSetting, GateSamples]:
    seen = past.predictions()
    if sum(seen.values()) < LEAST_ANSWERS:
        raise _NothingToSetBy(f"fewer than {LEAST_ANSWERS} of blue's predictions could be read from the past hour")
    common = sorted(seen.keys() - {OTHER}, key=lambda label: (-seen[label], label))
    sample = Predicted((*common[: MOST_LABELS - 1], OTHER))
    measure = Measure(items=len(sample.labels), null=Null(SHIFT_RATIO, gate.shift), severe=False, both=True)
    setting = GateSetting(
        name=gate.name,
        critical=False,
        phi=burstiness(*past.series(sample)),
        lasting=lasting(*past.series(sample), tuning),
        known=panel.long_enough(past.series(sample)[1]),
        budget=None,
        measures=(measure,),
    )
    return setting, GateSamples((sample,), None)


def _disagreement(gate: DisagreementGate) -> tuple[GateSetting, GateSamples]:
    allowed = Measure(null=Null(0.0, gate.at_most), severe=False)
    setting = GateSetting(gate.name, critical=False, budget=None, measures=(allowed,))
    return setting, GateSamples((Counted(gate.name),), None)


def _summed(parts: Iterable[Mapping[Label, int] | None]) -> dict[Label, int]:
    total: dict[Label, int] = {}
    for part in parts:
        for key, count in (part or {}).items():
            total[key] = total.get(key, 0) + count
    return total
