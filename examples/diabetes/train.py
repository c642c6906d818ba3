"""Trains the four versions of the example's model and writes each as the folder to register.

`python train.py FOLDER` (in an environment with scikit-learn) writes FOLDER/models/<version>/ with `model.pkl` and its
own `score.py`, FOLDER/requests.jsonl with one request per patient of the data set, and FOLDER/versions.json: for each
version its error on patients it was not trained on, and which of the requests its `score.py` fails on, found by
sending it all of them. It does not access Azure.
"""

import importlib.util
import json
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import joblib
import numpy as np
from sklearn.base import RegressorMixin
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_diabetes
from sklearn.linear_model import Lasso, LinearRegression, Ridge
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler

SCORING = Path(__file__).with_name("scoring")
BODY_MASS, BLOOD_PRESSURE = 2, 3


@dataclass(frozen=True)
class Version:
    """One version of the model: a description, the model, and the script registered with it."""

    about: str
    regressor: RegressorMixin
    script: str = "plain.py"


VERSIONS = {
    1: Version(
        "linear, from body mass and blood pressure alone",
        make_pipeline(ColumnTransformer([("chosen", "passthrough", [BODY_MASS, BLOOD_PRESSURE])]), LinearRegression()),
    ),
    2: Version("ridge, from all ten measurements", make_pipeline(StandardScaler(), Ridge(alpha=10))),
    3: Version(
        "ridge, corrected by age group",
        make_pipeline(StandardScaler(), Ridge(alpha=10)),
        "age_groups.py",
    ),
    4: Version(
        "lasso, from all ten measurements and their products",
        make_pipeline(
            StandardScaler(), PolynomialFeatures(2, include_bias=False), StandardScaler(), Lasso(alpha=1, max_iter=5000)
        ),
    ),
}


def main(target: Path) -> None:
    """Train everything and write it below `target`."""
    patients, progression = load_diabetes(return_X_y=True, scaled=False)
    requests = [json.dumps({"data": [row.tolist()]}) for row in patients]
    target.mkdir(parents=True, exist_ok=True)
    (target / "requests.jsonl").write_text("\n".join(requests) + "\n", encoding="utf-8")
    facts = {}
    for number, version in VERSIONS.items():
        folder = target / "models" / str(number)
        folder.mkdir(parents=True, exist_ok=True)
        joblib.dump(version.regressor.fit(patients, progression), folder / "model.pkl")
        shutil.copyfile(SCORING / version.script, folder / "score.py")
        facts[str(number)] = {
            "about": version.about,
            "error": round(mean_absolute_error(version.regressor, patients, progression), 2),
            "fails_on": failing(folder, requests),
        }
    (target / "versions.json").write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")


def mean_absolute_error(regressor: RegressorMixin, patients: np.ndarray, progression: np.ndarray) -> float:
    """Return the mean absolute error on patients excluded from training, in the data set's points (25 to 346)."""
    scores = cross_val_score(regressor, patients, progression, cv=5, scoring="neg_mean_absolute_error")
    return -float(scores.mean())


def failing(folder: Path, requests: list[str]) -> list[int]:
    """Return the numbers (from 0) of the requests that the registered script fails on."""
    script = _load(folder / "score.py")
    script.init()
    return [number for number, request in enumerate(requests) if not _answers(script, request)]


def _answers(script: ModuleType, request: str) -> bool:
    try:
        script.run(request)
    except Exception:  # noqa: BLE001  # whatever it is, the server answers it with an error
        return False
    return True


def _load(path: Path) -> ModuleType:
    sys.dont_write_bytecode = True  # files next to the script would be registered with it
    spec = importlib.util.spec_from_file_location(f"score_{path.parent.name}", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    main(Path(sys.argv[1]))
