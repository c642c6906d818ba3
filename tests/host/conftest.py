"""Fixtures for the development host: Azurite, the sample app, and the workers that run it."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import trustme
from azure.core.exceptions import ResourceNotFoundError
from azure.storage.queue import QueueClient

from emulator.storage.azurite import Azurite, random_account_key
from tests.function_host import ROOT, HostProcess, Interpreter, running_host
from tests.package import Environment, InstalledApp, from_checkout, install

if TYPE_CHECKING:
    from collections.abc import Iterator

SAMPLE_APP = Path(__file__).with_name("sample_app")
NEVER = "0 0 0 1 1 *"
HERE = Environment(Path(sys.prefix), f"{sys.version_info.major}.{sys.version_info.minor}")


@dataclass(frozen=True, slots=True)
class StorageAccount:
    """A storage account in Azurite, reachable with a key over TLS."""

    connection_string: str
    certificate: str

    @property
    def settings(self) -> dict[str, str]:
        """The app settings for a function app to reach it."""
        return {"AzureWebJobsStorage": self.connection_string, "REQUESTS_CA_BUNDLE": self.certificate}

    def queue(self, name: str) -> QueueClient:
        """Return a client for one queue; the caller closes it."""
        return QueueClient.from_connection_string(
            self.connection_string, name, connection_verify=self.certificate, retry_total=0
        )

    def texts(self, name: str) -> list[str]:
        """Return the visible messages in a queue, not decoded; a missing queue has none."""
        with self.queue(name) as queue:
            try:
                return [str(message.content) for message in queue.peek_messages(32)]
            except ResourceNotFoundError:
                return []


@pytest.fixture(scope="session")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StorageAccount]:
    """Run Azurite, with one account."""
    directory = tmp_path_factory.mktemp("azurite")
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    authority.cert_pem.write_to_path(str(directory / "ca.pem"))
    issued.private_key_and_cert_chain_pem.write_to_path(str(directory / "server.pem"))
    key = random_account_key()
    azurite = Azurite(directory / "data", {"sample": key}, directory / "server.pem", directory / "server.pem")
    with asyncio.Runner() as runner:
        runner.run(azurite.start())
        try:
            address = f"https://127.0.0.1:{azurite.ports['queue']}/sample"
            text = f"DefaultEndpointsProtocol=https;AccountName=sample;AccountKey={key};QueueEndpoint={address}"
            yield StorageAccount(text, str(directory / "ca.pem"))
        finally:
            runner.run(azurite.stop())


def _python_313() -> str | None:
    """Return a Python 3.13, if there is one; `make setup` looks for the same."""
    found = shutil.which("python3.13")
    candidates = [found] if found else []
    candidates += sorted(str(path) for path in Path.home().glob(".pyenv/versions/3.13.*/bin/python3.13"))
    for candidate in candidates:
        if subprocess.run([candidate, "-c", ""], capture_output=True, check=False).returncode == 0:  # noqa: S603
            return candidate
    return None


def _microsoft(version: str) -> Interpreter:
    """Return the interpreter that runs functions through Microsoft's own runtime."""
    if version == "here":
        runtime = ROOT / ".venv/runtime"
        assert (runtime / ".installed").exists(), "run `make setup` first: it installs Microsoft's runtime"
        return Interpreter(worker="microsoft", environment={"PYTHONPATH": f"{ROOT}:{runtime}"})
    if _python_313() is None:
        pytest.skip("this machine has no Python 3.13")
    assert (ROOT / ".venv-3.13/.installed").exists(), "run `make setup` first: it makes .venv-3.13"
    return Interpreter(str(ROOT / ".venv-3.13/bin/python"), "microsoft")


@pytest.fixture(scope="session", params=["converters", "microsoft-here", "microsoft-3.13"])
def interpreter(request: pytest.FixtureRequest) -> Interpreter:
    """Return each worker's interpreter: the host's own, and Microsoft's runtime on this Python and on 3.13."""
    kind, _, version = str(request.param).partition("-")
    return _microsoft(version) if kind == "microsoft" else Interpreter()


@pytest.fixture(scope="session")
def installed(interpreter: Interpreter, tmp_path_factory: pytest.TempPathFactory) -> InstalledApp:
    """Return the project's app for each worker: with Microsoft's runtime, its package as Azure installs it."""
    if interpreter.worker != "microsoft":
        return from_checkout(interpreter)
    environment = Environment(ROOT / ".venv-3.13", "3.13") if "3.13" in interpreter.python else HERE
    return install(environment, tmp_path_factory.mktemp("installed"))


@pytest.fixture
def work_queue() -> str:
    """Return a queue name that no other test uses."""
    return f"work-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def settings(storage: StorageAccount, work_queue: str) -> dict[str, str]:
    """Return the settings of the sample app; its timer hardly ever fires."""
    return {**storage.settings, "WORK_QUEUE": work_queue, "TICK": NEVER}


@pytest.fixture
def host(settings: dict[str, str], interpreter: Interpreter, tmp_path: Path) -> Iterator[HostProcess]:
    """Run the sample app on the development host, once for each worker."""
    with running_host(SAMPLE_APP, tmp_path / "host.log", settings, interpreter) as running:
        yield running


@pytest.fixture(scope="module")
def http_host(
    storage: StorageAccount, interpreter: Interpreter, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[HostProcess]:
    """Run the sample app for tests that leave no state, shared within one file."""
    settings = {
        **storage.settings,
        "WORK_QUEUE": "unused-work",
        "TICK": NEVER,
        "AzureWebJobs.switched_off.Disabled": "1",
    }
    log_file = tmp_path_factory.mktemp("host") / "host.log"
    with running_host(SAMPLE_APP, log_file, settings, interpreter) as running:
        yield running
