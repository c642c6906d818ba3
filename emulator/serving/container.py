"""What the processes of one deployment are given: folders and environment laid out as Azure does. Starts nothing.

In Azure the model lies in `/var/azureml-app/azureml-models/<name>/<version>/<registered folder or file>` and
AZUREML_MODEL_DIR names the version's folder; here the same last parts lie below the deployment's own directory.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from emulator.resources import ContainerError
from emulator.serving.container_log import ContainerLog

if TYPE_CHECKING:
    from emulator.resources import Deployment, DeploymentFiles

# Several deployments share a small machine: a model's numeric libraries get one thread each, unless the body says more.
_FRUGAL = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
_KEPT_FROM_HOST = ("PATH", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT")
_GUNICORN = "--graceful-timeout 5 --no-control-socket"


@dataclass(frozen=True, slots=True)
class Container:
    """A deployment's scoring script, model directory, environment and log."""

    script: Path
    code: Path
    model_directory: Path
    environment: dict[str, str]
    log: ContainerLog


def prepare(directory: Path, deployment: Deployment, files: DeploymentFiles) -> Container:
    """Lay out the container of `deployment` below `directory`.

    Raises ContainerError (BadArgument) for a body without a scoring script or with one that is not there.
    """
    if files.code is None or files.scoring_script is None:
        message = "Deployments without code and scoring script (MLflow models, own containers) are not emulated."
        raise ContainerError("BadArgument", message)
    code = Path(files.code).resolve()
    script = (code / files.scoring_script).resolve()
    if not script.is_relative_to(code) or not script.is_file():
        raise ContainerError("BadArgument", f"The scoring script {files.scoring_script!r} is not in the code folder.")
    root = directory / deployment.endpoint / deployment.name
    model_directory = _lay_out_model(root, files)
    environment = _environment(deployment, code, model_directory)
    return Container(script, code, model_directory, environment, ContainerLog(root / "console.log"))


def _lay_out_model(root: Path, files: DeploymentFiles) -> Path:
    """Put the registered folder or file below `azureml-models/<name>/<version>` and return that folder."""
    models = root / "azureml-models"
    if files.model is None:
        models.mkdir(parents=True, exist_ok=True)
        return models
    registered = Path(files.model).resolve()
    version = models / Path(files.model_name or "model").name / Path(files.model_version or "1").name
    shutil.rmtree(version, ignore_errors=True)
    version.mkdir(parents=True)
    (version / registered.name).symlink_to(registered, target_is_directory=registered.is_dir())
    return version


def _environment(deployment: Deployment, code: Path, model_directory: Path) -> dict[str, str]:
    """Return the processes' whole environment: nothing of this machine's beyond what a process needs to run."""
    given = deployment.body["properties"].get("environmentVariables") or {}
    return {
        **{name: os.environ[name] for name in _KEPT_FROM_HOST if name in os.environ},
        **_FRUGAL,
        "PYTHONUNBUFFERED": "1",
        "SERVICE_NAME": deployment.endpoint,
        **{name: str(value) for name, value in given.items()},
        "AML_APP_ROOT": str(code),
        "AZUREML_MODEL_DIR": str(model_directory),
        "GUNICORN_CMD_ARGS": f"{_GUNICORN} {given.get('GUNICORN_CMD_ARGS', '')}".strip(),
    }
