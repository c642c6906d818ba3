"""What one gate reports, as the API shows it: counts, intervals, odds, and progress towards each decision."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from shared.core.gates.gate import Role
from shared.core.gates.readings import Reading
from shared.core.judge.interval import Interval
from shared.core.wording import odds
from shared.words.gates import measurement


@dataclass(frozen=True, slots=True)
class IntervalView:
    """An interval for a rate, valid at all times together with 95 % confidence. Rates are shares, 0 to 1."""

    low: Annotated[float, "Lower end."]
    high: Annotated[float, "Upper end."]


@dataclass(frozen=True, slots=True)
class GateView:
    """One gate after a minute. `log_odds_...` is a natural logarithm, `odds_...` the same as text, as in `340 : 1`."""

    gate: Annotated[str, "The gate's name."]
    role: Annotated[Role, "What it may decide. A `dry_run` decides nothing."]
    summary: Annotated[str, "What green and blue did, as a sentence."]
    measured: Annotated[dict[str, object], "What was counted, for programs: `what`, `item`, and what belongs to it."]
    green_bad: Annotated[int, "Green's bad requests, as this gate counts them."]
    green_total: Annotated[int, "Green's requests."]
    blue_bad: Annotated[int, "Blue's bad requests."]
    blue_total: Annotated[int, "Blue's requests."]
    green_interval: Annotated[IntervalView | None, "Where green's rate lies; null without requests."]
    blue_interval: Annotated[IntervalView | None, "Where blue's rate lies; null without requests."]
    log_odds_worse: Annotated[float, "The odds that green is worse."]
    odds_worse: Annotated[str, "The same as text."]
    log_odds_worse_threshold: Annotated[float | None, "The odds at which this gate alone rolls back; null: it cannot."]
    odds_worse_threshold: Annotated[str | None, "The same as text."]
    rollback_progress: Annotated[float | None, "Progress of the odds to that threshold, 0 to 1."]
    log_odds_safe: Annotated[
        float | None, "The odds that the next step stays within the harm budget; null: not needed here."
    ]
    odds_safe: Annotated[str | None, "The same as text."]
    log_odds_safe_threshold: Annotated[float | None, "The odds that the next step needs; null: none are needed."]
    odds_safe_threshold: Annotated[str | None, "The same as text."]
    certificate_progress: Annotated[float | None, "Progress of the odds to that threshold, 0 to 1."]
    minutes_to_certificate: Annotated[int | None, "Minutes still needed at this rate; null: unknown."]
    settled_minutes: Annotated[int, "Complete minutes with traffic at this weight."]
    missing: Annotated[str | None, "Why the latest telemetry has no data for this gate; null: it has."]


def gate_view(reading: Reading) -> GateView:
    """Return what one gate reports."""
    return GateView(
        gate=reading.gate,
        role=reading.role,
        summary=measurement(reading.facts),
        measured=dict(reading.measured),
        green_bad=reading.green_bad,
        green_total=reading.green_total,
        blue_bad=reading.blue_bad,
        blue_total=reading.blue_total,
        green_interval=_interval(reading.green),
        blue_interval=_interval(reading.blue),
        log_odds_worse=reading.log_harm,
        odds_worse=odds(reading.log_harm),
        log_odds_worse_threshold=reading.harm_threshold,
        odds_worse_threshold=_odds(reading.harm_threshold),
        rollback_progress=reading.to_rollback,
        log_odds_safe=reading.log_certificate,
        odds_safe=_odds(reading.log_certificate),
        log_odds_safe_threshold=reading.certificate_threshold,
        odds_safe_threshold=_odds(reading.certificate_threshold),
        certificate_progress=reading.to_certificate,
        minutes_to_certificate=reading.minutes_to_certificate,
        settled_minutes=reading.minutes,
        missing=reading.missing or None,
    )


def _interval(ends: Interval | None) -> IntervalView | None:
    return None if ends is None else IntervalView(ends.low, ends.high)


def _odds(log_odds: float | None) -> str | None:
    return None if log_odds is None else odds(log_odds)
