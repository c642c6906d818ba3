"""What a gate can need to know about each minute, as data. Sources decide how to find it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from shared.core.telemetry.predictions import PredictionReading


class Need:
    """Something to know about each minute. Each kind is a frozen dataclass; sources declare which kinds they serve.

    source: the name of its source. subject: its name in sentences. in_every_minute: whether every minute with requests
    has some, so that a minute without it is late rather than empty. sampled: whether only a part of a long span can be
    read, so that what was judged cannot be judged again.
    """

    __slots__ = ()
    source: str
    subject: ClassVar[str]
    in_every_minute: ClassVar[bool] = False
    sampled: ClassVar[bool] = False


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
    """The latency of successful answers: counts in buckets or, if the source has no more detail, percentiles."""

    source: str = "logs"
    subject: ClassVar[str] = "latency"
    in_every_minute: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class Tallies(Need):
    """What a user's query counts as bad, and in total. gate: the gate with the query. query: path of its file."""

    gate: str
    query: str
    source: str = "queries"
    subject: ClassVar[str] = "query results"


@dataclass(frozen=True, slots=True)
class Predictions(Need):
    """The number of predictions of each class or bin."""

    reading: PredictionReading
    source: str = "answers"
    subject: ClassVar[str] = "predictions"
    sampled: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class Disagreements(Need):
    """How many mirrored requests green answered differently from blue.

    tolerance: how far two numbers may differ and still agree.
    """

    reading: PredictionReading
    tolerance: float = 0.0
    source: str = "answers"
    subject: ClassVar[str] = "predictions"
    sampled: ClassVar[bool] = True
