"""Parts for the tests of the emulator's services: a loop beside the test, real deployments behind the gateway."""

from __future__ import annotations

import asyncio
import json
import random
import subprocess
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import aiohttp
from aiohttp import web

from emulator.clock import VirtualClock
from emulator.monitor.traffic_log import TrafficLog
from emulator.resources import Deployment, DeploymentFiles, Endpoint
from emulator.serving.fleet import ProcessFleet
from emulator.serving.gateway import Gateway

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator
    from concurrent.futures import Future

PYTHON = Path(__file__).resolve().parents[2] / ".serving/bin/python"
ROW = [0.03, 0.05, 0.06, 0.02, -0.04, -0.03, -0.04, -0.002, 0.02, -0.02]
HOST = "diabetes.westeurope.inference.ml.azure.com"
FAST = 120.0  # the ten seconds before a first probe pass in a twelfth of a second

TRAIN = """
import json, sys
import joblib
from sklearn.datasets import load_diabetes
from sklearn.linear_model import Ridge
data = load_diabetes()
model = Ridge(alpha=0.1).fit(data.data, data.target)
joblib.dump(model, sys.argv[1])
print(json.dumps(model.predict([json.loads(sys.argv[2])]).tolist()))
"""

SCORE = """
import json, os, time
import joblib

def init():
    global model
    model = joblib.load(os.path.join(os.environ["AZUREML_MODEL_DIR"], "model", "model.joblib"))
    print("the model is loaded")

def run(raw):
    given = json.loads(raw)
    if "fail" in given:
        raise ValueError(given["fail"])
    if "die" in given:
        os.kill(os.getppid(), 9)
        os._exit(1)
    if "environment" in given:
        return os.environ.get(given["environment"])
    time.sleep(given.get("sleep", 0))
    return model.predict(given["data"]).tolist()
"""

T = TypeVar("T")


class Loop:
    """An event loop in a thread of its own, so that a test of asynchronous parts reads as a plain story."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run `work` in the loop and return what it returns."""
        return self.begin(work).result(300)

    def begin(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Begin `work` in the loop; the caller may wait for it or cancel it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def close(self) -> None:
        """End the loop and its thread."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()


@contextmanager
def running_loop() -> Iterator[Loop]:
    """Give a loop for as long as the block lasts."""
    loop = Loop()
    try:
        yield loop
    finally:
        loop.close()


async def serve(application: web.Application) -> tuple[web.AppRunner, str]:
    """Serve an application on a free port; return its runner, to clean up, and its address."""
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return runner, f"http://127.0.0.1:{runner.addresses[0][1]}"


@dataclass(frozen=True, slots=True)
class Model:
    """A trained model: its folder, and what it says of ROW."""

    folder: Path
    prediction: list[float]


def train(directory: Path) -> Model:
    """Train a real model in the serving environment."""
    folder = directory / "model"
    folder.mkdir()
    command = [str(PYTHON), "-c", TRAIN, str(folder / "model.joblib"), str(ROW)]
    said = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603  (our own command)
    return Model(folder, json.loads(said.stdout))


def code_folder(directory: Path, script: str = SCORE) -> str:
    """Write a scoring script into a new folder and return the folder."""
    directory.mkdir(parents=True)
    (directory / "score.py").write_text(script)
    return str(directory)


def deployment(name: str, instances: int = 1, **properties: object) -> Deployment:
    """Return a deployment of the endpoint `diabetes` with these properties in its body."""
    return Deployment("diabetes", name, {"properties": properties, "sku": {"name": "Default", "capacity": instances}})


class Tokens:
    """The one token that is good, for one audience."""

    def accepts(self, token: str, audience: str) -> bool:
        """Tell whether it is that one."""
        return token == f"a token for {audience}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a caller got; header names are in lower case."""

    status: int
    headers: dict[str, str]
    text: str


class Serving:
    """An endpoint `diabetes` with its gateway, fleet and log. Random numbers are seeded: shares repeat exactly."""

    def __init__(self, loop: Loop, directory: Path) -> None:
        self.loop = loop
        self.directory = directory
        self.clock = VirtualClock(FAST)
        self.endpoint = Endpoint("diabetes", {"properties": {"authMode": "Key"}}, "first key", "second key")
        self.fleet = ProcessFleet(directory / "containers", PYTHON, self.clock)
        self.log = TrafficLog(self.clock, 0.0)
        seeded = random.Random(7)  # noqa: S311  (splits traffic, guards nothing)
        gateway = Gateway({"diabetes": self.endpoint}, self.fleet, self.log, Tokens(), seeded)
        self._runner, self.url = loop.run(serve(gateway.application()))

    def deploy(self, wanted: Deployment, model: Model, code: str) -> None:
        """Start the deployment's processes and let the endpoint know it."""
        files = DeploymentFiles(code, "score.py", str(model.folder), "diabetes", "3")
        self.loop.run(self.fleet.start(wanted, files))
        self.endpoint.deployments[wanted.name] = wanted

    def route(self, traffic: dict[str, int], mirror: dict[str, int] | None = None, mode: str = "Key") -> None:
        """Set the endpoint's traffic, its mirror traffic and how it is authenticated."""
        self.endpoint.body = {"properties": {"authMode": mode, "traffic": traffic, "mirrorTraffic": mirror or {}}}

    def ask(self, body: object, path: str = "/score", host: str = HOST, **headers: str) -> Answer:
        """Send one request; underscores in the names of headers stand for dashes."""
        return self.loop.run(self._asked([body], path, host, headers))[0]

    def get(self, path: str, host: str = HOST, **headers: str) -> Answer:
        """Send a GET request; underscores in the names of headers stand for dashes."""
        return self.loop.run(self._got(path, host, headers))

    def ask_together(self, bodies: list[object]) -> list[Answer]:
        """Send requests at the same time."""
        return self.loop.run(self._asked(bodies, "/score", HOST, {}))

    async def _asked(self, bodies: list[object], path: str, host: str, headers: dict[str, str]) -> list[Answer]:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {"Host": host, "Authorization": "Bearer first key"} | given
        async with aiohttp.ClientSession(headers=sent) as session:
            return list(await asyncio.gather(*(self._one(session, path, body) for body in bodies)))

    async def _got(self, path: str, host: str, headers: dict[str, str]) -> Answer:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {"Host": host, "Authorization": "Bearer first key"} | given
        async with aiohttp.ClientSession(headers=sent) as session, session.get(self.url + path) as answer:
            return await _read(answer)

    async def _one(self, session: aiohttp.ClientSession, path: str, body: object) -> Answer:
        async with session.post(self.url + path, json=body) as answer:
            return await _read(answer)

    def rows(self, kql: str) -> list[tuple[Any, ...]]:
        """Ask the log."""
        return self.loop.run(self.log.query(f"AmlOnlineEndpointTrafficLog | {kql}")).rows

    def close(self) -> None:
        """End everything."""
        self.loop.run(self._runner.cleanup())
        self.loop.run(self.fleet.close())
        self.log.close()


async def _read(answer: aiohttp.ClientResponse) -> Answer:
    headers = {name.lower(): value for name, value in answer.headers.items()}
    return Answer(answer.status, headers, await answer.text())
