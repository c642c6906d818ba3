"""The order of a policy's steps, and their times against the lag of the logs and the deadline of a step."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, NamedTuple

from shared.policies.problems import Findings
from shared.policies.reading import Values
from shared.policies.times import spell

TICK = timedelta(minutes=1)


class Waiting(NamedTuple):
    """How a weight waits for its certificate, with the key that says each. least: settled minutes."""

    patience: timedelta
    least: int
    keys: tuple[str, ...]


class Times(NamedTuple):
    """The policy's own times that every step meets; None where reading found one wrong."""

    lag: timedelta | None
    deadline: timedelta | None
    patience: timedelta | None


def check_steps(values: Values, findings: Findings) -> None:
    """Find steps in an order that cannot be, and steps that end before anything can be known of them."""
    steps = [step or {} for step in values["steps"] or []]
    _order(steps, findings)
    times = Times(find(values, "telemetry.lag"), find(values, "deadlines.step"), find(values, "judge.patience"))
    for waiting in _waits(values, steps, findings):
        _check_wait(waiting, times, findings)
    for index, step in enumerate(steps):
        if step.get("smoke"):
            _check_smoke(f"steps[{index}].smoke", step["smoke"], findings)
        if step.get("mirror"):
            _check_mirror(f"steps[{index}].mirror", step["mirror"], times, findings)


def find(values: Values, path: str) -> Any:  # noqa: ANN401 -- as many types as kinds
    """Return the value of a key within a table; None if it is wrong."""
    table, key = path.split(".")
    return (values[table] or {}).get(key)


def _order(steps: list[Values], findings: Findings) -> None:
    highest = mirrored = 0
    for index, step in enumerate(steps):
        path = f"steps[{index}]"
        if "smoke" in step and highest:
            findings.add(f"{path}.smoke", "comes after a weight; green is tested before it gets live traffic")
        if "mirror" in step:
            mirrored = _mirror_order(f"{path}.mirror", step["mirror"] or {}, (highest, mirrored), findings)
        weight = (step.get("weight") or {}).get("to")
        if weight is None:
            continue
        if weight <= highest:
            findings.add(f"{path}.weight", f"{weight} comes after {highest}; weights must rise")
        highest = max(highest, weight)


def _mirror_order(path: str, mirror: Values, before: tuple[int, int], findings: Findings) -> int:
    """Return the share that has been mirrored so far. before: the highest weight and mirrored share before this."""
    highest, mirrored = before
    share: int = mirror.get("percent") or 0
    if highest:
        words = "comes after a weight; Azure ML refuses live and copied traffic at once, so mirror before any weight"
        findings.add(path, words)
    elif share and share <= mirrored:
        findings.add(
            path, f"{share} comes after {mirrored}; mirror again only with more, or make one longer step of it"
        )
    return max(mirrored, share)


def _waits(values: Values, steps: list[Values], findings: Findings) -> Iterator[Waiting]:
    """Yield how the judge waits in general, and how each weight that says something else does."""
    patience, least = find(values, "judge.patience"), find(values, "judge.settled_minutes")
    if patience is not None and least is not None:
        keys = ("judge.patience", "deadlines.step", "telemetry.lag", "judge.settled_minutes")
        yield Waiting(patience, least, keys)
    for index, step in enumerate(steps):
        weight, path = step.get("weight") or {}, f"steps[{index}].weight"
        here, minutes = weight.get("patience") or patience, weight.get("settled_minutes") or least
        written = [key for key in (f"{path}.patience", f"{path}.settled_minutes") if key in findings.places]
        if written and here is not None and minutes is not None:
            yield Waiting(here, minutes, tuple(written))


def _check_wait(waiting: Waiting, times: Times, findings: Findings) -> None:
    """Compare patience with what a verdict needs (its settled minutes, the logs' lag) and with the step's deadline."""
    patience, own, lag, deadline = waiting.patience, waiting.keys, times.lag, times.deadline
    if lag is not None and patience < waiting.least * TICK + lag + TICK:
        keys = tuple(key for key in own if key != "deadlines.step")
        findings.add(
            findings.written(*keys),
            f"patience of {spell(patience)} is over before any verdict; with {waiting.least} settled minutes and a "
            f"lag of {spell(lag)} the first one comes after {spell(waiting.least * TICK + lag + TICK)}",
        )
    if deadline is not None and patience >= deadline:
        keys = tuple(key for key in own if key not in {"telemetry.lag", "judge.settled_minutes"})
        findings.add(
            findings.written(*keys),
            f"patience of {spell(patience)} must be shorter than deadlines.step, {spell(deadline)}; "
            "a quiet endpoint would be rolled back instead",
        )


def _check_smoke(path: str, smoke: Values, findings: Findings) -> None:
    """Compare the two limits of an answer's time."""
    slowest, timeout = smoke.get("slowest"), smoke.get("timeout")
    if slowest is not None and timeout is not None and slowest > timeout:
        words = f"{spell(slowest)} is never met: an answer counts as none after its timeout, {spell(timeout)}"
        findings.add(f"{path}.slowest", words)


def _check_mirror(path: str, mirror: Values, times: Times, findings: Findings) -> None:
    """Compare how long is mirrored with the logs' lag and, patience added, with the deadline of a step."""
    span = mirror.get("for")
    if span is None:
        return
    least = None if times.lag is None else times.lag + 2 * TICK
    if least is not None and span < least:
        words = f"{spell(span)} is over before a mirrored minute is in the logs"
        findings.add(f"{path}.for", f"{words}; with a lag of {spell(least - 2 * TICK)} that takes {spell(least)}")
    if times.deadline is None or times.patience is None:
        return
    if span + times.patience >= times.deadline:
        words = f"{spell(span)} and then patience of {spell(times.patience)} must be over before deadlines.step"
        findings.add(f"{path}.for", f"{words}, {spell(times.deadline)}; a quiet endpoint would be rolled back instead")
