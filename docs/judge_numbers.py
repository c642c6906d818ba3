"""The judge's numbers as tables for docs/judge.md, read from the code; only their descriptions are written here."""

from __future__ import annotations

from dataclasses import fields

from shared.core.gates import latency, predictions
from shared.core.judge import burstiness, certificate, interval, ladder, measure, panel, traffic_share, tuning, verdict
from shared.core.judge.odds import Null
from shared.core.judge.tuning import REFERENCE, TUNED

Value = float | tuple[float, ...] | Null
DESCRIPTIONS = {
    "bets": "bets kappa of the minor lane",
    "shares": "the part of the lane that each bet gets",
    "severe_bets": "bets kappa of the severe lane, in equal parts",
    "severe_share": "the severe lane's part of the gate",
    "minor": "what green is allowed, minor lane",
    "severe": "what green is allowed, severe lane",
    "first_minute": "part of the unspent stake that is bet in the first minute",
    "after_change": "the same, in the first steady minute after a change of traffic",
    "any_minute": "the same, in any other minute",
    "calm_phi": "blue is calm below this burstiness phi",
    "calm_minutes": "bad minutes k required if blue is calm",
    "block": "minutes that phi also compares as blocks, if blue is not calm",
    "cap": "nats that k minutes can win together, if blue is calm",
    "bursty_cap": "the same, if blue is not calm",
    "suspicion": "odds of harm above which no step passes",
    "certificate_bets": "bets of the certificate (none: chosen by blue's rate)",
    "certificate_shares": "the part of the certificate that each bet gets",
    "pairs": "weight of blue's past against pairs of green and blue in the temper (0: only the past)",
}
OTHERS: tuple[tuple[str, Value], ...] = (
    (
        "D without `budget`: extra failures a minute, divided by the endpoint's requests a minute",
        panel.EXTRA_FAILURES_A_MINUTE,
    ),
    ("the lower bound of that D", panel.LEAST_BUDGET),
    ("the upper bound of that D", panel.MOST_BUDGET),
    ("D of the latency certificate", latency.BUDGET),
    ("what a certificate allows besides D, as a part of blue's rate", certificate.RATIO),
    ("the largest divisor of a certificate's evidence (temper)", burstiness.CERTIFICATE_TEMPER_LIMIT),
    ("the most bad minutes k that are required", tuning.BAD_MINUTES_LIMIT),
    ("minutes with traffic below which a past does not count as calm", panel.LEAST_PAST),
    ("latency: quantiles of blue's requests that set the thresholds", latency.TAILS),
    ("latency: quantile that sets the certificate's threshold", latency.CERTIFIED_TAIL),
    ("latency: the certificate's margin, as a multiple of `worse_than`", latency.CERTIFIED_MORE),
    ("latency: steady minutes skipped after a change of traffic", latency.SETTLE),
    ("latency: minimum answers in blue's past hour", latency.LEAST_ANSWERS),
    ("predictions: minimum predictions in blue's past hour", predictions.LEAST_PREDICTIONS),
    (
        "predictions: maximum number of outcomes; one is all other labels, one is unreadable answers",
        predictions.MOST_LABELS,
    ),
    ("predictions: rho", predictions.SHIFT_RATIO),
    ("predictions: bets kappa, in equal parts", measure.FEW_BETS),
    ("percentiles: minimum requests of each deployment in a minute", ladder.LEAST_REQUESTS),
    ("starved: requests that green should have had since its last one", verdict.STARVED),
    ("unheard: green's outcomes that a gate should have counted since the last one that it counted", verdict.UNHEARD),
    ("traffic share: the factor by which the odds of being green's may differ", traffic_share.TOLERANCE),
    ("traffic share: risk of ever reporting a mismatch where there is none", traffic_share.RISK),
    ("traffic share: bets, as further factors, in both directions", traffic_share.BETS),
    ("traffic share: samples that a mismatch needs", traffic_share.WINDOW),
    ("traffic share: expected requests of each deployment in a sample", traffic_share.LEAST_EXPECTED),
    ("traffic share: requests assumed to stay together, until samples show how many", traffic_share.USUAL_CLUSTER),
    ("traffic share: weight of that assumption, in pairs of samples", traffic_share.CLUSTER_WEIGHT),
    ("interval: probability that it ever misses the true share", interval.MISS),
)


def tuning_table() -> str:
    """Return a Markdown table of both tunings side by side."""
    rows = [
        f"| `{field.name}` | {_shown(getattr(REFERENCE, field.name))} | {_shown(getattr(TUNED, field.name))} "
        f"| {DESCRIPTIONS[field.name]} |"
        for field in fields(tuning.Tuning)
    ]
    return "\n".join(["| number | `REFERENCE` | `TUNED` | meaning |", "|---|---|---|---|", *rows]) + "\n"


def others_table() -> str:
    """Return a Markdown table of the numbers that do not depend on the tuning."""
    rows = [f"| {description} | {_shown(value)} |" for description, value in OTHERS]
    return "\n".join(["| number | value |", "|---|---|", *rows]) + "\n"


def _shown(value: Value) -> str:
    if isinstance(value, Null):
        return f"rho {value.rho:g}, delta {100 * value.delta:g} pp"
    if isinstance(value, tuple):
        return ", ".join(f"{each:g}" for each in value) or "none"
    return f"{value:g}"
