"""The telemetry sources by name: what a policy can choose from, and what each one can answer.

The names are in policies and in stored records. How a source is read is its adapter's.
"""

from __future__ import annotations

from dataclasses import dataclass

from shared.core.telemetry.needs import Disagreements, Latency, Need, Predictions, Requests, Tallies


class UnknownSource(ValueError):  # noqa: N818 -- reads as what it means
    """A name that no registered source has. The message lists the names there are."""


@dataclass(frozen=True, slots=True)
class SourceKind:
    """A place that telemetry is read from.

    name: in policies and records. title: in sentences. answers: the kinds of need it answers. counts_latency: its
    latency comes as counts in buckets, not as percentiles. counts_once: it can count a retried request once.
    """

    name: str
    title: str
    answers: frozenset[type[Need]]
    counts_latency: bool = False
    counts_once: bool = False


LOGS = SourceKind("logs", "the request log", frozenset({Requests, Latency}), counts_latency=True, counts_once=True)
METRICS = SourceKind("metrics", "the platform metrics", frozenset({Requests, Latency}))
QUERIES = SourceKind("queries", "Log Analytics", frozenset({Tallies}))
ANSWERS = SourceKind("answers", "the answers that the deployments collect", frozenset({Predictions, Disagreements}))
SOURCE_KINDS: dict[str, SourceKind] = {}


def register_source(*kinds: SourceKind) -> None:
    """Make sources known to policies and gates. Raises ValueError for a name that another source has."""
    for kind in kinds:
        if SOURCE_KINDS.setdefault(kind.name, kind) != kind:
            raise ValueError(f"two telemetry sources are called {kind.name}")


def source_kind(name: str) -> SourceKind:
    """Return the source of this name. Raises UnknownSource."""
    if name not in SOURCE_KINDS:
        raise UnknownSource(f"{name!r} is not a telemetry source; there are {', '.join(SOURCE_KINDS)}")
    return SOURCE_KINDS[name]


def sources_of(need: type[Need]) -> tuple[str, ...]:
    """Return the names of the sources that answer this kind of need, as policies may write them."""
    return tuple(kind.name for kind in SOURCE_KINDS.values() if need in kind.answers)


register_source(LOGS, METRICS, QUERIES, ANSWERS)
