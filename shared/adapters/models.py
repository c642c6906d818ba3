"""Azure ML's registered models over ARM. azure-ai-ml would cost a second and 100 MB to import, for one GET."""

from __future__ import annotations

from datetime import datetime

from shared.adapters.arm import Json, ResourceManager, moment, path
from shared.core.missed import RegisteredVersion
from shared.core.rollout import ModelVersion

# azure-ai-ml asks for the latest version in this order (its `OrderString.CREATED_AT_DESC`).
NEWEST_FIRST = {"listViewType": "ActiveOnly", "$orderBy": "createdtime desc"}


class ArmModels:
    """The port Models."""

    def __init__(self, manager: ResourceManager) -> None:
        self._manager = manager

    def tags(self, model: ModelVersion) -> dict[str, str] | None:
        """Return the tags of a model version as they are now, or None if it is not registered."""
        body = self._version(model)
        return None if body is None else _tags(body)

    def created(self, model: ModelVersion) -> datetime | None:
        """Return when a model version was created (`systemData.createdAt`), or None if Azure does not say."""
        return _created(self._version(model) or {})

    def archived(self, model: ModelVersion) -> bool:
        """Return whether a model version is archived. Azure still deploys it, but no list shows it."""
        return _archived(self._version(model) or {})

    def versions(self, name: str, since: datetime) -> tuple[RegisteredVersion, ...]:
        """Return the versions of a model that were created since then and are not archived, newest first.

        Versions whose time of creation Azure does not give are left out.
        """

        def older(body: Json) -> bool:
            created = _created(body)
            return created is not None and created < since

        bodies = self._manager.items_until(path("models", name, "versions"), NEWEST_FIRST, older) or []
        found = [
            RegisteredVersion(ModelVersion(name, str(body.get("name", ""))), created, _tags(body))
            for body in bodies
            if (created := _created(body)) is not None and created >= since and not _archived(body)
        ]
        return tuple(sorted(found, key=lambda each: each.created, reverse=True))

    def _version(self, model: ModelVersion) -> Json | None:
        return self._manager.get(path("models", model.name, "versions", model.version))


def _tags(body: Json) -> dict[str, str]:
    tags = (body.get("properties") or {}).get("tags") or {}
    return {str(name): "" if value is None else str(value) for name, value in tags.items()}


def _created(body: Json) -> datetime | None:
    return moment((body.get("systemData") or {}).get("createdAt"))


def _archived(body: Json) -> bool:
    return bool((body.get("properties") or {}).get("isArchived"))
