"""Runs the judge's benchmark, prints its tables, and optionally writes JSON and plots: `python -m bench.judge`."""

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

from bench.judge.cells import Cell, of_oracle
from bench.judge.groups import PARTS
from bench.judge.plan import Plan, full_plan, measured, quick_plan
from bench.judge.plots import draw
from bench.judge.tables import tables

TABLE_WIDTH = 200
LINE_EVERY = 25


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark, report, and return the exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    options = _options(given)
    parts = options.part or tuple(PARTS)
    plan = quick_plan(options.runs or 100, parts) if options.quick else full_plan(options.runs or 1000, parts)
    began = time.monotonic()
    cells = _with_progress(plan, options.processes)
    seconds = time.monotonic() - began
    console = Console(width=None if sys.stdout.isatty() else TABLE_WIDTH)
    for table in tables(cells):
        console.print(table, "")
    console.print(f"{len(cells)} cells in {seconds:.0f} s. Teal is the shipped turn of the loop.")
    if options.json is not None:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        command = " ".join(["python -m bench.judge", *given])
        options.json.write_text(json.dumps(_document(command, plan, cells, seconds), indent=1))
    if options.plots is not None:
        draw(cells, options.plots)
    return 0


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.judge", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer scenarios and runs: under two minutes")
    parser.add_argument(
        "--runs", type=int, help="runs per cell where green is good (1000; quick: 100); half as many where it is bad"
    )
    parser.add_argument("--part", action="append", choices=PARTS, help="run only this part; may be repeated")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="worker processes (one per core)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure to this file")
    parser.add_argument("--plots", type=Path, metavar="DIR", help="write the plots to this folder")
    return parser.parse_args(arguments)


def _with_progress(plan: Plan, processes: int) -> list[Cell]:
    columns = (TextColumn("{task.description:40.40}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    console = Console(stderr=True)
    done: list[Cell] = []
    with Progress(*columns, TimeRemainingColumn(), console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("simulating", total=plan.cells)
        for cell in measured(plan, processes):
            done.append(cell)
            progress.update(task, advance=1, description=f"{cell.method}: {cell.scenario}")
            if not console.is_terminal and len(done) % LINE_EVERY == 0:
                print(f"{len(done)} of {plan.cells} cells", file=sys.stderr, flush=True)
    return done


def _document(command: str, plan: Plan, cells: list[Cell], seconds: float) -> dict[str, object]:
    oracle = of_oracle(cells)
    return {
        "command": command,
        "judge": "shared/core/judge as shipped",
        "seconds": round(seconds, 1),
        "runs": {"good": plan.good_runs, "bad": plan.bad_runs, "matching": plan.matching_runs},
        "cells": [{**asdict(c), "of_oracle": oracle.get((c.scenario, c.method, c.mode))} for c in cells],
    }


if __name__ == "__main__":
    sys.exit(main())
