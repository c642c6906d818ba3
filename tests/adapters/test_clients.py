"""The ports, connected as in the function app, to the emulated cloud behind Azure's host names."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import threading
import warnings
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from azure.core.credentials import TokenCredential
from azure.storage.queue import QueueClient

from shared.adapters.clients import AzurePorts, connect_store, connect_wakeups, connect_workspace
from shared.adapters.queues import QueueWakeups
from shared.adapters.tables import TableStore
from shared.clock import read_clock
from shared.core.admission import EndpointRecord
from shared.core.endpoint_id import EndpointId
from shared.core.observation import DeploymentMinute, EndpointSeen, Provisioning
from shared.core.reconcile.actions import CreateDeployment, DeleteDeployment, SetTraffic
from shared.core.rollout import ModelVersion
from shared.core.telemetry import TelemetryQuery, Window
from shared.errors import Permanent, Temporary
from shared.names import QUEUE
from shared.ports import Changes, Stored
from shared.settings import Settings
from tests.cloud import RunningCloud
from tests.emulator.arm import Arm, deployment_body, endpoint_body
from tests.emulator.assets import ECHO
from tests.fakes import FakePolicies
from tests.waiting import until

ENDPOINT, BLUE, GREEN = "words", "word-1", "word-2"
WORDS = EndpointId("ml", ENDPOINT)


@dataclass(frozen=True, slots=True)
class Teal:
    """The connected ports, and the cloud that they are connected to."""

    ports: AzurePorts
    store: TableStore
    wakeups: QueueWakeups
    cloud: RunningCloud

    def seen(self) -> EndpointSeen:
        """Return the endpoint's current state."""
        found = self.ports.endpoints.see(ENDPOINT)
        assert found is not None
        return found

    def last_hours(self) -> tuple[DeploymentMinute, ...]:
        """Return the telemetry of the endpoint's deployments over the last hours of the cloud's clock."""
        now = datetime.fromisoformat(self.cloud.state()["time"])
        return self.ports.telemetry.minutes(ENDPOINT, TelemetryQuery(Window(now - timedelta(hours=6), now))).minutes


@pytest.fixture(scope="session")
def teal(
    cloud: RunningCloud, settings: Settings, credential: TokenCredential, tmp_path_factory: pytest.TempPathFactory
) -> Teal:
    """Return the ports, and an endpoint on which word:1 serves while word:2 is registered."""
    code = _register(cloud, credential, tmp_path_factory.mktemp("assets"))
    arm = Arm(cloud, credential)
    with arm.session:
        arm.wait(arm.put(f"onlineEndpoints/{ENDPOINT}", endpoint_body(description="kept")))
        model = f"{cloud.workspace_id}/models/{ENDPOINT}/versions/1"
        body = deployment_body(model, code, environmentVariables={"MOOD": "calm"})
        arm.wait(arm.put(f"onlineEndpoints/{ENDPOINT}/deployments/{BLUE}", body))
        arm.wait(arm.put(f"onlineEndpoints/{ENDPOINT}", endpoint_body(description="kept", traffic={BLUE: 100})))
    folder = tmp_path_factory.mktemp("policies")
    ports = connect_workspace(settings.workspace, credential, FakePolicies(), folder, read_clock(""))
    return Teal(ports, connect_store(settings, credential), connect_wakeups(settings, credential), cloud)


def _register(cloud: RunningCloud, credential: TokenCredential, directory: Path) -> str:
    """Register two versions of a model and the code that serves them with Microsoft's client; return the code's id."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # deprecations in its dependencies
        from azure.ai.ml import MLClient  # noqa: PLC0415  # takes a second: only for this
        from azure.ai.ml.entities import Model  # noqa: PLC0415  # as above
        from azure.ai.ml.entities._assets import Code  # noqa: PLC0415  # as above
    ml = MLClient(credential, cloud["subscription"], cloud["resource_group"], cloud["workspace"])
    for version in ("1", "2"):
        word = directory / version / "word.txt"
        word.parent.mkdir()
        word.write_text(f"word {version}")
        ml.models.create_or_update(
            Model(name=ENDPOINT, version=version, path=str(word), tags={"stage": f"stage {version}"})
        )
    script = directory / "code" / "score.py"
    script.parent.mkdir()
    script.write_text(ECHO)
    code = ml._code.create_or_update(Code(name="words", version="1", path=str(script.parent)))  # noqa: SLF001  # no public way
    return str(code.id)


def test_tags_are_those_of_the_registered_version(teal: Teal) -> None:
    """Policies are matched against the tags shown in the studio."""
    assert teal.ports.models.tags(ModelVersion(ENDPOINT, "2")) == {"stage": "stage 2"}
    assert teal.ports.models.tags(ModelVersion(ENDPOINT, "3")) is None
    assert teal.ports.models.tags(ModelVersion("nothing", "1")) is None


def test_what_does_not_exist_is_seen_as_none(teal: Teal) -> None:
    """A missing endpoint, missing logs and nothing to delete are not errors."""
    assert teal.ports.endpoints.see("nothing") is None
    assert teal.ports.endpoints.logs(ENDPOINT, "nothing", 5) == ""
    teal.ports.endpoints.order(DeleteDeployment(ENDPOINT, "nothing"))


def test_a_whole_rollout_through_the_adapters(teal: Teal) -> None:
    """Green is created, tested and given traffic, and blue deleted: every step is ordered, then observed."""
    ports, threads = teal.ports, set(threading.enumerate())
    ports.endpoints.order(CreateDeployment(ENDPOINT, GREEN, ModelVersion(ENDPOINT, "2"), like=BLUE))
    until(lambda: teal.seen().ready(GREEN))
    assert teal.seen().deployments[GREEN].model.endswith(f"/models/{ENDPOINT}/versions/2")
    assert teal.seen().traffic == {BLUE: 100}

    answers = ports.scoring.answers(ENDPOINT, GREEN, [b'{"a": 1}', b"[2]"], timedelta(seconds=60))
    assert [answer.status for answer in answers] == [200, 200]
    assert [json.loads(answer.text) for answer in answers] == [
        {"word": "word 2", "asked": {"a": 1}},
        {"word": "word 2", "asked": [2]},
    ]
    assert "POST /score 200" in ports.endpoints.logs(ENDPOINT, GREEN, 20)

    with pytest.raises(Permanent, match="100"):
        ports.endpoints.order(SetTraffic(ENDPOINT, {GREEN: 10, BLUE: 10}))
    teal.cloud.set("resource-manager", endings=[{"entity": f"onlineEndpoints/{ENDPOINT}", "ending": "Never"}])
    ports.endpoints.order(SetTraffic(ENDPOINT, {GREEN: 10, BLUE: 90}))
    with pytest.raises(Temporary, match="409"):  # the first operation is still in progress
        ports.endpoints.order(SetTraffic(ENDPOINT, {GREEN: 100}))
    teal.cloud.set("resource-manager")  # let it continue
    until(lambda: teal.seen().traffic == {GREEN: 10, BLUE: 90})
    ports.endpoints.order(SetTraffic(ENDPOINT, {GREEN: 100}))
    until(lambda: teal.seen().traffic == {GREEN: 100} and teal.seen().state is Provisioning.SUCCEEDED)

    ports.endpoints.order(DeleteDeployment(ENDPOINT, BLUE))
    until(lambda: BLUE not in teal.seen().deployments)
    with pytest.raises(Permanent, match=GREEN):
        ports.endpoints.order(DeleteDeployment(ENDPOINT, GREEN))
    assert set(threading.enumerate()) == threads

    until(lambda: sum(row.total for row in teal.last_hours()) == len(answers))
    assert {(row.deployment, row.bad) for row in teal.last_hours()} == {(GREEN, 0)}


def test_telemetry_of_an_endpoint_without_requests_is_empty(teal: Teal) -> None:
    """The query is valid, and other endpoints' rows are not returned."""
    now = datetime.fromisoformat(teal.cloud.state()["time"])
    assert teal.ports.telemetry.minutes("silent", TelemetryQuery(Window(now - timedelta(hours=1), now))).minutes == ()


def test_a_wake_up_reaches_the_queue_that_triggers_the_function(
    teal: Teal, settings: Settings, credential: TokenCredential
) -> None:
    """The app's client sends it with its identity, encoded as base64."""
    teal.wakeups.wake(WORDS)
    with QueueClient(settings.queues_endpoint, QUEUE, credential) as queue:
        texts = [str(message.content) for message in queue.receive_messages()]
    assert {"workspace": "ml", "endpoint": ENDPOINT} in [json.loads(base64.b64decode(text)) for text in texts]


def test_the_store_works_with_the_apps_identity(teal: Teal) -> None:
    """Tables are reached by name, over TLS, with a token."""
    teal.store.mark_open(WORDS)
    assert WORDS in teal.store.open_endpoints()
    assert teal.store.record(WORDS).etag is None
    teal.store.commit(WORDS, Changes(record=Stored(EndpointRecord(WORDS, current="a"))))
    assert teal.store.record(WORDS).value.current == "a"


def test_connecting_makes_no_call_and_imports_no_heavy_client() -> None:
    """Functions must start in a fraction of a second: no azure-ai-ml, no request, no thread."""
    program = """
import sys, threading
from pathlib import Path
from shared.adapters.clients import connect_store, connect_wakeups, connect_workspace
from shared.clock import read_clock
from shared.settings import Settings, WorkspaceSettings
from tests.fakes import FakePolicies

class Nobody:
    def get_token(self, *scopes, **options):
        raise AssertionError("asked for a token")

workspace = WorkspaceSettings("s", "g", "w", "l")
settings = Settings(workspace, "https://t.table.core.windows.net", "https://t.queue.core.windows.net")
connect_workspace(workspace, Nobody(), FakePolicies(), Path(), read_clock(""))
connect_store(settings, Nobody())
connect_wakeups(settings, Nobody())
heavy = {"azure.ai", "azure.ai.ml", "azure.identity", "msrest"} & set(sys.modules)
print(sorted(heavy), threading.active_count())
"""
    root = Path(__file__).resolve().parents[2]
    answer = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True)  # noqa: S603  # ours
    assert answer.stdout.strip() == "[] 1"
