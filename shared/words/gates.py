"""Sentences about gates: what a gate measured, from a table with one template per measurement, and what it requires."""

from __future__ import annotations

from collections.abc import Mapping
from functools import singledispatch
from typing import NamedTuple

from shared.core.gates import (
    ClientErrorsGate,
    DisagreementGate,
    ErrorsGate,
    Gate,
    LatencyGate,
    PredictionReading,
    PredictionsGate,
    QueryGate,
)
from shared.core.gates.measured import GateFacts
from shared.core.judge.interval import interval
from shared.core.wording import percentage, time

GREEN_AND_BLUE = "{gate}: green {green}, blue {blue}"
# `{green:requests}` is green's rate with its number of requests.
MEASURED: Mapping[str, str] = {
    "failed_requests": "green fails {green:requests}, blue {blue}",
    "rejected_requests": "green rejects {green:requests} as client errors, blue {blue}",
    "slow_answers": "green takes longer than {green_slower_than} for {green:answers}, "
    "blue longer than {blue_slower_than} for {blue}",
    "slow_minutes": "green's P95 was more than {margin:.3g} times blue's in {green_bad} of {green_total} minutes",
    "predicted_label": "green predicts {label!r} in {green:predictions}, blue in {blue}",
    "disagreements": "green disagrees with blue on {green:mirrored requests}",
    "query_count": GREEN_AND_BLUE,
}


class _Rate(NamedTuple):
    bad: int
    total: int

    def __format__(self, noun: str) -> str:
        """Return `0.4% of 1,200 requests (0.1 to 1.1%)`; `noun` is what is counted, the range a 95 % interval."""
        counted = f"{self.total:,} {noun}".rstrip()
        found = interval(self.bad, self.total)
        if found is None:
            return f"none of {counted}"
        return f"{_percent(self.bad / self.total)} of {counted} ({percentage(found.low)} to {_percent(found.high)})"


def measurement(facts: GateFacts) -> str:
    """Return what a gate measured: green's rate, blue's rate, and the limit."""
    spelled: dict[str, object] = {
        **facts,
        "green": _Rate(facts["green_bad"], facts["green_total"]),
        "blue": _Rate(facts["blue_bad"], facts["blue_total"]),
        "green_slower_than": time(facts.get("green_slower_than_milliseconds", 0.0)),
        "blue_slower_than": time(facts.get("blue_slower_than_milliseconds", 0.0)),
    }
    text = MEASURED.get(facts.get("what", ""), GREEN_AND_BLUE).format_map(spelled)
    return f"{text}; at most {_percent(facts['limit'])} is allowed" if "limit" in facts else text


@singledispatch
def requirement(gate: Gate) -> str:
    """Return what a gate requires of green. Kinds without their own text are described as a comparison with blue."""
    return f"the share that {gate.name} counts as bad is no larger than blue's"


@requirement.register
def _(gate: ErrorsGate) -> str:
    return f"requests fail (5xx, crashes, 408, 429) no more often than on blue{_limit(gate.at_most)}"


@requirement.register
def _(gate: ClientErrorsGate) -> str:
    return f"requests are rejected (4xx, also by the model itself) no more often than on blue{_limit(gate.at_most)}"


@requirement.register
def _(gate: LatencyGate) -> str:
    spans = ", ".join(f"{limit.percent:g}% of them at most {time(limit.milliseconds)}" for limit in gate.at_most)
    absolute = f", and {spans}, whatever blue does" if spans else ""
    return f"answers take at most {gate.worse_than:g} times as long as blue's{absolute}"


@requirement.register
def _(gate: PredictionsGate) -> str:
    edges = ", ".join(f"{edge:g}" for edge in gate.reading.edges)
    kind = f"bins with borders at {edges}" if edges else "classes"
    return f"the predictions{_at(gate.reading)} fall into {kind} as blue's do, give or take {_percent(gate.shift)}"


@requirement.register
def _(gate: DisagreementGate) -> str:
    near = f" (numbers within {gate.tolerance:g} agree)" if gate.tolerance else ""
    share = _percent(gate.at_most)
    return f"green disagrees with blue{_at(gate.reading)} on at most {share} of the mirrored requests{near}"


@requirement.register
def _(gate: QueryGate) -> str:
    limit = "" if gate.at_most is None else f", and at most {_percent(gate.at_most)}, whatever blue does"
    return f"the share that {gate.query} counts as bad is no larger than blue's{limit}"


def _percent(share: float) -> str:
    return f"{percentage(share)}%"


def _limit(at_most: float | None) -> str:
    return "" if at_most is None else f", and at most {_percent(at_most)} of them do, whatever blue does"


def _at(reading: PredictionReading) -> str:
    return f" at {reading.at}" if reading.at else ""
