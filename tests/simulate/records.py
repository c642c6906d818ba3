"""Rollouts to replay: worlds with random failures and latency, and a rollout's record as the API would return it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from cli.policy.comparison import Pair, pairs
from cli.simulate.profile import Answering, Latency
from cli.simulate.recording import read_recording
from cli.simulate.replay import replay
from cli.simulate.result import RunResult
from cli.simulate.rows import Rows
from cli.simulate.trial import Scenario, begin
from shared.core.phases import Phase
from shared.core.policy import Policy, Source
from shared.core.rollout.history import Entry
from shared.views import plain, rollout_detail_view
from tests.scenarios.world import BLUE, MIDNIGHT, MINUTE, POLICY, World

PATIENT = replace(POLICY, judge=replace(POLICY.judge, patience=timedelta(hours=2)))


@dataclass
class NoisyWorld(World):
    """A world with random failures and latency, like a real one.

    slow: each deployment's factor on the usual latency. timed_by: where latency is read from.
    """

    policy: Policy = PATIENT
    slow: dict[str, float] = field(default_factory=dict)
    timed_by: Source = "logs"
    rows: Rows = field(init=False)

    def __post_init__(self) -> None:
        self.rows = Rows(np.random.default_rng(5), Latency(), self.timed_by)
        for number in range(60, 0, -1):
            self._log(BLUE, MIDNIGHT - number * MINUTE, self.rpm)

    def log_traffic(self) -> None:
        for name, share in self.seen.traffic.items():
            self._log(name, self.clock.now.replace(second=0), self.rpm * share // 100)

    def _log(self, name: str, minute: datetime, total: int) -> None:
        how = Answering(self.rates.get(name, 0.0), 0.005, 80.0 * self.slow.get(name, 1.0))
        if (row := self.rows.row(name, minute, total, how)) is not None:
            self.telemetry.rows.append(row)


@dataclass
class LateWorld(NoisyWorld):
    """A world in which the timer is late: two of five ticks are missed, and the others are some seconds late."""

    passed: int = 0

    def minutes(self, count: int = 1) -> None:
        for _ in range(count):
            self.log_traffic()
            self.clock.pass_(MINUTE)
            self.endpoints.finish()
            self.passed += 1
            late = timedelta(seconds=self.passed * 17 % 50)
            if self.passed % 5 not in {1, 2}:
                self.clock.pass_(late)
                self.controller().tick()
                self.settle()
                self.clock.pass_(-late)


def recorded(world: World, folder: Path) -> Path:
    """Write the world's rollout to a file as the API would return it; return the file."""
    rollout = world.rollout()
    minutes, evidence = world.store.kept_minutes(rollout.id), world.store.kept_judgements(rollout.id)
    file = folder / "rollout.json"
    file.write_text(json.dumps(plain(rollout_detail_view(rollout, world.history(), minutes, evidence))))
    return file


def again(file: Path, policy: Policy, number: int = 0) -> tuple[list[Pair], RunResult]:
    """Replay a recorded rollout."""
    replayed = replay(read_recording(file), policy, 1, number)
    return pairs(replayed), replayed.result


def differences(compared: list[Pair]) -> list[Pair]:
    """Return the decisions that differ between replay and record, in content or time."""
    return [pair for pair in compared if pair.delay_seconds != 0.0]


def played(world: World, *phases: Phase) -> World:
    """Register a version and let time pass until its rollout reaches one of the phases."""
    world.register()
    world.until(*phases, within=240)
    return world


def simulated(tried: Scenario, number: int, folder: Path) -> Path:
    """Write a simulated rollout to a file as if the API had returned it; return the file."""
    generator = np.random.default_rng(number)
    began = tried.profile.start + number * timedelta(hours=7, minutes=13, seconds=29)
    run = begin(tried, generator, began)
    run.run()
    rollout = run.rollout
    admitted = Entry(began, None, Phase.PROVISIONING, "teal", rollout.trigger, 0, 0)
    watched = [row for rows in run.telemetry.rows for row in rows if row.minute >= began]
    judged = [
        row for row in watched if rollout.judging.judged_until is not None and row.minute < rollout.judging.judged_until
    ]
    file = folder / f"{number}.json"
    file.write_text(json.dumps(plain(rollout_detail_view(rollout, [admitted, *run.entries], judged))))
    return file
