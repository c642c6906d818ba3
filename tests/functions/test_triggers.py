"""The background triggers: what raises in order to be retried or put aside, and what is left to the next tick."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import cast

import azure.functions as func
import pytest

from shared.core.endpoint_id import EndpointId
from shared.core.phases import Phase
from shared.core.rollout import ModelVersion
from shared.errors import Permanent, Temporary
from tests.functions.conftest import Calls, Found
from tests.scenarios.world import CHURN, ENDPOINT, MIDNIGHT, WORKSPACE

TYPE = "Microsoft.MachineLearningServices.ModelRegistered"
DOCUMENTED = {"ModelName": "churn", "ModelVersion": 7, "ModelTags": {}, "ModelProperties": {}}


def event(
    data: object, subject: str = "models/churn:7", event_type: str = TYPE, at: datetime = MIDNIGHT
) -> func.EventGridEvent:
    """Return an event as the host passes it."""
    return func.EventGridEvent(
        id="e1", data=cast("dict[str, object]", data), topic=WORKSPACE, subject=subject, event_type=event_type,
        event_time=at, data_version="",
    )  # fmt: skip


def message(body: bytes) -> func.QueueMessage:
    """Return a queue message with this body."""
    return func.QueueMessage(id="m1", body=body)


def test_a_registered_model_begins_a_rollout(calls: Calls) -> None:
    """From the event to promoted, with nothing else called by hand."""
    calls.call("model_registered", event=event(DOCUMENTED))
    assert calls.world.until(Phase.PROMOTED).model.version == "7"


def in_own_schema(name: str, at: datetime) -> func.EventGridEvent:
    """Return the event of a version in Event Grid's schema."""
    return event(DOCUMENTED | {"ModelVersion": name}, f"models/churn:{name}", at=at)


def in_cloud_schema(name: str, at: datetime) -> func.CloudEvent:
    """Return the same event as CloudEvents has it."""
    return func.CloudEvent(
        id=name, source=WORKSPACE, type=TYPE, subject=f"models/churn:{name}", time=at, specversion="1.0",
        data=DOCUMENTED | {"ModelVersion": name},
    )  # fmt: skip


@pytest.mark.parametrize("sent", [in_own_schema, in_cloud_schema])
def test_the_time_of_an_event_tells_what_is_late(
    calls: Calls, sent: Callable[[str, datetime], object], caplog: pytest.LogCaptureFixture
) -> None:
    """ARM does not know when either version was created, and the older event arrives second."""
    caplog.set_level(logging.INFO, "teal.intake")
    for name, minute in (("big-pear", 30), ("green-apple", 20)):
        model = ModelVersion("churn", name)
        calls.world.models.registered[model], calls.world.models.made[model] = {}, None
        calls.call("model_registered", event=sent(name, datetime(2026, 11, 20, 10, minute, tzinfo=UTC)))
    assert [rollout.model.version for rollout in calls.world.store.rollouts(ENDPOINT)] == ["big-pear"]
    assert "outcome=late" in caplog.text


def test_an_event_without_a_time_zone_is_in_utc(calls: Calls) -> None:
    """It can therefore be compared with one that names its zone."""
    for name, minute, zone in (("big-pear", 30, UTC), ("green-apple", 20, None)):
        model = ModelVersion("churn", name)
        calls.world.models.registered[model], calls.world.models.made[model] = {}, None
        at = datetime(2026, 11, 20, 10, minute, tzinfo=zone)
        calls.call("model_registered", event=in_own_schema(name, at))
    assert [rollout.model.version for rollout in calls.world.store.rollouts(ENDPOINT)] == ["big-pear"]


@pytest.mark.parametrize(
    "useless",
    [
        event({}, subject=""),
        event(None, subject=""),
        event([1, 2]),
        event("text"),
        event(DOCUMENTED, event_type="Microsoft.MachineLearningServices.RunCompleted"),
        event({"ModelName": "fraud", "ModelVersion": 1, "ModelTags": None}),
        event(DOCUMENTED | {"ModelName": "other"}),
    ],
    ids=["empty", "no data", "a list", "a text", "another type", "no policy, null tags", "no policy"],
)
def test_an_event_of_no_use_is_not_retried(calls: Calls, useless: func.EventGridEvent) -> None:
    """The function returns; otherwise Event Grid would send the event again for a day."""
    calls.call("model_registered", event=useless)
    assert calls.world.store.rollouts(ENDPOINT) == ()


def test_an_event_is_retried_only_for_what_may_pass(calls: Calls) -> None:
    """A busy store raises, so that Event Grid sends it again; the second delivery then starts the rollout."""
    calls.world.store.faults.planned.append(Temporary("busy"))
    with pytest.raises(Temporary):
        calls.call("model_registered", event=event(DOCUMENTED))
    calls.call("model_registered", event=event(DOCUMENTED))
    assert len(calls.world.store.rollouts(ENDPOINT)) == 1


def test_an_event_whose_tags_may_not_be_read_is_not_retried(calls: Calls) -> None:
    """A missing permission needs an operator, not a redelivery."""
    calls.world.models.faults.planned.append(Permanent("403"))
    calls.call("model_registered", event=event(DOCUMENTED | {"ModelTags": None}))
    assert calls.world.store.rollouts(ENDPOINT) == ()


def test_the_timer_wakes_every_open_endpoint(calls: Calls) -> None:
    """Each endpoint with work, once; if there is none, nothing."""
    timer = None
    calls.call("tick", timer=timer)
    assert calls.world.wakeups.woken == []
    for name in ("churn", "fraud", "churn-eu"):
        calls.world.store.mark_open(EndpointId("w", name))
    calls.call("tick", timer=timer)
    assert sorted(map(str, calls.world.wakeups.woken)) == ["w/churn", "w/churn-eu", "w/fraud"]


def test_with_the_queue_down_the_timer_looks_itself(calls: Calls) -> None:
    """Every open endpoint is reconciled, even those after one that fails."""
    calls.world.register()
    calls.world.store.mark_open(EndpointId("w", "zebra"))
    calls.world.wakeups.faults.always = "queue away"
    calls.world.store.faults.planned.append(Temporary("busy"))
    calls.call("tick", timer=None)
    assert calls.world.store.open_endpoints() == (CHURN,)
    calls.call("tick", timer=None)
    assert calls.world.rollout().blue is not None


def test_a_defect_of_one_endpoint_stops_no_other(calls: Calls) -> None:
    """With the queue down the timer reconciles all of them itself, whatever one of them raises."""
    calls.world.register()
    calls.world.store.mark_open(EndpointId("w", "aardvark"))
    calls.world.wakeups.faults.always = "queue away"
    calls.world.store.faults.planned.append(ZeroDivisionError())  # not one of Teal's errors
    calls.call("tick", timer=None)
    assert calls.world.rollout().blue is not None


def test_the_hourly_sweep_finds_what_fell_off_the_list(calls: Calls) -> None:
    """A rollout that was no longer reconciled is reconciled again; an endpoint without work stays closed."""
    calls.world.register()
    calls.world.store.opened.clear()
    calls.call("sweep", timer=None)
    assert calls.world.store.open_endpoints() == (CHURN,)
    calls.world.until_finished()
    assert calls.world.store.open_endpoints() == ()
    calls.call("sweep", timer=None)
    assert calls.world.store.open_endpoints() == ()


def test_a_message_has_its_endpoint_looked_at(calls: Calls) -> None:
    """One message causes one reconcile."""
    calls.world.register()
    calls.call("reconcile", message=message(json.dumps({"workspace": "w", "endpoint": ENDPOINT}).encode()))
    assert calls.world.rollout().blue is not None


NONSENSE = [
    b"", b"churn", b"{}", b"[]", b"null", b"7", b"\xff\xfe\xfa", b"[" * 100_000,
    b'{"endpoint": "churn"}', b'{"workspace": "w"}', b'{"workspace": 7, "endpoint": "churn"}',
    *(b'{"workspace": "w", "endpoint": ' + name + b"}" for name in (
        b"7", b'["churn"]', b'"../x"', b'"a\'; drop"', b'"' + b"x" * 40_000 + b'"',
    )),
]  # fmt: skip


@pytest.mark.parametrize("body", NONSENSE, ids=[repr(body[:24]) for body in NONSENSE])
def test_a_message_that_makes_no_sense_ends_in_the_poison_queue(calls: Calls, body: bytes) -> None:
    """Health finds it there. The error shows how the message begins."""
    with pytest.raises(Permanent, match="the message is not") as raised:
        calls.call("reconcile", message=message(body))
    assert len(str(raised.value)) < 1000
    assert calls.world.store.rows == {}


def test_a_wake_up_of_an_app_that_cannot_start_is_left_to_the_next_tick(
    found: Found, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A missing setting is logged; wake-ups, one per rollout and tick, do not fill the poison queue."""
    monkeypatch.delenv("TEAL_WORKSPACE", raising=False)
    Calls(found).call("reconcile", message=message(b'{"workspace": "w", "endpoint": "churn"}'))
    assert "w/churn" in caplog.text
    assert "TEAL_WORKSPACE" in caplog.text


@pytest.mark.parametrize("trouble", [Temporary("busy"), Permanent("403"), ValueError("a defect")], ids=str)
def test_a_reconcile_that_fails_is_left_to_the_next_tick(
    calls: Calls, caplog: pytest.LogCaptureFixture, trouble: Exception
) -> None:
    """Otherwise an outage of minutes would put a message for each rollout and tick into the poison queue."""
    calls.world.register()
    calls.world.store.faults.planned += [trouble, trouble]  # even a defect
    calls.call("reconcile", message=message(b'{"workspace": "w", "endpoint": "churn"}'))
    assert "w/churn" in caplog.text
    assert calls.world.rollout().blue is None
    calls.world.store.faults.planned.clear()
    calls.call("reconcile", message=message(b'{"workspace": "w", "endpoint": "churn"}'))
    assert calls.world.rollout().blue is not None


def test_an_event_whose_data_cannot_be_read_is_known_by_its_subject(calls: Calls) -> None:
    """Data that is not JSON does not matter as long as the subject names the model."""
    calls.world.models.registered[ModelVersion("churn", "7")] = {}
    calls.call("model_registered", event=Unreadable())
    assert calls.world.rollout().model.version == "7"


class Unreadable(func.EventGridEvent):
    """An event with data that is not JSON."""

    def __init__(self) -> None:
        plain = event({})
        super().__init__(
            id=plain.id, data={}, topic=plain.topic, subject=plain.subject, event_type=plain.event_type,
            event_time=plain.event_time, data_version="",
        )  # fmt: skip

    def get_json(self) -> object:
        raise ValueError("Expecting value: line 1 column 1")


def test_a_permanently_refused_reconcile_is_not_poisoned(calls: Calls, caplog: pytest.LogCaptureFixture) -> None:
    """It is logged with the endpoint's name, and the next tick tries again."""
    calls.call("model_registered", event=event(DOCUMENTED))
    calls.world.store.faults.planned.append(Permanent("403 AuthorizationFailed"))
    calls.call("reconcile", message=message(json.dumps({"workspace": "w", "endpoint": ENDPOINT}).encode()))
    assert "403 AuthorizationFailed" in caplog.text
    assert calls.world.until(Phase.PROMOTED).model.version == "7"
