"""The data collector: requests to deployments and their answers arrive in the workspace's blobs, as Azure documents."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from azure.core.credentials import TokenCredential
from azure.storage.blob import ContainerClient

from emulator.resources import Deployment
from emulator.serving.call import Call
from emulator.serving.collected_rows import Collected, Exchange, collected, dated_folder
from emulator.serving.outcome import Outcome
from tests.emulator.arm import Arm, deployment_body, endpoint_body
from tests.emulator.assets import Assets
from tests.waiting import until

ENDPOINT = "collecting"
ON = {"dataCollectionMode": "Enabled"}
FOLDER = "azureml://datastores/workspaceblobstore/paths/elsewhere/green"
ASSET = "data/green-answers/versions/1"
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Collecting:
    """An endpoint whose deployments collect data, and the blob container."""

    arm: Arm
    container: ContainerClient
    key: str

    def ask(self, number: int, request_id: str, deployment: str = "") -> int:
        """Send one request, by traffic or to a named deployment, and return the status."""
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
        """Wait for a matching row below the folder, and return it."""
        until(lambda: any(found(row) for row in self.rows(folder)))
        return next(row for row in self.rows(folder) if found(row))


@pytest.fixture(scope="module")
def collecting(arm: Arm, assets: Assets, credential: TokenCredential) -> Iterator[Collecting]:
    """Return an endpoint: blue collects requests and answers, green collects answers into a data asset."""
    arm.put(ASSET, {"properties": {"dataUri": FOLDER, "dataType": "uri_folder"}})
    asset_id = f"{arm.cloud.workspace_id}/{ASSET}"
    collectors = {
        "blue": {"collections": {"request": ON, "response": ON, "model_outputs": ON}},
        "green": {"collections": {"response": ON | {"dataId": asset_id}}, "rollingRate": "Day"},
        "none": {"collections": {"response": ON | {"samplingRate": 0}, "request": {"dataCollectionMode": "Disabled"}}},
    }
    arm.wait(arm.put(f"onlineEndpoints/{ENDPOINT}", endpoint_body()))
    started = [
        arm.put(
            f"onlineEndpoints/{ENDPOINT}/deployments/{name}",
            deployment_body(assets.model, assets.echo, dataCollector=each),
        )
        for name, each in collectors.items()
    ]
    assert [arm.wait(each)["status"] for each in started] == ["Succeeded"] * 3
    traffic = endpoint_body(traffic={"blue": 100}, mirrorTraffic={"green": 50})
    arm.wait(arm.put(f"onlineEndpoints/{ENDPOINT}", traffic))
    store = arm.properties("datastores/workspaceblobstore")
    url = f"https://{store['accountName']}.blob.core.windows.net/{store['containerName']}"
    with ContainerClient.from_container_url(url, credential=credential) as container:
        yield Collecting(arm, container, arm.key(f"onlineEndpoints/{ENDPOINT}"))
    arm.wait(arm.put(f"onlineEndpoints/{ENDPOINT}", endpoint_body(traffic={}, mirrorTraffic={})))
    assert arm.call("DELETE", f"onlineEndpoints/{ENDPOINT}").ok


def test_payloads(collecting: Collecting) -> None:
    """A request and its answer are rows with the documented fields, at the documented path."""
    assert collecting.ask(7, "the-seventh", "blue") == 200
    folder = f"modelDataCollector/{ENDPOINT}/blue"
    answer = collecting.until_row(f"{folder}/response", lambda row: row["xrequestid"] == "the-seventh")
    request = collecting.until_row(f"{folder}/request", lambda row: row["xrequestid"] == "the-seventh")
    assert (request["data"], request["path"], request["method"]) == ({"number": 7}, "/score", "POST")
    assert (answer["data"], answer["type"]) == ({"word": "hello", "asked": {"number": 7}}, "azureml.inference.response")
    assert answer["source"].endswith(f"/onlineEndpoints/{ENDPOINT}/deployments/blue")
    (name,) = collecting.container.list_blob_names(name_starts_with=f"{folder}/response/")
    assert re.fullmatch(rf"{folder}/response/\d{{4}}/\d\d/\d\d/\d\d/[\w-]+\.jsonl", name)


def test_scripts_log_their_own_data_frames(collecting: Collecting) -> None:
    """What only a script could log is not invented."""
    collecting.ask(8, "the-eighth", "blue")
    collecting.until_row(f"modelDataCollector/{ENDPOINT}/blue/response", lambda row: row["xrequestid"] == "the-eighth")
    assert collecting.rows(f"modelDataCollector/{ENDPOINT}/blue/model_outputs") == []


def test_mirrored_copies(collecting: Collecting) -> None:
    """A mirrored copy is collected for its deployment, with the id of the original request."""
    sent = {f"copied-{number}" for number in range(20)}
    assert {collecting.ask(number, each) for number, each in enumerate(sorted(sent))} == {200}
    copy = collecting.until_row("elsewhere/green", lambda row: row["xrequestid"] in sent)
    blue = f"modelDataCollector/{ENDPOINT}/blue/response"
    original = collecting.until_row(blue, lambda row: row["xrequestid"] == copy["xrequestid"])
    assert (copy["data"], copy["id"] == original["id"]) == (original["data"], False)
    (name,) = collecting.container.list_blob_names(name_starts_with="elsewhere/green/")
    assert re.fullmatch(r"elsewhere/green/\d{4}/\d\d/\d\d/[\w-]+\.jsonl", name)


def test_nothing_is_collected_without_being_enabled(collecting: Collecting) -> None:
    """A collection that is disabled, or has a sampling rate of zero, has no rows."""
    collecting.ask(9, "unseen", "none")
    collecting.ask(9, "seen", "blue")
    collecting.until_row(f"modelDataCollector/{ENDPOINT}/blue/response", lambda row: row["xrequestid"] == "seen")
    assert collecting.rows(f"modelDataCollector/{ENDPOINT}/none") == []


def test_an_unregistered_data_asset(collecting: Collecting, assets: Assets) -> None:
    """A deployment that collects into a data asset that does not exist is refused."""
    missing = {"collections": {"response": ON | {"dataId": f"{collecting.arm.cloud.workspace_id}/data/x/versions/1"}}}
    body = deployment_body(assets.model, assets.echo, dataCollector=missing)
    status, code, _ = collecting.arm.error("PUT", f"onlineEndpoints/{ENDPOINT}/deployments/red", body)
    assert (status, code) == (400, "ResourceNotFound")


def row_of(collection: str, request: bytes, answer: bytes, status: int = 200, **properties: object) -> Collected | None:
    """Return the row in a collection of one exchange with a deployment that has these properties."""
    call = Call("POST", "/score", "", {}, request, "", "an-id", "")
    deployment = Deployment("churn", "blue", {"properties": properties})
    moment = datetime(2026, 11, 20, 9, 59, 59, tzinfo=UTC)
    return collected(Exchange(deployment, call, Outcome(status, answer, {}, 200), moment), collection, "/blue")


@pytest.mark.parametrize(
    ("collection", "records"),
    [
        pytest.param("model_inputs", [{"age": 40, "weight": 70}], id="a table with columns"),
        pytest.param("model_outputs", [{"0": 47.0}, {"0": 25.5}], id="predictions without a name"),
    ],
)
def test_data_frames_of_mlflow_models(collection: str, records: list[Row]) -> None:
    """Azure instruments a model without a script: its inputs and outputs are the records of a data frame."""
    table = {"input_data": {"columns": ["age", "weight"], "data": [[40, 70]]}}
    item = row_of(collection, json.dumps(table).encode(), b"[47.0, 25.5]")
    assert item is not None
    assert (item.row["data"], item.row["collectdatatype"]) == (records, "pandas.core.frame.DataFrame")


@pytest.mark.parametrize(
    ("collection", "status", "properties"),
    [
        pytest.param("model_outputs", 424, {}, id="the model failed"),
        pytest.param("model_outputs", 200, {"codeConfiguration": {}}, id="the script logs its own data"),
        pytest.param("explanations", 200, {}, id="a collection that only a script could fill"),
    ],
)
def test_no_data_frame(collection: str, status: int, properties: dict[str, Any]) -> None:
    """There are data frames for successful answers only, and for the two collections of MLflow's instrumentation."""
    assert row_of(collection, b"[]", b"[1]", status, **properties) is None


@pytest.mark.parametrize(
    ("payload", "in_row", "separate"),
    [
        pytest.param(b'{"a": 1}', {"data": {"a": 1}}, False, id="JSON"),
        pytest.param(b"bad input", {"data": "bad input", "datacontenttype": "text/plain"}, False, id="text"),
        pytest.param(b"\xff\xfe", {"datainblob": "true"}, True, id="binary"),
        pytest.param(b'"' + b"x" * (4 * 1024 * 1024) + b'"', {"datainblob": "true"}, True, id="more than 4 MB"),
    ],
)
def test_payload_formats(payload: bytes, in_row: Row, *, separate: bool) -> None:
    """A payload is in its row as JSON or text; a binary or large one is stored in a separate blob."""
    item = row_of("response", b"{}", payload)
    assert item is not None
    assert item.row.items() >= in_row.items()
    assert (item.separate == payload) is separate


@pytest.mark.parametrize(
    ("rate", "folder"),
    [(None, "2026/11/20/09"), ("Hour", "2026/11/20/09"), ("day", "2026/11/20"), ("Month", "2026/11"), ("year", "2026")],
)
def test_rolling_rates(rate: str | None, folder: str) -> None:
    """The rolling rate determines how long a folder covers; by default, there is one per hour."""
    collector = {"rollingRate": rate} if rate else {}
    deployment = Deployment("churn", "blue", {"properties": {"dataCollector": collector}})
    assert dated_folder(deployment, datetime(2026, 11, 20, 9, 59, 59, tzinfo=UTC)) == folder
