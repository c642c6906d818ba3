"""The deployment's scoring script: hands every request to the `score.py` that was registered with the model.

So the code that prepares a model's inputs travels with that model, and a new version needs no change to the
deployment. It must never know what any one version does.
"""

import importlib.util
import os
from pathlib import Path
from types import ModuleType

_model: ModuleType | None = None


def init() -> None:
    """Load the model's own script and let it load the model. Azure ML calls this once, at the start."""
    global _model  # noqa: PLW0603  # init() has no other way to hand something to run()
    script = next(Path(os.environ["AZUREML_MODEL_DIR"]).glob("*/score.py"))  # the one folder that was registered
    spec = importlib.util.spec_from_file_location("registered_score", script)
    if spec is None or spec.loader is None:
        raise ImportError(f"{script} cannot be loaded")
    _model = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(_model)
    _model.init()


def run(raw_data: str) -> object:
    """Return the model's answer to one request, a JSON text."""
    if _model is None:
        raise RuntimeError("init() has not run")
    return _model.run(raw_data)
