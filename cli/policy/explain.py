"""`teal policy explain`: one policy in words, with what it costs and a picture. It prints; others know."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from typing import Any

from cli.policy.check import estimate_data
from cli.policy.estimate import Estimate, estimate
from cli.policy.explanation import always, begins, stages
from cli.policy.journey import Traffic
from cli.policy.judged import judged, sources
from cli.policy.overlap import Overlap, cost, overlap
from cli.policy.sentences import cautions, remarks, sentence
from cli.policy.sources import as_data, problems_of
from cli.policy.wording import about
from shared.core.policy import Policy
from shared.policies.prices import Prices


def run(arguments: argparse.Namespace) -> int:
    """Explain the policy in a file, draw it if asked, and return the exit code."""
    if not arguments.file.is_file():
        print(f"{arguments.file}: no such file; name one policy file", file=sys.stderr)
        return 2
    book, problems = problems_of(arguments.file)
    if book is None:
        if arguments.json:
            print(json.dumps({"right": False, "problems": [as_data(problem) for problem in problems]}, indent=2))
        else:
            print("\n".join(str(problem) for problem in problems), file=sys.stderr)
        return 2
    traffic = Traffic(arguments.requests_per_minute, arguments.error_rate, arguments.rise)
    for policy in book.policies:
        found = estimate(policy, traffic)
        spent = overlap(policy, found, arguments.instances)
        priced = _priced(book.prices, policy, arguments.instance_type, spent)
        _print(arguments, policy, found, (spent, priced))
        if arguments.picture is not None and not _drawn(arguments, policy, found):
            return 1
    return 0


def _print(
    arguments: argparse.Namespace, policy: Policy, found: Estimate, costs: tuple[Overlap, dict[str, float]]
) -> None:
    spent, priced = costs
    if arguments.json:
        print(json.dumps(_data(policy, found, spent, priced), indent=2))
        return
    print(begins(policy) + "\n")
    for number, stage in enumerate(stages(policy), start=1):
        print(f"{number}. {stage.title}: {stage.does}\n   {stage.stops}")
    print(f"\n{sources(policy.judge)}\n" + "\n".join(f"- {words}" for words in judged(policy.judge)))
    print("\nAt any step:\n" + "\n".join(f"- {words}" for words in always(policy)))
    print(f"\nIn short, {sentence(found)}.")
    for words in (*cautions(policy, found), *remarks(policy)):
        print(f"- {words}")
    print("\n" + _cost_words(spent, priced, arguments.instances))


def _cost_words(spent: Overlap, priced: dict[str, float], instances: int) -> str:
    hours = f"{spent.green + spent.blue:,.1f}"
    sides = f"about {about(spent.rollout * 60)} during the rollout and {about(spent.kept * 60)} after it"
    words = f"With {instances} serving now, {hours} instance hours are paid twice: {sides}."
    for machine, price in priced.items():
        words += f"\n- on {machine}: about {price:,.2f}"
    return (
        words
        if priced
        else words + " A prices.yaml beside the policy, with a price for each machine, says what that costs."
    )


def _priced(prices: Prices | None, policy: Policy, now: str | None, spent: Overlap) -> dict[str, float]:
    """Return the cost of the overlap by machine: of the one that is known, or else of each that has a price."""
    if prices is None:
        return {}
    found = {}
    for machine in [now] if now else sorted(prices.per_hour):
        green = policy.source.instance_type or machine
        price = cost(prices, (machine, green), spent)
        if price is not None:
            name = machine if green == machine else f"{machine}, then {green}"
            found[f"{name} ({prices.currency})"] = round(price, 2)
    return found


def _data(policy: Policy, found: Estimate, spent: Overlap, priced: dict[str, float]) -> dict[str, Any]:
    return {
        "endpoint": policy.endpoint,
        "name": policy.name,
        "begins": begins(policy),
        "stages": [asdict(stage) for stage in stages(policy)],
        "sources": sources(policy.judge),
        "judged": judged(policy.judge),
        "at_any_step": always(policy),
        "estimate": estimate_data(policy, found),
        "remarks": remarks(policy),
        "overlap_hours": asdict(spent),
        "overlap_costs": priced,
    }


def _drawn(arguments: argparse.Namespace, policy: Policy, found: Estimate) -> bool:
    from cli.policy.picture import draw  # noqa: PLC0415 -- half a second that only a picture should cost

    try:
        draw(policy, found, arguments.picture)
    except OSError as error:
        print(f"{arguments.picture}: cannot be written: {error.strerror}", file=sys.stderr)
        return False
    return True
