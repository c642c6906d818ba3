"""What every kind of gate has in common. The kinds are modules of this package, one each, and are found by registry.

A gate's role says what its evidence may do. `critical`: it can roll back, and the next step needs its certificate.
`non_blocking`: it can roll back, but nothing waits for it. `dry_run`: it is kept and shown, and moves nothing.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar, Literal, NamedTuple, Protocol

from shared.core.gates.past import Past
from shared.core.gates.samples import GateSamples, Sample
from shared.core.judge.gate import GateSetting
from shared.core.judge.tuning import Tuning
from shared.core.observation.observation import DeploymentMinute
from shared.core.schema.grammar import Field
from shared.core.telemetry.needs import Need

Role = Literal["critical", "non_blocking", "dry_run"]


class SourceChoice(Protocol):
    """The telemetry sources that a policy chose, by name."""

    @property
    def errors_from(self) -> str:
        """The source of requests and errors."""

    @property
    def latency_from(self) -> str:
        """The source of latency."""


class Terms(NamedTuple):
    """What a gate is calibrated under. budget: D, the harm that certificates allow over all traffic (a probability)."""

    budget: float
    tuning: Tuning
    sources: SourceChoice


class Calibrated(NamedTuple):
    """How the judge treats a gate, and what the gate takes from each minute."""

    setting: GateSetting
    samples: GateSamples


class NothingToCompare(Exception):  # noqa: N818 -- not an error: the gate is left out
    """Blue's past does not hold what a gate is set by. The message says what is missing."""


class Gate(ABC):
    """One thing that is judged. Each kind is a frozen dataclass whose fields are the settings that policies give.

    kind: names it in stored records. role: see above. weight: its part of the rollback risk among the gates that can
    roll back. samples: the kinds of sample that `calibrate` gives. essential: it is judged whatever telemetry lacks,
    since without it nothing would be. reported_by_green: it counts what deployments themselves report, so that green
    could withhold it.
    """

    __slots__: tuple[str, ...] = ()
    kind: str
    role: Role
    weight: float
    samples: ClassVar[tuple[type[Sample], ...]]
    essential: ClassVar[bool] = False
    reported_by_green: ClassVar[bool] = False

    @classmethod
    def policy_field(cls) -> Field | None:
        """Return how a policy file writes this kind under `judge.gates`; None if no policy can have it."""
        return None

    @property
    def name(self) -> str:
        """What steps, readings and records call it."""
        return self.kind

    def needs(self, sources: SourceChoice) -> tuple[Need, ...]:
        """Return what it needs of telemetry beyond requests and errors."""
        del sources
        return ()

    def recorded(self, row: DeploymentMinute) -> bool:
        """Return whether a minute has any data that it is judged by, as for replays of what was recorded."""
        del row
        return True

    @abstractmethod
    def calibrate(self, past: Past, terms: Terms) -> Calibrated:
        """Return how it is judged, from blue's past alone. Raises NothingToCompare if that past does not suffice.

        The setting's `share` and `rates` are filled in by the caller, for all gates together.
        """

    @property
    def rollback_weight(self) -> float:
        """Its weight among the gates that can roll back; 0 if it cannot."""
        return 0.0 if self.role == "dry_run" else self.weight
