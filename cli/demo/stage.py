"""The stage that the scenes play on: what runs, and what is known so far. Watches Azure, Teal and the traffic.

It moves no rollout.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from cli.demo.api import Json, TealApi
from cli.demo.azure import EndpointReader
from cli.demo.checks import Checks, SceneFailedError
from cli.demo.cloud import FunctionApp, LocalAzure
from cli.demo.gates import distances
from cli.demo.options import ENDPOINT, EXAMPLE, DemoOptions
from cli.demo.processes import Processes
from cli.demo.samples import SampleFile, count, within
from cli.demo.screen import Screen
from cli.demo.timeline import Timeline

LOOK_SECONDS = 0.5
ASK_SECONDS = 0.8  # an answer of Teal's costs as much of this machine as ten live requests
RATE_SECONDS = 3.0


@dataclass(slots=True)
class Stage:
    """All that the scenes share. versions: what train.py found out about the models.

    rollouts: Teal's last view of each, by version. evidence: what its gates said, minute by minute.
    """

    options: DemoOptions
    processes: Processes
    screen: Screen
    session: aiohttp.ClientSession
    azure: LocalAzure
    endpoint: EndpointReader
    samples: SampleFile
    versions: dict[str, Any] = field(default_factory=dict)
    app: FunctionApp | None = None
    timeline: Timeline = field(default_factory=Timeline)
    checks: dict[int, Checks] = field(default_factory=dict)
    rollouts: dict[str, Json] = field(default_factory=dict)
    evidence: dict[str, list[Json]] = field(default_factory=dict)

    @property
    def api(self) -> TealApi:
        """Teal's API. Raises RuntimeError before the app runs."""
        if self.app is None:
            raise RuntimeError("the function app does not run yet")
        return TealApi(self.session, self.app.url, self.app.key)

    async def script(self, name: str, *words: str) -> None:
        """Run one of the example's scripts as a user would. Raises ProcessFailedError."""
        command = [sys.executable, str(EXAMPLE / f"{name}.py"), *words]
        await self.processes.run(name, command, **self.azure.script_environment)

    async def watch(self) -> None:
        """Look at Azure and at the traffic again and again, until cancelled."""
        while True:
            with suppress(aiohttp.ClientError):
                state = await self.endpoint.state()
                self.timeline.note(time.time(), state.traffic)
                self.screen.now.weights = {name: state.traffic.get(name, 0) for name in state.deployments}
            samples = self.samples.read()
            now, counted = self.screen.now, count(samples)
            now.requests, now.failed = counted.requests, counted.failed
            now.rate = len(within(samples[-1000:], time.time() - RATE_SECONDS, time.time())) / RATE_SECONDS
            await asyncio.sleep(LOOK_SECONDS)

    async def follow(self, version: str, until: Callable[[Json], bool], patience: float) -> Json:
        """Tell what happens to a version's rollout until something holds of it, and return it.

        Raises SceneFailedError if it does not hold within `patience` seconds.
        """
        deadline = time.monotonic() + patience
        told = 0
        while time.monotonic() < deadline:
            rollout = await self._rollout(version)
            if rollout is not None:
                self.rollouts[version] = rollout
                told = self._tell(rollout, told)
                if until(rollout):
                    self.evidence[version] = await self.api.evidence(ENDPOINT, rollout["id"])
                    return rollout
            await asyncio.sleep(ASK_SECONDS)
        seen = self.rollouts.get(version)
        words = (
            f"it was {seen['phase']} ({seen['summary']}; blocked: {seen['blocked_reason']})"
            if seen
            else "Teal had no rollout of it"
        )
        raise SceneFailedError(f"version {version} did not get where it must in {patience:.0f} seconds: {words}")

    async def _rollout(self, version: str) -> Json | None:
        if version in self.rollouts:
            return await self.api.rollout(ENDPOINT, self.rollouts[version]["id"])
        found = [each for each in await self.api.rollouts(ENDPOINT) if each["version"] == version]
        return await self.api.rollout(ENDPOINT, found[0]["id"]) if found else None

    def _tell(self, rollout: Json, told: int) -> int:
        history = rollout.get("history", [])
        for entry in history[told:]:
            by = "" if entry["actor"] == "teal" else f" (by {entry['actor']})"
            self.screen.say(f"{entry['summary'].splitlines()[0]}{by}")
        why = rollout["verdict_reason"]
        self.screen.now.phase = f"{rollout['green']}: {rollout['phase']}"
        self.screen.now.said = why["summary"] if why else ""
        self.screen.now.distances = distances(rollout)
        return len(history)
