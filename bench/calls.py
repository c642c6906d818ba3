"""How many calls Teal makes to Azure, per reconcile and per rollout, and how soon it acts on evidence.

Run: `python -m bench.calls` (two minutes, after `make setup`). The app runs in this process against the emulated Azure
on a fast clock. Every response that its SDKs receive is counted through the log of the HTTP library that they share. A
tick is the timer's pass over all endpoints. The reaction time is from the response of the log query that completed the
evidence to the response of the traffic write that follows.
"""

from __future__ import annotations

import json
import logging
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from cli.demo.cloud import LocalAzure
from cli.demo.traffic import KEY, TRAFFIC_COMMAND
from shared.core.admission.events import MODEL_REGISTERED
from shared.core.endpoint_id import EndpointId
from shared.core.rollout.pointers import Wanted
from shared.errors import Temporary
from shared.listing import page
from shared.ports import Wakeups
from shared.wiring import App, app
from tests.cloud import ROOT, RunningCloud, exported, running_cloud

EXAMPLE = ROOT / "examples" / "diabetes"
CLOUD = ("--speed", "30", "--durations", "0.3", "--log-lag", "40", "--seed", "1", "--log-every-endpoint")
HTTP_LOG = "urllib3.connectionpool"
TIMEOUT = 180.0  # wall seconds for one rollout


@dataclass
class Calls(logging.Handler):
    """Counts HTTP responses by service, and times the traffic writes that follow a log query."""

    counted: Counter[str] = field(default_factory=Counter)
    logs_read: float = 0.0
    reactions: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(logging.DEBUG)

    def __hash__(self) -> int:
        return id(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Count the response in one line of the log of urllib3, which all the SDKs use."""
        if record.args and '"%s %s %s" %s' in str(record.msg):
            _, host, _, method, path, *_ = map(str, record.args)
            self._count(host, method, urlsplit(path).path)

    def _count(self, host: str, method: str, path: str) -> None:
        service = next((name for part, name in SERVICES.items() if part in host), host)
        self.counted[service] += 1
        if service == "log queries":
            self.logs_read = time.perf_counter()
        if method == "PUT" and path.rsplit("/", 2)[-2].lower() == "onlineendpoints" and self.logs_read:
            self.reactions.append(time.perf_counter() - self.logs_read)


SERVICES = {
    "management.azure.com": "ARM",
    ".table.": "tables",
    ".queue.": "queue",
    "loganalytics": "log queries",
    "inference.ml": "scoring",
    "login.": "identity",
}


@dataclass
class LocalQueue:
    """Sends Teal's wake-ups to the real queue, and keeps them for this process to handle without a host."""

    real: Wakeups
    woken: list[EndpointId] = field(default_factory=list)

    def wake(self, endpoint: EndpointId) -> None:
        """Send the message, and keep it."""
        self.real.wake(endpoint)
        self.woken.append(endpoint)


@contextmanager
def served(folder: Path) -> Iterator[RunningCloud]:
    """Run the emulated Azure with version 1 of the example's model serving, and this process configured for it."""
    with running_cloud(folder / "azure", *CLOUD) as cloud:
        azure = LocalAzure({**cloud.names}, cloud.environment)
        with exported(azure.app_settings | azure.script_environment):
            _run(ROOT / ".serving/bin/python", EXAMPLE / "train.py", folder)
            _run(Path(sys.executable), EXAMPLE / "deploy.py", "--trained", folder)
            yield cloud


@contextmanager
def traffic(cloud: RunningCloud, folder: Path) -> Iterator[None]:
    """Send live traffic while the block runs."""
    from azure.ai.ml import MLClient  # noqa: PLC0415 -- a second and 100 MB, after the settings are there
    from azure.identity import DefaultAzureCredential  # noqa: PLC0415

    names = [cloud[name] for name in ("subscription", "resource_group", "workspace")]
    client = MLClient(DefaultAzureCredential(), *names)
    key = client.online_endpoints.get_keys("diabetes").primary_key
    uri = client.online_endpoints.get("diabetes").scoring_uri
    command = [*TRAFFIC_COMMAND, str(uri), str(folder / "requests.jsonl"), str(folder / "samples.txt"), "120"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, env=os.environ | {KEY: str(key)}) as process:  # noqa: S603 -- ours
        try:
            yield
        finally:
            process.terminate()


def measure(teal: App, queue: LocalQueue, calls: Calls) -> dict[str, object]:
    """Run a complete rollout, tick by tick, and return the figures. Raises TimeoutError after TIMEOUT wall seconds."""
    reconciles: list[Counter[str]] = []
    ticks: list[Counter[str]] = []
    calls.counted.clear()
    teal.intake.event(MODEL_REGISTERED, "models/diabetes:2", teal.settings.workspace.arm_id, "bench", {})
    start, intake = time.monotonic(), Counter(calls.counted)
    total = Counter(intake)
    while not (rollout := page(teal.store, Wanted(endpoint="diabetes"), "", 1).rollouts[0]).finished:
        if time.monotonic() - start > TIMEOUT:
            raise TimeoutError(f"the rollout is still {rollout.phase}: {rollout.status.reason}")
        ticks.append(_counted(calls, teal.controller.tick))
        while queue.woken:
            reconciles.append(_counted(calls, partial(teal.controller.reconcile, queue.woken.pop(0))))
        time.sleep(2.0)  # one minute of the fast clock
    total += sum(reconciles + ticks, Counter())
    return {
        "outcome": str(rollout.phase),
        "reconciles": len(reconciles),
        "calls of the whole rollout": dict(total),
        "calls of the intake": dict(intake),
        "calls of a tick, median": _medians(ticks),
        "calls of a reconcile, median": _medians(reconciles),
        "calls of a reconcile, maximum": {name: max(one[name] for one in reconciles) for name in total},
        "reaction, milliseconds": [round(seconds * 1000) for seconds in calls.reactions],
    }


def _counted(calls: Calls, work: Callable[[], object]) -> Counter[str]:
    calls.counted.clear()
    try:
        work()
    except Temporary as error:
        print(f"try again: {error}", file=sys.stderr)
    return Counter(calls.counted)


def _medians(counters: list[Counter[str]]) -> dict[str, float]:
    names = {name for counter in counters for name in counter}
    return {name: statistics.median(counter[name] for counter in counters) for name in sorted(names)}


def _run(python: Path, script: Path, *arguments: object) -> None:
    subprocess.run([python, script, *map(str, arguments)], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 -- ours


def main() -> None:
    """Run the measurement and print the figures as JSON."""
    calls = Calls()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with served(folder) as cloud, traffic(cloud, folder):
            _run(Path(sys.executable), EXAMPLE / "register.py", folder / "models/2")
            teal = app()
            queue = LocalQueue(teal.controller.wakeups)
            teal = replace(
                teal,
                controller=replace(teal.controller, wakeups=queue),
                intake=replace(teal.intake, wakeups=queue),
            )
            logging.getLogger(HTTP_LOG).setLevel(logging.DEBUG)
            logging.getLogger(HTTP_LOG).addHandler(calls)
            figures = measure(teal, queue, calls)
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
