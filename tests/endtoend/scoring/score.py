"""A model that is a text file: it doubles a number, and fails on as many of a hundred inputs as the file says."""

from __future__ import annotations

import json
import os
from pathlib import Path

_model = {"fails_of_hundred": 0}


def init() -> None:
    """Load the model that the deployment names."""
    text = Path(os.environ["AZUREML_MODEL_DIR"], "model.json").read_text(encoding="utf-8")
    _model.update(json.loads(text))


def run(raw: str) -> dict[str, int]:
    """Return twice the number in {"number": ...}."""
    number = int(json.loads(raw)["number"])
    if number % 100 < _model["fails_of_hundred"]:
        raise ValueError(f"this model knows nothing of {number}")
    return {"twice": 2 * number}
