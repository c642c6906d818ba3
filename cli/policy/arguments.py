"""The words of `teal policy`. It must never load what a command needs before the command is named.

Exit codes: 0 all well; 1 the result could not be written; 2 the words or the policies are wrong.
"""

from __future__ import annotations

import argparse
import os
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from cli.simulate.arguments import add_simulate

if TYPE_CHECKING:
    # A generic class to the type checker, and not one that can be subscripted at run time.
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 -- the type that argparse gives has no public name

COMMANDS = {
    "check": "cli.policy.check",
    "explain": "cli.policy.explain",
    "simulate": "cli.simulate.command",
    "schema": "cli.policy.schema",
}
PICTURES = (".svg", ".png", ".pdf")
RATES = (10.0, 100.0, 1000.0, 10_000.0)


def add_policy(subparsers: Subparsers) -> argparse.ArgumentParser:
    """Hang `policy` and its commands under a parser's commands; `run` carries out what was chosen."""
    policy = subparsers.add_parser("policy", help="check, explain and try policy files")
    commands = policy.add_subparsers(dest="policy_command", required=True)
    _add_commands(commands)
    return policy


def parser() -> argparse.ArgumentParser:
    """Return a parser of the policy commands alone, for `python -m cli.policy`."""
    top = argparse.ArgumentParser("python -m cli.policy", description="Check, explain and try policy files.")
    commands = top.add_subparsers(dest="policy_command", required=True)
    _add_commands(commands)
    return top


def run(arguments: argparse.Namespace) -> int:
    """Carry out the command that was chosen, and return the exit code."""
    try:
        code: int = import_module(COMMANDS[arguments.policy_command]).run(arguments)
        sys.stdout.flush()
    except BrokenPipeError:  # whoever reads has enough, such as `head`; Python would say so once more at its end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return code


def _add_commands(commands: Subparsers) -> None:
    _add_check(commands)
    _add_explain(commands)
    add_simulate(commands)
    _add_schema(commands)


def _add_check(commands: Subparsers) -> None:
    check = commands.add_parser(
        "check",
        help="find every problem of a folder's policies, and say how long they take",
        description="Find every problem in the policies of a folder, each with file, line, column and what would be "
        "right. Then say, from the judge itself, how long each policy takes at some traffic and what it would notice.",
    )
    check.add_argument(
        "folder",
        nargs="?",
        type=Path,
        default=Path(os.environ.get("TEAL_POLICIES") or "policies"),
        metavar="FOLDER",
        help="the folder, or one policy file (%(default)s)",
    )
    _add_traffic(check, several=True)
    check.add_argument("--no-estimates", action="store_true", help="find problems only")
    check.add_argument("--json", action="store_true", help="print JSON")


def _add_explain(commands: Subparsers) -> None:
    explain = commands.add_parser(
        "explain",
        help="say in words what a policy will do",
        description="Say step by step what a policy will do, what would stop it, and what it costs that two "
        "deployments stand side by side (if the folder has a prices.yaml).",
    )
    explain.add_argument("file", type=Path, metavar="FILE", help="the policy file")
    explain.add_argument(
        "--picture", type=_picture, metavar="FILE", help=f"draw the traffic over time into FILE ({', '.join(PICTURES)})"
    )
    _add_traffic(explain, several=False)
    explain.add_argument(
        "--instances", type=_whole, default=1, metavar="N", help="how many instances serve now (%(default)s)"
    )
    explain.add_argument("--instance-type", metavar="NAME", help="what they are, if the policy does not say")
    explain.add_argument("--json", action="store_true", help="print JSON")


def _add_schema(commands: Subparsers) -> None:
    schema = commands.add_parser(
        "schema",
        help="print the JSON Schema of policy files, for editors",
        description="Print the JSON Schema of policy files. Begin a policy with `# yaml-language-server: "
        "$schema=./policy.schema.json` and an editor completes keys, shows what they mean and underlines mistakes.",
    )
    schema.add_argument("--out", type=Path, metavar="FILE", help="write it there instead")
    schema.add_argument("--json", action="store_true", help="print JSON (a schema always is)")


def _add_traffic(command: argparse.ArgumentParser, *, several: bool) -> None:
    command.add_argument(
        "--requests-per-minute",
        type=_rate,
        action="append" if several else "store",
        default=None if several else 1000.0,
        metavar="N",
        help="the endpoint's traffic"
        + ("; may be given more than once (10, 100, 1000, 10000)" if several else " (%(default)g)"),
    )
    command.add_argument(
        "--error-rate", type=_share, default=0.001, metavar="P", help="the share that fails anyway (%(default)g)"
    )
    command.add_argument(
        "--rise", type=_share, default=0.05, metavar="P", help="the rise that is to be noticed (%(default)g: 5 points)"
    )


def _picture(text: str) -> Path:
    if Path(text).suffix.lower() not in PICTURES:
        raise argparse.ArgumentTypeError(f"{text!r} does not end in {', '.join(PICTURES)}")
    return Path(text)


def _rate(text: str) -> float:
    return _number(text, 0.1, 1e7, "requests a minute")


def _share(text: str) -> float:
    return _number(text, 0.0, 0.9, "a share, such as 0.001")


def _whole(text: str) -> int:
    return round(_number(text, 1, 1000, "instances"))


def _number(text: str, least: float, most: float, what: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if not least <= number <= most:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from {least:g} to {most:g} ({what})")
    return number
