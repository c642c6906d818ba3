"""What a profile file may say: the same grammar as a policy's, so problems are told the same way. Data only."""

from __future__ import annotations

from datetime import time, timedelta

from cli.simulate.quantities import CHANGE, DEVIATION, DURATION, ERRORS, LATENCY, REQUESTS, SLOWING, WAIT
from shared.core.schema.grammar import Field, Kind, Sequence, Table
from shared.core.schema.kinds import Scalar, choice, whole
from shared.core.schema.times import duration, moment, time_of_day


def curve(value: Scalar[str], example: str) -> Table:
    """Return the table of a number that may go with time; the number alone means that it does not."""
    day = Table(
        fields=(
            Field("low", value, "Twelve hours from the peak."),
            Field("high", value, "At the peak."),
            Field("peak", time_of_day("14:00"), "When it is highest, in UTC.", time(14)),
        ),
        example=f'{{low: {example}, high: {example}, peak: "14:00"}}',
    )
    return Table(
        fields=(
            Field("always", value, "The same at any time.", None),
            Field("day", day, "A smooth curve that repeats every day.", None),
            Field("minutes", Sequence(value, f"[{example}, {example}]"), "One value a minute, over and over.", None),
        ),
        example=example,
        short="always",
    )


TIMES = Table(
    fields=(
        Field("median", LATENCY.kind, "Half of the good answers take longer.", "80ms"),
        Field("spread", DEVIATION.kind, "Standard deviation of the logarithm of the times in a minute.", "0.4"),
        Field("noise", DEVIATION.kind, "The same of each deployment's median, from minute to minute.", "0.03"),
    ),
    example="{median: 80ms, spread: 0.4, noise: 0.03}",
    short="median",
)
FAULT = Table(
    fields=(
        Field("errors", CHANGE.kind, "Of green's requests: `x5` times blue's share, `+5%` more, or `100%`.", None),
        Field("client_errors", CHANGE.kind, "The same of the requests that it refuses.", None),
        Field("latency", SLOWING.kind, "Of its median time: `x1.5` times blue's, `+20ms` more, or `120ms`.", None),
        Field("from", DURATION, "How long after green's first request it begins.", timedelta()),
        Field("until", DURATION, "How long after green's first request it ends.", None),
    ),
    example="{errors: x5, from: 15m}",
    short="errors",
)
SHORT: Kind = duration(timedelta(seconds=1), timedelta(hours=2), "20s")
PROFILE = Table(
    fields=(
        Field("requests", curve(REQUESTS.kind, "1000"), "Live requests a minute.", None),
        Field("errors", curve(ERRORS.kind, "0.1%"), "Share of them that blue fails.", None),
        Field("client_errors", curve(ERRORS.kind, "0.5%"), "Share that blue refuses as the caller's mistake.", None),
        Field("latency", TIMES, "How long good answers take: log-normal.", None),
        Field("green", Sequence(FAULT, "[{errors: x5, from: 15m}]", least=0, alone=True), "What green does.", None),
        Field("provisioning", WAIT.kind, "How long green takes to be ready, or `never`.", None),
        Field("traffic_write", SHORT, "How long Azure takes to change the traffic.", None),
        Field("scaling", SHORT, "How long another number of instances takes.", None),
        Field("telemetry_lag", SHORT, "How late the request log is; by default as the policy expects.", None),
        Field("smoke", choice("pass", "live"), "Smoke requests pass, or fail as often as live ones.", None),
        Field("approve", WAIT.kind, "How soon a pause step is approved, or `never`.", None),
        Field("resume", WAIT.kind, "How soon a rollout paused for want of evidence is resumed.", None),
        Field("start", moment("2026-03-02T09:00Z"), "When the first could begin.", None),
        Field("spread", choice("hour", "week"), "Each begins at a random moment of it after that.", None),
        Field("instances", whole(1, 1000, "instances", "2"), "How many blue has.", None),
    ),
    example="{requests: 1000, errors: 0.1%, green: [{errors: x5, from: 15m}]}",
)
