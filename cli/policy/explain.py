"""`teal policy explain`: one policy in words, with the time and cost of its rollouts, and a picture."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path

from rich.console import Console

from cli.policy.argument_reader import SEED, ArgumentReader
from cli.policy.check import assumptions
from cli.policy.choice import ChosenPolicy, all_of
from cli.policy.costs import Overlap, cost, overlap
from cli.policy.estimate import BAD, GOOD, Estimate, estimate
from cli.policy.estimate_words import estimate_json, estimate_lines
from cli.policy.explanation import always, begins, stages
from cli.policy.judged import judged, sources
from cli.policy.notes import notes
from cli.policy.pace import EVERY
from cli.policy.permissions import permissions
from cli.policy.progress import progress
from cli.policy.remarks import remarks
from cli.policy.sources import as_data, problems_of
from cli.policy.summary_json import Json
from cli.policy.wording import counted, minutes
from cli.policy.world import world
from cli.simulate.ending import Ending
from cli.simulate.profile import Profile
from cli.simulate.summary import typical
from cli.simulate.trial import Scenario
from shared.core.schema.words import Word
from shared.policies.prices import Prices


@dataclass(frozen=True, slots=True)
class ExplainOptions:
    """What to explain, in which world, and how to show it."""

    file: Path
    profile: Profile
    seed: int
    instance_type: str | None
    picture: Path | None
    json: bool
    every: timedelta | None


@dataclass(frozen=True, slots=True)
class Explained:
    """A policy with its estimate. overlap: for the typical good version. costs: of that overlap, by instance types."""

    chosen: ChosenPolicy
    estimate: Estimate
    overlap: Overlap
    costs: dict[str, float]


def run(arguments: argparse.Namespace) -> int:
    """Explain the policies in a file, draw them if requested, and return the exit code."""
    options = _options(arguments)
    book, problems = problems_of(options.file)
    if book is None:
        if options.json:
            print(json.dumps({"valid": False, "problems": [as_data(problem) for problem in problems]}, indent=2))
        else:
            print("\n".join(str(problem) for problem in problems), file=sys.stderr)
        return 2
    every = all_of(book)
    with progress(len(every) * (GOOD + BAD), Console(stderr=True)) as step:
        explained = [_explained(chosen, options, book.prices, step) for chosen in every]
    for one in explained:
        if options.json:
            print(json.dumps(_data(one, options), indent=2))
        else:
            _print(one, options)
        if options.picture is not None and not _drawn(one, options.picture):
            return 1
    return 0


def _options(arguments: argparse.Namespace) -> ExplainOptions:
    reader = ArgumentReader()
    if not arguments.file.is_file():
        found = "is a folder" if arguments.file.is_dir() else "no such file"
        reader.problems.append(f"{arguments.file}: {found}; name one policy file")
    profile, seed = world(arguments, reader), reader.whole("--seed", arguments.seed, SEED)
    picture = reader.picture(arguments.picture)
    every = reader.option("--every", arguments.every, lambda text: EVERY.read(Word(text)))
    reader.finish()
    return ExplainOptions(arguments.file, profile, seed or 0, arguments.instance_type, picture, arguments.json, every)


def _explained(
    chosen: ChosenPolicy, options: ExplainOptions, prices: Prices | None, step: Callable[[], None]
) -> Explained:
    found = estimate(chosen, options.profile, options.seed, step)
    number = found.good.index(typical(found.good))
    spent = overlap(Scenario(chosen.policy, found.profile, chosen.smoke_requests), options.seed, number)
    return Explained(chosen, found, spent, _costs(chosen, options.instance_type, prices, spent))


def _costs(chosen: ChosenPolicy, now: str | None, prices: Prices | None, spent: Overlap) -> dict[str, float]:
    """Return the cost of the overlap: on the current instance type or, if unknown, on each one with a price."""
    found: dict[str, float] = {}
    for blue in [now] if now else sorted(prices.per_hour) if prices else ():
        green = chosen.policy.source.instance_type or blue
        price = cost(prices, blue, green, spent) if prices else None
        if prices is not None and price is not None:
            name = blue if green == blue else f"{blue}, then {green}"
            found[f"{name} ({prices.currency})"] = round(price, 2)
    return found


def _print(one: Explained, options: ExplainOptions) -> None:
    policy, found = one.chosen.policy, one.estimate
    print(begins(policy) + "\n")
    for number, stage in enumerate(stages(policy), start=1):
        print(f"{number}. {stage.title}: {stage.does}\n   {stage.stops}")
    print(f"\n{sources(policy.judge)}\n" + "\n".join(f"- {words}" for words in judged(policy.judge)))
    print("\nAt any step:\n" + "\n".join(f"- {words}" for words in always(policy)))
    print("\nSimulated rollouts " + "\n".join(estimate_lines(policy, found, options.every)))
    print("\n" + _cost_words(one))
    print("\nAssumptions and remarks:")
    print("\n".join(f"- {words}" for words in _assumptions(one, options)))


def _assumptions(one: Explained, options: ExplainOptions) -> list[str]:
    policy = one.chosen.policy
    found = assumptions(options.profile, options.seed) + list(notes(policy, one.estimate.profile))
    return found + remarks(policy) + permissions(policy)


def _cost_words(one: Explained) -> str:
    spent, instances = one.overlap, one.estimate.profile.instances
    rollout, kept = minutes(spent.rollout * 60), minutes(spent.kept * 60)
    words = (
        f"With {counted(instances, 'instance')} serving now, both deployments run for {rollout} in a typical rollout"
    )
    if spent.ending is Ending.PROMOTED:
        words += f" and {kept} after it"
    words += f": {spent.instance_hours:,.1f} instance-hours more than one deployment alone."
    if spent.ending is not Ending.PROMOTED:
        words += f" A typical rollout is {spent.ending.words}; while one is paused, both keep running."
    for machine, price in one.costs.items():
        words += f"\n- on {machine}: about {price:,.2f}"
    return words if one.costs else words + " A prices.yaml next to the policy adds what that costs."


def _data(one: Explained, options: ExplainOptions) -> Json:
    policy = one.chosen.policy
    hours = one.estimate.good_summary.green_hours
    return {
        "endpoint": policy.endpoint,
        "name": policy.name,
        "begins": begins(policy),
        "stages": [asdict(stage) for stage in stages(policy)],
        "sources": sources(policy.judge),
        "judged": judged(policy.judge),
        "at_any_step": always(policy),
        "estimate": estimate_json(policy, one.estimate, options.every),
        "assumptions": assumptions(options.profile, options.seed) + list(notes(policy, one.estimate.profile)),
        "remarks": remarks(policy),
        "permissions": permissions(policy),
        "overlap_hours": asdict(one.overlap),
        "green_instance_hours": asdict(hours) if hours else None,
        "overlap_costs": one.costs,
    }


def _drawn(one: Explained, picture: Path) -> bool:
    from cli.policy.picture import draw_run  # noqa: PLC0415 -- half a second that only a picture should cost

    try:
        draw_run(picture, one.chosen.name, one.estimate.good)
    except OSError as error:
        print(f"{picture}: cannot be written: {error.strerror}", file=sys.stderr)
        return False
    return True
