"""Models and other assets with Microsoft's client: versions, tags, archiving, and files in real storage."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

from tests.cloud import RunningCloud
from tests.emulator.arm import Arm

if TYPE_CHECKING:
    from azure.ai.ml import MLClient


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return a small file of weights."""
    path = tmp_path / "weights.txt"
    path.write_text("0.5 0.25")
    return path


def test_workspace(cloud: RunningCloud, ml: MLClient) -> None:
    """The workspace can be found by name and in the list, with its region and storage account."""
    found = ml.workspaces.get(cloud["workspace"])
    assert (found.location, found.storage_account.split("/")[-1]) == (
        cloud["region"],
        cloud["workspace_storage_account"],
    )
    assert [each.name for each in ml.workspaces.list()] == [cloud["workspace"]]


def test_versions_count_up(ml: MLClient, file: Path, tmp_path: Path) -> None:
    """A model registered without a version gets the next number, and all versions can be listed and read."""
    from azure.ai.ml.entities import Model  # noqa: PLC0415  # takes a second: only where it is needed

    first = ml.models.create_or_update(Model(name="counted", path=file, tags={"stage": "test"}))
    other = tmp_path / "other.txt"
    other.write_text("0.75")
    second = ml.models.create_or_update(Model(name="counted", path=other, description="better"))
    assert (first.version, second.version) == ("1", "2")
    assert [each.version for each in ml.models.list("counted")] == ["2", "1"]
    assert ml.models.get("counted", "1").tags == {"stage": "test"}
    assert ml.models.get("counted", label="latest").description == "better"


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # the client's use of the blob client
def test_files_can_be_downloaded(ml: MLClient, file: Path, tmp_path: Path) -> None:
    """The files of a model are the same, byte for byte, after upload and download."""
    from azure.ai.ml.entities import Model  # noqa: PLC0415  # takes a second: only where it is needed

    stored = ml.models.create_or_update(Model(name="stored", path=file))
    ml.models.download("stored", stored.version, download_path=tmp_path / "back")
    [copy] = [path for path in (tmp_path / "back").rglob("*") if path.is_file()]
    assert copy.read_bytes() == file.read_bytes()


def test_path_cannot_be_changed(ml: MLClient, file: Path) -> None:
    """The tags of a version can be changed, but not the path of its files."""
    from azure.ai.ml.entities import Model  # noqa: PLC0415  # takes a second: only where it is needed

    fixed = ml.models.create_or_update(Model(name="fixed", version="7", path=file))
    fixed.tags = {"stage": "production"}
    assert ml.models.create_or_update(fixed).tags == {"stage": "production"}
    elsewhere = fixed.path.replace("weights.txt", "others.txt")
    with pytest.raises(HttpResponseError, match="Asset paths cannot be updated"):
        ml.models.create_or_update(Model(name="fixed", version="7", path=elsewhere))


def test_archived_versions_are_hidden(ml: MLClient, file: Path) -> None:
    """An archived version is not listed until it is restored."""
    from azure.ai.ml.entities import Model  # noqa: PLC0415  # takes a second: only where it is needed

    ml.models.create_or_update(Model(name="old", version="1", path=file))
    ml.models.archive("old", "1")
    assert [each.version for each in ml.models.list("old")] == []
    ml.models.restore("old", "1")
    assert [each.version for each in ml.models.list("old")] == ["1"]


def test_other_assets(ml: MLClient, file: Path) -> None:
    """Environments and data are stored like models; the default datastore is the workspace's blob store."""
    from azure.ai.ml.entities import Data, Environment  # noqa: PLC0415  # takes a second: only where it is needed

    plain = ml.environments.create_or_update(Environment(name="plain", image="mcr.example/plain:1"))
    assert ml.environments.get("plain", plain.version).image == "mcr.example/plain:1"
    assert ml.data.create_or_update(Data(name="rows", version="1", path=str(file), type="uri_file")).name == "rows"
    assert ml.data.get("rows", "1").type == "uri_file"
    assert ml.datastores.get_default().name == "workspaceblobstore"


def test_missing_model(ml: MLClient) -> None:
    """A model that does not exist raises the same error as in Azure."""
    with pytest.raises(ResourceNotFoundError):
        ml.models.get("nobody", "1")


@pytest.mark.parametrize("kind", ["models", "environments", "codes", "data"])
def test_unknown_property_is_named(arm: Arm, kind: str) -> None:
    """A body with a property that Azure does not know is refused with a message that names it."""
    status, _, message = arm.error("PUT", f"{kind}/odd/versions/1", {"properties": {"colour": "red"}})
    assert (status, "'colour'" in message) == (400, True)


def test_failures_on_request(ml: MLClient, cloud: RunningCloud) -> None:
    """Faults of the resource manager affect the requested number of requests and no more."""
    cloud.set("resource-manager", faults=[{"method": "GET", "path": "/models$", "status": 409, "times": 1}])
    with pytest.raises(HttpResponseError, match="was requested"):
        list(ml.models.list())
    assert isinstance([each.name for each in ml.models.list()], list)


def test_lost_answer(arm: Arm, cloud: RunningCloud) -> None:
    """A request is carried out even if its response is lost."""
    cloud.set("resource-manager", faults=[{"method": "PUT", "path": "/models/lost", "lost": True}])
    with pytest.raises(requests.exceptions.ConnectionError):
        arm.call("PUT", "models/lost/versions/1", {"properties": {"description": "still there"}})
    answer = arm.call("GET", "models/lost/versions/1")
    assert answer.json()["properties"]["description"] == "still there"
