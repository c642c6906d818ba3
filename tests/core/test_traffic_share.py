"""The share of live requests that green receives, compared with its weight: mismatches are found, chance is not one."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest

from shared.core.judge.traffic_share import WINDOW, LiveMinute, TrafficShare, cluster, outside, watch
from shared.core.judge.tuning import TUNED

Draw = Callable[[np.random.Generator, float], tuple[int, int]]


def after(*minutes: LiveMinute) -> TrafficShare:
    """Return what is known after these minutes."""
    share = TrafficShare()
    for minute in minutes:
        share = watch(share, minute, TUNED)
    return share


def minutes_to_mismatch(*minutes: LiveMinute) -> int | None:
    """Return how many of these minutes it takes to find a mismatch; None if there is none."""
    share = TrafficShare()
    for number, minute in enumerate(minutes, start=1):
        share = watch(share, minute, TUNED)
        if share.mismatch:
            return number
    return None


@pytest.mark.parametrize(
    ("green", "blue", "weight"),
    [(18, 582, 10), (180, 420, 15), (30, 570, 50), (570, 30, 50), (300, 300, 90)],
)
def test_a_share_far_from_the_weight_is_a_mismatch(green: int, blue: int, weight: int) -> None:
    """In either direction and at any weight, but never before ten samples."""
    assert minutes_to_mismatch(*[LiveMinute(green, blue, weight)] * 20) == pytest.approx(WINDOW, abs=2)


@pytest.mark.parametrize(("green", "weight"), [(100, 10), (75, 10), (135, 10), (420, 50), (900, 90), (870, 90)])
def test_a_share_within_the_tolerance_is_none_however_long(green: int, weight: int) -> None:
    """Odds of up to one and a half times the weight's are close enough for a comparison."""
    assert minutes_to_mismatch(*[LiveMinute(green, 1000 - green, weight)] * 2000) is None


@pytest.mark.parametrize("minute", [LiveMinute(6, 14, 5), LiveMinute(14, 6, 95)], ids=["green's", "blue's"])
def test_little_traffic_makes_samples_of_several_minutes(minute: LiveMinute) -> None:
    """At 5 percent of 20 requests a minute, four requests take four minutes, so ten samples take forty."""
    assert minutes_to_mismatch(*[minute] * 60) == 4 * WINDOW


@pytest.mark.parametrize("sudden", [LiveMinute(0, 1_000_000, 10), LiveMinute(1_000_000, 0, 10)], ids=["none", "all"])
def test_one_minute_is_no_mismatch_however_many_requests_it_has(sudden: LiveMinute) -> None:
    """A batch that a single connection sends says little about how requests are divided."""
    usual = [LiveMinute(100, 900, 10)] * 30
    share = after(*usual, sudden)
    assert outside(share)
    assert not share.mismatch


def test_minutes_without_requests_change_nothing() -> None:
    """Silence is no sample."""
    counted = [LiveMinute(40, 360, 10)] * 5
    assert after(*counted, LiveMinute(0, 0, 10)).recent == after(*counted).recent


def test_a_sample_is_never_made_of_minutes_at_two_weights() -> None:
    """What was too little for a sample before the change is left out."""
    share = after(LiveMinute(2, 18, 5), LiveMinute(7, 13, 35))
    assert (share.recent, share.pending) == ((LiveMinute(7, 13, 35),), None)


@pytest.mark.parametrize("factor", [0.25, 4.0])
def test_a_mismatch_in_steps_that_are_shorter_than_its_samples_is_found(factor: float) -> None:
    """Four minutes at each of four weights, always with the same odds relative to the weight's."""
    steps = [LiveMinute(*split(800, weight, factor), weight) for weight in (5, 20, 40, 70) for _ in range(4)]
    assert minutes_to_mismatch(*steps) == pytest.approx(WINDOW, abs=2)


@pytest.mark.parametrize("factor", [0.75, 1.0, 1.4])
def test_each_sample_is_measured_by_its_own_weight(factor: float) -> None:
    """A share within the tolerance stays so when the weight changes, up or down, in any minute."""
    minutes = [LiveMinute(*split(900, weight, factor), weight) for weight in (5, 60, 15, 90, 30) * 80]
    assert minutes_to_mismatch(*minutes) is None
    assert not outside(after(*minutes))


def test_the_last_samples_are_expected_to_be_what_their_weights_bring() -> None:
    """Seven samples at 20 percent and three at 60, of 500 requests: 700 and 900, however many green received."""
    share = after(*[LiveMinute(40, 460, 20)] * 9, *[LiveMinute(450, 50, 60)] * 3)
    assert share.expected() == pytest.approx(700 + 900)


def test_a_change_of_weight_is_no_variation_of_the_share() -> None:
    """Only samples at the same weight show whether requests are correlated."""
    minutes = [LiveMinute(*split(2000, weight, 1.0), weight) for weight in (10, 10, 80, 80) * 10]
    assert cluster(after(*minutes).variation) == pytest.approx(1.0)


def split(total: int, weight: int, factor: float) -> tuple[int, int]:
    """Return green's and blue's requests if green's odds are this multiple of the weight's."""
    odds = factor * weight / (100 - weight)
    green = round(total * odds / (1 + odds))
    return green, total - green


def test_a_mismatch_ends_when_the_last_samples_together_are_right_again() -> None:
    """What was gained while it lasted is then forgotten."""
    wrong, right = [LiveMinute(10, 590, 10)] * 15, LiveMinute(60, 540, 10)
    assert [after(*wrong, *[right] * count).mismatch for count in (0, 4, WINDOW)] == [True, True, False]
    assert after(*wrong, *[right] * WINDOW).log_odds < 0


def test_requests_that_stay_together_weigh_less() -> None:
    """A share that jumps between samples shows that requests are not independent."""
    steady = after(*[LiveMinute(100, 900, 10), LiveMinute(104, 896, 10)] * 20)
    jumping = after(*[LiveMinute(20, 980, 10), LiveMinute(180, 820, 10)] * 20)
    assert cluster(steady.variation) < 1.5
    assert cluster(jumping.variation) > 50
    assert not outside(jumping)


def independent(draw: np.random.Generator, share: float) -> tuple[int, int]:
    """Return 200 independent requests a minute."""
    total = int(draw.poisson(200))
    green = int(draw.binomial(total, share))
    return green, total - green


def in_fives(draw: np.random.Generator, share: float) -> tuple[int, int]:
    """Return 200 requests a minute in bunches of about five, each to one deployment."""
    sizes = draw.geometric(0.2, int(draw.poisson(40)))
    to_green = draw.random(len(sizes)) < share
    return int(sizes[to_green].sum()), int(sizes[~to_green].sum())


def over_ten_connections(draw: np.random.Generator, share: float) -> tuple[int, int]:
    """Return 200 requests a minute over ten connections that last a minute."""
    counts = draw.poisson(20, 10)
    to_green = draw.random(10) < share
    return int(counts[to_green].sum()), int(counts[~to_green].sum())


def rollout(draw: np.random.Generator, world: Draw, factor: float, minutes: int = 30) -> Iterator[LiveMinute]:
    """Yield these minutes at each of four weights, with green's odds this multiple of the weight's."""
    for weight in (10, 25, 50, 75):
        odds = factor * weight / (100 - weight)
        for _ in range(minutes):
            yield LiveMinute(*world(draw, odds / (1 + odds)), weight)


@pytest.mark.parametrize("world", [independent, in_fives, over_ten_connections])
@pytest.mark.parametrize("factor", [1.0, 1.25, 0.8])
def test_chance_is_no_mismatch(world: Draw, factor: float) -> None:
    """In 50 rollouts none is reported, whether requests are independent or correlated for a minute."""
    draw = np.random.default_rng(11)
    assert not any(minutes_to_mismatch(*rollout(draw, world, factor)) for _ in range(50))


@pytest.mark.parametrize("world", [independent, in_fives, over_ten_connections])
@pytest.mark.parametrize("minutes", [2, 6])
def test_chance_is_no_mismatch_in_short_steps(world: Draw, minutes: int) -> None:
    """In 200 rollouts whose steps are shorter than what a mismatch needs, none is reported."""
    draw = np.random.default_rng(13)
    assert not any(minutes_to_mismatch(*rollout(draw, world, 1.0, minutes)) for _ in range(200))


@pytest.mark.parametrize("world", [independent, in_fives, over_ten_connections])
@pytest.mark.parametrize("factor", [0.2, 5.0])
def test_a_fifth_or_five_times_the_share_is_found(world: Draw, factor: float) -> None:
    """It is found in each of 20 rollouts, however requests are correlated."""
    draw = np.random.default_rng(12)
    assert all(minutes_to_mismatch(*rollout(draw, world, factor)) for _ in range(20))
