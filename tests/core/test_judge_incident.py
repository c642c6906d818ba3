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
        pytest.param(4, 12, 0.49, 0.5, id="no past allows half of the requests to fail"),
        pytest.param(58_000, 60_000, 0.49, 0.5, id="not even one that shows just that"),
        pytest.param(1, 24, 0.25, 0.26, id="six times what a short past shows"),
        pytest.param(0, 60_000, 0.0, 0.001, id="a long past without failures allows next to none"),
        pytest.param(6_000, 60_000, 0.3, 0.32, id="three times what a long past shows"),
    ],
)
def test_the_limit_follows_the_past_as_far_as_there_is_one(bad: int, total: int, least: float, most: float) -> None:
    """Without a past, ignorance does not allow everything."""
    assert least <= alarm(bad, total, budget=0.0005, cap=1.0).limit <= most


def test_a_past_of_a_few_minutes_may_be_the_beginning_of_the_incident() -> None:
    """However many requests it has, it allows no more than a quarter of them to fail."""
    assert alarm(9_700, 10_000, budget=0.0005, cap=1.0, known=False).limit == pytest.approx(0.25)


def test_an_incident_goes_on_while_its_minutes_are_above_the_limit() -> None:
    """Bursts in the past cap what a minute can win; that delays the incident, but does not end it."""
    of, tuning = alarm(300, 60_000, budget=0.0005, cap=0.7), TUNED
    watch, declared = Watch(), list[bool]()
    for bad in (*30 * [120], *12 * [3]):
        watch = add_minute(watch, Counts(bad, 600), of, tuning, log_threshold=4.6)
        declared.append(watch.declared)
    first = declared.index(True)
    assert declared == [*first * [False], *(39 - first) * [True], *3 * [False]]
