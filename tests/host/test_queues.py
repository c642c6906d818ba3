"""Queue triggers and outputs over a real queue, on every worker."""

from __future__ import annotations

import base64
import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.function_host import HostProcess, eventually, running_host
from tests.host.conftest import NEVER, SAMPLE_APP

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cloud import RunningCloud
    from tests.host.conftest import StorageAccount


def _work(host: HostProcess) -> list[dict[str, Any]]:
    return [seen for seen in host.call("GET", "/api/seen").json() if "work" in seen]


def _decoded(texts: list[str]) -> list[str]:
    return sorted(base64.b64decode(text).decode() for text in texts)


def test_messages_go_from_output_to_trigger_to_output(
    host: HostProcess, storage: StorageAccount, work_queue: str
) -> None:
    """Each item of an output list is a message that is delivered once and then deleted; the output queue is created."""
    assert host.call("POST", "/api/send", json.dumps(["a", {"b": 1}, ["c"]])).body == b"3"
    eventually(lambda: len(_work(host)) == 3)
    assert sorted(str(seen["work"]) for seen in _work(host)) == ["['c']", "a", "{'b': 1}"]
    assert all(seen["try"] == 1 and seen["id"] for seen in _work(host))
    done = eventually(lambda: len(texts := storage.texts(f"{work_queue}-done")) == 3 and texts)
    # As in the real host, text that is itself a JSON array is split, ["c"] becomes c, and an object is printed again.
    assert _decoded(done) == ['"a"', "c", '{\n  "b": 1\n}']
    assert storage.texts(work_queue) == []


def test_a_message_that_keeps_failing_goes_to_the_poison_queue(
    host: HostProcess, storage: StorageAccount, work_queue: str
) -> None:
    """It is tried maxDequeueCount times, with its count, and then copied to the poison queue unchanged."""
    host.call("POST", "/api/send", json.dumps(["poison"]))
    poisoned = eventually(lambda: storage.texts(f"{work_queue}-poison"))
    assert _decoded(poisoned) == ['"poison"']
    assert [seen["try"] for seen in _work(host)] == [1, 2, 3]
    assert storage.texts(f"{work_queue}-done") == []


def test_a_failed_function_sends_nothing(host: HostProcess, storage: StorageAccount, work_queue: str) -> None:
    """Outputs are written only after success."""
    assert host.call("POST", "/api/send", json.dumps(["fail the sender"])).status == 500
    assert storage.texts(work_queue) == []
    assert _work(host) == []


def test_a_message_that_is_not_base64_is_never_delivered(
    host: HostProcess, storage: StorageAccount, work_queue: str
) -> None:
    """As in Azure, it goes to the poison queue as soon as it is received, without an invocation; the log says why."""
    host.call("POST", "/api/send", json.dumps(["first"]))  # creates the queue
    with storage.queue(work_queue) as queue:
        queue.send_message('{"not": "base64"}')
    assert eventually(lambda: storage.texts(f"{work_queue}-poison")) == ['{"not": "base64"}']
    assert [seen["work"] for seen in _work(host)] == ["first"]
    assert host.log().count("is not base64: not delivered") == 1


def test_payload_fields_override_trigger_metadata(host: HostProcess, storage: StorageAccount, work_queue: str) -> None:
    """A payload field dequeueCount hides the real one; if it is not a number, the function does not even run."""
    host.call("POST", "/api/send", json.dumps([{"dequeueCount": 77}, {"dequeueCount": "seven"}]))
    eventually(lambda: storage.texts(f"{work_queue}-poison"))
    assert [seen["try"] for seen in _work(host)] == [77]


def test_the_trigger_queue_may_appear_later(host: HostProcess, storage: StorageAccount, work_queue: str) -> None:
    """The host does not create the trigger's queue, and listens to it as soon as it exists."""
    with storage.queue(work_queue) as queue:
        queue.create_queue()
        queue.send_message(base64.b64encode(b'"late"').decode())
    assert eventually(lambda: _work(host)) == [{"work": "late", "try": 1, "id": True}]


def test_a_queue_function_runs_manually(host: HostProcess) -> None:
    """The admin API runs it with the given text."""
    assert host.run_by_hand("work", '"by hand"').status == 202
    assert eventually(lambda: _work(host))[0]["work"] == "by hand"


def test_a_killed_host_s_message_is_redelivered(settings: dict[str, str], tmp_path: Path) -> None:
    """If a host dies while a function runs, no message is lost: the next host gets it when the lease expires."""
    fast = {**settings, "TEAL_CLOCK": f"1000@{time.time():.3f}"}  # the ten-minute lease becomes the minimum, 5 s
    with running_host(SAMPLE_APP, tmp_path / "first.log", fast) as first:
        first.call("POST", "/api/send", json.dumps(["slow work"]))
        eventually(lambda: "slow work" in str(_work(first)))
        first.process.kill()
    with running_host(SAMPLE_APP, tmp_path / "second.log", fast) as second:
        assert eventually(lambda: _work(second)) == [{"work": "slow work", "try": 2, "id": True}]


def test_the_lease_outlasts_the_function(settings: dict[str, str], storage: StorageAccount, tmp_path: Path) -> None:
    """While a function runs, nobody else gets its message, however short the lease."""
    patient = {"AzureFunctionsJobHost__functionTimeout": "00:01:00"}
    fast = {**settings, **patient, "TEAL_CLOCK": f"1000@{time.time():.3f}"}
    with running_host(SAMPLE_APP, tmp_path / "log", fast) as host:
        host.call("POST", "/api/send", json.dumps(["slow work"]))
        eventually(lambda: storage.texts(f"{settings['WORK_QUEUE']}-done"))
        assert [seen["try"] for seen in _work(host)] == [1]


@pytest.mark.parametrize(
    ("name", "value"),
    [("accountName", "{account}"), ("queueServiceUri", "https://{account}.queue.core.windows.net")],
)
def test_identity_connection(cloud: RunningCloud, work_queue: str, tmp_path: Path, name: str, value: str) -> None:
    """Without a connection string, queues are accessed with DefaultAzureCredential, by account name or URI."""
    connection = {f"AzureWebJobsStorage__{name}": value.format(account=cloud["storage_account"])}
    settings = {**cloud.environment, **connection, "WORK_QUEUE": work_queue, "TICK": NEVER}
    with running_host(SAMPLE_APP, tmp_path / "log", settings) as host:
        assert host.call("POST", "/api/send", json.dumps(["by identity"])).status == 200
        assert eventually(lambda: _work(host))[0]["work"] == "by identity"
