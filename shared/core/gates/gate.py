"""The base of every kind of gate. Each kind is a module of this package and is found through the registry.

A gate's role says what its evidence can do. `critical`: it can roll back, and the next step needs its certificate.
`non_blocking`: it can roll back, but nothing waits for it. `dry_run`: it is stored and reported, but changes nothing.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar, Literal, NamedTuple, Protocol

from shared.core.gates.past import Past
from shared.core.gates.samples import CountSample, GateSamples, Sample
from shared.core.judge.gate_setting import GateSetting
from shared.core.judge.tuning import Tuning
from shared.core.observation.observation import DeploymentMinute
from shared.core.schema.grammar import Field
from shared.core.telemetry.needs import Need

Role = Literal["critical", "non_blocking", "dry_run"]


class SourceChoice(Protocol):
    """The names of the telemetry sources that a policy chose."""

    @property
    def errors_from(self) -> str:
        """The source of requests and errors."""

    @property
    def latency_from(self) -> str:
        """The source of latency."""


class Terms(NamedTuple):
    """The terms of a calibration. budget: D, the harm that certificates allow over all traffic (a probability)."""

    budget: float
    tuning: Tuning
    sources: SourceChoice


class Calibrated(NamedTuple):
    """A gate's settings for the judge, and what the gate takes from each minute."""

    setting: GateSetting
    samples: GateSamples


class NothingToCompare(Exception):  # noqa: N818 -- not an error: the gate is left out
    """Blue's past lacks the data that calibrates a gate. The message says what is missing."""


class Gate(ABC):
    """One measure by which green is judged. Each kind is a frozen dataclass whose fields are the policy's settings.

    kind: its name in stored records. role: see above. weight: its part of the rollback risk among the gates that can
    roll back. samples: the kinds of sample that `calibrate` returns. essential: it is judged even if telemetry is
    missing, since nothing is judged without it. reported_by_green: it counts what deployments themselves report, so
    green could withhold it.
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
        """Return this kind's key under `judge.gates` in a policy file; None if no policy can have it."""
        return None

    @property
    def name(self) -> str:
        """Its name in steps, readings and records."""
        return self.kind

    def needs(self, sources: SourceChoice) -> tuple[Need, ...]:
        """Return the telemetry that it needs beyond requests and errors."""
        del sources
        return ()

    def recorded(self, row: DeploymentMinute) -> bool:
        """Return whether a minute has any data for this gate, for replays of recorded minutes."""
        del row
        return True

    @abstractmethod
    def calibrate(self, past: Past, terms: Terms) -> Calibrated:
        """Return the gate's calibration, from blue's past alone. Raises NothingToCompare if that past is insufficient.

        The caller fills in the setting's `share` and `rates`, for all gates together.
        """

    def alarm_sample(self, past: Past) -> CountSample | None:
        """Return the sample that shows incidents: bad shares far beyond blue's past. None if the gate detects none."""
        del past
        return None

    @property
    def rollback_weight(self) -> float:
        """Its weight among the gates that can roll back; 0 if it cannot."""
        return 0.0 if self.role == "dry_run" else self.weight
