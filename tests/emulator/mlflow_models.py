"""MLflow models, saved by MLflow in the serving environment. Their arithmetic can be checked manually."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from tests.emulator.serving import PYTHON

COLUMNS = ["age", "weight"]
ROWS = [[40.0, 70.0], [20.0, 55.0]]

# The model is age plus a tenth of the weight, times the parameter `factor`.
SAVE = """
import json, sys
from pathlib import Path
import mlflow.pyfunc
import pandas
from mlflow.models import infer_signature

class Formula(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        factor = (params or {}).get("factor", 1.0)
        return ((model_input["age"] + model_input["weight"] / 10) * factor).to_numpy()

table = pandas.DataFrame(json.loads(sys.argv[3]), columns=json.loads(sys.argv[2]))
signature = infer_signature(table, [1.0, 2.0], params={"factor": 1.0})
for name, sample in {"with-sample": table, "without-sample": None}.items():
    mlflow.pyfunc.save_model(Path(sys.argv[1], name), python_model=Formula(), signature=signature, input_example=sample,
        pip_requirements=["mlflow-skinny"])
"""


def save(directory: Path) -> None:
    """Save the same formula into two folders: `with-sample` (with an input example) and `without-sample`."""
    command = [str(PYTHON), "-W", "ignore", "-c", SAVE, str(directory), json.dumps(COLUMNS), json.dumps(ROWS)]
    subprocess.run(command, check=True, capture_output=True, cwd=directory)  # noqa: S603  # our own command
