"""docs/cost.md counts runs as the schedules do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from docs.cost_figures import times


@pytest.mark.parametrize(
    ("schedule", "count"),
    [
        ("0 * * * * *", 43_200),
        ("30 */10 * * * *", 4_320),
        ("0 15 * * * *", 720),
        ("0 5 4 * * *", 30),
        ("*/30 * * * * *", 86_400),
    ],
)
def test_runs_in_thirty_days(schedule: str, count: int) -> None:
    """Seconds, minutes and hours: fixed, all, or every so many."""
    assert times(schedule) == count


@pytest.mark.parametrize("schedule", ["0 0 3 * * 1", "0 0-5 * * * *"])
def test_what_cannot_be_counted_is_an_error(schedule: str) -> None:
    """Otherwise the page would silently be wrong."""
    with pytest.raises(ValueError, match=r"every day|invalid literal"):
        times(schedule)


def test_instances_of_a_zone_redundant_app() -> None:
    """On Flex Consumption each function scales separately, except those with HTTP triggers: two instances for each."""
    root = Path(__file__).resolve().parents[2]
    sources = "".join(file.read_text(encoding="utf-8") for file in (root / "functions").glob("*.py"))
    groups = len(re.findall(r"^@\w+\.\w+_trigger\(", sources, re.MULTILINE)) + 1
    (row,) = [
        line for line in (root / "docs/cost.md").read_text().splitlines() if line.startswith("| `TEAL_ZONE_REDUN")
    ]
    assert f": {2 * groups} instances " in row
