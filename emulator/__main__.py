"""`python -m emulator`: run the small Azure until it is stopped, and print the variables that clients need.

It leaves nothing running: SIGTERM, SIGINT or (on request) the end of standard input stops it and its child processes.
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

from emulator import command_line
from emulator.cloud import Cloud
from emulator.event_grid.webhook import HandshakeError
from emulator.options import Options
from emulator.storage.azurite import AzuriteError
from emulator.storage.node import NodeMissingError

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


# What can prevent startup and the user can fix: a port in use, a directory that is not writable, no Azurite, ...
STARTUP_ERRORS = (OSError, AzuriteError, NodeMissingError, HandshakeError)


def main() -> int:
    """Read the command line and run. Return 0 after a signal, or 1 with a message if it could not start."""
    arguments = command_line.parser().parse_args()
    with contextlib.ExitStack() as stack:
        temporary = None if arguments.state else stack.enter_context(tempfile.TemporaryDirectory(prefix="emulator-"))
        state = Path(arguments.state or str(temporary)).resolve()
        try:
            asyncio.run(_run(command_line.options(arguments, state), arguments))
        except STARTUP_ERRORS as error:
            print(f"The emulator could not start: {error}", file=sys.stderr)
            return 1
    return 0


async def _run(options: Options, arguments: argparse.Namespace) -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, ended.set)
    if arguments.until_stdin_closes:
        try:
            loop.add_reader(sys.stdin, _end_at_eof, ended)
        except PermissionError:  # a file or /dev/null cannot be watched, and has no more input anyway
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
    return "\n".join(["# The emulator is running. Paste this into another shell:", *lines, "# Ctrl-C stops it."])


if __name__ == "__main__":
    sys.exit(main())
