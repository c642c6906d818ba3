"""`teal policy simulate`: many simulated rollouts of one policy, or the replay of a recorded one."""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import dataclass

from rich.console import Console

from cli.policy.comparison import comparison_json, comparison_table, pairs
from cli.policy.notes import notes, replay_notes
from cli.policy.options import SimulateOptions, simulate_options
from cli.policy.progress import progress
from cli.policy.summary_json import Json, result_json
from cli.policy.tables import result_tables
from cli.simulate.parallel import results as results_of
from cli.simulate.recording import Recording
from cli.simulate.replay import replay
from cli.simulate.result import RunResult
from cli.simulate.summary import Summary, summary
from cli.simulate.trial import Scenario

WIDTH = 100


@dataclass(frozen=True, slots=True)
class Report:
    """The results to show. more: additional entries for the JSON."""

    what: str
    results: list[RunResult]
    total: Summary
    more: Json


def run(arguments: argparse.Namespace) -> int:
    """Run the simulation or the replay and return the exit code."""
    options = simulate_options(arguments)
    try:
        if options.recording is None:
            _simulate(options)
        else:
            _replay(options, options.recording)
    except BrokenPipeError:
        raise  # the reader closed the pipe, and the caller handles that
    except OSError as error:
        print(f"the result could not be written: {error}", file=sys.stderr)
        return 1
    return 0


def _simulate(options: SimulateOptions) -> None:
    began = time.monotonic()
    chosen = options.chosen
    scenario = Scenario(chosen.policy, options.profile, chosen.smoke_requests)
    results = []
    with progress(options.rollouts, Console(stderr=True)) as step:
        for result in results_of(scenario, options.rollouts, options.seed, options.jobs):
            results.append(result)
            step()
    total = summary(results, faulty=bool(options.profile.harms))
    remarks = list(notes(chosen.policy, options.profile))
    _report(options, Report(f"{options.rollouts:,} simulated rollouts", results, total, {"notes": remarks}))
    if not options.json:
        _print_notes(remarks)
        print(f"{time.monotonic() - began:.1f} s")


def _replay(options: SimulateOptions, recording: Recording) -> None:
    """Replay a recorded rollout; if the replay departs from the record, repeat it many times."""
    if recording.not_replayable:
        _print_not_replayable(options, recording)
        return
    policy = options.chosen.policy
    first = replay(recording, policy, options.seed, 0)
    compared, departed = pairs(first), first.matcher.departed
    count = options.rollouts if departed else 1
    results = [first.result]
    with progress(count, Console(stderr=True)) as step:
        for number in range(1, count):
            results.append(replay(recording, policy, options.seed, number).result)
            step()
    remarks = list(replay_notes(recording, policy, departed))
    if not options.json:
        title = f"{recording.record.endpoint}: recorded and replayed"
        _screen().print(comparison_table(title, compared))
        _print_notes(remarks)
    if options.json or departed is not None or options.picture is not None:
        more = {"notes": remarks, "replay": comparison_json(compared, first)}
        _report(options, Report(f"{len(results):,} replays", results, summary(results, faulty=None), more))


def _print_not_replayable(options: SimulateOptions, recording: Recording) -> None:
    why = recording.not_replayable
    if options.json:
        print(json.dumps({"replay": {"replayable": False, "summary": why}}, indent=1))
    else:
        print(f"{recording.record.endpoint}: nothing to replay: {why}")


def _print_notes(notes: list[str]) -> None:
    for note in notes:
        print(f"- {note}")


def _report(options: SimulateOptions, report: Report) -> None:
    """Show the figures in the requested form."""
    chosen = options.chosen
    title = f"{chosen.name}: {report.what}, seed {options.seed}"
    if options.picture is not None:
        from cli.policy.picture import draw  # noqa: PLC0415 -- half a second that only a picture should cost

        draw(options.picture, title, report.results, report.total)
    if options.json:
        heading = {"endpoint": chosen.policy.endpoint, "policy": chosen.policy.name, "file": chosen.file}
        shown = heading | {"seed": options.seed} | report.more
        print(json.dumps(shown | result_json(chosen.policy, report.results, report.total), indent=1))
        return
    console = _screen()
    for table in result_tables(title, chosen.policy, report.total):
        console.print(table, "")


def _screen() -> Console:
    """Return a console for standard output, wide enough for the tables if its width is unknown."""
    return Console(width=None if sys.stdout.isatty() else WIDTH)
