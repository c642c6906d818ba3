"""Azure ML's registered models over ARM. azure-ai-ml would cost a second and 100 MB to import, for one GET."""

from __future__ import annotations

from shared.adapters.arm import ResourceManager, path
from shared.core.rollout import ModelVersion


class ArmModels:
    """The port Models."""

    def __init__(self, manager: ResourceManager) -> None:
        self._manager = manager

    def tags(self, model: ModelVersion) -> dict[str, str] | None:
        """Return the tags of a model version as they are now, or None if it is not registered."""
        body = self._manager.get(path("models", model.name, "versions", model.version))
        if body is None:
            return None
        tags = (body.get("properties") or {}).get("tags") or {}
        return {str(name): "" if value is None else str(value) for name, value in tags.items()}
