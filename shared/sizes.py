"""Reads the size that a deployment template gives to a deployment."""

from __future__ import annotations

from dataclasses import replace

import yaml

from shared.core.reconcile.sizing import Sizing
from shared.core.rollout import Rollout
from shared.ports import Policies


def with_template(sizing: Sizing, rollout: Rollout, policies: Policies) -> Sizing:
    """Return the size, completed from the template; without an `instance_count` it has one instance."""
    if sizing.template is None or (sizing.instance_type and sizing.instances):
        return sizing
    model = rollout.model
    values = {"MODEL_NAME": model.name, "MODEL_VERSION": model.version, "ENDPOINT_NAME": rollout.endpoint.name}
    document = yaml.safe_load(policies.filled_template(sizing.template, values))
    read = document if isinstance(document, dict) else {}
    return replace(
        sizing,
        instance_type=sizing.instance_type or str(read.get("instance_type") or ""),
        instances=sizing.instances or int(read.get("instance_count") or 1),
    )
