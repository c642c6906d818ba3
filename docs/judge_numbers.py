"""The numbers that the judge is set to, as tables for docs/judge.md. It must never hold a number of its own."""

from __future__ import annotations

from dataclasses import fields

from shared.core.gates import calibration as calibrating
from shared.core.judge import burstiness, certificate, interval, ladder, measure, panel, tuning, verdict
from shared.core.judge.odds import Null
from shared.core.judge.tuning import REFERENCE, TUNED

Value = float | tuple[float, ...] | Null
TUNING_WORDS = {
    "bets": "bets kappa of the minor lane",
    "shares": "their parts of that lane",
    "severe_bets": "bets kappa of the severe lane, equal parts",
    "severe_share": "part of the severe lane",
    "minor": "what green may do, minor lane",
    "severe": "what green may do, severe lane",
    "first_minute": "part of the unspent stake that is bet in the first minute",
    "after_change": "the same in the first steady minute after a change of traffic",
    "any_minute": "the same in any other minute",
    "calm_phi": "blue is calm below this burstiness phi",
    "calm_minutes": "bad minutes k that a calm blue asks for",
    "block": "minutes that are also looked at together for phi, where blue is not calm",
    "cap": "nats that k minutes may win together, calm blue",
    "bursty_cap": "the same for any other blue",
    "suspicion": "odds of harm above which nothing advances",
    "certificate_bets": "bets of the certificate (none: chosen by blue's rate)",
    "certificate_shares": "their parts",
    "pairs": "weight of blue's past against pairs of green and blue in the temper (0: the past alone)",
}
OTHERS: tuple[tuple[str, Value], ...] = (
    (
        "D without `budget`: extra failures a minute, divided by the endpoint's requests a minute",
        panel.EXTRA_FAILURES_A_MINUTE,
    ),
    ("the least such D", panel.LEAST_BUDGET),
    ("the largest", panel.MOST_BUDGET),
    ("D of latency's certificate", calibrating.LATENCY_BUDGET),
    ("what a certificate allows beside D, as a part of blue's rate", certificate.RATIO),
    ("largest divisor of a certificate's evidence", burstiness.CERTIFICATE_TEMPER_LIMIT),
    ("most bad minutes k", tuning.BAD_MINUTES_LIMIT),
    ("minutes with traffic below which a past does not show that there are no bursts", panel.LEAST_PAST),
    ("latency: shares of blue's answers at which the thresholds lie", calibrating.TAILS),
    ("latency: share at which the certificate's threshold lies", calibrating.CERTIFIED_TAIL),
    ("latency: the certificate's margin in units of `worse_than`", calibrating.CERTIFIED_MORE),
    ("latency: steady minutes passed over after a change of traffic", calibrating.LATENCY_SETTLE),
    ("latency, predictions: least answers of blue's past hour", calibrating.LEAST_ANSWERS),
    ("predictions: most classes or bins, the last of which is all others", calibrating.MOST_LABELS),
    ("predictions: rho", calibrating.SHIFT_RATIO),
    ("predictions: bets kappa, equal parts", measure.FEW_BETS),
    ("percentiles: least requests of each side in a minute", ladder.LEAST_REQUESTS),
    ("starved: requests that green should have had since it had its last", verdict.STARVED),
    ("interval: chance that it ever misses", interval.MISS),
)


def tuning_table() -> str:
    """Return both tunings side by side, in Markdown."""
    rows = [
        f"| `{field.name}` | {_shown(getattr(REFERENCE, field.name))} | {_shown(getattr(TUNED, field.name))} "
        f"| {TUNING_WORDS[field.name]} |"
        for field in fields(tuning.Tuning)
    ]
    return "\n".join(["| number | `REFERENCE` | `TUNED` | what it is |", "|---|---|---|---|", *rows]) + "\n"


def others_table() -> str:
    """Return the numbers that are the same in both, in Markdown."""
    rows = [f"| {words} | {_shown(value)} |" for words, value in OTHERS]
    return "\n".join(["| number | value |", "|---|---|", *rows]) + "\n"


def _shown(value: Value) -> str:
    if isinstance(value, Null):
        return f"rho {value.rho:g}, delta {100 * value.delta:g} pp"
    if isinstance(value, tuple):
        return ", ".join(f"{each:g}" for each in value) or "none"
    return f"{value:g}"
