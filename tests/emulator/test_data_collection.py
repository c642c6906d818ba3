"""The data collector: what deployments are asked and answer arrives in the workspace's blobs, as Azure documents it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from azure.storage.blob import ContainerClient

from emulator.resources import Deployment
from emulator.serving.call import Call
from emulator.serving.collected_rows import Collected, Exchange, collected, dated
from emulator.serving.outcome import Outcome
from tests.emulator.arm import Arm, deployment_body, endpoint_body
from tests.emulator.assets import Assets
from tests.waiting import until

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

ENDPOINT = "collecting"
ON = {"dataCollectionMode": "Enabled"}
FOLDER = "azureml://datastores/workspaceblobstore/paths/elsewhere/green"
ASSET = "data/green-answers/versions/1"
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Collecting:
    """An endpoint whose deployments collect, and its container."""

    arm: Arm
    container: ContainerClient
    key: str

    def ask(self, number: int, request_id: str, deployment: str = "") -> int:
        """Send one request, by traffic or to a deployment; return the status."""
        headers = {"Authorization": f"Bearer {self.key}", "x-request-id": request_id}
        if deployment:
            headers["azureml-model-deployment"] = deployment
        url = f"https://{ENDPOINT}.{self.arm.cloud['region']}.inference.ml.azure.com/score"
        return self.arm.session.post(url, json={"number": number}, headers=headers, timeout=60).status_code

    def rows(self, folder: str) -> list[Row]:
        """Return every row below a folder."""
        lines: list[bytes] = []
        for name in self.container.list_blob_names(name_starts_with=f"{folder}/"):
            lines += self.container.download_blob(name).readall().splitlines()
        return [json.loads(line) for line in lines]

    def until_row(self, folder: str, found: Callable[[Row], bool]) -> Row:
        """Wait until a row below the folder is found."""
        until(lambda: any(found(row) for row in self.rows(folder)))
        return next(row for row in self.rows(folder) if found(row))


@pytest.fixture(scope="module")
def collecting(arm: Arm, assets: Assets, credential: TokenCredential) -> Iterator[Collecting]:
    """Return an endpoint with blue, which collects requests and answers, and green, which does into a data asset."""
    arm.put(ASSET, {"properties": {"dataUri": FOLDER, "dataType": "uri_folder"}})
    asset_id = f"{arm.cloud.workspace_id}/{ASSET}"
    collectors = {
        "blue": {"collections": {"request": ON, "response": ON, "model_outputs": ON}},
        "green": {"collections": {"response": ON | {"dataId": asset_id}}, "rollingRate": "Day"},
        "none": {"collections": {"response": ON | {"samplingRate": 0}, "request": {"dataCollectionMode": "Disabled"}}},
    }
    arm.wait(arm.put(f"onlineEndpoints/{ENDPOINT}", endpoint_body()))
    begun = [
        arm.put(
            f"onlineEndpoints/{ENDPOINT}/deployments/{name}",
            deployment_body(assets.model, assets.echo, dataCollector=each),
        )
        for name, each in collectors.items()
    ]
    assert [arm.wait(each)["status"] for each in begun] == ["Succeeded"] * 3
    traffic = endpoint_body(traffic={"blue": 100}, mirrorTraffic={"green": 50})
    arm.wait(arm.put(f"onlineEndpoints/{ENDPOINT}", traffic))
    key = arm.call("POST", f"onlineEndpoints/{ENDPOINT}/listKeys").json()["primaryKey"]
    store = arm.call("GET", "datastores/workspaceblobstore").json()["properties"]
    url = f"https://{store['accountName']}.blob.core.windows.net/{store['containerName']}"
    with ContainerClient.from_container_url(url, credential=credential) as container:
        yield Collecting(arm, container, key)
    arm.wait(arm.put(f"onlineEndpoints/{ENDPOINT}", endpoint_body(traffic={}, mirrorTraffic={})))
    assert arm.call("DELETE", f"onlineEndpoints/{ENDPOINT}").ok


def test_payloads(collecting: Collecting) -> None:
    """A request and its answer are rows with the fields that Azure documents, at the documented place."""
    assert collecting.ask(7, "the-seventh", "blue") == 200
    folder = f"modelDataCollector/{ENDPOINT}/blue"
    answer = collecting.until_row(f"{folder}/response", lambda row: row["xrequestid"] == "the-seventh")
    request = collecting.until_row(f"{folder}/request", lambda row: row["xrequestid"] == "the-seventh")
    assert (request["data"], request["path"], request["method"]) == ({"number": 7}, "/score", "POST")
    assert (answer["data"], answer["type"]) == ({"word": "hello", "asked": {"number": 7}}, "azureml.inference.response")
    assert answer["source"].endswith(f"/onlineEndpoints/{ENDPOINT}/deployments/blue")
    (name,) = collecting.container.list_blob_names(name_starts_with=f"{folder}/response/")
    assert re.fullmatch(rf"{folder}/response/\d{{4}}/\d\d/\d\d/\d\d/[\w-]+\.jsonl", name)


def test_scripts_log_their_own_frames(collecting: Collecting) -> None:
    """What only a script could log is not made up for it."""
    collecting.ask(8, "the-eighth", "blue")
    collecting.until_row(f"modelDataCollector/{ENDPOINT}/blue/response", lambda row: row["xrequestid"] == "the-eighth")
    assert collecting.rows(f"modelDataCollector/{ENDPOINT}/blue/model_outputs") == []


def test_copies(collecting: Collecting) -> None:
    """A mirrored copy is collected at its deployment, under the id of the request that it copies."""
    sent = {f"copied-{number}" for number in range(20)}
    assert {collecting.ask(number, each) for number, each in enumerate(sorted(sent))} == {200}
    copy = collecting.until_row("elsewhere/green", lambda row: row["xrequestid"] in sent)
    blue = f"modelDataCollector/{ENDPOINT}/blue/response"
    original = collecting.until_row(blue, lambda row: row["xrequestid"] == copy["xrequestid"])
    assert (copy["data"], copy["id"] == original["id"]) == (original["data"], False)
    (name,) = collecting.container.list_blob_names(name_starts_with="elsewhere/green/")
    assert re.fullmatch(r"elsewhere/green/\d{4}/\d\d/\d\d/[\w-]+\.jsonl", name)


def test_nothing_is_collected_unasked(collecting: Collecting) -> None:
    """A collection that is disabled, or samples nothing, has no rows."""
    collecting.ask(9, "unseen", "none")
    collecting.ask(9, "seen", "blue")
    collecting.until_row(f"modelDataCollector/{ENDPOINT}/blue/response", lambda row: row["xrequestid"] == "seen")
    assert collecting.rows(f"modelDataCollector/{ENDPOINT}/none") == []


def test_an_unregistered_data_asset(collecting: Collecting, assets: Assets) -> None:
    """A deployment that would collect into a data asset that is not there is refused."""
    missing = {"collections": {"response": ON | {"dataId": f"{collecting.arm.cloud.workspace_id}/data/x/versions/1"}}}
    body = deployment_body(assets.model, assets.echo, dataCollector=missing)
    status, code, _ = collecting.arm.error("PUT", f"onlineEndpoints/{ENDPOINT}/deployments/red", body)
    assert (status, code) == (400, "ResourceNotFound")


def row_of(collection: str, asked: bytes, answered: bytes, status: int = 200, **properties: object) -> Collected | None:
    """Return what a collection gets of one exchange with a deployment that has these properties."""
    call = Call("POST", "/score", "", {}, asked, "", "an-id", "")
    deployment = Deployment("churn", "blue", {"properties": properties})
    moment = datetime(2026, 11, 20, 9, 59, 59, tzinfo=UTC)
    return collected(Exchange(deployment, call, Outcome(status, answered, {}, 200), moment), collection, "/blue")


@pytest.mark.parametrize(
    ("collection", "records"),
    [
        pytest.param("model_inputs", [{"age": 40, "weight": 70}], id="a table with columns"),
        pytest.param("model_outputs", [{"0": 47.0}, {"0": 25.5}], id="predictions without a name"),
    ],
)
def test_frames_of_mlflow_models(collection: str, records: list[Row]) -> None:
    """A model without a script is instrumented by Azure: its inputs and outputs are records of a data frame."""
    table = {"input_data": {"columns": ["age", "weight"], "data": [[40, 70]]}}
    made = row_of(collection, json.dumps(table).encode(), b"[47.0, 25.5]")
    assert made is not None
    assert (made.row["data"], made.row["collectdatatype"]) == (records, "pandas.core.frame.DataFrame")


@pytest.mark.parametrize(
    ("collection", "status", "properties"),
    [
        pytest.param("model_outputs", 424, {}, id="the model failed"),
        pytest.param("model_outputs", 200, {"codeConfiguration": {}}, id="the script logs for itself"),
        pytest.param("explanations", 200, {}, id="a name that only a script could fill"),
    ],
)
def test_no_frame(collection: str, status: int, properties: dict[str, Any]) -> None:
    """Frames are of answers that succeeded, and of the two names that MLflow's instrumentation has."""
    assert row_of(collection, b"[]", b"[1]", status, **properties) is None


@pytest.mark.parametrize(
    ("payload", "in_row", "apart"),
    [
        pytest.param(b'{"a": 1}', {"data": {"a": 1}}, False, id="JSON"),
        pytest.param(b"bad input", {"data": "bad input", "datacontenttype": "text/plain"}, False, id="text"),
        pytest.param(b"\xff\xfe", {"datainblob": "true"}, True, id="binary"),
        pytest.param(b'"' + b"x" * (4 * 1024 * 1024) + b'"', {"datainblob": "true"}, True, id="more than 4 MB"),
    ],
)
def test_forms_of_payloads(payload: bytes, in_row: Row, *, apart: bool) -> None:
    """A payload is in its row as JSON or text; a binary or large one is kept apart."""
    made = row_of("response", b"{}", payload)
    assert made is not None
    assert made.row.items() >= in_row.items()
    assert (made.apart == payload) is apart


@pytest.mark.parametrize(
    ("rate", "folder"),
    [(None, "2026/11/20/09"), ("Hour", "2026/11/20/09"), ("day", "2026/11/20"), ("Month", "2026/11"), ("year", "2026")],
)
def test_rolling_rates(rate: str | None, folder: str) -> None:
    """The rolling rate says how coarse the folders are; by default each hour has one."""
    collector = {"rollingRate": rate} if rate else {}
    deployment = Deployment("churn", "blue", {"properties": {"dataCollector": collector}})
    assert dated(deployment, datetime(2026, 11, 20, 9, 59, 59, tzinfo=UTC)) == folder
