"""The figures of docs/cost.md: how often functions run, by their schedules, and the calls that were measured."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DAYS = 30
TIMER = re.compile(r'function_name\("(\w+)"\)\n@\w+\.timer_trigger\(arg_name="\w+", schedule="([^"]+)"')
CALLS = re.compile(r"^\| (a tick .*|a reconcile, median|the whole rollout .*) (\|(?: \d+ \|){4})$", re.MULTILINE)


def runs_table() -> str:
    """Return how often each timer fires in 30 days."""
    rows = [(name, times(schedule)) for name, schedule in TIMER.findall((ROOT / "functions/ticks.py").read_text())]
    lines = [f"| `{name}` | {count:,} |" for name, count in rows]
    total = f"| all timers | {sum(count for _, count in rows):,} |"
    return "\n".join([f"| timer | runs in {DAYS} days |", "|---|---|", *lines, total]) + "\n"


def times(schedule: str) -> int:
    """Return how often a schedule of six fields, seconds first, fires in 30 days.

    Raises ValueError unless each field is `*`, `*/n` or a number, and each day is meant.
    """
    second, minute, hour, *days = schedule.split()
    if days != ["*"] * 3:
        raise ValueError(f"{schedule!r} is not for every day")
    return _values(second, 60) * _values(minute, 60) * _values(hour, 24) * DAYS


def calls_table() -> str:
    """Return the rows of docs/measurements.md that cost depends on."""
    rows = CALLS.findall((ROOT / "docs/measurements.md").read_text(encoding="utf-8"))
    if len(rows) != 3:
        raise ValueError("docs/measurements.md lacks a row of the calls to Azure")
    head = ["| | ARM (free) | table operations | queue operations | log queries |", "|---|---|---|---|---|"]
    return "\n".join([*head, *(f"| {what} {counts}" for what, counts in rows)]) + "\n"


def _values(field: str, size: int) -> int:
    if field == "*":
        return size
    if found := re.fullmatch(r"\*/(\d+)", field):
        return size // int(found[1])
    return len([int(field)])
