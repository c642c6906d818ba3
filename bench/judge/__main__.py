"""`python -m bench.judge`: runs the judge benchmark, prints its tables, writes JSON and pictures when asked."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from bench.judge.cells import Cell
from bench.judge.plan import FULL, QUICK, Size, measured
from bench.judge.plots import draw
from bench.judge.tables import ratios, tables

TABLE_WIDTH = 200


def main(arguments: Sequence[str] | None = None) -> int:
    """Run and report; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m bench.judge", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few scenarios and runs: under two minutes")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure there")
    parser.add_argument("--plots", type=Path, metavar="DIR", help="draw the pictures there")
    options = parser.parse_args(arguments)
    size = QUICK if options.quick else FULL
    began = time.monotonic()
    cells = _watched(size)
    seconds = time.monotonic() - began
    console = Console(width=TABLE_WIDTH if not sys.stdout.isatty() else None)
    for table in tables(cells):
        console.print(table, "")
    console.print(f"{len(cells)} cells in {seconds:.0f} s. Teal is the shipped shared/core/judge, minute by minute.")
    if options.json is not None:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(_document(size, cells, seconds, quick=options.quick), indent=1))
    if options.plots is not None:
        draw(cells, options.plots)
    return 0


def _watched(size: Size) -> list[Cell]:
    columns = (TextColumn("{task.description:40.40}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    done = []
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True)) as progress:
        task = progress.add_task("simulating", total=size.cells)
        for cell in measured(size):
            done.append(cell)
            progress.update(task, advance=1, description=f"{cell.method}: {cell.scenario}")
    return done


def _document(size: Size, cells: list[Cell], seconds: float, *, quick: bool) -> dict[str, object]:
    against = ratios(cells)
    return {
        "command": f"python -m bench.judge{' --quick' if quick else ''}",
        "judge": "shared/core/judge as shipped, minute by minute",
        "seconds": round(seconds, 1),
        "runs": {"good": size.good_runs, "bad": size.bad_runs, "matching": size.matching_runs},
        "cells": [{**asdict(c), "of_oracle": against.get((c.scenario, c.method, c.mode))} for c in cells],
    }


if __name__ == "__main__":
    sys.exit(main())
