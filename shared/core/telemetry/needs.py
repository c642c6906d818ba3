"""What a gate can need to know of each minute, as data. How a source finds it out stays with the source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from shared.core.telemetry.predictions import PredictionReading


class Need:
    """Something to be known of each minute. Each kind is a frozen dataclass; sources declare which kinds they answer.

    source: the name of the source to ask. subject: what sentences call it. in_every_minute: every minute with requests
    has some, so that a minute without it is late rather than empty.
    """

    __slots__ = ()
    source: str
    subject: ClassVar[str]
    in_every_minute: ClassVar[bool] = False


@dataclass(frozen=True, slots=True)
class Requests(Need):
    """How many requests each deployment had, how many failed, and how many were rejected as client errors.

    once: a request that its caller retried within a minute counts once.
    """

    source: str = "logs"
    once: bool = False
    subject: ClassVar[str] = "requests and errors"


@dataclass(frozen=True, slots=True)
class Latency(Need):
    """How long good answers took: counted in buckets or, where the source knows no more, as percentiles."""

    source: str = "logs"
    subject: ClassVar[str] = "latency"
    in_every_minute: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class Tallies(Need):
    """What a user's query counts as bad, and of how many. gate: whose query. query: path of its file."""

    gate: str
    query: str
    source: str = "queries"
    subject: ClassVar[str] = "query results"


@dataclass(frozen=True, slots=True)
class Predictions(Need):
    """How many predictions were of which class or bin."""

    reading: PredictionReading
    source: str = "answers"
    subject: ClassVar[str] = "predictions"


@dataclass(frozen=True, slots=True)
class Disagreements(Need):
    """How many mirrored requests green answered differently from blue.

    tolerance: by how much two numbers may differ and still agree.
    """

    reading: PredictionReading
    tolerance: float = 0.0
    source: str = "answers"
    subject: ClassVar[str] = "predictions"
