"""Collected answers of deployments: collected over the wire, and as rows written by a test."""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from azure.core.credentials import TokenCredential
from azure.storage.blob import BlobType, ContainerClient

from shared.adapters.answers import CollectedAnswers, Reader
from shared.adapters.collection_places import CollectionPlace, CollectionPlaces
from shared.core.telemetry import Window
from shared.errors import Permanent, Temporary
from shared.ports import AnswerSeen
from tests.adapters.stand_in import Credential, Reply, StandIn
from tests.adapters.workshop import Workshop
from tests.emulator.arm import deployment_body
from tests.waiting import until

ON = {"dataCollectionMode": "Enabled"}
MINUTE = timedelta(minutes=1)


def written(at: datetime, number: int, **fields: object) -> bytes:
    """Return a line in the data collector's format."""
    row = {
        "id": str(uuid.uuid4()),
        "source": "/subscriptions/s/onlineEndpoints/Churn/deployments/churn-7",
        "time": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "data": number,
        "xrequestid": f"request-{number}",
    }
    return json.dumps(row | fields).encode() + b"\n"


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder in a real container, for a test to write rows to, and the adapter that reads it."""

    container: ContainerClient
    credential: TokenCredential
    path: str
    now: datetime

    @property
    def window(self) -> Window:
        """The ten minutes until now."""
        return Window(self.now - 10 * MINUTE, self.now)

    def append(self, hour: datetime, *lines: bytes, instance: str = "one") -> None:
        """Append lines to an instance's file for an hour."""
        name = f"{self.path}/{hour:%Y/%m/%d/%H}/{instance}.jsonl"
        self.container.upload_blob(name, b"".join(lines), blob_type=BlobType.APPENDBLOB)

    def read(self, window: Window | None = None, most_bytes: int = 10_000_000) -> list[str]:
        """Return the answers' bodies that the adapter reads."""
        place = CollectionPlace(self.container.url, (self.path, f"{self.path}/further"), "%Y/%m/%d/%H")
        reader = CollectedAnswers(lambda *_: place, Reader(self.credential).open, lambda: self.now, most_bytes)
        return [each.body for each in reader.collected("churn", "churn-7", window or self.window)]


@pytest.fixture(scope="module")
def container(workshop: Workshop) -> Iterator[ContainerClient]:
    """Return the workspace's own container."""
    store = workshop.arm.call("GET", "datastores/workspaceblobstore").json()["properties"]
    url = f"https://{store['accountName']}.blob.core.windows.net/{store['containerName']}"
    with ContainerClient.from_container_url(url, credential=workshop.credential) as client:
        yield client


@pytest.fixture
def folder(container: ContainerClient, workshop: Workshop) -> Folder:
    """Return an empty folder; the time is twenty past the hour."""
    now = datetime.now(UTC).replace(minute=20, second=0, microsecond=0)
    return Folder(container, workshop.credential, f"modelDataCollector/{uuid.uuid4()}", now)


def test_rows_of_the_window(folder: Folder) -> None:
    """Answers from the start of the window (inclusive) to its end (exclusive) are read, oldest first."""
    times = {1: folder.now - 11 * MINUTE, 2: folder.now - 10 * MINUTE, 3: folder.now - MINUTE, 4: folder.now}
    folder.append(folder.now, *(written(at, number) for number, at in reversed(times.items())))
    assert folder.read() == ["2", "3"]


def test_files_of_several_instances_and_hours(folder: Folder) -> None:
    """Every instance has one file per hour; a late row may be in the next hour's file."""
    hour = folder.now.replace(minute=0)
    around = Window(hour - 2 * MINUTE, hour)
    folder.append(hour - MINUTE, written(hour - 2 * MINUTE, 1))
    folder.append(hour - MINUTE, written(hour - MINUTE, 2), instance="two")
    folder.append(hour, written(hour - timedelta(seconds=1), 3))
    folder.append(hour + 3 * timedelta(hours=1), written(hour - MINUTE, 4))
    assert folder.read(around) == ["1", "2", "3"]


def test_only_the_end_of_a_long_file_is_read(folder: Folder) -> None:
    """A file grows all hour; its earlier part is not read again every minute."""
    padding = "x" * 1000
    old = (written(folder.now - 19 * MINUTE, number, padding=padding) for number in range(3000))
    folder.append(folder.now, *old, written(folder.now - MINUTE, 7))
    assert folder.read(most_bytes=1_500_000) == ["7"]


def test_long_windows_are_read_completely(folder: Folder) -> None:
    """Rows that span the chunks in which a file is read are complete, and none is lost."""
    rows = [written(folder.now - MINUTE, number, padding="x" * 1000) for number in range(3000)]
    folder.append(folder.now, *rows)
    assert sorted(map(int, folder.read())) == list(range(3000))


def test_more_than_can_be_read(folder: Folder) -> None:
    """Too much data is refused with a remedy, not read in part."""
    rows = [written(folder.now - MINUTE, number, padding="x" * 1000) for number in range(3000)]
    folder.append(folder.now, *rows[:1500])
    folder.append(folder.now, *rows[1500:], instance="two")
    with pytest.raises(Permanent, match=r"lower data_collector\.sampling_rate"):
        folder.read(most_bytes=1_200_000)


@pytest.mark.parametrize(
    ("fields", "bodies"),
    [
        pytest.param({"data": {"score": [0.5]}}, ['{"score": [0.5]}'], id="JSON"),
        pytest.param({"data": '{"score": 1}'}, ['{"score": 1}'], id="JSON as text"),
        pytest.param({"data": "a cat"}, ['"a cat"'], id="a text"),
        pytest.param({"data": None}, ["null"], id="null"),
        pytest.param({"source": ""}, ["1"], id="no source"),
        pytest.param({"source": "/onlineEndpoints/churn/deployments/churn-6"}, [], id="another deployment's"),
        pytest.param({"source": "/onlineEndpoints/other/deployments/churn-7"}, [], id="another endpoint's"),
    ],
)
def test_rows(folder: Folder, fields: dict[str, object], bodies: list[str]) -> None:
    """A row has the answer as JSON or text; in a shared folder only the deployment's own rows are read."""
    folder.append(folder.now, written(folder.now - MINUTE, 1, **fields))
    assert folder.read() == bodies


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(b"half a li", id="half a line"),
        pytest.param(b"[]\n", id="no object"),
        pytest.param(b'{"data": 1}\n', id="no time"),
        pytest.param(b'{"data": 1, "time": "today"}\n', id="invalid time"),
        pytest.param(b"\xff\xfe\n", id="no text"),
    ],
)
def test_lines_that_are_not_rows(folder: Folder, line: bytes, caplog: pytest.LogCaptureFixture) -> None:
    """Such a line is skipped and counted in a warning; the others are read."""
    folder.append(folder.now, written(folder.now - MINUTE, 1), line)
    with caplog.at_level(logging.WARNING, logger="shared.adapters.answers"):
        assert folder.read() == ["1"]
    assert caplog.messages == ["1 collected answers of churn/churn-7 could not be read"]


def test_payloads_kept_apart_are_answers_without_a_body(folder: Folder, caplog: pytest.LogCaptureFixture) -> None:
    """A binary or very large answer is in a separate file, which is not read, but it still counts as an answer."""
    folder.append(folder.now, written(folder.now - MINUTE, 1, data="https://a/b", datainblob="true"))
    assert folder.read() == [""]
    assert not caplog.messages


def test_a_row_that_was_written_twice(folder: Folder) -> None:
    """A row counts once, even if it was written to several files."""
    row = written(folder.now - MINUTE, 1)
    folder.append(folder.now, row, row)
    Folder(folder.container, folder.credential, f"{folder.path}/further", folder.now).append(folder.now, row)
    assert folder.read() == ["1"]


def test_no_answer_yet(folder: Folder) -> None:
    """A deployment that has collected nothing yet has no answers, which is not an error."""
    assert folder.read() == []


def test_unchanged_blobs_are_not_downloaded(azure: StandIn) -> None:
    """A blob last modified before the window is skipped, going by storage's own clock."""
    now = datetime(2026, 11, 20, 10, 20, tzinfo=UTC)
    blob = (
        "<Blob><Name>{}</Name><Properties><Last-Modified>Fri, 20 Nov 2026 {} GMT</Last-Modified>"
        "<Content-Length>900</Content-Length><BlobType>AppendBlob</BlobType></Properties></Blob>"
    )
    blobs = blob.format("a", "10:03:59") + blob.format("b", "10:04:01")
    listing = f"<?xml version='1.0'?><EnumerationResults><Blobs>{blobs}</Blobs><NextMarker/></EnumerationResults>"
    dated = {"Date": "Fri, 20 Nov 2026 10:20:00 GMT", "Content-Type": "application/xml"}
    line = written(now - MINUTE, 7)
    whole = {"Content-Range": f"bytes 0-{len(line) - 1}/{len(line)}", "Content-Type": "text/plain", "ETag": '"1"'}
    azure.answer(Reply(200, listing, dated), Reply(206, line, whole))
    place = CollectionPlace("https://account.blob.core.windows.net/container", ("folder",), "%Y/%m/%d/%H")
    reader = CollectedAnswers(lambda *_: place, Reader(Credential(), {"retry_total": 0}).open, lambda: now)
    answers = reader.collected("churn", "churn-7", Window(now - 11 * MINUTE, now))
    assert [(each.request, each.body) for each in answers] == [("request-7", "7")]
    assert [asked.url.split("?")[0].rpartition("/")[2] for asked in azure.asked] == ["container", "b"]


@pytest.mark.parametrize(
    ("status", "kind"), [(403, Permanent), (404, Permanent), (500, Temporary), (503, Temporary), (0, Temporary)]
)
def test_storage_that_fails(azure: StandIn, status: int, kind: type[Exception]) -> None:
    """A refusal is permanent, everything else temporary; the message names what could not be read."""
    azure.answer(Reply(status, "", {"Content-Type": "application/xml"}))
    place = CollectionPlace("https://account.blob.core.windows.net/container", ("folder",), "%Y/%m/%d/%H")
    now = datetime(2026, 11, 20, 10, 20, tzinfo=UTC)
    reader = CollectedAnswers(lambda *_: place, Reader(Credential(), {"retry_total": 0}).open, lambda: now)
    with pytest.raises(kind, match="cannot read the collected answers of churn/churn-7"):
        reader.collected("churn", "churn-7", Window(now - MINUTE, now))


def test_a_deployment_that_collects(workshop: Workshop, poems: str) -> None:
    """The adapter reads what callers were answered, with the times and the callers' request ids."""
    workshop.make_endpoint("collected")
    body = deployment_body(
        f"{workshop.cloud.workspace_id}/models/poem/versions/1",
        poems,
        dataCollector={"collections": {"request": ON, "response": ON}},
    )
    assert (
        workshop.arm.wait(workshop.arm.put("onlineEndpoints/collected/deployments/blue", body))["status"] == "Succeeded"
    )
    start = datetime.now(UTC)
    sent = [workshop.answer("collected", "blue", {"number": number}) for number in range(3)]
    places = CollectionPlaces(workshop.manager)
    reader = CollectedAnswers(places.of, Reader(workshop.credential).open, lambda: start + timedelta(days=1))
    window = Window(start - timedelta(hours=1), start + timedelta(hours=20))  # the cloud's clock is fast
    seen: list[AnswerSeen] = []

    def all_seen() -> bool:
        seen[:] = reader.collected("collected", "blue", window)
        return len(seen) == len(sent)

    until(all_seen)
    assert sorted(each.body for each in seen) == sorted(json.dumps(each) for each in sent)
    assert len({each.request for each in seen} - {""}) == len(sent)
    workshop.remove("collected")
