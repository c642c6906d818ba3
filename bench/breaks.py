"""Tries the deliberate breaks of `bench.listed_breaks`, each on its own copy of the sources: `make breaks`.

A break is found if one of its tests fails or, if it names none, if a random schedule violates an invariant. Prints what
found it, and after how many schedules. Fails if a break is not found or no longer applies to exactly one place.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from bench.copies import copied
from bench.listed_breaks import BREAKS, Break

VIOLATED = re.compile(r"^(?:VIOLATION of `(.+)`|  \d+ x (.+)$)", re.MULTILINE)
PLAYED = re.compile(r"^(\d+) schedules", re.MULTILINE)
FAILED = re.compile(r"^FAILED (?:\S*/)?(\S+)", re.MULTILINE)
LIMIT = 600.0  # seconds for one break; a longer run counts as an endless loop, that is, as found


def applied(broken: Break, root: Path) -> None:
    """Change the sources below this folder. Raises ValueError if the break does not apply to exactly one place."""
    path = root / broken.file
    text = path.read_text()
    if text.count(broken.old) != 1:
        raise ValueError(f"{broken.name!r} applies to {text.count(broken.old)} places in {broken.file}")
    path.write_text(text.replace(broken.old, broken.new))


def found(broken: Break, schedules: int) -> str:
    """Return what finds a break, or an empty string if nothing does."""
    try:
        return _found(broken, schedules)
    except subprocess.TimeoutExpired:
        return "it does not end"


def _found(broken: Break, schedules: int) -> str:
    with tempfile.TemporaryDirectory(prefix="teal-break-") as place:
        copied(Path(place))
        applied(broken, Path(place))
        if broken.tests:
            printed = _run(place, "pytest", "-x", "-q", "-p", "no:cacheprovider", *broken.tests.split())
            failed = FAILED.search(printed)
            return f"`{failed[1]}`" if failed else ""
        asked = ("--schedules", f"{schedules}", "--seed", "1", "--violations", "1", "--whole", "--processes", "1")
        printed = _run(place, "tests.faults", *asked)
        violated, played = VIOLATED.search(printed), PLAYED.search(printed)
        return f"{violated[1] or violated[2]}, schedule {played[1]}" if violated and played else ""


def _run(place: str, *command: str) -> str:
    environment = os.environ | {"PYTHONPATH": place, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(  # noqa: S603 -- our own commands
        [sys.executable, "-m", *command],
        cwd=place,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=LIMIT,
    )
    return done.stdout


def main() -> int:
    """Try the breaks and return the exit code: 1 if any was not found, otherwise 0."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--schedules", type=int, default=2000)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--only", default="", help="breaks whose names contain this")
    asked = parser.parse_args()
    chosen = [broken for broken in BREAKS if asked.only in broken.name]
    missed = 0
    with ThreadPoolExecutor(asked.processes) as pool:
        results = pool.map(partial(found, schedules=asked.schedules), chosen)
        for broken, by in zip(chosen, results, strict=True):
            missed += not by
            print(f"| {broken.name} | {by or 'NOT FOUND'} |", flush=True)
    print(f"{len(chosen)} breaks, {missed} not found")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
