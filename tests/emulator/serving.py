"""An endpoint with real deployments behind the gateway, for the tests of the serving side."""

from __future__ import annotations

import asyncio
import json
import random
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from emulator.clock import VirtualClock
from emulator.containers import DeploymentFiles
from emulator.monitor.traffic_log import TrafficLog
from emulator.resources import Deployment, Endpoint
from emulator.serving.fleet import ProcessFleet
from emulator.serving.gateway import Gateway
from tests.emulator.loop import Loop, running_loop, serve

PYTHON = Path(__file__).resolve().parents[2] / ".serving/bin/python"
ROW = [0.03, 0.05, 0.06, 0.02, -0.04, -0.03, -0.04, -0.002, 0.02, -0.02]
HOST = "diabetes.westeurope.inference.ml.azure.com"
FAST = 120.0  # the ten seconds before a first probe take a twelfth of a second

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


@dataclass(frozen=True, slots=True)
class Model:
    """A trained model: its folder, and its prediction for ROW."""

    folder: Path
    prediction: list[float]


def train(directory: Path) -> Model:
    """Train a real model in the serving environment."""
    folder = directory / "model"
    folder.mkdir()
    command = [str(PYTHON), "-c", TRAIN, str(folder / "model.joblib"), str(ROW)]
    run = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603  # our own command
    return Model(folder, json.loads(run.stdout))


def code_folder(directory: Path, script: str = SCORE) -> str:
    """Write a scoring script into a new folder and return the folder."""
    directory.mkdir(parents=True)
    (directory / "score.py").write_text(script)
    return str(directory)


def deployment(name: str, instances: int = 1, **properties: object) -> Deployment:
    """Return a deployment of the endpoint `diabetes` with these properties in its body."""
    return Deployment("diabetes", name, {"properties": properties, "sku": {"name": "Default", "capacity": instances}})


class Tokens:
    """A token issuer whose tokens are plain text."""

    def accepts(self, token: str, audience: str) -> bool:
        """Return whether the token is for this audience."""
        return token == f"a token for {audience}"


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer that a caller got; header names are in lower case."""

    status: int
    headers: dict[str, str]
    text: str


class Serving:
    """An endpoint `diabetes` with its gateway, fleet and log. Randomness is seeded: traffic splits are repeatable."""

    def __init__(self, loop: Loop, directory: Path) -> None:
        self.loop = loop
        self.directory = directory
        self.clock = VirtualClock(FAST)
        self.endpoint = Endpoint("diabetes", {"properties": {"authMode": "Key"}}, "first key", "second key")
        self.fleet = ProcessFleet(directory / "containers", PYTHON, self.clock)
        self.log = TrafficLog(self.clock, 0.0)
        seeded = random.Random(7)  # noqa: S311  # splits traffic; not for security
        gateway = Gateway({"diabetes": self.endpoint}, self.fleet, self.log.record, Tokens(), self.clock, seeded)
        self._runner, self.url = loop.run(serve(gateway.application()))

    def deploy(self, wanted: Deployment, model: Model, code: str) -> None:
        """Start the deployment's processes and add it to the endpoint."""
        self.start(wanted, DeploymentFiles(code, "score.py", str(model.folder), "diabetes", "3"))

    def start(self, wanted: Deployment, files: DeploymentFiles) -> None:
        """Start the deployment's processes from these files and add it to the endpoint."""
        self.loop.run(self.fleet.start(wanted, files))
        self.endpoint.deployments[wanted.name] = wanted

    def route(self, traffic: dict[str, int], mirror: dict[str, int] | None = None, mode: str = "Key") -> None:
        """Set the endpoint's traffic, mirror traffic and authentication mode."""
        self.endpoint.body = {"properties": {"authMode": mode, "traffic": traffic, "mirrorTraffic": mirror or {}}}

    def ask(self, body: object, path: str = "/score", host: str = HOST, **headers: str) -> Answer:
        """POST one request; underscores in the names of headers stand for hyphens."""
        return self.loop.run(self._sent("POST", [body], path, host, headers))[0]

    def get(self, path: str, **headers: str) -> Answer:
        """Send a GET request; underscores in the names of headers stand for hyphens."""
        return self.loop.run(self._sent("GET", [None], path, HOST, headers))[0]

    def ask_together(self, bodies: list[object]) -> list[Answer]:
        """POST requests concurrently."""
        return self.loop.run(self._sent("POST", bodies, "/score", HOST, {}))

    async def _sent(
        self, method: str, bodies: list[object], path: str, host: str, headers: dict[str, str]
    ) -> list[Answer]:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {"Host": host, "Authorization": "Bearer first key"} | given

        async def one(session: aiohttp.ClientSession, body: object) -> Answer:
            async with session.request(method, self.url + path, json=body) as answer:
                names = {name.lower(): value for name, value in answer.headers.items()}
                return Answer(answer.status, names, await answer.text())

        async with aiohttp.ClientSession(headers=sent) as session:
            return list(await asyncio.gather(*(one(session, body) for body in bodies)))

    def rows(self, kql: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query over the log."""
        return self.loop.run(self.log.query(f"AmlOnlineEndpointTrafficLog | {kql}")).rows

    def close(self) -> None:
        """Stop everything."""
        self.loop.run(self._runner.cleanup())
        self.loop.run(self.fleet.close())
        self.log.close()


@contextmanager
def running_serving(directory: Path) -> Iterator[Serving]:
    """Yield an endpoint without deployments; everything is stopped when the block ends."""
    with running_loop() as loop:
        serving = Serving(loop, directory)
        try:
            yield serving
        finally:
            serving.close()
