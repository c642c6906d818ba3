"""Events in undocumented spellings, posted to the webhook of the running app.

Each is handled once and for all, and a log line gives the outcome. Only for a body without an event does the host
itself answer 500, which makes Event Grid redeliver it for a day; the app never sees it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.endtoend.stage import Stage
from tests.function_host import ROOT, HostProcess, Interpreter, eventually, running_host

TYPE = "Microsoft.MachineLearningServices.ModelRegistered"
DATA = {"ModelName": "unheard-of", "ModelVersion": 7, "ModelTags": {}, "ModelProperties": {}}


@pytest.fixture(scope="module")
def app(stage: Stage, interpreter: Interpreter, tmp_path_factory: pytest.TempPathFactory) -> Iterator[HostProcess]:
    """Run the function app on each worker; none of its policies is for the model of these events."""
    log_file = tmp_path_factory.mktemp("spellings") / "host.log"
    with running_host(ROOT, log_file, stage.app_settings, interpreter) as running:
        yield running


def envelope(**changes: object) -> dict[str, Any]:
    """Return an event in Event Grid's schema with these fields changed; a value of ... removes a field."""
    plain = {
        "id": "e1", "subject": "models/unheard-of:7", "eventType": TYPE, "eventTime": "2026-11-20T10:00:00Z",
        "dataVersion": "", "metadataVersion": "1", "data": DATA,
    }  # fmt: skip
    return {name: value for name, value in (plain | changes).items() if value is not ...}


def cloud_event(**changes: object) -> dict[str, Any]:
    """Return the same as a CloudEvent."""
    plain = {
        "specversion": "1.0", "id": "e1", "source": "", "type": TYPE, "time": "2026-11-20T10:00:00.1234567Z",
        "subject": "models/unheard-of:7", "data": DATA,
    }  # fmt: skip
    return {name: value for name, value in (plain | changes).items() if value is not ...}


READ = {
    "documented": envelope(),
    "a list of one": [envelope()],
    "time with another zone": envelope(eventTime="2026-11-20T11:00:00+01:00"),
    "time without a zone": envelope(eventTime="2026-11-20T10:00:00"),
    "no time": envelope(eventTime=...),
    "null time, version and topic": envelope(eventTime=None, dataVersion=None, topic=None),
    "only type and subject": {"eventType": TYPE, "subject": "models/unheard-of:7"},
    "type in upper case": envelope(eventType=TYPE.upper()),
    "unknown fields": envelope(extra=[1, {"deep": None}], metadataVersion=7),
    "data as a text of JSON": envelope(data=json.dumps(DATA)),
    "data null": envelope(data=None),
    "data missing": envelope(data=...),
    "nulls in the data": envelope(data={"ModelName": None, "ModelVersion": None, "ModelTags": None}),
    "tags of a wrong kind": envelope(data={**DATA, "ModelTags": [["stage", "production"]]}),
    "id of a wrong kind": envelope(id={"number": 1}),
    "a CloudEvent": cloud_event(),
    "a list with a CloudEvent": [cloud_event()],
    "a CloudEvent with extensions": cloud_event(traceparent="00-1-1-00", datacontenttype="application/json"),
    "a CloudEvent with the least": cloud_event(time=..., subject="models/unheard-of:7", data=...),
    "a CloudEvent with data in base64": cloud_event(data=..., data_base64="eyJhIjogMX0="),
    "a CloudEvent with data as a text": cloud_event(data=json.dumps(DATA), subject=None),
    "a CloudEvent of another zone": cloud_event(time="2026-11-20T15:30:00+05:30"),
    "a megabyte": envelope(data=DATA | {"ModelProperties": {"x": "y" * 1_000_000}}),
}


@pytest.mark.parametrize("body", READ.values(), ids=READ)
def test_a_spelling_is_read(app: HostProcess, body: object) -> None:
    """The model is found, and the log says why nothing follows: no policy names it, or its tags are missing."""
    status, (code,) = outcomes(app, json.dumps(body).encode())
    assert status == 202
    assert code in {"no_policy", "model_not_registered"}
    outcome = [line for line in app.log().splitlines() if "outcome=ignored" in line][-1]
    assert "unheard-of:7" in outcome.split(" summary=")[1]


IGNORED = {
    "another type": (envelope(eventType="Microsoft.MachineLearningServices.ModelDeployed"), "event_not_relevant"),
    "no type": (envelope(eventType=...), "event_not_relevant"),
    "type of a wrong kind": (envelope(eventType=[TYPE]), "event_not_relevant"),
    "an empty object": ({}, "event_not_relevant"),
    "a CloudEvent of another type": (cloud_event(type="com.example.thing"), "event_not_relevant"),
    "data as a list of lists": (envelope(data=[[DATA]]), "event_unreadable"),
    "data as other text": (envelope(data="unheard-of:7"), "event_unreadable"),
    "nothing that names a model": (envelope(subject=None, data={}), "event_unreadable"),
    "another workspace": (envelope(topic="/subscriptions/other"), "other_workspace"),
    "a CloudEvent from elsewhere": (cloud_event(source="/subscriptions/other"), "other_workspace"),
    "a name with a path": (envelope(subject="", data={**DATA, "ModelName": "../x"}), "event_unreadable"),
    "a megabyte of type": (envelope(eventType="x" * 1_000_000), "event_not_relevant"),
    "a megabyte of id": (envelope(id="x" * 1_000_000, data=[]), "event_unreadable"),
    "a megabyte of topic": (envelope(topic="x" * 1_000_000), "other_workspace"),
}


@pytest.mark.parametrize(("body", "code"), IGNORED.values(), ids=IGNORED)
def test_irrelevant_events_are_ignored_with_a_reason(app: HostProcess, body: object, code: str) -> None:
    """They are accepted, so that they are not redelivered, and the log says briefly why nothing was done."""
    assert outcomes(app, json.dumps(body).encode()) == (202, [code])
    assert max(len(line) for line in app.log().splitlines()) < 3000


def test_a_batch_has_an_outcome_for_each_event(app: HostProcess) -> None:
    """Relevant, irrelevant and odd events in one request are each logged, and none causes a redelivery of the batch."""
    status, codes = outcomes(app, json.dumps([envelope(), {}, cloud_event(), envelope(data=[1])]).encode())
    assert status == 202
    assert sorted(codes) == ["event_not_relevant", "event_unreadable", "no_policy", "no_policy"]


def test_a_byte_order_mark_does_not_matter(app: HostProcess) -> None:
    """JSON with a byte order mark is JSON."""
    body = b"\xef\xbb\xbf" + json.dumps([envelope()]).encode()
    assert outcomes(app, body) == (202, ["no_policy"])


NO_EVENTS = {
    "nothing": b"",
    "null": b"null",
    "a text": b'"models/unheard-of:7"',
    "a list of lists": json.dumps([[envelope()]]).encode(),
    "half an event": json.dumps(envelope()).encode()[:-5],
    "a depth of thousands": b'{"data": ' + b"[" * 50_000 + b"]" * 50_000 + b"}",
    "a time with a space": json.dumps(envelope(eventTime="2026-11-20 10:00:00")).encode(),
    "an invalid time": json.dumps(envelope(eventTime="yesterday")).encode(),
    "a time as a number": json.dumps(envelope(eventTime=1763632800)).encode(),
}


@pytest.mark.parametrize("body", NO_EVENTS.values(), ids=NO_EVENTS)
def test_a_body_without_an_event_never_reaches_the_app(app: HostProcess, body: bytes) -> None:
    """The host or a worker cannot read it. Event Grid dead-letters it after a day."""
    assert outcomes(app, body) == (500, [])


def test_invalid_text_is_read_as_far_as_it_goes(app: HostProcess) -> None:
    """The host replaces what is not UTF-8."""
    assert outcomes(app, b'{"id": "\xff\xfe"}') == (202, ["event_not_relevant"])


def outcomes(app: HostProcess, body: bytes) -> tuple[int, list[str]]:
    """Post a body to the webhook; return the status and, from the log, the code for each ignored event."""
    before = len(app.log())
    path = f"/runtime/webhooks/EventGrid?functionName=model_registered&code={app.event_grid_key}"
    answer = app.call("POST", path, body, {"aeg-event-type": "Notification", "Content-Type": "application/json"})
    if answer.status == 202:
        eventually(lambda: "model_registered succeeded" in app.log()[before:], app.log()[before:])
    lines = [line for line in app.log()[before:].splitlines() if "outcome=ignored" in line]
    return answer.status, [line.split(" reason=")[1].split()[0] for line in lines]
