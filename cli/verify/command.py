"""The command itself: settings, parts, report, removal, exit code."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Callable, Mapping
from functools import partial
from types import FrameType

from azure.core.credentials import TokenCredential

from cli.verify.azure import Azure, Pace, Wanted, read_wanted
from cli.verify.reading import autoscale, models, request_log
from cli.verify.removal import Removals
from cli.verify.report import Report, StoppedError, read_rows
from cli.verify.rollout import rollout
from cli.verify.storing import queue, table
from shared.errors import Misconfigured

PASSED, FAILED, UNSET, LEFT, INTERRUPTED = 0, 1, 2, 3, 130


def run(_arguments: argparse.Namespace) -> int:
    """Verify with the environment's settings and the identity that is logged in; return the exit code."""
    try:
        wanted = read_wanted(os.environ)
    except Misconfigured as error:
        print(f"{error}\nSee docs/fidelity.md.", file=sys.stderr)
        return UNSET
    from azure.identity import DefaultAzureCredential  # noqa: PLC0415 -- takes a while to import

    signal.signal(signal.SIGTERM, _interrupt)
    with DefaultAzureCredential() as credential:
        return verify(wanted, credential, Pace(), partial(print, flush=True))


def verify(wanted: Wanted, credential: TokenCredential, pace: Pace, tell: Callable[[str], None]) -> int:
    """Check each row, remove what was created, and return the exit code."""
    azure = Azure(wanted, credential, pace)
    report, removals = Report(read_rows(), tell), Removals(tell)
    interrupted = False
    try:
        _look(azure, report, removals)
    except KeyboardInterrupt:
        interrupted = True
    finally:
        clean = removals.run()
    passed = report.finish()
    if not clean:
        return LEFT
    return INTERRUPTED if interrupted else PASSED if passed else FAILED


def _look(azure: Azure, report: Report, removals: Removals) -> None:
    parts: Mapping[str, Callable[[], None]] = {
        "models": lambda: models(azure, report),
        "autoscale": lambda: autoscale(azure, report),
        "request log": lambda: request_log(azure, report),
        "table": lambda: table(azure, report, removals),
        "queue": lambda: queue(azure, report, removals),
        "rollout": lambda: rollout(azure, report, removals),
    }
    for name, part in parts.items():
        try:
            part()
        except StoppedError:
            report.tell(f"the rest of {name} needs this")


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
