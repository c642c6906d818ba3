"""The arguments of `python -m emulator`: parsed, validated and turned into options."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from pathlib import Path

from emulator.options import Options
from emulator.resource_manager.settings import Durations, Limits

FASTEST = 100_000.0
HIGHEST_PORT = 65535


def parser() -> argparse.ArgumentParser:
    """Return the parser; it rejects values that are out of range with exit code 2."""
    made = argparse.ArgumentParser("python -m emulator", description="A small Azure on 127.0.0.1.")
    add = made.add_argument
    speed = _number(lambda number: 0 < number <= FASTEST, f"a number above 0, at most {FASTEST:g}")
    span = _number(lambda number: number >= 0, "a number, 0 or more")
    add("--speed", type=speed, default=1.0, metavar="N", help="let the clock run N times as fast as wall time")
    add("--state", metavar="DIR", help="keep all files here instead of in a temporary directory")
    add("--log-lag", type=span, default=180.0, metavar="SECONDS", help="virtual time until a request can be queried")
    add(
        "--log-every-endpoint", action="store_true", help="give each new endpoint a diagnostic setting, as a policy may"
    )
    add("--durations", type=span, default=1.0, metavar="FACTOR", help="multiply the minimum duration of operations")
    add("--functions", metavar="URL", help="a local function host: receives events, answers for azurewebsites.net")
    add("--event-key", metavar="KEY", help="that host's system key for Event Grid")
    add("--quota", type=_cores, metavar="CORES", help="refuse deployments beyond this many cores")
    add("--port", type=_port, default=0, help="the proxy's port on 127.0.0.1 (default: any free port)")
    add("--seed", type=int, help="make the traffic split and other random choices repeatable")
    add("--json", action="store_true", help="print one line of JSON when ready, and nothing else")
    add("--until-stdin-closes", action="store_true", help="also stop when standard input is closed")
    return made


def options(arguments: argparse.Namespace, state: Path) -> Options:
    """Return the emulator's options from the parsed arguments; `state` is the directory for all files."""
    return Options(
        state=state,
        speed=arguments.speed,
        log_lag=arguments.log_lag,
        log_every_endpoint=arguments.log_every_endpoint,
        functions=arguments.functions,
        event_key=arguments.event_key,
        port=arguments.port,
        seed=arguments.seed,
        durations=Durations().times(arguments.durations),
        limits=Limits(cores=arguments.quota),
    )


def _number(fits: Callable[[float], bool], wanted: str) -> Callable[[str], float]:
    def read(text: str) -> float:
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if not (math.isfinite(number) and fits(number)):
            raise argparse.ArgumentTypeError(f"{text!r} is not {wanted}")
        return number

    return read


def _cores(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number, 0 or more")
    return int(text)


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > HIGHEST_PORT:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port (a whole number from 0 to {HIGHEST_PORT})")
    return int(text)
