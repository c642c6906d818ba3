"""A rollout as external scripts read it: the record, with the values that they use under flat names.

Our own tests read the record's parts instead, as the product does.
"""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime

from shared.core.rollout import OperatorRequest, Rollout
from shared.words import sentence


class FlatRollout(Rollout):
    """The record with flat, read-only names in addition to its own; reasons are text."""

    __slots__ = ()

    @classmethod
    def of(cls, rollout: Rollout) -> FlatRollout:
        """Return the same rollout with the flat names."""
        return cls(**{field.name: getattr(rollout, field.name) for field in fields(rollout)})

    @property
    def reason(self) -> str:
        """Why the rollout is in its phase."""
        return sentence(self.status.reason)

    @property
    def since(self) -> datetime:
        """When the phase began."""
        return self.status.since

    @property
    def step(self) -> int:
        """The index of the current step."""
        return self.progress.step

    @property
    def weight(self) -> int:
        """Green's wanted share of live traffic, in percent."""
        return self.traffic.weight

    @property
    def mirror(self) -> int:
        """The wanted share of live traffic that is mirrored to green, in percent."""
        return self.traffic.mirror

    @property
    def steady_since(self) -> datetime | None:
        """When the wanted traffic was first observed in force."""
        return self.traffic.steady_since

    @property
    def request(self) -> OperatorRequest | None:
        """The pending request that was made first."""
        return self.requests[0] if self.requests else None

    @property
    def held(self) -> str | None:
        """Why the rollout must not advance for now."""
        return sentence(self.hold.reason) if self.hold else None

    @property
    def serving(self) -> str | None:
        """The deployment with the most live traffic."""
        return self.observed.serving

    @property
    def telemetry_problem(self) -> str | None:
        """Why telemetry could not be read."""
        return self.observed.telemetry_problem

    @property
    def missing(self) -> dict[str, str]:
        """Gates without telemetry, and why."""
        return self.observed.missing_gates
