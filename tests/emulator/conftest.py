"""Fixtures for the emulator's tests: real SDKs against the running cloud, and an endpoint that serves."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from azure.core.credentials import TokenCredential
from azure.identity import DefaultAzureCredential

from tests.cloud import RunningCloud
from tests.emulator.arm import Arm, deployment_body, endpoint_body
from tests.emulator.assets import BROKEN, ECHO, Assets
from tests.emulator.loop import Loop, running_loop
from tests.emulator.serving import Model, train

if TYPE_CHECKING:
    from azure.ai.ml import MLClient


@pytest.fixture(scope="session")
def credential(cloud: RunningCloud) -> Iterator[TokenCredential]:
    """Return the credential that any program would use; it finds the service principal in the environment."""
    assert cloud.environment["AZURE_CLIENT_ID"]
    with DefaultAzureCredential() as found:
        yield found


@pytest.fixture(scope="session")
def arm(cloud: RunningCloud, credential: TokenCredential) -> Iterator[Arm]:
    """Return a raw client of the resource manager."""
    client = Arm(cloud, credential)
    with client.session:
        yield client


@pytest.fixture(scope="session")
def ml(cloud: RunningCloud, credential: TokenCredential) -> MLClient:
    """Return Microsoft's client for the workspace."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # deprecations in its dependencies
        from azure.ai.ml import MLClient  # noqa: PLC0415  # takes a second: only for tests that need it
    return MLClient(credential, cloud["subscription"], cloud["resource_group"], cloud["workspace"])


@pytest.fixture(scope="session")
def assets(ml: MLClient, tmp_path_factory: pytest.TempPathFactory) -> Assets:
    """Return assets whose files were uploaded by Microsoft's client."""
    from azure.ai.ml.entities import Model  # noqa: PLC0415  # as above
    from azure.ai.ml.entities._assets import Code  # noqa: PLC0415  # as above

    def folder(name: str, file: str, text: str) -> Path:
        created = tmp_path_factory.mktemp(name)
        (created / file).write_text(text)
        return created

    model = ml.models.create_or_update(Model(name="word", path=folder("word", "word.txt", "hello") / "word.txt"))
    codes = {
        name: ml._code.create_or_update(Code(name=name, version="1", path=folder(name, "score.py", text)))  # noqa: SLF001  # there is no public way
        for name, text in (("echo", ECHO), ("broken", BROKEN))
    }
    return Assets(model.id, codes["echo"].id, codes["broken"].id)


@pytest.fixture(scope="module")
def loop() -> Iterator[Loop]:
    """Return a running event loop."""
    with running_loop() as running:
        yield running


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    """Return a real scikit-learn model."""
    return train(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="session")
def served(arm: Arm, assets: Assets) -> str:
    """Return the name of an endpoint with deployments blue and green, all traffic on blue."""
    arm.wait(arm.put("onlineEndpoints/served", endpoint_body()))
    started = [
        arm.put(f"onlineEndpoints/served/deployments/{name}", deployment_body(assets.model, assets.echo))
        for name in ("blue", "green")
    ]
    assert [arm.wait(each)["status"] for each in started] == ["Succeeded", "Succeeded"]
    arm.wait(arm.put("onlineEndpoints/served", endpoint_body(traffic={"blue": 100})))
    return "served"
