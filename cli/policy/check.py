"""`teal policy check`: reports every problem, then the results of simulated rollouts of each policy."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from rich.console import Console

from cli.policy.argument_reader import SEED, ArgumentReader
from cli.policy.choice import ChosenPolicy, all_of
from cli.policy.deployed_settings import deployed_settings
from cli.policy.estimate import BAD, GOOD, USUAL_FAULT, Estimate, estimate
from cli.policy.estimate_words import estimate_json, estimate_lines
from cli.policy.notes import fault_words, notes, world_words
from cli.policy.pace import EVERY
from cli.policy.progress import progress
from cli.policy.remarks import only_by_tag, remarks
from cli.policy.sources import as_data, problems_of
from cli.policy.summary_json import Json
from cli.policy.unread import unread_policies
from cli.policy.wording import counted
from cli.policy.world import traffics, world
from cli.simulate.profile import Profile
from shared.core.schema.words import Word
from shared.policies.problems import Problem

RATES = (10.0, 100.0, 1000.0, 10_000.0)


@dataclass(frozen=True, slots=True)
class CheckOptions:
    """profiles: one per traffic rate, with the bad version's faults; empty without estimates.

    variables: the values for `${NAME}`; None for the environment. every: how often versions are registered, if that is
    assumed.
    """

    folder: Path
    variables: Mapping[str, str] | None
    profiles: tuple[Profile, ...]
    seed: int
    json: bool
    every: timedelta | None = None


@dataclass(frozen=True, slots=True)
class CheckedPolicy:
    """A valid policy with its estimates, one per traffic rate."""

    chosen: ChosenPolicy
    estimates: tuple[Estimate, ...]


def run(arguments: argparse.Namespace) -> int:
    """Check the folder, print the findings, and return the exit code."""
    options = check_options(arguments)
    book, problems = problems_of(options.folder, options.variables)
    every = all_of(book) if book is not None else []
    with progress(len(every) * len(options.profiles) * (GOOD + BAD), Console(stderr=True)) as step:
        checked = _checked(every, options, step)
        if options.json:
            print(json.dumps(_data(options, problems, list(checked)), indent=2))
        elif problems:
            print("\n".join(str(problem) for problem in problems), file=sys.stderr)
            _print_unread(options.folder)
            print(f"{counted(len(problems), 'problem')}: {options.folder} is not usable")
        else:
            _print(options, checked)
            _print_unread(options.folder)
    return 2 if problems else 0


def check_options(arguments: argparse.Namespace) -> CheckOptions:
    """Return the parsed options. Raises InvalidArgumentsError with every problem."""
    reader = ArgumentReader()
    known, rates = world(arguments, reader), traffics(arguments, reader, RATES)
    seed = reader.whole("--seed", arguments.seed, SEED)
    parameters: Path | None = arguments.settings
    variables = reader.file(lambda: deployed_settings(parameters, os.environ)) if parameters else None
    every = reader.option("--every", arguments.every, lambda text: EVERY.read(Word(text)))
    reader.finish()
    profiles = [replace(known, requests=rate) for rate in rates] or [known]
    shown = () if arguments.no_estimates else tuple(profiles)
    return CheckOptions(arguments.folder, variables, shown, seed or 0, arguments.json, every)


def assumptions(profile: Profile, seed: int) -> list[str]:
    """Return the assumptions that all estimates share."""
    return [
        world_words(profile),
        f"the bad version differs from blue: {fault_words(profile.faults or (USUAL_FAULT,))}",
        (
            f"per traffic, up to {GOOD} rollouts of a good and {BAD} of a bad version are simulated (seed {seed}); "
            "times are the median and the range, from the start of the rollout"
        ),
    ]


def _checked(every: list[ChosenPolicy], options: CheckOptions, step: Callable[[], None]) -> Iterator[CheckedPolicy]:
    """Yield each policy as soon as it has its estimates."""
    for chosen in every:
        found = tuple(estimate(chosen, profile, options.seed, step) for profile in options.profiles)
        yield CheckedPolicy(chosen, found)


def _print(options: CheckOptions, checked: Iterator[CheckedPolicy]) -> None:
    if options.profiles:
        print("Assumptions:")
        print("\n".join(f"- {words}" for words in assumptions(options.profiles[0], options.seed)) + "\n", flush=True)
    for one in checked:
        print("\n".join(_lines(one, options.every)), flush=True)


def _print_unread(folder: Path) -> None:
    for file in unread_policies(folder):
        print(f"{file}: looks like a policy, but is not read: policies are *.yaml and *.yml directly in {folder}")


def _lines(checked: CheckedPolicy, every: timedelta | None) -> Iterator[str]:
    chosen = checked.chosen
    yield f"{chosen.file}: {chosen.name}: valid, {counted(len(chosen.policy.steps), 'step')}"
    for words in _remarks(checked):
        yield f"  - {words}"
    for found in checked.estimates:
        yield from (f"  {line}" for line in estimate_lines(chosen.policy, found, every))


def _remarks(checked: CheckedPolicy) -> list[str]:
    policy, found = checked.chosen.policy, checked.estimates
    tagged = [only_by_tag(policy)] if checked.chosen.by_tag else []
    return (
        tagged
        + remarks(policy)
        + (list(notes(policy, replace(found[0].profile, faults=found[0].faults))) if found else [])
    )


def _data(options: CheckOptions, problems: list[Problem], checked: list[CheckedPolicy]) -> Json:
    return {
        "folder": str(options.folder),
        "valid": not problems,
        "problems": [as_data(problem) for problem in problems],
        "unread": unread_policies(options.folder),
        "assumptions": assumptions(options.profiles[0], options.seed) if options.profiles else [],
        "policies": [
            {
                "file": one.chosen.file,
                "endpoint": one.chosen.policy.endpoint,
                "name": one.chosen.policy.name,
                "remarks": _remarks(one),
                "estimates": [estimate_json(one.chosen.policy, found, options.every) for found in one.estimates],
            }
            for one in checked
        ],
    }
