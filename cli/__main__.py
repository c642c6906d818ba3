"""`teal`: the command line. Parses the arguments and runs the command.

Exit codes: 0 success; 1 failure; 2 invalid arguments or files; 3 set-up missing; 130 interrupted. `teal wait` has more.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from cli import package
from cli.demo.options import DemoOptions
from cli.policy.arguments import add_policy
from cli.policy.arguments import run as run_policy
from cli.verify.arguments import add_verify
from cli.verify.arguments import run as run_verify
from cli.wait.arguments import add_wait
from cli.wait.arguments import run as run_wait

FASTEST = 60.0  # above this, a minute of the demo's clock has too few requests for the judge


def main(words: Sequence[str] | None = None) -> int:
    """Run the command that the arguments name, and return the exit code."""
    given = list(sys.argv[1:] if words is None else words)
    if given[:1] == ["host"]:
        from cli.host.__main__ import main as host  # noqa: PLC0415  # no command loads another's libraries

        return host(given[1:], "teal host")
    arguments = parser().parse_args(given)
    simple = {"policy": run_policy, "package": package.run, "verify": run_verify, "wait": run_wait}
    if arguments.command in simple:
        return simple[arguments.command](arguments)
    from cli.demo.performance import run  # noqa: PLC0415  # as above
    from cli.demo.screen import console  # noqa: PLC0415  # as above

    return run(options(arguments), console())


def parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    top = argparse.ArgumentParser("teal", description="Progressive delivery for Azure ML online endpoints.")
    commands = top.add_subparsers(dest="command", required=True)
    defaults = DemoOptions()
    demo = commands.add_parser(
        "demo",
        help="show all of Teal on this machine, in under four minutes",
        description="Show all of Teal on this machine, in under four minutes: see docs/demo.md.",
    )
    demo.add_argument("--keep", action="store_true", help="keep serving after the scenes, until Ctrl-C")
    demo.add_argument(
        "--out", type=Path, default=defaults.out, metavar="DIR", help="directory for the results (%(default)s)"
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
        help="live requests per second (%(default)g)",
    )
    add_policy(commands)
    add_wait(commands)
    add_verify(commands)
    package.add_package(commands)
    commands.add_parser("host", help="run a function app on this machine; see `teal host --help`")
    return top


def options(arguments: argparse.Namespace) -> DemoOptions:
    """Return the demo's options."""
    return DemoOptions(keep=arguments.keep, speed=arguments.speed, rate=arguments.rate, out=arguments.out.resolve())


class _Between:
    """Parses a number and checks its range, inclusive."""

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
