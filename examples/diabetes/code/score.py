"""The deployment's scoring script: passes every request to the `score.py` that is registered with the model.

The code that prepares a model's inputs is thus deployed with the model, and a new version needs no change to the
deployment. Nothing here may depend on a particular version.
"""

import importlib.util
import os
from pathlib import Path
from types import ModuleType

_model: ModuleType | None = None


def init() -> None:
    """Load the model's own script and have it load the model. Azure ML calls this once, at startup."""
    global _model  # noqa: PLW0603  # init() has no other way to hand something to run()
    script = next(Path(os.environ["AZUREML_MODEL_DIR"]).glob("*/score.py"))  # the registered folder
    spec = importlib.util.spec_from_file_location("registered_score", script)
    if spec is None or spec.loader is None:
        raise ImportError(f"{script} cannot be loaded")
    _model = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(_model)
    _model.init()


def run(raw_data: str) -> object:
    """Return the model's answer to one request (JSON text)."""
    if _model is None:
        raise RuntimeError("init() has not run")
    return _model.run(raw_data)
