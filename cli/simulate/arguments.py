"""The words of `teal policy simulate`. They are only taken apart here: `command` does what they say."""

from __future__ import annotations

import argparse
from pathlib import Path

ABOUT = """Tries a policy on thousands of simulated rollouts: the core that ships decides, the world is made up. Reports
false rollbacks, detection, requests hurt and time to 100 %."""


def add_simulate(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> argparse.ArgumentParser:
    """Hang `simulate` under a command; `command.run` carries out what it parses."""
    parser = subparsers.add_parser("simulate", help="try a policy on simulated rollouts", description=ABOUT)
    add_arguments(parser)
    return parser


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what can be said to a parser."""
    parser.add_argument("policy", type=Path, help="policy file, or a folder of them")
    parser.add_argument("--endpoint", help="which endpoint's policy, if the folder has several")
    parser.add_argument("--name", help="which policy of the endpoint, if it has several")
    parser.add_argument("--rollouts", default="1000", metavar="N", help="how many (%(default)s)")
    parser.add_argument("--seed", default="1", metavar="N", help="the same seed gives the same figures (%(default)s)")
    parser.add_argument("--jobs", metavar="N", help="on how many cores (all of this machine's)")
    parser.add_argument("--replay", type=Path, metavar="FILE", help="recorded rollout, as the API shows it, instead")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--picture", type=Path, metavar="FILE", help="draw outcomes, times and a typical run there")
    _add_world(parser.add_argument_group("the world (each goes before what the profile says)"))


def _add_world(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--profile", type=Path, metavar="FILE", help="YAML or JSON; see docs/simulate.md")
    group.add_argument("--requests-per-minute", metavar="N", help="live requests (1000)")
    group.add_argument("--error-rate", metavar="SHARE", help="share of them that blue fails (0.1%%)")
    group.add_argument("--client-error-rate", metavar="SHARE", help="share that blue refuses as the caller's (0.5%%)")
    group.add_argument("--latency", metavar="TIME", help="median time of blue's good answers (80ms)")
    group.add_argument("--latency-spread", metavar="N", help="standard deviation of the times' logarithm (0.4)")
    group.add_argument("--latency-noise", metavar="N", help="the same of each median from minute to minute (0.03)")
    group.add_argument("--green", metavar="CHANGE", help="what green fails: x5, +5%% or 100%% (default: as blue)")
    group.add_argument("--green-client-errors", metavar="CHANGE", help="what green refuses, likewise")
    group.add_argument("--green-latency", metavar="CHANGE", help="green's median time: x1.5, +20ms or 120ms")
    group.add_argument("--from", dest="begins", metavar="TIME", help="... so long after its first request (0s)")
    group.add_argument("--until", dest="ends", metavar="TIME", help="... and until then")
    group.add_argument("--start", metavar="TIME", help="when the first could begin, such as 2026-03-02T09:00Z")
    group.add_argument("--spread", metavar="SPAN", help="hour, or week: each begins at any moment of that span (hour)")
    group.add_argument("--provisioning", metavar="TIME", help="until green is ready, or never (8m)")
    group.add_argument("--approve", metavar="TIME", help="until a pause step is approved, or never (15m)")
    group.add_argument("--resume", metavar="TIME", help="until a pause for want of evidence is resumed (never)")
