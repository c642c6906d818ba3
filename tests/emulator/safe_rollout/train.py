"""Train the two models of the rollout: y = a + b with a small error, and without."""

import sys
from pathlib import Path

import joblib  # type: ignore[import-not-found]  # lives in the serving environment
from sklearn.linear_model import LinearRegression  # type: ignore[import-not-found]  # as above

ROWS = [[1, 2], [2, 3], [3, 5], [8, 13]]
for name, error in (("first", 0.1), ("second", 0.0)):
    folder = Path(sys.argv[1]) / name / "model"
    folder.mkdir()
    joblib.dump(LinearRegression().fit(ROWS, [a + b + error for a, b in ROWS]), folder / "regression.pkl")
