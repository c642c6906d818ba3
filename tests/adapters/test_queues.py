"""Wake-ups reach the queue in the format that the Functions host expects. Over the wire, to Azurite."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator

import pytest
from azure.core.credentials import AzureNamedKeyCredential
from azure.storage.queue import LinearRetry, QueueClient, TextBase64EncodePolicy

from shared.adapters.queues import QueueWakeups
from shared.core.endpoint_id import EndpointId
from shared.errors import Permanent, Temporary
from tests.adapters.azurite import Storage
from tests.adapters.records import CHURN
from tests.adapters.stand_in import DROPPED, Credential, Reply, StandIn


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
