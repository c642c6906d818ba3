"""The telemetry sources by name: what a policy can choose from, and which needs each one serves.

The names are used in policies and stored records. Adapters read the sources.
"""

from __future__ import annotations

from dataclasses import dataclass

from shared.core.telemetry.needs import Disagreements, Latency, Need, Predictions, Requests, Tallies


class UnknownSource(ValueError):  # noqa: N818 -- reads as what it means
    """No registered source has this name. The message lists the known names."""


@dataclass(frozen=True, slots=True)
class SourceKind:
    """A place that telemetry is read from.

    name: in policies and records. title: in sentences. answers: the kinds of need that it serves. counts_latency:
    whether its latency is counts in buckets rather than percentiles. counts_once: whether it can count a retried
    request once. role: what Teal's identity needs in order to read it, in sentences.
    """

    name: str
    title: str
    answers: frozenset[type[Need]]
    counts_latency: bool = False
    counts_once: bool = False
    role: str = ""


LOGS = SourceKind(
    "logs",
    "the request log",
    frozenset({Requests, Latency}),
    counts_latency=True,
    counts_once=True,
    role="Log Analytics Data Reader on the Log Analytics workspace that TEAL_LOGS_WORKSPACE_ID names",
)
METRICS = SourceKind(
    "metrics",
    "the platform metrics",
    frozenset({Requests, Latency}),
    role="Monitoring Reader on the subscription (TEAL_READS_METRICS)",
)
QUERIES = SourceKind("queries", "Log Analytics", frozenset({Tallies}))
ANSWERS = SourceKind("answers", "the answers that the deployments collect", frozenset({Predictions, Disagreements}))
SOURCE_KINDS: dict[str, SourceKind] = {}


def register_source(*kinds: SourceKind) -> None:
    """Register sources for policies and gates. Raises ValueError for a name that is already taken."""
    for kind in kinds:
        if SOURCE_KINDS.setdefault(kind.name, kind) != kind:
            raise ValueError(f"two telemetry sources are named {kind.name}")


def source_kind(name: str) -> SourceKind:
    """Return the source with this name. Raises UnknownSource."""
    if name not in SOURCE_KINDS:
        raise UnknownSource(f"{name!r} is not a telemetry source; there are {', '.join(SOURCE_KINDS)}")
    return SOURCE_KINDS[name]


def sources_of(need: type[Need]) -> tuple[str, ...]:
    """Return the names of the sources that serve this kind of need, as used in policies."""
    return tuple(kind.name for kind in SOURCE_KINDS.values() if need in kind.answers)


register_source(LOGS, METRICS, QUERIES, ANSWERS)
