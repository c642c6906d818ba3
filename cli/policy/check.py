"""`teal policy check`: every problem at once, then what each policy takes and notices. It never stops at the first."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cli.policy.arguments import RATES
from cli.policy.estimate import Estimate, estimate
from cli.policy.journey import Traffic
from cli.policy.sentences import cautions, remarks, sentence
from cli.policy.sources import as_data, problems_of
from shared.core.policy import Policy
from shared.policies.policy_set import PolicySet
from shared.policies.problems import Problem


@dataclass(frozen=True, slots=True)
class Checked:
    """A policy that is right, with what it does at each traffic."""

    file: str
    policy: Policy
    estimates: tuple[Estimate, ...]

    @property
    def name(self) -> str:
        """The endpoint, and the policy's own name if it has one."""
        return self.policy.endpoint + (f" ({self.policy.name})" if self.policy.name else "")


def run(arguments: argparse.Namespace) -> int:
    """Check the folder, print what was found, and return the exit code."""
    book, problems = problems_of(arguments.folder)
    rates = [] if arguments.no_estimates else arguments.requests_per_minute or RATES
    traffics = [Traffic(rate, arguments.error_rate, arguments.rise) for rate in rates]
    checked = _checked(book, traffics) if book is not None else iter(())
    if arguments.json:
        print(json.dumps(_data(arguments.folder, problems, checked), indent=2))
    elif problems:
        print("\n".join(str(problem) for problem in problems), file=sys.stderr)
        print(f"{len(problems)} problem{'s' * (len(problems) > 1)}; nothing in {arguments.folder} can be used so")
    else:
        for one in checked:
            print("\n".join(_lines(one)), flush=True)
    return 2 if problems else 0


def _checked(book: PolicySet, traffics: list[Traffic]) -> Iterator[Checked]:
    """Yield each policy as soon as its estimates are there."""
    for file, policy in zip(book.files, book.policies, strict=True):
        yield Checked(file, policy, tuple(estimate(policy, traffic) for traffic in traffics))


def _lines(checked: Checked) -> list[str]:
    count = len(checked.policy.steps)
    lines = [f"{checked.file}: {checked.name}: right, {count} step{'s' * (count > 1)}"]
    lines += [f"  - {remark}" for remark in remarks(checked.policy)]
    for found in checked.estimates:
        lines.append(f"  {sentence(found)}")
        lines += [f"    ({caution})" for caution in cautions(checked.policy, found)]
    return lines


def _data(folder: Path, problems: list[Problem], checked: Iterator[Checked]) -> dict[str, Any]:
    return {
        "folder": str(folder),
        "right": not problems,
        "problems": [as_data(problem) for problem in problems],
        "policies": [
            {
                "file": one.file,
                "endpoint": one.policy.endpoint,
                "name": one.policy.name,
                "remarks": remarks(one.policy),
                "estimates": [estimate_data(one.policy, found) for found in one.estimates],
            }
            for one in checked
        ],
    }


def estimate_data(policy: Policy, found: Estimate) -> dict[str, Any]:
    """Return an estimate for JSON; times are minutes, null where it mostly does not come to that."""
    return asdict(found.traffic) | {
        "minutes_to_full": found.full,
        "minutes_to_promotion": found.promoted,
        "minutes_to_notice": found.noticed,
        "steps": [
            {"step": s.hold.step, "kind": s.hold.kind, "percent": abs(s.hold.share), "minutes": s.minutes}
            | {"patience_ends_first": s.impatient}
            for s in found.stays
        ],
        "cautions": cautions(policy, found),
    }
