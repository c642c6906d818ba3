"""Event Grid before a real webhook: what is delivered, when it is tried again, and the misbehaviour one can ask for."""

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
from tests.emulator.serving_parts import Loop, running_loop, serve

KEY = "the system key"
HOURS_IN_MOMENTS = 500_000.0  # times as fast as the wall's clock: a day passes in a sixth of a second


@dataclass(slots=True)
class Subscriber:
    """A function host's webhook that answers with the given statuses, then with 200; it keeps what it was sent."""

    statuses: list[int] = field(default_factory=list)
    received: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    shakes_hands: bool = True

    def application(self) -> web.Application:
        """Return the webhook."""
        application = web.Application()
        application.router.add_post("/runtime/webhooks/EventGrid", self.take)
        return application

    async def take(self, request: web.Request) -> web.Response:
        """Answer one post."""
        if request.query.get("code") != KEY:
            return web.Response(status=401)
        [event] = await request.json()
        if request.headers["aeg-event-type"] == "SubscriptionValidation":
            code = event["data"]["validationCode"] if self.shakes_hands else "something else"
            return web.json_response({"validationResponse": code})
        self.headers.append({name.lower(): value for name, value in request.headers.items()})
        self.received.append(event)
        return web.Response(status=self.statuses.pop(0) if self.statuses else 200)


class Topic:
    """An Event Grid with its subscriber."""

    def __init__(self, loop: Loop, options: EventGridOptions | None = None, speed: float = HOURS_IN_MOMENTS) -> None:
        self.loop = loop
        self.subscriber = Subscriber()
        self.clock = VirtualClock(speed)
        self.grid = EventGrid(self.clock, options)
        self._runner, self.url = loop.run(serve(self.subscriber.application()))

    def subscribe(self, key: str = KEY) -> None:
        """Subscribe the webhook."""
        self.loop.run(self.grid.subscribe(self.url, key))

    def publish(self, *events: dict[str, Any]) -> None:
        """Publish, and wait until every event has come to its end."""
        for one in events:
            self.loop.run(self.grid.publish(one))
        self.loop.run(self.grid.settle())

    def close(self) -> None:
        """End everything."""
        self.loop.run(self.grid.close())
        self.loop.run(self._runner.cleanup())


@pytest.fixture(scope="module")
def loop() -> Iterator[Loop]:
    """Return a running event loop."""
    with running_loop() as running:
        yield running


@pytest.fixture
def topic(loop: Loop) -> Iterator[Topic]:
    """Return a topic with its subscriber subscribed."""
    made = Topic(loop, EventGridOptions(seed=1))
    made.subscribe()
    yield made
    made.close()


def event(number: int = 1) -> dict[str, Any]:
    """Return the event of a model's registration."""
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
    """The webhook gets the event as an array of one, marked as a notification, and no second time after its 200."""
    topic.publish(event())
    assert [one["subject"] for one in topic.subscriber.received] == ["models/churn:1"]
    assert topic.subscriber.headers[0]["aeg-event-type"] == "Notification"
    assert [(attempt.number, attempt.status) for attempt in topic.grid.history.attempts] == [(1, 200)]


def test_a_failing_subscriber_is_tried_by_azure_s_schedule(topic: Topic) -> None:
    """Between tries lie at least 10 s, 30 s, 1 min, 5 min, ... 12 h of virtual time; then the event is taken."""
    topic.subscriber.statuses = [500, 503, 404, 429, 502, 500, 500, 500, 500, 500]
    topic.publish(event())
    attempts = list(topic.grid.history.attempts)
    waited = [(later.at - earlier.at).total_seconds() for earlier, later in itertools.pairwise(attempts)]
    assert [attempt.number for attempt in attempts] == list(range(1, 12))
    assert all(passed >= step for passed, step in zip(waited, RETRY_SCHEDULE, strict=True))
    assert attempts[-1].delivered
    assert not topic.grid.history.dead_letters


@pytest.mark.parametrize("status", [400, 401, 403, 413])
def test_what_no_retry_can_mend_is_a_dead_letter(topic: Topic, status: int) -> None:
    """A refusal that will not change is not tried again; the dead letter keeps the event and the last outcome."""
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
def test_tries_end(loop: Loop, options: EventGridOptions, reason: str, attempts: int) -> None:
    """After so many attempts, or so long a time, the event becomes a dead letter that says why."""
    made = Topic(loop, options)
    made.subscribe()
    made.subscriber.statuses = [500] * 10
    made.publish(event())
    made.close()
    assert [(letter.reason, letter.attempts) for letter in made.grid.history.dead_letters] == [(reason, attempts)]


def test_no_answer_is_a_failed_attempt(topic: Topic) -> None:
    """When the host is gone the event is tried again, and goes to the address of a later subscription."""
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
    """Let the loop turn once."""


def test_without_a_subscription_events_are_dropped(loop: Loop) -> None:
    """As in Azure, what is published before anyone subscribes is not delivered later."""
    made = Topic(loop)
    made.publish(event(1))
    made.subscribe()
    made.publish(event(2))
    made.loop.run(made.grid.unsubscribe())
    made.publish(event(3))
    made.close()
    assert [one["id"] for one in made.subscriber.received] == ["event-2"]
    assert [one["id"] for one in made.grid.history.dropped] == ["event-1", "event-3"]


@pytest.mark.parametrize(("shakes_hands", "key"), [(False, KEY), (True, "a wrong key")])
def test_a_subscription_needs_the_handshake(loop: Loop, *, shakes_hands: bool, key: str) -> None:
    """A host that does not give the code back, or does not know the key, is not subscribed."""
    made = Topic(loop)
    made.subscriber.shakes_hands = shakes_hands
    with pytest.raises(HandshakeError):
        made.subscribe(key)
    made.publish(event())
    made.close()
    assert made.subscriber.received == []


def test_a_host_that_is_not_there_is_not_subscribed(loop: Loop) -> None:
    """An address where nobody listens fails the handshake with a reason."""
    made = Topic(loop)
    made.close()
    with pytest.raises(HandshakeError, match="did not answer"):
        made.subscribe()
    loop.run(made.grid.close())


def test_duplicates_can_be_asked_for(topic: Topic) -> None:
    """With two duplicates the same event, with the same id, comes three times."""
    topic.grid.options.duplicates = 2
    topic.publish(event())
    assert [one["id"] for one in topic.subscriber.received] == ["event-1"] * 3


def test_reordering_can_be_asked_for(topic: Topic) -> None:
    """With reordering, events published one after another all come, in another order."""
    topic.grid.options.reordering = 200_000.0
    published = [event(number) for number in range(20)]
    topic.publish(*published)
    received = [one["id"] for one in topic.subscriber.received]
    assert sorted(received) == sorted(one["id"] for one in published)
    assert received != [one["id"] for one in published]


def test_delay_can_be_asked_for(topic: Topic) -> None:
    """With a delay of an hour no event is tried earlier."""
    topic.grid.options.delay = 3600.0
    published = topic.clock.now()
    topic.publish(event())
    assert (topic.grid.history.attempts[0].at - published).total_seconds() >= 3600.0


def test_the_documented_payload(topic: Topic) -> None:
    """By default the payload is that of Microsoft's reference: PascalCase and a whole number as version."""
    topic.publish(event(7))
    data = topic.subscriber.received[0]["data"]
    assert data == {"ModelName": "churn", "ModelVersion": 7, "ModelTags": {}, "ModelProperties": {"by": "me"}}


def test_the_observed_payload(topic: Topic) -> None:
    """On request it is the other one: camelCase, the version as text, seven digits of a second, null for no tags."""
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
    """Both payloads are events of the Event Grid schema to azure-eventgrid."""
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
def test_an_event_of_any_spelling_can_be_published_as_it_is(topic: Topic, odd: dict[str, Any]) -> None:
    """What a user publishes arrives unchanged, however odd it is and whatever spelling the workspace's events have."""
    topic.grid.options.spelling = "observed"
    topic.loop.run(topic.grid.publish_unchanged(odd))
    topic.loop.run(topic.grid.settle())
    assert topic.subscriber.received == [odd]
    assert len(topic.grid.history.attempts) == 1
