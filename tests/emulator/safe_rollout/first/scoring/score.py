"""Scores rows with a regression model. The answer is a list of numbers."""

import json
import logging
import os
from pathlib import Path
from typing import Any

import joblib  # type: ignore[import-not-found]  # lives in the serving environment

LOG = logging.getLogger("scoring")
LOG.setLevel(logging.INFO)
model: Any = None


def init() -> None:
    """Load the deployment's model."""
    global model  # noqa: PLW0603  # the inference server's own protocol
    model = joblib.load(Path(os.environ["AZUREML_MODEL_DIR"]) / "regression.pkl")
    LOG.info("the model is loaded")


def run(raw: str) -> list[float]:
    """Score the rows in `raw`, which is {"data": [[...], ...]}."""
    rows = json.loads(raw)["data"]
    LOG.info("scoring %d rows", len(rows))
    answer: list[float] = model.predict(rows).tolist()
    return answer
