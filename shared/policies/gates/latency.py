"""The latency gate in a policy file."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType

from shared.core.gates import LatencyGate, LatencyLimit
from shared.core.schema.findings import Part, Values
from shared.core.schema.grammar import Field, Labels, Table
from shared.core.schema.kinds import between, text
from shared.core.schema.texts import LONGEST_ANSWER
from shared.core.schema.times import MILLISECOND, duration, spell
from shared.core.telemetry import source_kind
from shared.policies.gates.fields import role, share_of_risk

PERCENTILE = text(r"p[5-9][0-9](?:\.[1-9])?", "a valid percentile (p50 to p99.9)", "p95")


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
    """Return the per cent of a percentile, such as 99.9 of `p99.9`."""
    return float(key.removeprefix("p"))


SCHEMA = Field(
    "latency",
    Table(
        fields=(
            role(),
            share_of_risk("4"),
            Field(
                "worse_than",
                between(1, 100, "1.25"),
                "How many times blue's latency is still acceptable; 1.5 if machines of one type differ by 15 %.",
            ),
            Field(
                "at_most",
                Labels(
                    duration(MILLISECOND, LONGEST_ANSWER, "300ms"),
                    "{p95: 300ms, p99: 1s}",
                    "a mapping of percentiles to durations",
                    PERCENTILE,
                ),
                "Absolute limits as well, whatever blue does: how long that percentile may be. Not with metrics.",
                default=MappingProxyType({}),
            ),
        ),
        example="{worse_than: 1.25}",
        makes=LatencyGate,
        make=_make,
        check=_check,
    ),
    "How long successful responses take.",
    default=None,
)
