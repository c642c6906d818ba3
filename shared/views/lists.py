"""Several rollouts, as the API shows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from shared.views.rollouts import RolloutView


@dataclass(frozen=True, slots=True)
class PageView:
    """One page of rollouts."""

    rollouts: Annotated[tuple[RolloutView, ...], "Newest first."]
    continuation: Annotated[str | None, "Send it as `continuation` for the next page; null: this is the last."]


@dataclass(frozen=True, slots=True)
class EndpointView:
    """One endpoint and its open rollouts."""

    workspace: Annotated[str, "The Azure ML workspace."]
    endpoint: Annotated[str, "The online endpoint."]
    current: Annotated[RolloutView | None, "The rollout that moves this endpoint's traffic."]
    waiting: Annotated[RolloutView | None, "The rollout that starts when the current one ends."]
