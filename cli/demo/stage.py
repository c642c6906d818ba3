"""State shared by the scenes: the running services and the observations so far. Watches Azure, Teal and the traffic."""

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
from cli.demo.clock import MINUTE, DemoClock
from cli.demo.cloud import FunctionApp, LocalAzure
from cli.demo.gates import distances
from cli.demo.options import ENDPOINT, EXAMPLE, DemoOptions
from cli.demo.processes import Processes
from cli.demo.samples import SampleFile, count, within
from cli.demo.screen import Screen
from cli.demo.timeline import Timeline

LOOK_SECONDS = 20.0  # on the demo's clock, like those below
ASK_SECONDS = 30.0  # a request to Teal costs this machine as much as ten live requests
RATE_SECONDS = 120.0


@dataclass(slots=True)
class Stage:
    """State shared by the scenes. versions: what train.py found out about the models.

    rollouts: Teal's last view of each, by version. evidence: the gates' readings, minute by minute.
    reported: how many history entries of each rollout have been printed.
    """

    options: DemoOptions
    processes: Processes
    screen: Screen
    session: aiohttp.ClientSession
    azure: LocalAzure
    clock: DemoClock
    endpoint: EndpointReader
    samples: SampleFile
    versions: dict[str, Any] = field(default_factory=dict)
    app: FunctionApp | None = None
    timeline: Timeline = field(default_factory=Timeline)
    checks: dict[int, Checks] = field(default_factory=dict)
    rollouts: dict[str, Json] = field(default_factory=dict)
    evidence: dict[str, list[Json]] = field(default_factory=dict)
    reported: dict[str, int] = field(default_factory=dict)

    @property
    def api(self) -> TealApi:
        """Teal's API. Raises RuntimeError before the app runs."""
        if self.app is None:
            raise RuntimeError("the function app is not running yet")
        return TealApi(self.session, self.app.url, self.app.key)

    async def script(self, name: str, *words: str) -> None:
        """Run one of the example's scripts as a user would. Raises ProcessFailedError."""
        command = [sys.executable, str(EXAMPLE / f"{name}.py"), *words]
        await self.processes.run(name, command, **self.azure.script_environment)

    async def watch(self) -> None:
        """Poll Azure and the traffic until cancelled, even if a failing request hides the cancellation."""
        due, task = self.clock.now(), asyncio.current_task()
        while task is None or not task.cancelling():
            with self.clock.work_due(due):
                await self.clock.sleep_until(due)
                await self._look()
            due = self.clock.now() + LOOK_SECONDS

    async def _look(self) -> None:
        with suppress(aiohttp.ClientError):
            state = await self.endpoint.state()
            self.timeline.note(self.clock.now(), state.traffic)
            self.screen.now.weights = {name: state.traffic.get(name, 0) for name in state.deployments}
        samples, moment = self.samples.read(), self.clock.now()
        now, counted = self.screen.now, count(samples)
        now.requests, now.failed = counted.requests, counted.failed
        now.rate = len(within(samples[-1000:], moment - RATE_SECONDS, moment)) * MINUTE / RATE_SECONDS
        self.screen.note_time(time.time(), moment)

    async def follow(self, version: str, until: Callable[[Json], bool], patience: float) -> Json:
        """Report the progress of a version's rollout until a condition holds, and return the rollout.

        Raises SceneFailedError if the condition does not hold within `patience` seconds on the demo's clock.
        """
        due = self.clock.now()
        deadline = due + patience
        while due < deadline:
            with self.clock.work_due(due):
                await self.clock.sleep_until(due)
                rollout = await self._rollout(version)
            if rollout is not None:
                self.rollouts[version] = rollout
                self._report(rollout)
                if until(rollout):
                    self.evidence[version] = await self.api.evidence(ENDPOINT, rollout["id"])
                    return rollout
            due = self.clock.now() + ASK_SECONDS
        seen = self.rollouts.get(version)
        words = f"it is {seen['phase']} ({seen['summary']})" if seen else "Teal has no rollout of it"
        minutes = patience / MINUTE
        raise SceneFailedError(f"version {version} did not get there in {minutes:.0f} minutes on this clock: {words}")

    async def _rollout(self, version: str) -> Json | None:
        if version in self.rollouts:
            return await self.api.rollout(ENDPOINT, self.rollouts[version]["id"])
        found = [each for each in await self.api.rollouts(ENDPOINT) if each["version"] == version]
        return await self.api.rollout(ENDPOINT, found[0]["id"]) if found else None

    def _report(self, rollout: Json) -> None:
        history = rollout.get("history", [])
        for entry in history[self.reported.get(rollout["version"], 0) :]:
            self.screen.say(entry["summary"].splitlines()[0])
        why = rollout["verdict_reason"]
        self.screen.now.phase = f"{rollout['green']}: {rollout['phase']}"
        self.screen.now.reason = why["summary"] if why else ""
        self.screen.now.distances = distances(rollout)
        self.reported[rollout["version"]] = len(history)
