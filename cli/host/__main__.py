"""`python -m cli.host`: runs a function app until it is stopped. Logs go to standard error."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import signal
import sys
import threading
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from cli.host.host import WORKERS, Configuration, FunctionHost, RefusedError
from cli.host.http_trigger import template
from cli.host.metadata import kind
from cli.host.worker import IndexingError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cli.host.metadata import Json

HIGHEST_PORT = 65535


def arguments(words: Sequence[str] | None, program: str) -> argparse.Namespace:
    """Parse the arguments. Ends the process with exit code 2 if they are invalid."""
    return parser(program).parse_args(words)


def parser(program: str) -> argparse.ArgumentParser:
    """Return the parser of the arguments."""
    parser = argparse.ArgumentParser(prog=program, description="Run a function app on this machine.")
    parser.add_argument(
        "--app",
        type=Path,
        default=Path(),
        metavar="DIR",
        help="directory of function_app.py (default: the current one)",
    )
    parser.add_argument(
        "--port", type=_port, default=0, metavar="N", help="port on 127.0.0.1; 0 picks a free one (default)"
    )
    parser.add_argument("--json", action="store_true", help="print address, keys and functions as one line of JSON")
    parser.add_argument(
        "--state", type=Path, metavar="DIR", help="directory that keeps keys and timers across restarts"
    )
    parser.add_argument(
        "--worker", choices=sorted(WORKERS), default="converters", help="which worker calls the functions"
    )
    parser.add_argument(
        "--drain",
        type=float,
        default=10.0,
        metavar="SECONDS",
        help="how long to wait for running invocations on shutdown (10)",
    )
    parser.add_argument("--until-stdin-closes", action="store_true", help="stop when standard input ends")
    return parser


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > HIGHEST_PORT:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: a whole number from 0 to {HIGHEST_PORT}")
    return int(text)


def main(words: Sequence[str] | None = None, program: str = "python -m cli.host") -> int:
    """Run until SIGTERM, SIGINT or, if asked, the end of standard input. Return 0, or 1 if the app cannot run.

    `program` is the command name shown in the usage text.
    """
    given = arguments(words, program)
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("azure").setLevel(logging.WARNING)  # the SDKs log every request at INFO
    configuration = Configuration(given.app.resolve(), given.port, given.state, given.worker, given.drain)
    try:
        asyncio.run(_serve(configuration, given))
    except (RefusedError, IndexingError, ValueError, OSError) as error:
        print(f"The app cannot run:\n{error}", file=sys.stderr)
        return 1
    return 0


async def _serve(configuration: Configuration, given: argparse.Namespace) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if given.until_stdin_closes:
        threading.Thread(target=_watch_stdin, args=(loop, stop), daemon=True).start()
    async with FunctionHost(configuration) as host:
        print(json.dumps(_summary(host, configuration)) if given.json else _greeting(host), flush=True)
        await stop.wait()


def _watch_stdin(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    while os.read(sys.stdin.fileno(), 4096):
        pass
    loop.call_soon_threadsafe(stop.set)


def _summary(host: FunctionHost, configuration: Configuration) -> Json:
    return {
        "url": host.url,
        "pid": os.getpid(),
        "app": str(configuration.app),
        "keys": asdict(host.keys),
        "functions": [{"name": name, "trigger": item.trigger} for name, item in host.functions.items()],
    }


def _greeting(host: FunctionHost) -> str:
    lines = [f"Functions on {host.url}"]
    for name, function in host.functions.items():
        is_http = kind(function.trigger) == "httptrigger"
        lines.append(
            f"  {name}: {function.trigger['type']}{' /' + template(function, host.route_prefix) if is_http else ''}"
        )
    lines += [f"master key: {host.keys.master}", f"host key: {host.keys.host['default']}"]
    lines += [f"system key {name}: {key}" for name, key in host.keys.system.items()]
    return "\n".join(lines)


if __name__ == "__main__":
    code = main()
    logging.shutdown()
    sys.stdout.flush()
    os._exit(code)  # a function that hangs on its thread must not keep the process alive
