"""When blue's behaviour counts as an incident. Calibrated with the judge, from blue's past alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from shared.core.gates.past import Past
from shared.core.gates.samples import CountSample
from shared.core.judge.burstiness import burstiness, lasting
from shared.core.judge.incident import MOST, MOST_UNKNOWN, Alarm, alarm, with_past
from shared.core.judge.odds import Counts
from shared.core.judge.panel import LEAST_BUDGET, long_enough
from shared.core.judge.tuning import Tuning

# What gates count also changes with load and callers, so their alarms allow this much more than the past shows.
GATE_BUDGET = 0.2
# A serving deployment that refuses more of its requests than this is broken, unless blue's past shows nearly as many.
MOST_REFUSED = 0.9
SLOWNESS = frozenset({"slow_answers", "slow_minutes", "slow_medians"})  # the `what` of latency measurements
LEAST_COUNTED = 30  # in the past; fewer do not show what is usual


@dataclass(frozen=True, slots=True)
class GateAlarm:
    """The alarm of one gate. sample: what it counts, with the same threshold for green and blue."""

    sample: CountSample
    alarm: Alarm


@dataclass(frozen=True, slots=True)
class Alarms:
    """The alarms of one rollout.

    failed: for failed requests. overloaded: for 429 and 408 responses, which an idle endpoint never gives. gates: by
    gate name, for other judged measures that have a usual share, such as slow answers. refused: the share of client
    errors above which the serving deployment counts as not working.
    """

    failed: Alarm
    overloaded: Alarm
    gates: dict[str, GateAlarm] = field(default_factory=dict)
    refused: float = MOST_REFUSED


def alarms_of(past: Past, budget: float, tuning: Tuning, counted: Mapping[str, CountSample]) -> Alarms:
    """Return the alarms for a blue with this past.

    budget: D, the harm that certificates allow (a probability). counted: what else is watched, by gate. A gate that
    counted fewer than `LEAST_COUNTED` in the past has no alarm.
    """
    total = [row.total if row else 0 for row in past.minutes]
    failed = [row.bad if row else 0 for row in past.minutes]
    overloaded = [row.overloaded if row else 0 for row in past.minutes]
    gates = {
        name: GateAlarm(sample, _counted(*past.series(sample), tuning))
        for name, sample in counted.items()
        if sum(past.series(sample)[1]) >= LEAST_COUNTED
    }
    return Alarms(
        failed=_alarm(failed, total, budget, tuning),
        overloaded=_alarm(overloaded, total, LEAST_BUDGET, tuning),
        gates=gates,
        refused=_most_refused(past),
    )


def _most_refused(past: Past) -> float:
    """Return the share of client errors above which too little is accepted, compared with blue's past."""
    total = sum(row.total for row in past.minutes if row)
    refused = sum(row.client_errors for row in past.minutes if row)
    return max(MOST_REFUSED, (1.0 + refused / total) / 2.0) if total else MOST_REFUSED


def _counted(bad: Sequence[int], total: Sequence[int], tuning: Tuning) -> Alarm:
    """Return the alarm for what a gate counts: its limit is at least the past share plus the budget, at most `MOST`.

    Some sources only ever have a short past (`collected_answers` may read 15 minutes). Without this minimum, their
    usual share would be a permanent incident.
    """
    shown = sum(bad) / sum(total) + GATE_BUDGET
    return _alarm(bad, total, GATE_BUDGET, tuning, most_unknown=min(max(MOST_UNKNOWN, shown), MOST))


def _alarm(
    bad: Sequence[int], total: Sequence[int], budget: float, tuning: Tuning, most_unknown: float = MOST_UNKNOWN
) -> Alarm:
    """Return the alarm. most_unknown: the highest limit for a past that is too short to show what is usual."""
    phi = max(burstiness(bad, total), lasting(bad, total, tuning))
    known = long_enough(total)
    most = MOST if known else most_unknown
    found = alarm(sum(bad), sum(total), budget, tuning.cap_of(phi, known=known), most)
    return with_past(found, [Counts(*each) for each in zip(bad, total, strict=True)], tuning)
