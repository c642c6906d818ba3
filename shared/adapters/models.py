"""Azure ML's registered models over ARM. azure-ai-ml would cost a second and 100 MB to import, for one GET."""

from __future__ import annotations

from datetime import UTC, datetime

from shared.adapters.arm import Json, ResourceManager, path
from shared.core.rollout import ModelVersion


class ArmModels:
    """The port Models."""

    def __init__(self, manager: ResourceManager) -> None:
        self._manager = manager

    def tags(self, model: ModelVersion) -> dict[str, str] | None:
        """Return the tags of a model version as they are now, or None if it is not registered."""
        body = self._version(model)
        if body is None:
            return None
        tags = (body.get("properties") or {}).get("tags") or {}
        return {str(name): "" if value is None else str(value) for name, value in tags.items()}

    def created(self, model: ModelVersion) -> datetime | None:
        """Return when a model version was created (`systemData.createdAt`), or None if Azure does not say."""
        said = ((self._version(model) or {}).get("systemData") or {}).get("createdAt")
        try:
            moment = datetime.fromisoformat(str(said))
        except ValueError:
            return None
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

    def _version(self, model: ModelVersion) -> Json | None:
        return self._manager.get(path("models", model.name, "versions", model.version))
