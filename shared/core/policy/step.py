"""What every step of a policy has in common. The kinds are in `shared.core.steps`, one module each."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from shared.core.schema.grammar import Field

if TYPE_CHECKING:
    from shared.core.observation.observation import EndpointSeen, Observation
    from shared.core.rollout.history import Decision
    from shared.core.rollout.record import Rollout


class Step(ABC):
    """One row of a policy's `steps`. Each kind is a frozen dataclass whose field `kind` names it in stored records.

    supported_on_kubernetes: whether Kubernetes online endpoints support it. proves_green: whether green must pass it
    before it gets live traffic. pauses: whether the rollout is paused during the step.
    """

    __slots__ = ()
    kind: str
    supported_on_kubernetes: ClassVar[bool] = True
    proves_green: ClassVar[bool] = False
    pauses: ClassVar[bool] = False

    @classmethod
    def policy_field(cls) -> Field | None:
        """Return this kind's key under `steps` in a policy file; None if no policy can have it."""
        return None

    @abstractmethod
    def advance(self, rollout: Rollout, observation: Observation, endpoint: EndpointSeen, now: datetime) -> Decision:
        """Return the decision for a rollout whose current step this is."""

    def resumed(self, rollout: Rollout) -> bool:
        """Return whether a resume ends this step rather than continuing it."""
        del rollout
        return False

    @property
    def live_weight(self) -> int | None:
        """Green's share of live traffic from this step on, in percent, or None if the step does not change it."""
        return None

    @property
    def load(self) -> int | None:
        """The percentage of the traffic, live or mirrored, that green must handle here; None if it gets none."""
        return self.live_weight

    @property
    def needed_gates(self) -> Collection[str] | None:
        """The gates whose certificates end this step; None for the policy's critical ones."""
        return None

    @property
    def settled_minutes(self) -> int | None:
        """The minimum number of settled minutes at this step; None for the policy's."""
        return None

    @property
    def certified(self) -> bool:
        """Whether the step ends with a certificate rather than by time or requests alone."""
        return True
