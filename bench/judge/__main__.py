"""`python -m bench.judge`: runs the judge benchmark, prints its tables, writes JSON and pictures when asked."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from bench.judge.cells import Cell
from bench.judge.groups import PARTS
from bench.judge.plan import Size, full_size, measured, quick_size
from bench.judge.plots import draw
from bench.judge.tables import ratios, tables

TABLE_WIDTH = 200
LINE_EVERY = 25


def main(arguments: Sequence[str] | None = None) -> int:
    """Run and report; return the exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    options = _options(given)
    parts = options.part or tuple(PARTS)
    size = quick_size(options.runs or 100, parts) if options.quick else full_size(options.runs or 1000, parts)
    began = time.monotonic()
    cells = _watched(size, options.processes)
    seconds = time.monotonic() - began
    console = Console(width=None if sys.stdout.isatty() else TABLE_WIDTH)
    for table in tables(cells):
        console.print(table, "")
    console.print(f"{len(cells)} cells in {seconds:.0f} s. Teal is the shipped shared/core/judge, minute by minute.")
    if options.json is not None:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        command = " ".join(["python -m bench.judge", *given])
        options.json.write_text(json.dumps(_document(command, size, cells, seconds), indent=1))
    if options.plots is not None:
        draw(cells, options.plots)
    return 0


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.judge", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few scenarios and runs: under two minutes")
    parser.add_argument(
        "--runs", type=int, help="of a cell where green is good (1000; quick: 100); half where it is bad"
    )
    parser.add_argument("--part", action="append", choices=PARTS, help="only this part; may be given more than once")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="how many work at once (one a core)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure there")
    parser.add_argument("--plots", type=Path, metavar="DIR", help="draw the pictures there")
    return parser.parse_args(arguments)


def _watched(size: Size, processes: int) -> list[Cell]:
    columns = (TextColumn("{task.description:40.40}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    console = Console(stderr=True)
    done: list[Cell] = []
    with Progress(*columns, TimeRemainingColumn(), console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("simulating", total=size.cells)
        for cell in measured(size, processes):
            done.append(cell)
            progress.update(task, advance=1, description=f"{cell.method}: {cell.scenario}")
            if not console.is_terminal and len(done) % LINE_EVERY == 0:
                print(f"{len(done)} of {size.cells} cells", file=sys.stderr, flush=True)
    return done


def _document(command: str, size: Size, cells: list[Cell], seconds: float) -> dict[str, object]:
    against = ratios(cells)
    return {
        "command": command,
        "judge": "shared/core/judge as shipped, minute by minute",
        "seconds": round(seconds, 1),
        "runs": {"good": size.good_runs, "bad": size.bad_runs, "matching": size.matching_runs},
        "cells": [{**asdict(c), "of_oracle": against.get((c.scenario, c.method, c.mode))} for c in cells],
    }


if __name__ == "__main__":
    sys.exit(main())
