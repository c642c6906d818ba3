"""What counts as an incident, compared with blue's past: judge/incident.py."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import replace

import pytest

from shared.core.judge.incident import (
    LONGEST_UNSURE,
    MOST,
    MOST_UNKNOWN,
    Alarm,
    Watch,
    add_minute,
    add_unseen,
    alarm,
    log_odds,
    with_past,
)
from shared.core.judge.odds import Counts
from shared.core.judge.tuning import TUNED
from shared.core.judge.verdict import Risk


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
    """An unknown past does not allow everything."""
    assert least <= alarm(bad, total, budget=0.0005, cap=1.0).limit <= most


def test_a_past_of_a_few_minutes_may_be_the_beginning_of_the_incident() -> None:
    """However many requests a short past has, it allows at most a quarter of them to fail."""
    assert alarm(9_700, 10_000, budget=0.0005, cap=1.0, most=MOST_UNKNOWN).limit == pytest.approx(0.25)


@pytest.mark.parametrize(("past", "now", "most"), [(0.3, 0.65, MOST), (0.12, 0.33, MOST_UNKNOWN)])
def test_no_burst_of_the_past_excuses_more_than_the_most(past: float, now: float, most: float) -> None:
    """A past with bursts caps what a minute adds, but above the maximum a single minute declares the incident."""
    of = alarm(round(past * 60_000), 60_000, budget=0.0005, cap=0.3, most=most)
    assert add_minute(Watch(), Counts(round(now * 6_000), 6_000), of, TUNED, Risk()).declared


def test_an_incident_goes_on_while_its_minutes_are_above_the_limit() -> None:
    """Bursts in the past cap what a minute adds; that delays the incident, but does not end it."""
    of, tuning = alarm(300, 60_000, budget=0.0005, cap=0.7), TUNED
    watch, declared = Watch(), list[bool]()
    for bad in (*30 * [120], *12 * [3]):
        watch = add_minute(watch, Counts(bad, 600), of, tuning, Risk())
        declared.append(watch.declared)
    first = declared.index(True)
    assert declared == [*first * [False], *(39 - first) * [True], *3 * [False]]


@pytest.mark.parametrize(("of_past", "incident"), [(0, True), (3, True), (5, False)])
def test_minutes_above_the_limit_count_for_an_hour_unless_the_past_had_them_too(
    of_past: int, *, incident: bool
) -> None:
    """Every sixth minute fails a tenth, which makes ten an hour, and never two in a row."""
    past = [Counts(60 if n < 6 * of_past and not n % 6 else 0, 600) for n in range(60)]
    of = with_past(Alarm(usual=0.01, budget=0.002, cap=0.3), past, TUNED)
    watch, declared = Watch(), False
    for n in range(180):
        watch = add_minute(watch, Counts(0 if n % 6 else 60, 600), of, TUNED, Risk())
        declared |= watch.declared
    assert declared is incident


MODERATE = Alarm(usual=0.002, budget=0.006, cap=4.0)  # a limit of 1.2 %
ON = Watch(declared=True, bad=9)


def failures(total: int, rate: float, minutes: int, seed: int = 0) -> list[Counts]:
    """Return minutes with this many requests, each of which fails by chance."""
    chance = random.Random(seed)  # noqa: S311 -- a simulation
    return [Counts(sum(chance.random() < rate for _ in range(total)), total) for _ in range(minutes)]


def lasts(minutes: Iterable[Counts], of: Alarm = MODERATE, watch: Watch = ON) -> int | None:
    """Return how many minutes it takes until the incident is over; None if it continues."""
    for count, minute in enumerate(minutes, start=1):
        watch = add_minute(watch, minute, of, TUNED, Risk())
        if not watch.declared:
            return count
    return None


@pytest.mark.parametrize(("total", "rate"), [(15, 0.06), (35, 0.04), (80, 0.03), (300, 0.022), (1500, 0.018)])
@pytest.mark.parametrize("seed", range(5))
def test_an_incident_that_lasts_is_not_over(total: int, rate: float, seed: int) -> None:
    """Few of its minutes exceed the limit on their own, so ten calm ones in a row are frequent."""
    assert lasts(failures(total, rate, 360, seed)) is None


@pytest.mark.parametrize(
    ("total", "least", "most"), [(15, 15, 60), (35, 10, 25), (80, 10, 15), (300, 10, 12), (1500, 10, 10)]
)
@pytest.mark.parametrize("before", [0, 300])
def test_an_incident_that_is_over_ends_soon_however_long_it_was(total: int, least: int, most: int, before: int) -> None:
    """Once failures are as rare as in the past, it takes a few hundred requests; those of the incident do not count."""
    during, after = failures(total, 0.04, before), failures(total, 0.001, 120, seed=1)
    took = lasts([*during, *after])
    assert took is not None
    assert least <= took - before <= most


def test_ten_calm_minutes_with_few_requests_show_nothing() -> None:
    """At the limit, one failure is expected in 83 requests. Without any failure, it takes nearly 400."""
    assert lasts(60 * [Counts(0, 12)]) == 33


def test_too_few_requests_do_not_keep_an_incident_for_ever() -> None:
    """With one request a minute, it is over after an hour without a failure."""
    assert lasts(90 * [Counts(0, 1)]) == LONGEST_UNSURE


def test_calm_minutes_that_are_suspicious_together_are_not_calm() -> None:
    """Each has one failure in 30, which is nothing by itself; after 100 of them it is still an incident."""
    assert lasts([*100 * [Counts(1, 30)], *30 * [Counts(0, 30)]]) == 100 + 14


def test_bad_minutes_of_earlier_hours_do_not_prolong_an_incident() -> None:
    """An incident of two bad minutes ends after five calm ones, although a single minute was bad now and then."""
    now_and_then = [Counts(90, 3000), *29 * [Counts(0, 3000)]]
    watch = Watch()
    for minute in [*4 * now_and_then, *2 * [Counts(300, 3000)]]:
        assert not watch.declared
        watch = add_minute(watch, minute, MODERATE, TUNED, Risk())
    assert watch.declared
    assert lasts(20 * [Counts(0, 3000)], watch=watch) == 2 * 2 + 1


def test_the_minutes_before_an_incident_was_declared_do_not_end_it() -> None:
    """A small excess takes long to detect. Earlier calm minutes do not count then, however many there were."""
    watch = Watch()
    for minute in [*60 * [Counts(0, 200)], *failures(200, 0.025, 200, seed=2)]:
        watch = add_minute(watch, minute, MODERATE, TUNED, Risk())
        if watch.declared:
            break
    assert (watch.declared, watch.calm, watch.since) == (True, 0, Counts())


@pytest.mark.parametrize("cap", [0.2, 0.55, 1.65, 4.15])
@pytest.mark.parametrize("calm", [0, 300])
def test_bursts_in_the_past_only_delay_an_incident(cap: float, calm: int) -> None:
    """However little each minute can add, an incident is found within half an hour, even after hours of calm."""
    of = replace(MODERATE, cap=cap)
    watch = Watch()
    for minute in [*calm * [Counts(3, 3000)], *30 * [Counts(90, 3000)]]:
        watch = add_minute(watch, minute, of, TUNED, Risk())
    assert watch.declared


def test_minutes_that_show_nothing_count_only_in_a_row() -> None:
    """An hour of them makes an incident unknown. A minute that shows something, calm or not, restarts the hour."""
    watch = ON
    for bad in (None, 0, None, 30):
        for _ in range(LONGEST_UNSURE - 1):
            watch = add_unseen(watch) if bad is None else watch
        watch = watch if bad is None else add_minute(watch, Counts(bad, 300), MODERATE, TUNED, Risk())
    assert (watch.declared, watch.unseen) == (True, 0)
    for _ in range(LONGEST_UNSURE):
        watch = add_unseen(watch)
    assert watch == Watch()


def test_a_suspicion_that_nothing_shows_any_more_is_forgotten() -> None:
    """Otherwise it would keep green from its next weight without ever becoming an incident."""
    watch = add_minute(Watch(), Counts(9, 200), replace(MODERATE, cap=3.0), TUNED, Risk())
    assert (watch.declared, log_odds(watch, TUNED) > TUNED.log_suspicion) == (False, True)
    for _ in range(LONGEST_UNSURE):
        watch = add_unseen(watch)
    assert watch == Watch()
