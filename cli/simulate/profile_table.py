"""The keys of a profile file, in the same schema as a policy's, so problems are reported the same way."""

from __future__ import annotations

from datetime import time, timedelta

from cli.simulate.quantities import CHANGE, DEVIATION, DURATION, ERRORS, LATENCY, REQUESTS, SLOWING, WAIT
from shared.core.schema.grammar import Field, Kind, Sequence, Table
from shared.core.schema.kinds import Scalar, choice, whole
from shared.core.schema.times import duration, moment, time_of_day


def curve(value: Scalar[str], example: str) -> Table:
    """Return the table for a number that may change over time; a plain number is constant."""
    day = Table(
        fields=(
            Field("low", value, "The value twelve hours from the peak."),
            Field("high", value, "The value at the peak."),
            Field("peak", time_of_day("14:00"), "When it is highest, in UTC.", time(14)),
        ),
        example=f'{{low: {example}, high: {example}, peak: "14:00"}}',
    )
    return Table(
        fields=(
            Field("always", value, "The same at any time.", None),
            Field("day", day, "A smooth curve that repeats every day.", None),
            Field("minutes", Sequence(value, f"[{example}, {example}]"), "One value per minute, repeated.", None),
        ),
        example=example,
        short="always",
    )


TIMES = Table(
    fields=(
        Field("median", LATENCY.kind, "Half of the good answers take longer.", "80ms"),
        Field("spread", DEVIATION.kind, "Standard deviation of the logarithm of the times in a minute.", "0.4"),
        Field("noise", DEVIATION.kind, "The same for each deployment's median, from minute to minute.", "0.03"),
    ),
    example="{median: 80ms, spread: 0.4, noise: 0.03}",
    short="median",
)
FAULT = Table(
    fields=(
        Field(
            "errors", CHANGE.kind, "Green's share of failed requests: `x5` times blue's, `+5%` more, or `100%`.", None
        ),
        Field("client_errors", CHANGE.kind, "The same for the requests that it refuses.", None),
        Field("latency", SLOWING.kind, "Its median time: `x1.5` times blue's, `+20ms` more, or `120ms`.", None),
        Field("from", DURATION, "How long after green's first request it begins.", timedelta()),
        Field("until", DURATION, "How long after green's first request it ends.", None),
    ),
    example="{errors: x5, from: 15m}",
    short="errors",
)
SHORT: Kind = duration(timedelta(seconds=1), timedelta(hours=2), "20s")
PROFILE = Table(
    fields=(
        Field("requests", curve(REQUESTS.kind, "1000"), "Live requests per minute.", None),
        Field("errors", curve(ERRORS.kind, "0.1%"), "Share of them that blue fails.", None),
        Field("client_errors", curve(ERRORS.kind, "0.5%"), "Share that blue refuses as the caller's mistake.", None),
        Field("latency", TIMES, "How long good answers take: log-normal.", None),
        Field(
            "green",
            Sequence(FAULT, "[{errors: x5, from: 15m}]", least=0, alone=True),
            "How green differs from blue.",
            None,
        ),
        Field("provisioning", WAIT.kind, "How long green takes to become ready, or `never`.", None),
        Field("traffic_write", SHORT, "How long Azure takes to change the traffic.", None),
        Field("scaling", SHORT, "How long a new number of instances takes.", None),
        Field("telemetry_lag", SHORT, "How late the request log is (default: as the policy expects).", None),
        Field("smoke", choice("pass", "live"), "Smoke requests pass, or fail as often as live ones.", None),
        Field("approve", WAIT.kind, "How long until a pause step is approved, or `never`.", None),
        Field("resume", WAIT.kind, "How long until a pause for lack of evidence is resumed, or `never`.", None),
        Field("start", moment("2026-03-02T09:00Z"), "The earliest start.", None),
        Field("spread", choice("hour", "week"), "Each rollout starts at a random moment of it after `start`.", None),
        Field("instances", whole(1, 1000, "instances", "2"), "How many instances blue has.", None),
    ),
    example="{requests: 1000, errors: 0.1%, green: [{errors: x5, from: 15m}]}",
)
