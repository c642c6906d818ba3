"""The flags that describe the simulated world, the same for `check`, `explain` and `simulate`."""

from __future__ import annotations

import argparse
from pathlib import Path

# Flags by their argparse names. A replay takes none of these, because its world comes from the record.
WORLD = (
    *("profile", "requests", "errors", "client_errors", "latency", "latency_spread", "latency_noise"),
    *("green_errors", "green_client_errors", "green_latency", "begins", "ends"),
    *("start", "spread", "provisioning", "approve", "resume", "instances"),
)
FLAGS = {"begins": "--from", "ends": "--until"}


def flag(name: str) -> str:
    """Return a flag as typed, given its argparse name."""
    return FLAGS.get(name, f"--{name.replace('_', '-')}")


def add_world(parser: argparse.ArgumentParser, *, green: str, several: bool = False) -> None:
    """Add the flags to a parser. green: the default if no flag describes green. several: --requests is repeatable."""
    group = parser.add_argument_group("simulated world (flags override the profile)")
    group.add_argument("--profile", type=Path, metavar="FILE", help="YAML or JSON; see docs/simulate.md")
    if several:
        usual = "live requests per minute; repeatable (10, 100, 1000 and 10000)"
        group.add_argument("--requests", action="append", metavar="N", help=usual)
    else:
        group.add_argument("--requests", metavar="N", help="live requests per minute (1000)")
    group.add_argument("--errors", metavar="SHARE", help="share of requests that blue fails (0.1%%)")
    group.add_argument("--client-errors", metavar="SHARE", help="share that blue refuses with a 4xx (0.5%%)")
    group.add_argument("--latency", metavar="TIME", help="median time of blue's good answers (80ms)")
    group.add_argument("--latency-spread", metavar="N", help="standard deviation of the times' logarithm (0.4)")
    group.add_argument("--latency-noise", metavar="N", help="the same for the median, from minute to minute (0.03)")
    group.add_argument("--green-errors", metavar="CHANGE", help=f"share that green fails: x5, +5%% or 100%% ({green})")
    group.add_argument("--green-client-errors", metavar="CHANGE", help="share that green refuses: x5, +5%% or 100%%")
    group.add_argument("--green-latency", metavar="CHANGE", help="green's median time: x1.5, +20ms or 120ms")
    group.add_argument("--from", dest="begins", metavar="TIME", help="... from this long after its first request (0s)")
    group.add_argument("--until", dest="ends", metavar="TIME", help="... until this long after its first request")
    group.add_argument("--start", metavar="TIME", help="earliest start, such as 2026-03-02T09:00Z")
    group.add_argument("--spread", metavar="SPAN", help="hour or week: rollouts start at any moment of it (hour)")
    group.add_argument("--provisioning", metavar="TIME", help="until green is ready, or never (8m)")
    group.add_argument("--approve", metavar="TIME", help="until a pause step is approved, or never (15m)")
    group.add_argument("--resume", metavar="TIME", help="until a pause for lack of evidence is resumed (never)")
    group.add_argument("--instances", metavar="N", help="how many instances blue has (2)")
