"""What a deployment must not need here: a custom container or server, or a model that nothing here can read."""

from __future__ import annotations

from emulator.arm_errors import bad_request, not_emulated
from emulator.resource_manager.asset_files import environment_of, reference, registered, require_place
from emulator.resources import Json, Workspace


def require_emulated(workspace: Workspace, properties: Json) -> None:
    """Check that a deployment has something to run that needs no custom container, and a model that can be read.

    Raises ArmError: 501 that names the container or the model's address, 400 for a model that nothing serves
    (azure-sdk-for-python 35387).
    """
    found, text = environment_of(workspace, properties), properties.get("environmentId")
    if "inferenceConfig" in found:
        raise not_emulated(f"The custom container {found.get('image', '')} (inference_config of {text})")
    if "build" in found:
        raise not_emulated(f"The Docker build of {text}")
    model = registered(workspace, reference(properties["model"], "models")) if properties.get("model") else None
    # The operation finds out that a model is missing: ResourceNotFound is in Azure's list of deployment errors.
    if model is not None:
        require_place(workspace, model.get("modelUri", ""))
    if model is not None and "codeConfiguration" not in properties:
        kind = model.get("modelType", "custom_model").lower()
        if kind == "triton_model":
            raise not_emulated(f"NVIDIA Triton, for the model {properties['model']},")
        if kind != "mlflow_model":
            raise bad_request(
                "The request is invalid. (MissingDriverProgram) Could not find driver program in the request."
            )
