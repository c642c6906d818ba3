"""Reads a profile from its file. Every problem is reported with its place."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC
from pathlib import Path
from typing import Any

from cli.simulate.curves import Constant, Curve, Day, Minutes
from cli.simulate.profile import Change, Fault, Latency, Profile
from cli.simulate.profile_table import PROFILE
from cli.simulate.quantities import CHANGE, DEVIATION, ERRORS, LATENCY, REQUESTS, SLOWING, WAIT, Quantity
from shared.policies.problems import Findings, PolicyError
from shared.policies.reading import read_file

Values = dict[str, Any]
CURVES = {"requests": REQUESTS, "errors": ERRORS, "client_errors": ERRORS}
WAITS = ("provisioning", "approve", "resume")
PLAIN = ("traffic_write", "scaling", "telemetry_lag", "smoke", "instances", "spread")


def read_profile(path: Path) -> Profile:
    """Return the profile in a YAML or JSON file; raises PolicyError with every problem."""
    findings = Findings(str(path))
    values = read_file(PROFILE, path, findings)
    if values is not None:
        _check(values, findings)
    if findings.problems or values is None:
        raise PolicyError(findings.problems)
    return _built(values)


def _check(values: Values, findings: Findings) -> None:
    """Find keys that contradict each other."""
    for key in CURVES:
        ways = [way for way, value in (values[key] or {}).items() if value is not None]
        if len(ways) > 1:
            findings.add(key, f"{' and '.join(ways)} at once; choose one")
        if values[key] is not None and not ways:
            findings.add(key, "is empty; write a number, day or minutes")
    for index, fault in enumerate(values["green"] or []):
        if fault and fault["until"] is not None and fault["from"] is not None and fault["until"] <= fault["from"]:
            findings.add(f"green[{index}].until", "must be later than from")


def _built(values: Values) -> Profile:
    changes: Values = {key: values[key] for key in PLAIN if values[key] is not None}
    changes |= {key: WAIT.of(values[key]) for key in WAITS if values[key] is not None}
    changes |= {key: _curve(values[key], quantity) for key, quantity in CURVES.items() if values[key] is not None}
    if values["start"] is not None:
        start = values["start"]
        changes["start"] = start if start.tzinfo else start.replace(tzinfo=UTC)
    if values["latency"] is not None:
        changes["latency"] = _latency(values["latency"])
    return replace(Profile(), faults=tuple(_fault(fault) for fault in values["green"] or []), **changes)


def _latency(values: Values) -> Latency:
    spread, noise = DEVIATION.of(values["spread"]), DEVIATION.of(values["noise"])
    return Latency(LATENCY.of(values["median"]), spread, noise)


def _curve(values: Values, quantity: Quantity[float]) -> Curve:
    if values["day"] is not None:
        day = values["day"]
        return Day(quantity.of(day["low"]), quantity.of(day["high"]), day["peak"])
    if values["minutes"] is not None:
        return Minutes(tuple(quantity.of(value) for value in values["minutes"]))
    return Constant(quantity.of(values["always"]))


def _fault(values: Values) -> Fault:
    return Fault(
        errors=_of(CHANGE, values["errors"]),
        begins=values["from"],
        ends=values["until"],
        client_errors=_of(CHANGE, values["client_errors"]),
        latency=_of(SLOWING, values["latency"]),
    )


def _of(quantity: Quantity[Change], text: str | None) -> Change | None:
    return None if text is None else quantity.of(text)
