"""The folders of a deployment's processes."""

from __future__ import annotations

from pathlib import Path

import pytest

from emulator.containers import ContainerError, DeploymentFiles
from emulator.resources import Deployment
from emulator.serving.container import prepare

BARE = Deployment("churn", "blue", {"properties": {}})


def test_a_model_lies_below_its_directory(tmp_path: Path) -> None:
    """Nothing in AZUREML_MODEL_DIR leads out of it: MLflow refuses a model with such a path."""
    registered = tmp_path / "registered/model"
    (registered / "data").mkdir(parents=True)
    (registered / "data/weights").write_text("3")
    (tmp_path / "score.py").touch()
    files = DeploymentFiles(str(tmp_path), "score.py", str(registered), "churn", "4")
    directory = prepare(tmp_path / "containers", BARE, files).model_directory
    found = [path.resolve() for path in directory.rglob("*")]
    assert all(path.is_relative_to(directory.resolve()) for path in found)
    assert (directory / "model/data/weights").read_text() == "3"


def test_an_image_alone_is_not_run(tmp_path: Path) -> None:
    """A deployment whose model and server are in its image fails with a message that names the image."""
    files = DeploymentFiles(None, None, None, None, None, image="example.azurecr.io/churn:4")
    with pytest.raises(ContainerError, match=r"example\.azurecr\.io/churn:4 is not emulated") as refused:
        prepare(tmp_path, BARE, files)
    assert refused.value.code == "NotEmulated"
