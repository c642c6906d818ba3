"""Event Grid with a real webhook: what is delivered, when it is retried, and faults on request."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from azure.eventgrid import EventGridEvent

from emulator.clock import VirtualClock
from emulator.event_grid.grid import EventGrid
from emulator.event_grid.options import RETRY_SCHEDULE, EventGridOptions
from emulator.event_grid.webhook import HandshakeError
from tests.emulator.loop import Loop, serve

KEY = "the system key"
VERY_FAST = 500_000.0  # at this speed of the clock a day passes in a sixth of a second


@dataclass(slots=True)
class Subscriber:
    """A function host's webhook that answers with the given statuses and then 200. It keeps what it receives."""

    statuses: list[int] = field(default_factory=list)
    received: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    completes_handshake: bool = True

    def application(self) -> web.Application:
        """Return the webhook."""
        application = web.Application()
        application.router.add_post("/runtime/webhooks/EventGrid", self.take)
        return application

    async def take(self, request: web.Request) -> web.Response:
        """Answer one POST."""
        if request.query.get("code") != KEY:
            return web.Response(status=401)
        [event] = await request.json()
        if request.headers["aeg-event-type"] == "SubscriptionValidation":
            code = event["data"]["validationCode"] if self.completes_handshake else "something else"
            return web.json_response({"validationResponse": code})
        self.headers.append({name.lower(): value for name, value in request.headers.items()})
        self.received.append(event)
        return web.Response(status=self.statuses.pop(0) if self.statuses else 200)


class Topic:
    """An Event Grid with its subscriber."""

    def __init__(self, loop: Loop, options: EventGridOptions | None = None, speed: float = VERY_FAST) -> None:
        self.loop = loop
        self.subscriber = Subscriber()
        self.clock = VirtualClock(speed)
        self.grid = EventGrid(self.clock, options)
        self._runner, self.url = loop.run(serve(self.subscriber.application()))

    def subscribe(self, key: str = KEY) -> None:
        """Subscribe the webhook."""
        self.loop.run(self.grid.subscribe(self.url, key))

    def publish(self, *events: dict[str, Any]) -> None:
        """Publish events, and wait until each is delivered, dropped or a dead letter."""
        for one in events:
            self.loop.run(self.grid.publish(one))
        self.loop.run(self.grid.settle())

    def close(self) -> None:
        """Stop everything."""
        self.loop.run(self.grid.close())
        self.loop.run(self._runner.cleanup())


@pytest.fixture
def topic(loop: Loop) -> Iterator[Topic]:
    """Return a topic with a subscription."""
    running = Topic(loop, EventGridOptions(seed=1))
    running.subscribe()
    yield running
    running.close()


def event(number: int = 1) -> dict[str, Any]:
    """Return the event of a model registration."""
    return {
        "id": f"event-{number}",
        "topic": "/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w",
        "subject": f"models/churn:{number}",
        "eventType": "Microsoft.MachineLearningServices.ModelRegistered",
        "eventTime": "2026-11-20T07:08:04.123456Z",
        "data": {"ModelName": "churn", "ModelVersion": str(number), "ModelTags": {}, "ModelProperties": {"by": "me"}},
        "dataVersion": "",
        "metadataVersion": "1",
    }


def test_an_event_is_delivered_once(topic: Topic) -> None:
    """The webhook gets the event in an array of one, as a notification, and not again after answering 200."""
    topic.publish(event())
    assert [one["subject"] for one in topic.subscriber.received] == ["models/churn:1"]
    assert topic.subscriber.headers[0]["aeg-event-type"] == "Notification"
    assert [(attempt.number, attempt.status) for attempt in topic.grid.history.attempts] == [(1, 200)]


def test_retries_follow_azure_s_schedule(topic: Topic) -> None:
    """Attempts are at least 10 s, 30 s, 1 min, 5 min, ... 12 h of virtual time apart, until the event is accepted."""
    topic.subscriber.statuses = [500, 503, 404, 429, 502, 500, 500, 500, 500, 500]
    topic.publish(event())
    attempts = list(topic.grid.history.attempts)
    waited = [(later.at - earlier.at).total_seconds() for earlier, later in itertools.pairwise(attempts)]
    assert [attempt.number for attempt in attempts] == list(range(1, 12))
    assert all(seconds >= step for seconds, step in zip(waited, RETRY_SCHEDULE, strict=True))
    assert attempts[-1].delivered
    assert not topic.grid.history.dead_letters


@pytest.mark.parametrize("status", [400, 401, 403, 413])
def test_a_permanent_error_makes_a_dead_letter(topic: Topic, status: int) -> None:
    """Such a status is not retried; the dead letter has the event and the number of attempts."""
    topic.subscriber.statuses = [status]
    topic.publish(event())
    [letter] = topic.grid.history.dead_letters
    assert (letter.event["id"], letter.attempts) == ("event-1", 1)
    assert len(topic.subscriber.received) == 1


@pytest.mark.parametrize(
    ("options", "reason", "attempts"),
    [
        (EventGridOptions(attempts=3), "MaxDeliveryAttemptsExceeded", 3),
        (EventGridOptions(time_to_live=1e-9), "TimeToLiveExceeded", 1),
    ],
)
def test_retries_are_limited(loop: Loop, options: EventGridOptions, reason: str, attempts: int) -> None:
    """After too many attempts, or too long, the event becomes a dead letter that gives the reason."""
    limited = Topic(loop, options)
    limited.subscribe()
    limited.subscriber.statuses = [500] * 10
    limited.publish(event())
    limited.close()
    assert [(letter.reason, letter.attempts) for letter in limited.grid.history.dead_letters] == [(reason, attempts)]


def test_no_answer_is_a_failed_attempt(topic: Topic) -> None:
    """If the host is gone the event is retried, and goes to a later subscription's address."""
    topic.loop.run(topic.grid.unsubscribe())
    gone = Topic(topic.loop)
    topic.loop.run(topic.grid.subscribe(gone.url, KEY))
    gone.close()
    topic.loop.run(topic.grid.publish(event()))
    while not topic.grid.history.attempts:
        topic.loop.run(_a_moment())
    topic.subscribe()
    topic.loop.run(topic.grid.settle())
    assert topic.grid.history.attempts[0].status is None
    assert [one["id"] for one in topic.subscriber.received] == ["event-1"]


async def _a_moment() -> None:
    """Let the loop run once."""


def test_without_a_subscription_events_are_dropped(loop: Loop) -> None:
    """As in Azure, an event that is published before anyone subscribes is not delivered later."""
    topic = Topic(loop)
    topic.publish(event(1))
    topic.subscribe()
    topic.publish(event(2))
    topic.loop.run(topic.grid.unsubscribe())
    topic.publish(event(3))
    topic.close()
    assert [one["id"] for one in topic.subscriber.received] == ["event-2"]
    assert [one["id"] for one in topic.grid.history.dropped] == ["event-1", "event-3"]


@pytest.mark.parametrize(("completes_handshake", "key"), [(False, KEY), (True, "a wrong key")])
def test_a_subscription_needs_the_handshake(loop: Loop, *, completes_handshake: bool, key: str) -> None:
    """A host that does not return the code, or rejects the key, is not subscribed."""
    topic = Topic(loop)
    topic.subscriber.completes_handshake = completes_handshake
    with pytest.raises(HandshakeError):
        topic.subscribe(key)
    topic.publish(event())
    topic.close()
    assert topic.subscriber.received == []


def test_an_unreachable_host_is_not_subscribed(loop: Loop) -> None:
    """If nothing listens at the address, the handshake fails with a message that says so."""
    topic = Topic(loop)
    topic.close()
    with pytest.raises(HandshakeError, match="did not answer"):
        topic.subscribe()
    loop.run(topic.grid.close())


def test_duplicates_on_request(topic: Topic) -> None:
    """With two duplicates, the same event with the same id is delivered three times."""
    topic.grid.options.duplicates = 2
    topic.publish(event())
    assert [one["id"] for one in topic.subscriber.received] == ["event-1"] * 3


def test_reordering_on_request(topic: Topic) -> None:
    """With reordering, all events are delivered, but in a different order."""
    topic.grid.options.reordering = 200_000.0
    published = [event(number) for number in range(20)]
    topic.publish(*published)
    received = [one["id"] for one in topic.subscriber.received]
    assert sorted(received) == sorted(one["id"] for one in published)
    assert received != [one["id"] for one in published]


def test_delay_on_request(topic: Topic) -> None:
    """With a delay of an hour, an event is not delivered earlier."""
    topic.grid.options.delay = 3600.0
    published = topic.clock.now()
    topic.publish(event())
    assert (topic.grid.history.attempts[0].at - published).total_seconds() >= 3600.0


def test_the_documented_payload(topic: Topic) -> None:
    """By default the payload is that of Microsoft's reference: PascalCase keys and an integer version."""
    topic.publish(event(7))
    data = topic.subscriber.received[0]["data"]
    assert data == {"ModelName": "churn", "ModelVersion": 7, "ModelTags": {}, "ModelProperties": {"by": "me"}}


def test_the_observed_payload(topic: Topic) -> None:
    """On request it is the other one: camelCase keys, a string version, seven fractional digits, null for no tags."""
    topic.grid.options.spelling = "observed"
    topic.grid.options.null_tags = True
    topic.publish(event(7))
    received = topic.subscriber.received[0]
    assert received["data"] == {
        "modelName": "churn",
        "modelVersion": "7",
        "modelTags": None,
        "modelProperties": {"by": "me"},
    }
    assert (received["dataVersion"], received["eventTime"]) == ("2", "2026-11-20T07:08:04.1234560+00:00")


def test_azure_s_own_library_reads_what_is_delivered(topic: Topic) -> None:
    """azure-eventgrid parses both payloads as events of the Event Grid schema."""
    topic.publish(event(1))
    topic.grid.options.spelling = "observed"
    topic.publish(event(2))
    read = [EventGridEvent.from_json(json.dumps(one)) for one in topic.subscriber.received]
    assert [one.subject for one in read] == ["models/churn:1", "models/churn:2"]


@pytest.mark.parametrize(
    "odd",
    [
        {},
        event() | {"data": None},
        event() | {"data": {"modelName": "churn"}, "id": 7},
        {"specversion": "1.0", "type": "Microsoft.MachineLearningServices.ModelRegistered", "source": "/w"},
    ],
    ids=["empty", "no data", "other keys", "a CloudEvent"],
)
def test_any_event_can_be_published_unchanged(topic: Topic, odd: dict[str, Any]) -> None:
    """A user's event is delivered unchanged, however odd, in whichever form the workspace's events are sent."""
    topic.grid.options.spelling = "observed"
    topic.loop.run(topic.grid.publish_unchanged(odd))
    topic.loop.run(topic.grid.settle())
    assert topic.subscriber.received == [odd]
    assert len(topic.grid.history.attempts) == 1
