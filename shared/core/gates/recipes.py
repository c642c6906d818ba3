"""What a policy asks to be judged: one small frozen recipe a gate. It must never hold evidence or a frozen threshold.

A gate's role says what its evidence may do. `critical`: it can roll back, and the next step needs its certificate.
`non_blocking`: it can roll back, but nothing waits for it. `dry_run`: it is kept and shown, and moves nothing (a dry
run). Its weight is its part of the rollback risk among the gates that can roll back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Role = Literal["critical", "non_blocking", "dry_run"]
DISAGREEMENT = "disagreement"


@dataclass(frozen=True, slots=True)
class ErrorsGate:
    """The share of failed requests (5xx, 424, 408, 429). at_most: also an absolute limit of that share."""

    role: Role = "critical"
    weight: float = 5.0
    at_most: float | None = None
    kind: Literal["errors"] = "errors"

    @property
    def name(self) -> str:
        """What reports call it."""
        return self.kind


@dataclass(frozen=True, slots=True)
class ClientErrorsGate:
    """The share of requests refused as the caller's mistake: 4xx other than 408, 424 and 429. at_most: as above."""

    role: Role = "non_blocking"
    weight: float = 1.0
    at_most: float | None = None
    kind: Literal["client_errors"] = "client_errors"

    @property
    def name(self) -> str:
        """What reports call it."""
        return self.kind


@dataclass(frozen=True, slots=True)
class LatencyLimit:
    """At least `percent` per cent of the answers take no longer than `milliseconds`."""

    percent: float
    milliseconds: float


@dataclass(frozen=True, slots=True)
class LatencyGate:
    """How long answers take. worse_than: so many times blue's latency is still acceptable. at_most: absolute limits."""

    role: Role = "non_blocking"
    weight: float = 4.0
    worse_than: float = 1.25
    at_most: tuple[LatencyLimit, ...] = ()
    kind: Literal["latency"] = "latency"

    @property
    def name(self) -> str:
        """What reports call it."""
        return self.kind


@dataclass(frozen=True, slots=True)
class PredictionReading:
    """How a prediction is read from an answer's JSON.

    at: a JSON Pointer (RFC 6901) to it; empty for the whole answer. A list there is so many predictions. edges: rising
    borders of the bins that numbers fall into; empty if predictions are classes.
    """

    at: str = ""
    edges: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class PredictionsGate:
    """How predictions are spread over classes or bins. shift: by how much a share may differ (a probability)."""

    reading: PredictionReading = PredictionReading()
    shift: float = 0.02
    role: Role = "non_blocking"
    weight: float = 1.0
    kind: Literal["predictions"] = "predictions"

    @property
    def name(self) -> str:
        """What reports call it."""
        return self.kind


@dataclass(frozen=True, slots=True)
class DisagreementGate:
    """How often green answers a mirrored request otherwise than blue did.

    at_most: the share that is allowed. tolerance: by how much two numbers may differ and still agree.
    """

    reading: PredictionReading = PredictionReading()
    at_most: float = 0.05
    tolerance: float = 0.0
    role: Role = "non_blocking"
    weight: float = 1.0
    kind: Literal["disagreement"] = "disagreement"

    @property
    def name(self) -> str:
        """What reports call it."""
        return self.kind


@dataclass(frozen=True, slots=True)
class QueryGate:
    """What a query of the user's counts: bad and total by deployment and minute.

    query: path of a KQL file beside the policy. at_most: an absolute limit of bad / total. budget: D of its
    certificate, a probability over all traffic (None: as for errors).
    """

    name: str
    query: str
    role: Role = "non_blocking"
    weight: float = 1.0
    at_most: float | None = None
    budget: float | None = None
    kind: Literal["query"] = "query"


Gate = ErrorsGate | ClientErrorsGate | LatencyGate | PredictionsGate | DisagreementGate | QueryGate
