"""What counts as an incident, from blue's past: judge/incident.py."""

from __future__ import annotations

import pytest

from shared.core.judge.incident import Watch, add_minute, alarm
from shared.core.judge.odds import Counts
from shared.core.judge.tuning import TUNED


@pytest.mark.parametrize(
    ("bad", "total", "least", "most"),
    [
        pytest.param(0, 0, 0.09, 0.1, id="no past: about a tenth"),
        pytest.param(0, 12, 0.09, 0.1, id="a past that is too short allows no more than none"),
        pytest.param(4, 12, 1.0, 1.0, id="a short past with many failures allows more, as far as it shows them"),
        pytest.param(1, 12, 0.5, 0.51, id="six times what a short past shows"),
        pytest.param(0, 60_000, 0.0, 0.001, id="a long past without failures allows next to none"),
        pytest.param(6_000, 60_000, 0.3, 0.32, id="three times what a long past shows"),
    ],
)
def test_the_limit_follows_the_past_as_far_as_there_is_one(bad: int, total: int, least: float, most: float) -> None:
    """Without a past, ignorance does not allow everything."""
    assert least <= alarm(bad, total, budget=0.0005, cap=1.0).limit <= most


def test_an_incident_goes_on_while_its_minutes_are_above_the_limit() -> None:
    """Bursts in the past cap what a minute can win; that delays the incident, but does not end it."""
    of, tuning = alarm(300, 60_000, budget=0.0005, cap=0.7), TUNED
    watch, declared = Watch(), list[bool]()
    for bad in (*30 * [120], *12 * [3]):
        watch = add_minute(watch, Counts(bad, 600), of, tuning, log_threshold=4.6)
        declared.append(watch.declared)
    first = declared.index(True)
    assert declared == [*first * [False], *(39 - first) * [True], *3 * [False]]
