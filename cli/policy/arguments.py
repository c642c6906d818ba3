"""The arguments of `teal policy`. A command's dependencies are imported only when it runs.

Exit codes: 0 success; 1 the output could not be written; 2 invalid arguments or policies; 130 interrupted.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from cli.policy.world_arguments import add_world

if TYPE_CHECKING:
    # Generic to the type checker, but not subscriptable at run time; argparse has no public name for it.
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001

COMMANDS = {
    "check": "cli.policy.check",
    "explain": "cli.policy.explain",
    "simulate": "cli.policy.simulate",
    "schema": "cli.policy.schema",
}
EVERY = "how often versions are registered, such as 6h: compared with the time that a rollout takes"
SEED = "the same seed gives the same figures (%(default)s)"


def add_policy(subparsers: Subparsers) -> argparse.ArgumentParser:
    """Add `policy` and its commands to a parser's commands; `run` carries out the chosen one."""
    policy = subparsers.add_parser("policy", help="check, explain and simulate policies")
    commands = policy.add_subparsers(dest="policy_command", required=True)
    _add_check(commands)
    _add_explain(commands)
    _add_simulate(commands)
    _add_schema(commands)
    return policy


def run(arguments: argparse.Namespace) -> int:
    """Carry out the chosen command and return the exit code."""
    from cli.policy.argument_reader import InvalidArgumentsError  # noqa: PLC0415 -- loads the grammar of policies

    logging.getLogger("teal").addHandler(logging.NullHandler())  # a command prints its own messages
    try:
        code: int = import_module(COMMANDS[arguments.policy_command]).run(arguments)
        sys.stdout.flush()
    except InvalidArgumentsError as invalid:
        print(invalid, file=sys.stderr)
        return 2
    except BrokenPipeError:  # the reader, such as `head`, has closed the pipe; Python would report it again at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return 130
    return code


def _add_check(commands: Subparsers) -> None:
    check = commands.add_parser(
        "check",
        help="report every problem in a folder's policies, and how long rollouts take",
        description="Report every problem in the policies of a folder, each with file, line, column and remedy. Then "
        "simulate some rollouts of each policy: how long a good version takes, what stops it, and how soon a bad one "
        "is rolled back.",
    )
    check.add_argument(
        "folder",
        nargs="?",
        type=Path,
        default=Path(os.environ.get("TEAL_POLICIES") or "policies"),
        metavar="FOLDER",
        help="the folder, or one policy file (%(default)s)",
    )
    check.add_argument(
        "--settings",
        type=Path,
        metavar="FILE",
        help="refuse ${NAME} that the deployment does not set: azd's parameters, such as infra/main.parameters.json",
    )
    check.add_argument("--every", metavar="TIME", help=EVERY)
    check.add_argument("--no-estimates", action="store_true", help="report problems only")
    check.add_argument("--seed", default="1", metavar="N", help=SEED)
    check.add_argument("--json", action="store_true", help="print JSON")
    add_world(check, green="of the bad version; +5%%", several=True)


def _add_explain(commands: Subparsers) -> None:
    explain = commands.add_parser(
        "explain",
        help="describe what a policy does",
        description="Describe step by step what a policy does and what would stop it, how long it takes, and what it "
        "costs to run two deployments side by side (if the folder has a prices.yaml).",
    )
    explain.add_argument("file", type=Path, metavar="FILE", help="the policy file")
    explain.add_argument("--picture", metavar="FILE", help="draw a typical rollout into FILE (png, svg, pdf)")
    explain.add_argument("--instance-type", metavar="NAME", help="of the serving instances, if the policy does not say")
    explain.add_argument("--every", metavar="TIME", help=EVERY)
    explain.add_argument("--seed", default="1", metavar="N", help=SEED)
    explain.add_argument("--json", action="store_true", help="print JSON")
    add_world(explain, green="of the bad version; +5%%")


def _add_simulate(commands: Subparsers) -> None:
    simulate = commands.add_parser(
        "simulate",
        help="try a policy on simulated rollouts",
        description="Try a policy on thousands of rollouts: the shipped core decides, and its environment is "
        "simulated. Report false rollbacks, detection, affected requests and time to 100%.",
    )
    simulate.add_argument("policy", type=Path, metavar="POLICY", help="policy file, or a folder of them")
    simulate.add_argument("--endpoint", help="which endpoint's policy, if the folder has several")
    simulate.add_argument("--name", help="which policy of the endpoint, if it has several")
    simulate.add_argument("--rollouts", default="1000", metavar="N", help="how many (%(default)s)")
    simulate.add_argument("--seed", default="1", metavar="N", help=SEED)
    simulate.add_argument("--jobs", metavar="N", help="number of cores to use (all of this machine's)")
    simulate.add_argument("--replay", type=Path, metavar="FILE", help="replay a recorded rollout, as the API shows it")
    simulate.add_argument("--json", action="store_true", help="print JSON")
    simulate.add_argument("--picture", metavar="FILE", help="draw endings, times and a typical run into FILE")
    add_world(simulate, green="default: like blue")


def _add_schema(commands: Subparsers) -> None:
    schema = commands.add_parser(
        "schema",
        help="print the JSON Schema of policy files, for editors",
        description="Print the JSON Schema of policy files. Begin a policy with `# yaml-language-server: "
        "$schema=./policy.schema.json` and an editor completes keys, shows what they mean and underlines mistakes.",
    )
    schema.add_argument("--out", type=Path, metavar="FILE", help="write it there instead")
    schema.add_argument("--json", action="store_true", help="print JSON (a schema always is)")
