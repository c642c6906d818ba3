"""Latency buckets: every time has a bucket, margins are whole buckets, and quantiles are found."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.core.telemetry.latency_buckets import LOG_RATIO, bucket, buckets_of, edge, quantile, slower

Histogram = dict[int, int]
HISTOGRAMS = st.dictionaries(st.integers(0, 400), st.integers(1, 1000), min_size=1, max_size=30)
LAW = settings(max_examples=300, deadline=None, derandomize=True)


@LAW
@given(st.floats(1, 1e9))
def test_a_time_lies_within_its_bucket(milliseconds: float) -> None:
    """A bucket contains times above the previous edge up to its own, apart from rounding."""
    index = bucket(milliseconds)
    assert edge(index - 1) * (1 - 1e-8) < milliseconds <= edge(index) * (1 + 1e-8)


@pytest.mark.parametrize("milliseconds", [0.0, 0.001, 1.0, -5.0])
def test_times_up_to_a_millisecond_are_in_the_first_bucket(milliseconds: float) -> None:
    """A time that is too short to measure, or invalid, is in bucket 0."""
    assert bucket(milliseconds) == 0


@LAW
@given(st.integers(0, 600))
def test_an_edge_belongs_to_its_own_bucket(index: int) -> None:
    """The longest time of a bucket is in it, despite rounding."""
    assert bucket(edge(index)) == index
    assert bucket(edge(index) * 1.0001) == index + 1


def test_edges_rise_by_less_than_a_twentieth() -> None:
    """No bucket is wider than 4.6 percent, so thresholds are accurate."""
    assert math.exp(LOG_RATIO) < 1.046


@pytest.mark.parametrize(("factor", "moved"), [(1.01, 1), (1.25, 5), (1.25**2, 10), (1.5, 9), (2.0, 16), (1.1, 2)])
def test_a_margin_is_a_number_of_buckets(factor: float, moved: int) -> None:
    """1.25 is exactly five buckets; other margins are rounded to the nearest bucket."""
    assert buckets_of(factor) == moved


@LAW
@given(st.floats(1.001, 1e6), st.sampled_from([1.25, 1.5625, 2.44140625]))
def test_times_and_buckets_are_multiplied_alike(milliseconds: float, factor: float) -> None:
    """A time that is longer by a margin is that many buckets higher, give or take one by rounding at an edge."""
    assert abs(bucket(milliseconds * factor) - bucket(milliseconds) - buckets_of(factor)) <= (
        0 if abs(math.log(milliseconds) / LOG_RATIO % 1.0 - 0.5) < 0.49 else 1
    )


@LAW
@given(HISTOGRAMS, st.integers(-1, 401))
def test_slower_counts_what_lies_behind(slowness: Histogram, than: int) -> None:
    """Answers slower than a bucket and answers up to it add up to all answers."""
    up_to = sum(count for index, count in slowness.items() if index <= than)
    assert slower(slowness, than) + up_to == sum(slowness.values())


@LAW
@given(HISTOGRAMS, st.floats(0.01, 1.0))
def test_a_quantile_is_the_first_bucket_that_holds_the_share(slowness: Histogram, share: float) -> None:
    """The slower answers are at most the remaining share; one bucket earlier they would be more."""
    total, found = sum(slowness.values()), quantile(slowness, share)
    assert found in slowness
    assert slower(slowness, found) <= (1 - share) * total + 1e-6
    assert slower(slowness, found - 1) > (1 - share) * total - 1e-6


@pytest.mark.parametrize("slowness", [{}, {5: 0}], ids=["no bucket", "an empty one"])
def test_no_answers_have_no_quantile(slowness: Histogram) -> None:
    """Without answers there is no median."""
    with pytest.raises(ValueError, match="no answers"):
        quantile(slowness, 0.5)
