"""Parses the arguments of `teal policy simulate`. Reports every problem before anything runs."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

from cli.policy.argument_reader import SEED, ArgumentReader
from cli.policy.choice import ChosenPolicy, choose
from cli.policy.world import world
from cli.policy.world_arguments import WORLD, flag
from cli.simulate.parallel import cores
from cli.simulate.profile import Profile
from cli.simulate.recording import Recording, read_recording
from shared.core.schema.kinds import whole

ROLLOUTS = whole(1, 1_000_000, "rollouts", "1000")
JOBS = whole(1, 1000, "cores", "1")


@dataclass(frozen=True, slots=True)
class SimulateOptions:
    """What to simulate, and how to show it."""

    chosen: ChosenPolicy
    profile: Profile
    rollouts: int
    seed: int
    jobs: int
    recording: Recording | None
    json: bool
    picture: Path | None


def simulate_options(arguments: argparse.Namespace) -> SimulateOptions:
    """Return the parsed options. Raises InvalidArgumentsError with every problem."""
    reader = ArgumentReader()
    chosen = reader.file(lambda: choose(arguments.policy, arguments.endpoint, arguments.name))
    rollouts = reader.whole("--rollouts", arguments.rollouts, ROLLOUTS)
    seed = reader.whole("--seed", arguments.seed, SEED)
    jobs = reader.whole("--jobs", arguments.jobs or str(cores()), JOBS)
    profile = world(arguments, reader)
    recording = reader.file(lambda: read_recording(arguments.replay)) if arguments.replay else None
    if arguments.replay and (given := [flag(name) for name in WORLD if getattr(arguments, name) is not None]):
        reader.problems.append(f"{', '.join(given)}: not allowed with --replay, whose world is the record's")
    picture = reader.picture(arguments.picture)
    reader.finish()
    if chosen is None or rollouts is None or seed is None or jobs is None:
        raise AssertionError("a value is missing although no problem was found")
    return SimulateOptions(chosen, profile, rollouts, seed, jobs, recording, arguments.json, picture)
