"""The folders and environment variables of one deployment's processes, as in Azure. Starts nothing.

In Azure the model is in `/var/azureml-app/azureml-models/<name>/<version>/<registered folder or file>`, and
AZUREML_MODEL_DIR is the version's folder. Here the path has the same last parts, below the deployment's own directory
and after `modelMountPath` if the body has one.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from emulator.containers import ContainerError, DeploymentFiles
from emulator.resources import Deployment
from emulator.serving.container_log import ContainerLog

# Deployments share a small machine, so numeric libraries get one thread each unless the body sets something else.
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
_KEPT_FROM_HOST = ("PATH", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT")
_GUNICORN = "--graceful-timeout 5 --no-control-socket"
_MLFLOW_APPLICATION = Path(__file__).with_name("mlflow_application.py")
_SOCKET = 3  # the descriptor that the launcher gives to the listening socket
_KEEP_ALIVE = 75  # seconds; longer than the gateway keeps a connection, so that it is not closed during a request


@dataclass(frozen=True, slots=True)
class Container:
    """A deployment's scoring script (None: MLflow serves the model), model directory, environment and log."""

    script: Path | None
    code: Path
    model_directory: Path
    environment: dict[str, str]
    log: ContainerLog

    def command(self, port: int) -> tuple[str, ...]:
        """Return the module that serves the model and its arguments; the socket listens on `port`."""
        if self.script is None:
            connections = ("--fd", str(_SOCKET), "--timeout-keep-alive", str(_KEEP_ALIVE))
            application = f"{_MLFLOW_APPLICATION.stem}:application"
            return ("uvicorn", application, "--app-dir", str(_MLFLOW_APPLICATION.parent), *connections)
        served = ("--entry_script", str(self.script), "--model_dir", str(self.model_directory))
        return ("azureml_inference_server_http", *served, "--port", str(port))


def prepare(directory: Path, deployment: Deployment, files: DeploymentFiles) -> Container:
    """Create the container of `deployment` below `directory`.

    Raises ContainerError: BadArgument if the scoring script does not exist or the model cannot be served without one,
    NotEmulated if there is only an image.
    """
    root = directory / deployment.endpoint / deployment.name
    script = _script(files)
    if script is None and (files.model_type != "mlflow_model" or files.model is None):
        raise _no_server(files)
    model_directory = _lay_out_model(root, _mount_path(deployment), files)
    code = Path(files.code or root).resolve()
    environment = _environment(deployment, code, model_directory)
    if files.model:
        environment["MLFLOW_MODEL_FOLDER"] = Path(files.model).name
    return Container(script, code, model_directory, environment, ContainerLog(root / "console.log"))


def _no_server(files: DeploymentFiles) -> ContainerError:
    if files.model is None and files.image:
        return ContainerError("NotEmulated", f"The image {files.image} is not emulated: images are not run here.")
    message = "Deployments without code and scoring script are emulated for MLflow models only."
    return ContainerError("BadArgument", message)


def _script(files: DeploymentFiles) -> Path | None:
    if files.code is None or files.scoring_script is None:
        return None
    code = Path(files.code).resolve()
    script = (code / files.scoring_script).resolve()
    if not script.is_relative_to(code) or not script.is_file():
        raise ContainerError("BadArgument", f"The scoring script {files.scoring_script!r} is not in the code folder.")
    return script


def _mount_path(deployment: Deployment) -> PurePosixPath:
    """Return the body's `modelMountPath` as a relative path, so that it stays below the deployment's directory."""
    given = PurePosixPath(deployment.body["properties"].get("modelMountPath") or "/")
    if ".." in given.parts:
        raise ContainerError("BadArgument", f"The model mount path {str(given)!r} is not absolute.")
    return given.relative_to(given.anchor)


def _lay_out_model(root: Path, mount_path: PurePosixPath, files: DeploymentFiles) -> Path:
    """Copy the registered folder or file into `azureml-models/<name>/<version>` and return that folder.

    A symbolic link would do for most scripts, but MLflow refuses a model that resolves to a place outside its folder.
    """
    models = root / mount_path / "azureml-models"
    if files.model is None:
        models.mkdir(parents=True, exist_ok=True)
        return models
    registered = Path(files.model).resolve()
    version = models / Path(files.model_name or "model").name / Path(files.model_version or "1").name
    shutil.rmtree(version, ignore_errors=True)
    version.mkdir(parents=True)
    if registered.is_dir():
        shutil.copytree(registered, version / registered.name)
    else:
        shutil.copy2(registered, version)
    return version


def _environment(deployment: Deployment, code: Path, model_directory: Path) -> dict[str, str]:
    """Return the complete environment of the processes, with no more of this machine's than they need to run."""
    given = deployment.body["properties"].get("environmentVariables") or {}
    return {
        **{name: os.environ[name] for name in _KEPT_FROM_HOST if name in os.environ},
        **_ONE_THREAD,
        "PYTHONUNBUFFERED": "1",
        "SERVICE_NAME": deployment.endpoint,
        **{name: str(value) for name, value in given.items()},
        "AML_APP_ROOT": str(code),
        "AZUREML_MODEL_DIR": str(model_directory),
        "GUNICORN_CMD_ARGS": f"{_GUNICORN} {given.get('GUNICORN_CMD_ARGS', '')}".strip(),
    }
