"""Scores with an MLflow model, in a request format of its own."""

import json
import os
from typing import Any

import mlflow.pyfunc  # type: ignore[import-not-found]  # of the serving environment
import pandas as pd  # type: ignore[import-not-found,import-untyped,unused-ignore]  # as above

model: Any = None


def init() -> None:
    """Load the model."""
    global model  # noqa: PLW0603  # the server calls init once
    model = mlflow.pyfunc.load_model(os.path.join(os.environ["AZUREML_MODEL_DIR"], "formula"))  # noqa: PTH118


def run(raw_data: str) -> list[float]:
    """Return the predictions."""
    return list(model.predict(pd.DataFrame(json.loads(raw_data)["rows"])))
