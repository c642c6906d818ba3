"""The arguments of `teal verify`: none, because all settings are in the environment, as for the app."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    # Generic to the type checker, but not subscriptable at run time; argparse has no public name for it.
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001

CODES = """exit codes:
  0    every row that was checked passed
  1    a row failed
  2    settings are missing or invalid; nothing was created
  3    something could not be removed; its name is printed
  130  interrupted; everything was removed"""


def add_verify(subparsers: Subparsers) -> None:
    """Add `verify` to a parser's commands."""
    subparsers.add_parser(
        "verify",
        help="check what Teal assumes about Azure in your subscription",
        description="Run a small rollout in your workspace with the app's adapters, report what was seen for each\n"
        "row of docs/fidelity.md, and remove what was created. That page lists the variables to set.",
        epilog=CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def run(arguments: argparse.Namespace) -> int:
    """Verify, and return the exit code."""
    from cli.verify.command import run as verify  # noqa: PLC0415 -- imports Azure's clients

    return verify(arguments)
