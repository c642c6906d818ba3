"""The numbers behind the picture: shares and failure rates of blue and green, and the judge's odds, over time.

Pure. Time is in minutes of the demo's clock. Blue is the serving version, green the one being tried; the roles swap
when a version is promoted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cli.demo.odds import Odds, odds
from cli.demo.report import DECIDED, Json, Played, asked_by, unix
from cli.demo.samples import Sample, count

BIN_MINUTES = 2.0
FEWEST = 5  # requests needed to draw a rate


@dataclass(frozen=True, slots=True)
class Span:
    """One rollout, in minutes since the first request: the version, start and end, and a short outcome."""

    began: float
    ended: float
    green: str
    label: str
    outcome: str
    decided: float


@dataclass(frozen=True, slots=True)
class Rates:
    """Failed requests in percent, at the middle of each time bin that had enough requests."""

    minutes: list[float]
    percent: list[float]


@dataclass(frozen=True, slots=True)
class Series:
    """Everything in the picture. `shares`: (minute, percent of live traffic on green), drawn as steps."""

    spans: list[Span]
    shares: list[tuple[float, int]]
    blue: Rates
    green: Rates
    odds: Odds
    length: float


def series(played: Played) -> Series:
    """Return the numbers for the picture. Raises ValueError if no request was sent."""
    if not played.samples:
        raise ValueError("no request was sent, so there is nothing to draw")
    origin = played.samples[0].sent
    spans = [_span(played, rollout, origin) for rollout in played.rollouts.values()]
    length = (played.samples[-1].sent - origin) / 60
    on_green: list[Sample] = []
    on_blue: list[Sample] = []
    for sample in played.samples:
        minute = (sample.sent - origin) / 60
        (on_green if _tried(spans, minute) == sample.deployment else on_blue).append(sample)
    return Series(
        spans=spans,
        shares=_shares(played, spans, origin, length),
        blue=_rates(on_blue, origin),
        green=_rates(on_green, origin),
        odds=odds(played, origin),
        length=length,
    )


def _span(played: Played, rollout: Json, origin: float) -> Span:
    def minute(text: str | None) -> float:
        return ((unix(text) if text else played.ended) - origin) / 60

    phase = str(rollout["phase"])
    decided = [entry["at"] for entry in rollout["history"] if entry["to"] in DECIDED]
    ended = [entry["at"] for entry in rollout["history"] if entry["to"] == phase]
    return Span(
        began=minute(rollout["created_at"]),
        ended=minute(ended[0] if ended else rollout["finished_at"]),
        green=str(rollout["green"]),
        label=f"version {rollout['version']}",
        outcome=_outcome(rollout),
        decided=minute(decided[0] if decided else rollout["finished_at"]),
    )


def _outcome(rollout: Json) -> str:
    words = str(rollout["phase"]).replace("-", " ")
    if words != "rolled back":
        return words
    return f"{words}\nby an operator" if asked_by(rollout) else f"{words}\non the evidence"


def _tried(spans: Sequence[Span], minute: float) -> str | None:
    return next((span.green for span in spans if span.began <= minute < span.ended), None)


def _shares(played: Played, spans: Sequence[Span], origin: float, length: float) -> list[tuple[float, int]]:
    found = [(0.0, 0)]
    for period in played.timeline.periods():
        minute = max(0.0, (period.began - origin) / 60)
        found.append((minute, period.weights.get(_tried(spans, minute) or "", 0)))
    found += [(span.ended, 0) for span in spans]  # promoted: green is blue from here on
    return [*sorted(found), (length, 0)]


def _rates(samples: Sequence[Sample], origin: float) -> Rates:
    bins: dict[int, list[Sample]] = {}
    for sample in samples:
        bins.setdefault(int((sample.sent - origin) / 60 / BIN_MINUTES), []).append(sample)
    kept = {number: count(group) for number, group in sorted(bins.items()) if len(group) >= FEWEST}
    return Rates([(number + 0.5) * BIN_MINUTES for number in kept], [100 * each.share for each in kept.values()])
