"""A simulation's result as JSON values. Reproducible: it contains no measured time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import Any

from cli.policy.blockers import blocker_words
from cli.simulate.result import RunResult
from cli.simulate.summary import Rate, Spread, Summary, typical
from shared.core.policy import Policy
from shared.words import sentence

Json = dict[str, Any]


def result_json(policy: Policy, results: Sequence[RunResult], total: Summary) -> Json:
    """Return everything that the tables and the picture show."""
    run = typical(results)
    return {
        "summary": summary_json(total, policy),
        "typical": asdict(run) | {"reason": {"code": run.reason.code, "summary": sentence(run.reason)}},
    }


def summary_json(total: Summary, policy: Policy) -> Json:
    """Return a summary: minutes, requests and shares (0 to 1) as numbers."""
    plain = {field.name: _value(getattr(total, field.name)) for field in fields(total)}
    blockers = [
        asdict(blocker) | {"summary": blocker_words(blocker, policy), "rollouts": rate.count}
        for blocker, rate in total.blockers.items()
    ]
    return plain | {"blockers": blockers}


def _value(value: object) -> object:
    match value:
        case Rate():
            low, high = value.interval
            return asdict(value) | {"rate": value.value, "low": low, "high": high}
        case Spread():
            return asdict(value)
        case dict():
            return {str(key): _value(part) for key, part in value.items()}
        case _:
            return value
