"""Registered as `score.py` with version 3: the prediction, corrected by the patient's age group. It has a bug.

The groups come from a sample in which nobody was younger than 26. Younger patients are in no group, so their requests
fail. A handful of hand-picked test requests does not show it; live traffic does.
"""

import json
from pathlib import Path

import joblib
import numpy as np

AGE_GROUPS = {(26, 35): -1.5, (36, 45): -0.5, (46, 55): 0.0, (56, 65): 0.5, (66, 80): 1.0}
_state = {}


def init() -> None:
    """Load the model next to this file."""
    _state["model"] = joblib.load(Path(__file__).with_name("model.pkl"))


def run(raw_data: str) -> list[float]:
    """Return one prediction for each row of {"data": [[age, sex, bmi, bp, s1, ..., s6], ...]}."""
    rows = np.asarray(json.loads(raw_data)["data"], dtype=float)
    predicted = _state["model"].predict(rows)
    return [round(float(value) + _correction(row[0]), 1) for value, row in zip(predicted, rows, strict=True)]


def _correction(age: float) -> float:
    return next(by for (youngest, oldest), by in AGE_GROUPS.items() if youngest <= age <= oldest)
