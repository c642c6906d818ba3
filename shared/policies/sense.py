"""What the keys of one policy mean together: order of steps, and times that contradict each other.

Its functions take values that may be None where reading found them wrong, and must never report those again.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from shared.policies.kinds import spell
from shared.policies.problems import Findings

Values = dict[str, Any]
TICK = timedelta(minutes=1)


def check_sense(values: Values, findings: Findings) -> None:
    """Find what contradicts itself in one policy's values."""
    _models(values["models"] or [], findings)
    _steps([step or {} for step in values["steps"] or []], findings)
    _patience(values, findings)
    _deadlines(values, findings)


def _models(models: list[Values | None], findings: Findings) -> None:
    for index, model in enumerate(models):
        if model is not None and model in models[:index]:
            findings.add(f"models[{index}]", f"the same as models[{models.index(model)}]")


def _steps(steps: list[Values], findings: Findings) -> None:
    highest = 0
    for index, step in enumerate(steps):
        if "smoke" in step and highest:
            findings.add(f"steps[{index}].smoke", "comes after a weight; green is tested before it gets live traffic")
        weight = step.get("weight")
        if weight is None:
            continue
        if weight <= highest:
            findings.add(f"steps[{index}].weight", f"{weight} comes after {highest}; weights must rise")
        highest = max(highest, weight)


def _patience(values: Values, findings: Findings) -> None:
    """Compare patience with what a verdict needs (its settled minutes, the logs' lag) and with the step's deadline."""
    patience, least = _get(values, "judge.patience"), _get(values, "judge.settled_minutes")
    lag, deadline = _get(values, "telemetry.lag"), _get(values, "deadlines.step")
    if patience is None:
        return
    if least is not None and lag is not None and patience < least * TICK + lag + TICK:
        needed = spell(least * TICK + lag + TICK)
        findings.add(
            _written(findings, "judge.patience", "telemetry.lag", "judge.settled_minutes"),
            f"patience of {spell(patience)} is over before any verdict; with {least} settled minutes and a lag of "
            f"{spell(lag)} the first one comes after {needed}",
        )
    if deadline is not None and patience >= deadline:
        findings.add(
            _written(findings, "judge.patience", "deadlines.step"),
            f"patience of {spell(patience)} must be shorter than deadlines.step, {spell(deadline)}; "
            "a quiet endpoint would be rolled back instead",
        )


def _deadlines(values: Values, findings: Findings) -> None:
    whole = _get(values, "deadlines.rollout")
    if whole is None:
        return
    for part in ("provisioning", "step"):
        span = _get(values, f"deadlines.{part}")
        if f"deadlines.{part}" in findings.places and span is not None and span > whole:
            words = f"{spell(span)} is longer than the whole rollout may take, {spell(whole)}"
            findings.add(f"deadlines.{part}", words)
    pauses = sum((_pause(step) for step in values["steps"] or []), timedelta())
    if pauses >= whole:
        words = f"{spell(whole)} is over before the pauses are, which take {spell(pauses)} together"
        findings.add(_written(findings, "deadlines.rollout", "steps"), words)


def _pause(step: Values | None) -> timedelta:
    pause = (step or {}).get("pause") or {}
    return pause.get("for") or timedelta()


def _get(values: Values, path: str) -> Any:  # noqa: ANN401 -- as many types as kinds
    table, key = path.split(".")
    return (values[table] or {}).get(key)


def _written(findings: Findings, *paths: str) -> str:
    """Return the first of these keys that is written in the file: a default is no place to look at."""
    return next((path for path in paths if path in findings.places), paths[0])
