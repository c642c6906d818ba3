"""`teal`: the command line. It parses the arguments and calls what does the work.

Exit codes: 0 done; 1 it ran and did not succeed; 2 invalid arguments or files; 3 set-up missing; 130 interrupted.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from cli.demo.options import DemoOptions
from cli.policy.arguments import add_policy
from cli.policy.arguments import run as run_policy

FASTEST = 60.0  # beyond it fewer requests fall into a minute of the demo's clock than the judge needs


def main(words: Sequence[str] | None = None) -> int:
    """Run the command that the arguments name, and return the exit code."""
    given = list(sys.argv[1:] if words is None else words)
    if given[:1] == ["host"]:
        from cli.host.__main__ import main as host  # noqa: PLC0415  # neither command should load the other's libraries

        return host(given[1:], "teal host")
    arguments = parser().parse_args(given)
    if arguments.command == "policy":
        return run_policy(arguments)
    from cli.demo.performance import run  # noqa: PLC0415  # as above
    from cli.demo.screen import console  # noqa: PLC0415  # as above

    return run(options(arguments), console())


def parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    top = argparse.ArgumentParser("teal", description="Progressive delivery for Azure ML online endpoints.")
    commands = top.add_subparsers(dest="command", required=True)
    defaults = DemoOptions()
    demo = commands.add_parser("demo", help="show the whole of Teal on this machine, in under four minutes")
    demo.add_argument("--keep", action="store_true", help="go on serving after the scenes, until Ctrl-C")
    demo.add_argument(
        "--out", type=Path, default=defaults.out, metavar="DIR", help="where the results go (%(default)s)"
    )
    demo.add_argument(
        "--speed",
        type=_between(1, FASTEST),
        default=defaults.speed,
        metavar="N",
        help="how much faster time runs (%(default)g)",
    )
    demo.add_argument(
        "--rate",
        type=_between(50, 500),
        default=defaults.rate,
        metavar="N",
        help="live requests a second (%(default)g)",
    )
    add_policy(commands)
    commands.add_parser("host", help="run a function app on this machine; `teal host --help` says how")
    return top


def options(arguments: argparse.Namespace) -> DemoOptions:
    """Return what was chosen for the demo."""
    return DemoOptions(keep=arguments.keep, speed=arguments.speed, rate=arguments.rate, out=arguments.out.resolve())


class _Between:
    """Reads a number that must lie between two others."""

    def __init__(self, least: float, most: float) -> None:
        self._least, self._most = least, most

    def __call__(self, text: str) -> float:
        try:
            number = float(text)
        except ValueError:
            number = float("nan")
        if not self._least <= number <= self._most:
            raise argparse.ArgumentTypeError(f"{text!r} is not a number from {self._least:g} to {self._most:g}")
        return number


_between = _Between

if __name__ == "__main__":
    sys.exit(main())
