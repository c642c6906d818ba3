"""Builds a profile from the flags that describe the world."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, timedelta
from typing import Any

from cli.policy.argument_reader import ArgumentReader
from cli.simulate.curves import Constant
from cli.simulate.profile import Fault, Latency, Profile
from cli.simulate.profile_reading import read_profile
from cli.simulate.quantities import CHANGE, DEVIATION, DURATION, ERRORS, LATENCY, REQUESTS, SLOWING, WAIT
from shared.core.schema.kinds import choice, whole
from shared.core.schema.times import moment
from shared.core.schema.words import Word

START, SPREAD = moment("2026-03-02T09:00Z"), choice("hour", "week")
INSTANCES = whole(1, 1000, "instances", "2")


def world(arguments: argparse.Namespace, reader: ArgumentReader) -> Profile:
    """Return the profile from the file, if given, with the flags applied. The reader collects the problems."""
    changes: dict[str, Any] = {
        "errors": reader.option("--errors", arguments.errors, ERRORS.read),
        "client_errors": reader.option("--client-errors", arguments.client_errors, ERRORS.read),
    }
    if isinstance(arguments.requests, str):
        changes["requests"] = reader.option("--requests", arguments.requests, REQUESTS.read)
    changes = {key: Constant(value) for key, value in changes.items() if value is not None}
    for key in ("provisioning", "approve", "resume"):
        given = getattr(arguments, key)
        if given is not None:
            changes[key] = reader.option(f"--{key}", given, WAIT.read)
    start = reader.option("--start", arguments.start, lambda text: START.read(Word(text)))
    if start is not None:
        changes["start"] = start if start.tzinfo else start.replace(tzinfo=UTC)
    spread = reader.option("--spread", arguments.spread, lambda text: SPREAD.read(Word(text)))
    instances = reader.whole("--instances", arguments.instances, INSTANCES)
    changes |= {key: value for key, value in (("spread", spread), ("instances", instances)) if value is not None}
    faults = _faults(arguments, reader)
    if faults:
        changes["faults"] = faults
    known = (reader.file(lambda: read_profile(arguments.profile)) if arguments.profile else None) or Profile()
    return replace(known, latency=_latency(arguments, reader, known.latency), **changes)


def traffics(arguments: argparse.Namespace, reader: ArgumentReader, usual: Sequence[float]) -> list[Constant]:
    """Return the rates from a repeatable --requests; by default the usual ones, or none if a profile sets the rate."""
    given = [reader.option("--requests", text, REQUESTS.read) for text in arguments.requests or ()]
    rates = given or ([] if arguments.profile else usual)
    return [Constant(rate) for rate in rates if rate is not None]


def _latency(arguments: argparse.Namespace, reader: ArgumentReader, known: Latency) -> Latency:
    given = {
        "median": reader.option("--latency", arguments.latency, LATENCY.read),
        "spread": reader.option("--latency-spread", arguments.latency_spread, DEVIATION.read),
        "noise": reader.option("--latency-noise", arguments.latency_noise, DEVIATION.read),
    }
    return replace(known, **{key: value for key, value in given.items() if value is not None})


def _faults(arguments: argparse.Namespace, reader: ArgumentReader) -> tuple[Fault, ...]:
    errors, client_errors, latency = arguments.green_errors, arguments.green_client_errors, arguments.green_latency
    changes = {
        "errors": reader.option("--green-errors", errors, CHANGE.read),
        "client_errors": reader.option("--green-client-errors", client_errors, CHANGE.read),
        "latency": reader.option("--green-latency", latency, SLOWING.read),
    }
    none = errors is None and client_errors is None and latency is None
    begins = reader.option("--from", arguments.begins, lambda text: DURATION.read(Word(text)))
    ends = reader.option("--until", arguments.ends, lambda text: DURATION.read(Word(text)))
    if none and (arguments.begins is not None or arguments.ends is not None):
        reader.problems.append("--from and --until need a fault of green, for example --green-errors +5%")
    if begins is not None and ends is not None and ends <= begins:
        reader.problems.append("--until must be later than --from")
    return () if none else (Fault(**changes, begins=begins or timedelta(), ends=ends),)
