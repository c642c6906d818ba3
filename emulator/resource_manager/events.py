"""The events that the workspace publishes, in the Event Grid schema as Azure documents it."""

from __future__ import annotations

import uuid
from datetime import datetime

from emulator.resources import PROVIDER, Json, Workspace


def model_registered(workspace: Workspace, name: str, version: str, properties: Json, now: datetime) -> Json:
    """Return the event for a new model version; `properties` are those of its ARM body."""
    return {
        "id": str(uuid.uuid4()),
        "topic": workspace.id,
        "subject": f"models/{name}:{version}",
        "eventType": f"{PROVIDER}.ModelRegistered",
        "eventTime": now.isoformat().replace("+00:00", "Z"),
        "data": {
            "ModelName": name,
            "ModelVersion": version,
            "ModelTags": properties.get("tags") or {},
            "ModelProperties": properties.get("properties") or {},
        },
        "dataVersion": "",
        "metadataVersion": "1",
    }
