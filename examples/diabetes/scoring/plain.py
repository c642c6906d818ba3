"""Registered as `score.py` with versions 1, 2 and 4: returns the model's prediction unchanged."""

import json
from pathlib import Path

import joblib
import numpy as np

_state = {}


def init() -> None:
    """Load the model next to this file."""
    _state["model"] = joblib.load(Path(__file__).with_name("model.pkl"))


def run(raw_data: str) -> list[float]:
    """Return one prediction for each row of {"data": [[age, sex, bmi, bp, s1, ..., s6], ...]}."""
    rows = np.asarray(json.loads(raw_data)["data"], dtype=float)
    return [round(float(value), 1) for value in _state["model"].predict(rows)]
