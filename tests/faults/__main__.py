"""Runs random schedules of faults against the real controller and checks every invariant: `make faults N=… SEED=…`.

`make faults-wire` runs shorter ones over HTTP, on the emulator and Azurite.

Schedule number i of seed S has the seed S + i, so `N=1 SEED=…` replays one.
"""

from __future__ import annotations

import argparse
import gc
import logging
import os
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from functools import partial

from tests.faults.generator import schedule
from tests.faults.playing import Outcome, play
from tests.faults.shrinking import shrunk
from tests.faults.wire.running import played_on_the_wire, start

ENOUGH = 100  # schedules; of this many, some must promote something
OFTEN = 10.0  # seconds between two progress lines


def played_in_memory(seed: int) -> Outcome:
    """Run the schedule of a seed and return the outcome."""
    return play(schedule(seed))


def prepare(*, wire: bool) -> None:
    """Prepare a process: silence the logs, and exempt what is already in memory from garbage collection."""
    if wire:
        start()
    logging.disable(logging.CRITICAL)
    gc.freeze()
    gc.set_threshold(100_000)


def main() -> int:
    """Run the schedules, report, and return the exit code: 1 if there were violations, otherwise 0."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--schedules", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--violations", type=int, default=5, help="stop after this many")
    parser.add_argument("--whole", action="store_true", help="do not shorten a schedule that violates an invariant")
    parser.add_argument("--wire", action="store_true", help="over HTTP, on the emulator and Azurite")
    asked = parser.parse_args()
    played, chunk = (played_on_the_wire, 1) if asked.wire else (played_in_memory, 8)
    began, endings, violations, played_so_far = time.monotonic(), Counter[str](), Counter[str](), 0
    said = began
    with ProcessPoolExecutor(asked.processes, initializer=partial(prepare, wire=asked.wire)) as pool:
        seeds = range(asked.seed, asked.seed + asked.schedules)
        for outcome in pool.map(played, seeds, chunksize=chunk):
            played_so_far += 1
            if time.monotonic() - said >= OFTEN:
                said = time.monotonic()
                print(
                    f"{played_so_far} of {asked.schedules} schedules, {violations.total()} violations", file=sys.stderr
                )
            endings.update(outcome.endings)
            if outcome.objection is None:
                continue
            target = "faults-wire" if asked.wire else "faults"
            if violations[outcome.objection.invariant]:
                print(
                    f"`{outcome.objection.invariant}` again: make {target} N=1 SEED={outcome.schedule.seed}\n",
                    flush=True,
                )
            else:
                report(outcome if asked.whole or asked.wire else shrunk(outcome), target)
            violations[outcome.objection.invariant] += 1
            if violations.total() >= asked.violations:
                pool.shutdown(cancel_futures=True)
                break
    if played_so_far >= ENOUGH and not endings["promoted"] * 10 > played_so_far:  # code that never acts breaks no rule
        violations["something is promoted"] += 1
    took = time.monotonic() - began
    print(f"{played_so_far} schedules in {took:.0f} s, seeds from {asked.seed}: {violations.total()} violations")
    print(f"rollouts ended: {', '.join(f'{count} {phase}' for phase, count in endings.most_common())}")
    for name, count in violations.most_common():
        print(f"  {count} x {name}")
    return 1 if violations else 0


def report(outcome: Outcome, target: str) -> None:
    """Print a violation with its trace and the `make` target that replays it."""
    assert outcome.objection is not None
    seed = outcome.schedule.seed
    print(f"VIOLATION of `{outcome.objection.invariant}` at {outcome.objection.at:%H:%M}: {outcome.objection.what}")
    print(f"policy: {outcome.schedule.recipe}; again: make {target} N=1 SEED={seed}")
    print("\n".join(outcome.story), flush=True)
    print()


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    sys.exit(main())
