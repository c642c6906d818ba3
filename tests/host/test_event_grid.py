"""Event Grid's webhook, on every worker."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.function_host import HostProcess


def _event(identity: str, subject: str = "models/churn:1") -> dict[str, Any]:
    return {
        "id": identity,
        "topic": "/subscriptions/s",
        "subject": subject,
        "eventType": "Sample.Happened",
        "eventTime": "2026-11-20T10:00:00.1234567+00:00",
        "dataVersion": "2",
        "data": {"name": "churn"},
    }


def _events(host: HostProcess, *identities: str) -> list[str]:
    seen = [item["event"] for item in host.call("GET", "/api/seen").json() if "event" in item]
    return sorted(identity for identity in seen if identity in identities)


def test_handshake_is_answered_without_the_function(http_host: HostProcess) -> None:
    """A validation event is answered with its code, as plain text that is JSON, and the function never sees it."""
    event = {**_event("validation"), "data": {"validationCode": "512d38b6"}}
    answer = http_host.deliver("on_event", [event], **{"aeg-event-type": "SubscriptionValidation"})
    assert (answer.status, answer.json()) == (200, {"validationResponse": "512d38b6"})
    assert answer.headers["content-type"].startswith("text/plain")
    assert _events(http_host, "validation") == []


@pytest.mark.parametrize("as_array", [True, False], ids=["array", "single object"])
def test_each_event_is_one_invocation(http_host: HostProcess, as_array: bool) -> None:  # noqa: FBT001 - a parameter of pytest's
    """An array gives one invocation per event, a single object gives one; the status is 202 if all succeeded."""
    names = ["one", "two"] if as_array else ["alone"]
    events = [_event(name) for name in names]
    assert http_host.deliver("on_event", events if as_array else events[0]).status == 202
    assert _events(http_host, *names) == sorted(names)


def test_one_failure_fails_the_batch(http_host: HostProcess) -> None:
    """The status is 500 if any event failed, although the others ran: Event Grid redelivers them all."""
    answer = http_host.deliver("on_event", [_event("good"), _event("bad", "broken")])
    assert answer.status == 500
    assert _events(http_host, "good", "bad") == ["bad", "good"]


def test_a_duplicate_runs_again(http_host: HostProcess) -> None:
    """The host does not remember events: one delivered twice runs twice."""
    for _ in range(2):
        assert http_host.deliver("on_event", [_event("twin")]).status == 202
    assert _events(http_host, "twin") == ["twin", "twin"]


@pytest.mark.parametrize(
    ("function", "event_type", "body", "status"),
    [
        ("on_event", "Unsubscribe", "[]", 202),
        ("on_event", "", "[]", 400),
        ("on_event", "SomethingElse", "[]", 400),
        ("on_event", "Notification", "not json", 500),
        ("on_event", "Notification", "", 500),
        ("on_event", "Notification", '["text"]', 500),
        ("on_event", "SubscriptionValidation", "[{}]", 500),
        ("unknown", "Notification", "[]", 404),
        ("tick", "Notification", "[]", 404),
    ],
)
def test_refusals(http_host: HostProcess, function: str, event_type: str, body: str, status: int) -> None:
    """As on the real host: Event Grid retries after a 500 and gives up after a 400."""
    path = f"/runtime/webhooks/eventgrid?FUNCTIONNAME={function}&CODE={http_host.event_grid_key}"
    assert http_host.call("POST", path, body, {"aeg-event-type": event_type}).status == status


@pytest.mark.parametrize("key", ["", "&code=wrong"])
def test_webhook_needs_its_key(http_host: HostProcess, key: str) -> None:
    """Without a key the status is 401, with one of too low a level 403; the master key grants access too."""
    path = "/runtime/webhooks/eventgrid?functionName=on_event"
    headers = {"aeg-event-type": "Unsubscribe"}
    assert http_host.call("POST", f"{path}{key}", "[]", headers).status == 401
    assert http_host.call("POST", f"{path}&code={http_host.host_key}", "[]", headers).status == 403
    assert http_host.call("POST", f"{path}&code={http_host.master_key}", "[]", headers).status == 202


@pytest.mark.parametrize(("method", "status"), [("GET", 400), ("PUT", 400), ("DELETE", 400), ("HEAD", 404)])
def test_other_methods(http_host: HostProcess, method: str, status: int) -> None:
    """No method but POST and OPTIONS is supported."""
    path = f"/runtime/webhooks/eventgrid?functionName=on_event&code={http_host.event_grid_key}"
    assert http_host.call(method, path).status == status


@pytest.mark.parametrize(("time", "status"), [("2026-11-20", 500), ("soon", 500), ("2026-11-20T11:00:00+02:00", 202)])
def test_times(http_host: HostProcess, time: str, status: int) -> None:
    """A time in any time zone arrives; text that is not a time fails the invocation, so Event Grid redelivers it."""
    assert http_host.deliver("on_event", _event("timed") | {"eventTime": time}).status == status


def test_a_body_that_is_not_utf8(http_host: HostProcess) -> None:
    """Bytes that are not UTF-8 are replaced, and the event is delivered."""
    body = json.dumps(_event("bytes")).encode().replace(b"churn:1", b"ch\xffrn")
    path = f"/runtime/webhooks/eventgrid?functionName=on_event&code={http_host.event_grid_key}"
    assert http_host.call("POST", path, body, {"aeg-event-type": "Notification"}).status == 202


def test_cloud_events_handshake(http_host: HostProcess) -> None:
    """OPTIONS is answered with the origin that may deliver."""
    path = f"/runtime/webhooks/eventgrid?functionName=on_event&code={http_host.event_grid_key}"
    answer = http_host.call("OPTIONS", path, headers={"WebHook-Request-Origin": "eventgrid.azure.net"})
    assert (answer.status, answer.headers["webhook-allowed-origin"]) == (200, "eventgrid.azure.net")


def test_an_event_function_runs_manually(http_host: HostProcess) -> None:
    """The admin API takes an event as input, and rejects anything else."""
    assert http_host.run_by_hand("on_event", json.dumps(_event("by hand"))).status == 202
    assert http_host.run_by_hand("on_event", "{").status == 400
