"""The events that the workspace raises, in the Event Grid schema as Azure's documentation shows them."""

from __future__ import annotations

import uuid
from datetime import datetime

from emulator.resource_manager.state import PROVIDER, Workspace
from emulator.resources import Json


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
