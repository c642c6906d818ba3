"""Where a deployment's collected answers are, according to its ARM body, its data asset and the datastore."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.adapters.answers import CollectedAnswers, Reader
from shared.adapters.arm import ResourceManager, arm_pipeline
from shared.adapters.collection_places import CollectionPlace, CollectionPlaces
from shared.core.policy import TemplateSource
from shared.core.reconcile.actions import CreateDeployment
from shared.core.rollout import ModelVersion
from shared.core.telemetry import Window
from shared.errors import Permanent
from tests.adapters.arm_documents import WORKSPACE, deployment
from tests.adapters.stand_in import Credential, Reply, StandIn
from tests.adapters.workshop import POEM, Workshop
from tests.waiting import until

ON = {"dataCollectionMode": "Enabled"}
STORE = {"datastoreType": "AzureBlob", "accountName": "acc", "containerName": "blobs", "endpoint": "core.windows.net"}
CONTAINER = "https://acc.blob.core.windows.net/blobs"
OWN = "modelDataCollector/churn/churn-7/response"
STORED = "azureml://datastores/lake/paths/kept/here/"
LONG = f"azureml:/{WORKSPACE}/datastores/lake/paths/kept/here".replace("resourceGroups", "resourcegroups")
TEMPLATE = """
model: azureml:${MODEL_NAME}:${MODEL_VERSION}
code_configuration: {code: code, scoring_script: score.py}
environment: {image: mcr.example/sklearn:1, conda_file: conda.yml}
instance_type: Standard_DS3_v2
instance_count: 1
data_collector:
  sampling_rate: 1.0
  collections:
    response: {enabled: "True"}
"""


@pytest.fixture
def places() -> CollectionPlaces:
    """Return the adapter that locates answers, built as for the app."""
    return CollectionPlaces(ResourceManager(arm_pipeline(Credential(), connect_seconds=5, read_seconds=5), WORKSPACE))


def collecting(rolling: str | None = None, **collections: Any) -> Reply:  # noqa: ANN401  # any JSON
    """Return ARM's reply for a deployment with these collections."""
    collector = {"collections": collections} | ({"rollingRate": rolling} if rolling else {})
    return Reply(200, deployment("churn-7", dataCollector=collector))


def properties(**values: Any) -> Reply:  # noqa: ANN401  # any JSON
    """Return ARM's reply for a resource with these properties."""
    return Reply(200, {"properties": values})


@pytest.mark.parametrize(
    ("shown", "folder", "dated"),
    [
        pytest.param(collecting(response=ON), OWN, "%Y/%m/%d/%H", id="hourly"),
        pytest.param(collecting("Minute", response=ON), OWN, "%Y/%m/%d/%H", id="finer"),
        pytest.param(collecting("Day", response=ON), OWN, "%Y/%m/%d", id="coarser"),
        pytest.param(collecting(response=ON, model_outputs=ON), OWN, "%Y/%m/%d/%H", id="response takes precedence"),
        pytest.param(
            collecting(response={"dataCollectionMode": "Disabled"}, model_outputs={"dataCollectionMode": "enabled"}),
            "modelDataCollector/churn/churn-7/model_outputs", "%Y/%m/%d/%H", id="outputs only",
        ),
    ],
)  # fmt: skip
def test_the_default_place(places: CollectionPlaces, azure: StandIn, shown: Reply, folder: str, dated: str) -> None:
    """A collection without its own data asset is in the workspace's default datastore."""
    azure.answer(shown, properties(**STORE))
    assert places.of("churn", "churn-7") == CollectionPlace(CONTAINER, (folder,), dated)
    assert "/datastores/workspaceblobstore?" in azure.asked[-1].url


@pytest.mark.parametrize("data_id", [f"{WORKSPACE}/data/answers/versions/3", "azureml:answers:3"])
@pytest.mark.parametrize("uri", [STORED, LONG])
def test_the_place_of_a_data_asset(places: CollectionPlaces, azure: StandIn, data_id: str, uri: str) -> None:
    """A data asset gives datastore and folder; the names may be appended to the folder or not, so both are searched."""
    store = STORE | {"endpoint": "core.chinacloudapi.cn", "protocol": "https"}
    azure.answer(collecting(response=ON | {"dataId": data_id}), properties(dataUri=uri), properties(**store))
    found = places.of("churn", "churn-7")
    assert found.container == "https://acc.blob.core.chinacloudapi.cn/blobs"
    assert found.folders == ("kept/here", "kept/here/churn/churn-7/response")
    assert [asked.url.split("churn-ws/")[1].split("?")[0] for asked in azure.asked[1:]] == [
        "data/answers/versions/3",
        "datastores/lake",
    ]


@pytest.mark.parametrize(
    ("replies", "words"),
    [
        pytest.param([collecting()], "churn/churn-7 does not collect its answers: set", id="collects nothing"),
        pytest.param([collecting(request=ON)], "does not collect its answers", id="collects requests only"),
        pytest.param([Reply(200, deployment("churn-7", dataCollector=None))], "does not collect", id="no collector"),
        pytest.param([Reply(404, {"error": {"code": "ResourceNotFound"}})], "does not collect", id="no deployment"),
        pytest.param([collecting(response=ON | {"dataId": "x"})], "'x', which is not a data asset", id="no asset's id"),
        pytest.param(
            [collecting(response=ON | {"dataId": "azureml:gone:1"}), Reply(404, {"error": {"code": "NotFound"}})],
            "'azureml:gone:1', which is not a data asset", id="no such asset",
        ),
        pytest.param(
            [collecting(response=ON | {"dataId": "azureml:a:1"}), properties(dataUri=LONG.replace("churn-ws", "b"))],
            "only datastores of this workspace", id="another workspace's",
        ),
        pytest.param(
            [collecting(response=ON), properties(**STORE | {"datastoreType": "AzureDataLakeGen2"})],
            "'workspaceblobstore', which is not an Azure blob container", id="no blob container",
        ),
    ],
)  # fmt: skip
def test_no_place(places: CollectionPlaces, azure: StandIn, replies: list[Reply], words: str) -> None:
    """If the answers cannot be located, the message says why, and how to fix it."""
    azure.answer(*replies)
    with pytest.raises(Permanent) as caught:
        places.of("churn", "churn-7")
    assert words in str(caught.value)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # the client's use of marshmallow
@pytest.mark.usefixtures("poems")
def test_collection_switched_on_in_a_template(workshop: Workshop) -> None:
    """With these lines in a template, Microsoft's client registers the data asset that leads to the answers."""
    template = workshop.write("deployments/collecting.yml", TEMPLATE)
    source = TemplateSource(template, None)
    workshop.make_endpoint("templated")
    workshop.endpoints.order(CreateDeployment("templated", "green", ModelVersion(POEM, "2"), like="", source=source))
    workshop.until_idle("templated")
    assert workshop.answer("templated", "green", [1]) == {"word": "verse 2", "asked": [1]}
    now = datetime.now(UTC)
    reader = CollectedAnswers(CollectionPlaces(workshop.manager).of, Reader(workshop.credential).open, lambda: now)
    window = Window(now - timedelta(hours=1), now + timedelta(hours=20))  # the cloud's clock is fast
    until(lambda: reader.collected("templated", "green", window))
    (seen,) = reader.collected("templated", "green", window)
    assert (seen.deployment, seen.body) == ("green", '{"word": "verse 2", "asked": [1]}')
    workshop.remove("templated")
