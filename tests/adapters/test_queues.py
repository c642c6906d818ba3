"""Wake-ups reach the queue in the format that the Functions host expects, and what waits or failed is counted."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from azure.core.credentials import AzureNamedKeyCredential
from azure.storage.queue import LinearRetry, QueueClient, TextBase64EncodePolicy

from shared.adapters.clients import connect_backlog
from shared.adapters.queues import QueueWakeups
from shared.core.endpoint_id import EndpointId
from shared.errors import Permanent, Temporary
from shared.ports import BacklogCounts
from shared.settings import Settings, WorkspaceSettings
from tests.adapters.azurite import Storage
from tests.adapters.records import CHURN
from tests.adapters.stand_in import DROPPED, Credential, Reply, StandIn

WORKSPACE = WorkspaceSettings("s", "ml", "churn-ws", "logs")
XML = {"Content-Type": "application/xml"}
MESSAGE = (
    "<?xml version='1.0'?><QueueMessagesList><QueueMessage><MessageId>1</MessageId></QueueMessage></QueueMessagesList>"
)


@pytest.fixture
def queue(storage: Storage) -> Iterator[QueueClient]:
    """Return a queue client that encodes like the app's."""
    credential = AzureNamedKeyCredential(storage.account, storage.key)
    encoding = TextBase64EncodePolicy()
    with QueueClient(storage.queues, "reconcile", credential, message_encode_policy=encoding) as client:
        yield client


def test_a_wake_up_is_base64_json_with_the_endpoint(queue: QueueClient) -> None:
    """The host decodes base64, and the function reads the endpoint. A missing queue is created."""
    wakeups = QueueWakeups(queue)
    wakeups.wake(CHURN)
    wakeups.wake(EndpointId("ml-eu", "fraud"))
    texts = [str(message.content) for message in queue.receive_messages()]
    assert [json.loads(base64.b64decode(text)) for text in texts] == [
        {"workspace": "ml", "endpoint": "churn"},
        {"workspace": "ml-eu", "endpoint": "fraud"},
    ]


def test_a_wake_up_is_forgotten_after_an_hour(queue: QueueClient) -> None:
    """The timer has fired sixty times by then; after a long outage, nobody has to wait for thousands of old ones."""
    queue.clear_messages()
    QueueWakeups(queue).wake(CHURN)
    (message,) = queue.receive_messages()
    assert message.inserted_on is not None
    assert message.expires_on is not None
    assert message.expires_on - message.inserted_on == timedelta(hours=1)


def test_a_queue_that_another_instance_creates_at_the_same_moment_is_used(azure: StandIn) -> None:
    """Both found that it was missing; the wake-up of the second one is not lost."""
    missing, there = ({"x-ms-error-code": code} for code in ("QueueNotFound", "QueueAlreadyExists"))
    azure.answer(Reply(404, "", missing), Reply(409, "", there), Reply(201, MESSAGE, XML))
    with QueueClient("https://teal.queue.core.windows.net", "reconcile", Credential()) as client:
        QueueWakeups(client).wake(CHURN)
    assert [asked.method for asked in azure.asked] == ["POST", "PUT", "POST"]


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (Reply(403, "", {"x-ms-error-code": "AuthorizationFailure"}), Permanent),
        (Reply(503, "", {"x-ms-error-code": "ServerBusy"}), Temporary),
        (Reply(500, "<html>"), Temporary),
        (DROPPED, Temporary),
    ],
)
def test_queue_errors_are_temporary_or_permanent(azure: StandIn, reply: Reply, kind: type[Exception]) -> None:
    """The timer makes up for a lost wake-up, but not for a missing permission."""
    azure.answer(reply)
    retry = LinearRetry(backoff=0, retry_total=1, random_jitter_range=0, retry_status=0)
    client = QueueClient("https://teal.queue.core.windows.net", "reconcile", Credential(), retry_policy=retry)
    with client, pytest.raises(kind, match="cannot wake ml/churn") as caught:
        QueueWakeups(client).wake(CHURN)
    assert type(caught.value) is kind


LISTING = (
    "<?xml version='1.0'?><EnumerationResults><Blobs><Blob><Name>a</Name></Blob><Blob><Name>b</Name></Blob></Blobs>"
    "<NextMarker/></EnumerationResults>"
)


def counts(azure: StandIn, *replies: Reply) -> BacklogCounts:
    """Return what is counted if the queue, the poison queue and the container answer like this."""
    azure.answer(*replies)
    blobs = "https://teal.blob.core.windows.net"
    settings = Settings(WORKSPACE, "https://t", "https://teal.queue.core.windows.net", blobs_endpoint=blobs)
    return connect_backlog(settings, Credential()).counts()


def waiting(number: int) -> Reply:
    """Return the properties of a queue with this many messages."""
    return Reply(200, "", {"x-ms-approximate-messages-count": str(number)})


def test_waiting_and_failed_work_is_counted(azure: StandIn) -> None:
    """Messages that wait, messages that were put aside, and events that could not be delivered."""
    assert counts(azure, waiting(7), waiting(1), Reply(200, LISTING, XML)) == BacklogCounts(7, 1, 2)
    places = [asked.url.partition("?")[0].rpartition("/")[2] for asked in azure.asked]
    assert places == ["reconcile", "reconcile-poison", "dead-letters"]


def test_what_does_not_exist_yet_is_empty(azure: StandIn) -> None:
    """The host creates the poison queue with its first message: until then nothing has failed."""
    missing = [Reply(404, "", {"x-ms-error-code": code}) for code in ("QueueNotFound", "ContainerNotFound")]
    assert counts(azure, waiting(7), *missing) == BacklogCounts(7, 0, 0)


@pytest.mark.parametrize("denied", range(3))
def test_what_may_not_be_counted_is_not_empty(azure: StandIn, denied: int) -> None:
    """Health would otherwise report that nothing has failed."""
    replies = [waiting(7), waiting(1), Reply(200, LISTING, XML)]
    replies[denied] = Reply(403, "", XML | {"x-ms-error-code": "AuthorizationFailure"})
    with pytest.raises(Permanent, match="AuthorizationFailure"):
        counts(azure, *replies)
