"""The function host: it receives the cloud's events and answers for azurewebsites.net."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError

import pytest
import requests

from tests.cloud import RunningCloud
from tests.emulator.assets import Assets
from tests.waiting import until

if TYPE_CHECKING:
    from azure.ai.ml import MLClient


@dataclass(slots=True)
class Host:
    """A stand-in for a function host: accepts the handshake and events, and echoes other paths."""

    url: str = ""
    paths: list[str] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)

    def answer(self, path: str, kind: str, body: bytes) -> dict[str, Any]:
        """Return the host's answer to one request."""
        self.paths.append(path)
        if kind == "SubscriptionValidation":
            return {"validationResponse": json.loads(body)[0]["data"]["validationCode"]}
        if kind == "Notification":
            self.events.extend(json.loads(body))
        return {"path": path}


@pytest.fixture
def host() -> Iterator[Host]:
    """Run a host on a free port."""
    state = Host()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            answer = json.dumps(state.answer(self.path, self.headers.get("aeg-event-type", ""), body)).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def do_GET(self) -> None:
            self.do_POST()

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        state.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield state
        server.shutdown()
        thread.join()


@pytest.fixture
def subscribed(cloud: RunningCloud, host: Host) -> Iterator[Host]:
    """Subscribe the host to the cloud's events for the length of the test."""
    cloud.set("functions", url=host.url, key="the-key")
    yield host
    cloud.unset("functions")


def test_registration_arrives_as_an_event(assets: Assets, subscribed: Host, cloud: RunningCloud, ml: MLClient) -> None:
    """The event of a model registered with Microsoft's client reaches the webhook once, with the key and the tags."""
    from azure.ai.ml.entities import Model  # noqa: PLC0415  # takes a second: only where it is needed

    known = ml.models.get(*assets.model.split("/")[-3::2]).path
    model = ml.models.create_or_update(Model(name="announced", path=known, tags={"stage": "production"}))
    until(lambda: subscribed.events)
    [event] = subscribed.events
    assert event["eventType"] == "Microsoft.MachineLearningServices.ModelRegistered"
    assert (event["subject"], event["topic"]) == (f"models/announced:{model.version}", cloud.workspace_id)
    assert event["data"]["ModelTags"] == {"stage": "production"}
    assert "code=the-key" in subscribed.paths[-1]
    ml.models.create_or_update(Model(name="announced", version=model.version, path=known, tags={"stage": "archived"}))
    assert event["id"] in cloud.state()["events"]["delivered"]
    assert len(subscribed.events) == 1


def test_websites_are_forwarded_to_the_host(subscribed: Host) -> None:
    """The host answers for any app on azurewebsites.net, and sees the path and the query."""
    answer = requests.get("https://teal-app.azurewebsites.net/api/rollouts?top=3", timeout=60)
    assert answer.json() == {"path": "/api/rollouts?top=3"}
    assert subscribed.paths[-1] == "/api/rollouts?top=3"


@pytest.mark.usefixtures("cloud")
def test_no_website_without_a_host() -> None:
    """Without a host, azurewebsites.net answers 404."""
    assert requests.get("https://teal-app.azurewebsites.net/", timeout=60).status_code == 404


@pytest.mark.parametrize(
    ("what", "values", "status"),
    [
        ("functions", {"url": "nonsense"}, 400),
        ("functions", {"url": "http://127.0.0.1:9"}, 502),
        ("event-grid", {"colour": "red"}, 400),
        ("resource-manager", {"faults": [{"colour": "red"}]}, 400),
    ],
)
def test_invalid_settings_are_refused(cloud: RunningCloud, what: str, values: dict[str, Any], status: int) -> None:
    """A setting that does not exist, or a host that does not answer the handshake, is refused."""
    with pytest.raises(HTTPError) as refused:
        cloud.set(what, **values)
    with refused.value:
        assert refused.value.code == status
