"""The record of a rollout and what is written on it: phases aside, history, operator requests, holds."""

from __future__ import annotations

from shared.core.rollout.record import Lease, ModelVersion, OperatorRequest, Refusal, Rollout, move
from shared.core.verbs import Verb

__all__ = ["Lease", "ModelVersion", "OperatorRequest", "Refusal", "Rollout", "Verb", "move"]
