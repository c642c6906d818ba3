"""Startup, readiness and liveness probes: the settings in a deployment's body, and waiting for them to pass.

Times in the body are virtual. A process starts in real time however fast the virtual clock runs, so an instance fails
only after the probes' limits have passed on both clocks, and never before `least_wait` seconds of wall-clock time.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from datetime import timedelta

import aiohttp

from emulator.clock import VirtualClock
from emulator.iso8601 import duration_seconds
from emulator.resources import Json
from emulator.serving.instance import Instance

LEAST_WAIT = 60.0  # enough for a slow machine to import a numeric library in several processes
LONGEST_WAIT = timedelta(hours=1)  # for one operation, as its header x-ms-async-operation-timeout says
SHORTEST_PERIOD = 0.1
LEAST_TIMEOUT = 2.0
SHORTEST_LIVENESS_PERIOD = 1.0


@dataclass(frozen=True, slots=True)
class Probe:
    """One probe, in virtual seconds. The defaults are those of the deployment's YAML reference."""

    initial_delay: float = 10.0
    period: float = 10.0
    timeout: float = 2.0
    successes: int = 1
    failures: int = 30

    @staticmethod
    def of(settings: Json | None) -> Probe:
        """Return a probe of an ARM body. Raises ValueError for an invalid duration."""
        given = settings or {}
        return Probe(
            initial_delay=duration_seconds(given.get("initialDelay") or "PT10S"),
            period=duration_seconds(given.get("period") or "PT10S"),
            timeout=duration_seconds(given.get("timeout") or "PT2S"),
            successes=int(given.get("successThreshold") or 1),
            failures=int(given.get("failureThreshold") or 30),
        )


@dataclass(frozen=True, slots=True)
class Probes:
    """A deployment's probes. All of them check the same route of the server, so all must pass.

    `startup` is None if the body has none; otherwise the other probes start once it has passed.
    """

    liveness: Probe
    readiness: Probe
    startup: Probe | None = None

    @staticmethod
    def of(body: Json) -> Probes:
        """Return the probes of a deployment's ARM body. Raises ValueError for an invalid duration."""
        properties = body["properties"]
        startup = Probe.of(properties["startupProbe"]) if properties.get("startupProbe") else None
        return Probes(Probe.of(properties.get("livenessProbe")), Probe.of(properties.get("readinessProbe")), startup)

    @property
    def patience(self) -> timedelta:
        """How long (virtual time) after the initial delay an instance may fail its probes."""
        first = (self.startup,) if self.startup else (self.liveness, self.readiness)
        return min(LONGEST_WAIT, timedelta(seconds=min(probe.period * probe.failures for probe in first)))


async def healthy(session: aiohttp.ClientSession, instance: Instance, patience: float) -> bool:
    """Return whether the instance passes one probe within `patience` wall-clock seconds."""
    try:
        async with session.get(f"{instance.url}/", timeout=aiohttp.ClientTimeout(total=patience)) as answer:
            return answer.status == 200
    except (aiohttp.ClientError, TimeoutError):
        return False


async def wait_until_ready(instance: Instance, probes: Probes, clock: VirtualClock, least_wait: float) -> bool:
    """Wait until the readiness probe has passed. Return False if the process exits or time runs out first."""
    readiness = probes.readiness
    delay = max(readiness.initial_delay, probes.startup.initial_delay if probes.startup else 0.0)
    await clock.sleep_until(clock.now() + timedelta(seconds=delay))
    begun, give_up = time.monotonic(), clock.now() + probes.patience
    pause = max(clock.real_seconds(readiness.period), SHORTEST_PERIOD)
    patience = max(clock.real_seconds(readiness.timeout), LEAST_TIMEOUT)
    passed, least = 0, max(least_wait, probes.patience.total_seconds())
    async with aiohttp.ClientSession() as session:
        while not instance.exited:
            if clock.now() >= give_up and time.monotonic() - begun >= least:
                return False
            passed = passed + 1 if await healthy(session, instance, patience) else 0
            if passed >= readiness.successes:
                return True
            await asyncio.sleep(pause)
    return False


async def until_not_live(instance: Instance, probe: Probe, clock: VirtualClock) -> None:
    """Return once a running instance has failed its liveness probe too many times in a row."""
    pause = max(clock.real_seconds(probe.period), SHORTEST_LIVENESS_PERIOD)
    patience = max(clock.real_seconds(probe.timeout), LEAST_TIMEOUT)
    failed = 0
    async with aiohttp.ClientSession() as session:
        while failed < probe.failures:
            await asyncio.sleep(pause)
            failed = 0 if await healthy(session, instance, patience) else failed + 1
