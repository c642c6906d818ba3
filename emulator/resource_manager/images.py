"""Which images and servers a deployment may not need here: containers of its own cannot be run."""

from __future__ import annotations

from emulator.arm_errors import not_emulated
from emulator.resource_manager.asset_files import asset, environment_of, reference
from emulator.resources import Json, Workspace


def require_emulated(workspace: Workspace, properties: Json) -> None:
    """Check that a deployment needs no container of its own. Raises ArmError 501 that names what it needs."""
    found, text = environment_of(workspace, properties), properties.get("environmentId")
    if "inferenceConfig" in found:
        raise not_emulated(f"The custom container {found.get('image', '')} (inference_config of {text})")
    if "build" in found:
        raise not_emulated(f"The Docker build of {text}")
    if "model" in properties and "codeConfiguration" not in properties:
        model = asset(workspace, reference(properties["model"], "models"))
        if model.get("modelType", "").lower() == "triton_model":
            raise not_emulated(f"NVIDIA Triton, for the model {properties['model']},")
