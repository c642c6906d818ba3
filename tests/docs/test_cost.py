"""docs/cost.md counts runs as the schedules say."""

from __future__ import annotations

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
    """Seconds, minutes and hours, each fixed, all, or every so many."""
    assert times(schedule) == count


@pytest.mark.parametrize("schedule", ["0 0 3 * * 1", "0 0-5 * * * *"])
def test_what_cannot_be_counted_is_an_error(schedule: str) -> None:
    """Otherwise the page would silently be wrong."""
    with pytest.raises(ValueError, match=r"every day|invalid literal"):
        times(schedule)
