"""The arguments of `teal wait`, and the command itself.

The function key comes from the environment only: other users of a machine can read a process's arguments.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cli.wait.ending import Ending
from cli.wait.following import Limits, follow
from cli.wait.rollouts import RolloutsApi, Sought
from cli.wait.tokens import tokens

if TYPE_CHECKING:
    # Generic to the type checker, but not subscriptable at run time; argparse has no public name for it.
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001

INTERRUPTED = 130
DURATION = re.compile(r"(?=.)(?:(\d{1,4})h)?(?:(\d{1,5})m)?(?:(\d{1,6})s)?", re.ASCII)


def add_wait(subparsers: Subparsers) -> None:
    """Add `wait` to a parser's commands."""
    codes = "".join(f"  {ending.value}  {ending.meaning}\n" for ending in Ending)
    wait = subparsers.add_parser(
        "wait",
        help="follow the rollout of a registered version to its end",
        description="Follow the rollout of a registered version until it has ended.\n"
        "Set TEAL_KEY to a function key of the app. If the app requires sign-in, pass --audience too.",
        epilog=f"exit codes:\n{codes}  2  invalid arguments\n  130  interrupted",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    wait.add_argument("endpoint", metavar="ENDPOINT", help="the online endpoint")
    wait.add_argument("version", metavar="VERSION", help="the registered model version, such as 7")
    wait.add_argument("--model", default="", help="the model, if the endpoint's policies have several")
    wait.add_argument("--workspace", default="", help="the endpoint's workspace, if it is not the app's own")
    wait.add_argument(
        "--url",
        type=_address,
        default=os.environ.get("TEAL_URL"),
        help="address of the app, without /api (default: the variable TEAL_URL)",
    )
    wait.add_argument(
        "--audience",
        default=os.environ.get("TEAL_AUDIENCE", ""),
        metavar="URI",
        help="if the app requires sign-in: the URI of its app registration, such as api://<client id>; each call "
        "then has a token of the identity that this command runs as (default: the variable TEAL_AUDIENCE)",
    )
    wait.add_argument(
        "--timeout", type=_duration, default="6h", metavar="TIME", help="how long to wait in total (%(default)s)"
    )
    wait.add_argument(
        "--appear",
        type=_duration,
        default="10m",
        metavar="TIME",
        help="how long to wait for the rollout to start (%(default)s)",
    )
    wait.add_argument("--every", type=_duration, default="20s", metavar="TIME", help="how often to poll (%(default)s)")
    wait.add_argument("--stop-when-paused", action="store_true", help="end when the rollout waits for an operator")
    wait.add_argument("--json", action="store_true", help="print the rollout as JSON at the end")


def run(arguments: argparse.Namespace) -> int:
    """Wait, and return the exit code. Progress goes to standard error."""
    if not arguments.url:
        print("teal wait: give the address of the app with --url or TEAL_URL", file=sys.stderr)
        return 2
    key = os.environ.get("TEAL_KEY", "")
    if not key:
        print("teal wait: TEAL_KEY is not set; set it to a function key of the app", file=sys.stderr)
        return Ending.REFUSED
    sought = Sought(arguments.endpoint.lower(), arguments.version, arguments.model, arguments.workspace)
    api = RolloutsApi(arguments.url, key, _token(arguments.audience))
    limits = Limits(arguments.timeout, arguments.appear, arguments.stop_when_paused)
    try:
        result = follow(sought, api.list, limits, _pauses(arguments.every), _tell)
    except KeyboardInterrupt:
        return INTERRUPTED
    _tell(str(result))
    if arguments.json:
        print(json.dumps(result.rollout, indent=2))
    return result.ending


def _token(audience: str) -> Callable[[], str] | None:
    """Return a source of bearer tokens, if the app needs one."""
    return tokens(audience, os.environ).current if audience else None


def _pauses(every: timedelta) -> Callable[[], timedelta]:
    """Return a function that waits, and returns the time since now."""
    began = time.monotonic()

    def pause() -> timedelta:
        time.sleep(every.total_seconds())
        return timedelta(seconds=time.monotonic() - began)

    return pause


def _tell(line: str) -> None:
    print(f"{datetime.now(UTC):%H:%M:%S} {line}", file=sys.stderr, flush=True)


def _duration(text: str) -> timedelta:
    found = DURATION.fullmatch(text)
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not a duration such as 90s, 30m or 1h30m")
    hours, minutes, seconds = (int(number or 0) for number in found.groups())
    return timedelta(hours=hours, minutes=minutes, seconds=seconds)


def _address(text: str) -> str:
    if not re.match(r"https?://[^/]", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not an address such as https://func-teal.azurewebsites.net")
    return text
