"""What Teal can order from Azure, and how Azure refused it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shared.core.bounds import cut
from shared.core.rollout.reasons import READ
from shared.redaction import redacted


class ActionKind(StrEnum):
    """What Teal can order from Azure."""

    CREATE_ENDPOINT = "create_endpoint"
    CREATE_DEPLOYMENT = "create_deployment"
    SCALE_DEPLOYMENT = "scale_deployment"
    COPY_AUTOSCALE = "copy_autoscale"
    SWITCH_AUTOSCALE = "switch_autoscale"
    SET_TRAFFIC = "set_traffic"
    SET_MIRROR = "set_mirror"
    DELETE_DEPLOYMENT = "delete_deployment"


@dataclass(frozen=True, slots=True)
class Refusal:
    """An action that Azure refused permanently, the deployment (empty: the endpoint), and Azure's message."""

    action: ActionKind
    deployment: str
    message: str
    at: datetime

    def __post_init__(self) -> None:
        """Truncate Azure's message."""
        object.__setattr__(self, "message", cut(redacted(self.message[:READ])))
