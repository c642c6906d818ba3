"""Runs the schedules of seeds over the wire, in a process that has started Azurite once."""

from __future__ import annotations

from contextlib import ExitStack

from tests.faults.generator import schedule
from tests.faults.playing import Outcome, play
from tests.faults.wire.world import LENGTH, ON_THE_WIRE, LocalAzure, local_azure

_running: list[LocalAzure] = []
_until_the_end = ExitStack()


def start() -> None:
    """Start what all schedules of this process share; Azurite ends with the process."""
    _running.append(_until_the_end.enter_context(local_azure()))


def played_on_the_wire(seed: int) -> Outcome:
    """Run the schedule of a seed and return the outcome."""
    return play(schedule(seed, ON_THE_WIRE, LENGTH), _running[0].world)
