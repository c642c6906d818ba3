"""`python -m emulator`: run the small Azure until it is told to stop, and say what to export to use it.

It never stays behind: SIGTERM, SIGINT or (if asked) the end of standard input stop it and every process it started.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import shlex
import signal
import sys
import tempfile
from pathlib import Path

from emulator.cloud import Cloud
from emulator.options import Options
from emulator.resource_manager.settings import Durations, Limits

_NAMES = {
    "AZURE_SUBSCRIPTION_ID": "subscription",
    "AZURE_RESOURCE_GROUP": "resource_group",
    "AZURE_ML_WORKSPACE": "workspace",
    "AZURE_LOCATION": "region",
    "AZURE_STORAGE_ACCOUNT": "storage_account",
    "AZURE_LOG_ANALYTICS_WORKSPACE": "log_analytics_workspace",
    "EMULATOR_URL": "proxy",
    "TEAL_CLOCK": "clock",
}


def main() -> None:
    """Read the command line and run. Exits 0 after a signal."""
    arguments = _parser().parse_args()
    with contextlib.ExitStack() as stack:
        temporary = None if arguments.state else stack.enter_context(tempfile.TemporaryDirectory(prefix="emulator-"))
        state = Path(arguments.state or str(temporary)).resolve()
        asyncio.run(_run(_options(arguments, state), arguments))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m emulator", description="A small Azure on 127.0.0.1.")
    add = parser.add_argument
    add("--speed", type=float, default=1.0, metavar="N", help="let the clock run N times as fast as the wall's")
    add("--state", metavar="DIR", help="keep everything here instead of in a temporary directory")
    add("--log-lag", type=float, default=180.0, metavar="SECONDS", help="virtual time until logs can be queried")
    add("--durations", type=float, default=1.0, metavar="FACTOR", help="multiply how long operations take at least")
    add("--functions", metavar="URL", help="a local function host: gets the events, answers for azurewebsites.net")
    add("--event-key", metavar="KEY", help="that host's system key for Event Grid")
    add("--quota", type=int, metavar="CORES", help="refuse deployments beyond this many cores")
    add("--port", type=int, default=0, help="the proxy's port on 127.0.0.1 (default: a free one)")
    add("--seed", type=int, help="make the split of traffic and other dice repeatable")
    add("--json", action="store_true", help="print one line of JSON when ready, and nothing else")
    add("--until-stdin-closes", action="store_true", help="also stop when standard input ends")
    return parser


def _options(arguments: argparse.Namespace, state: Path) -> Options:
    return Options(
        state=state,
        speed=arguments.speed,
        log_lag=arguments.log_lag,
        functions=arguments.functions,
        event_key=arguments.event_key,
        port=arguments.port,
        seed=arguments.seed,
        durations=Durations().times(arguments.durations),
        limits=Limits(cores=arguments.quota),
    )


async def _run(options: Options, arguments: argparse.Namespace) -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, ended.set)
    if arguments.until_stdin_closes:
        try:
            loop.add_reader(sys.stdin, _end_at_eof, ended)
        except PermissionError:  # a file or /dev/null cannot be waited for: it is at its end already
            ended.set()
    async with Cloud(options) as cloud:
        print(_ready_line(cloud) if arguments.json else _exports(cloud), flush=True)
        await ended.wait()


def _end_at_eof(ended: asyncio.Event) -> None:
    if not os.read(sys.stdin.fileno(), 4096):
        ended.set()


def _ready_line(cloud: Cloud) -> str:
    return json.dumps({**cloud.description(), "environment": cloud.environment()})


def _exports(cloud: Cloud) -> str:
    description = cloud.description()
    names = {name: str(description[key]) for name, key in _NAMES.items()}
    exports = {**cloud.environment(), **names}
    lines = [f"export {key}={shlex.quote(value)}" for key, value in exports.items()]
    return "\n".join(["# A small Azure is running. In another shell:", *lines, "# Ctrl-C stops it."])


if __name__ == "__main__":
    main()
