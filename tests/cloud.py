"""The emulated cloud for tests: a separate process, reached only over the wire, like Azure."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from emulator.paced_clock import FollowedClock
from tests.waiting import PATIENCE_SECONDS

ROOT = Path(__file__).resolve().parents[1]
SPEED = 60
# On an idle machine, virtual time runs SPEED times as fast as wall time: operations take tens of milliseconds, logs one
# second. On a busy machine the clock is slower.
FAST = ("--speed", str(SPEED), "--durations", "0.1", "--log-lag", "60", "--seed", "1", "--log-every-endpoint")


@dataclass(frozen=True)
class RunningCloud:
    """A running cloud: its resource names, and the environment variables that point to it."""

    names: dict[str, str]
    environment: dict[str, str]
    process: int

    def __getitem__(self, name: str) -> str:
        """Return one of the names: subscription, resource_group, workspace, region, storage_account, ..."""
        return self.names[name]

    @property
    def workspace_id(self) -> str:
        """The workspace's ARM id."""
        group = f"/subscriptions/{self['subscription']}/resourceGroups/{self['resource_group']}"
        return f"{group}/providers/Microsoft.MachineLearningServices/workspaces/{self['workspace']}"

    @cached_property
    def clock(self) -> FollowedClock:
        """The cloud's clock, as seen by every process that uses the cloud."""
        return FollowedClock(path=Path(self["clock"]))

    def state(self) -> dict[str, Any]:
        """Return the emulator's own overview."""
        return dict(json.loads(self._call("GET", "state")))

    def set(self, what: str, **values: object) -> None:
        """Change an emulator setting at run time: `set("functions", url=..., key=...)`."""
        self._call("PUT", what, json.dumps(values).encode())

    def unset(self, what: str) -> None:
        """Undo a setting: `unset("functions")`."""
        self._call("DELETE", what)

    def _call(self, method: str, what: str, body: bytes | None = None) -> bytes:
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{self['proxy']}/emulator/{what}", body, headers, method=method)  # noqa: S310  # http, here
        with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:  # noqa: S310  # as above
            return bytes(answer.read())


@contextmanager
def running_cloud(state: Path, *options: str) -> Iterator[RunningCloud]:
    """Run `python -m emulator` with `options` and its files in `state` until the block or this process ends."""
    command = [sys.executable, "-m", "emulator", "--json", "--until-stdin-closes", "--state", str(state), *options]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603  # ours
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line, "the emulator could not start; its message is above"
            names = json.loads(line)
            environment = names.pop("environment")
            yield RunningCloud(names, environment, process.pid)
        finally:
            process.terminate()
            process.wait(PATIENCE_SECONDS)


@contextmanager
def exported(variables: dict[str, str]) -> Iterator[None]:
    """Set environment variables in this process during the block."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
