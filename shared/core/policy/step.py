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

    supported_on_kubernetes: whether Kubernetes online endpoints can do it. proves_green: whether green must pass it
    before it gets live traffic. pauses: whether the rollout is paused while the step goes on.
    """

    __slots__ = ()
    kind: str
    supported_on_kubernetes: ClassVar[bool] = True
    proves_green: ClassVar[bool] = False
    pauses: ClassVar[bool] = False

    @classmethod
    def policy_field(cls) -> Field | None:
        """Return how a policy file writes this kind under `steps`; None if no policy can have it."""
        return None

    @abstractmethod
    def advance(self, rollout: Rollout, observation: Observation, endpoint: EndpointSeen, now: datetime) -> Decision:
        """Return what follows from this step of a rollout, whose current step it is."""

    def resumed(self, rollout: Rollout) -> bool:
        """Return whether a resume ends this step, rather than going on with it."""
        del rollout
        return False

    @property
    def live_weight(self) -> int | None:
        """Green's percent of live traffic from this step on, or None if the step does not change it."""
        return None

    @property
    def load(self) -> int | None:
        """Percent of the traffic, live or mirrored, that green must be able to take here; None if it gets none."""
        return self.live_weight

    @property
    def needed_gates(self) -> Collection[str] | None:
        """The gates whose certificates end this step; None for the policy's critical ones."""
        return None

    @property
    def settled_minutes(self) -> int | None:
        """The least number of settled minutes at this step; None for the policy's."""
        return None

    @property
    def certified(self) -> bool:
        """Whether the step ends by certificate, rather than by time or requests alone."""
        return True
