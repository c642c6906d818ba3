"""Confidence intervals: they end where the bet reaches the threshold, and they behave like rates."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.core.judge.interval import SHAPE, interval

Many = st.integers(1, 10**9)


def log_wealth(bad: int, expected: float) -> float:
    """Return the log wealth of the mixed bet against this expected number (Gamma-mixed, in closed form)."""
    prior = SHAPE * math.log(SHAPE) - math.lgamma(SHAPE)
    return prior + math.lgamma(SHAPE + bad) - (SHAPE + bad) * math.log(SHAPE + expected) + expected


@settings(max_examples=400, deadline=None, derandomize=True)
@given(total=Many, share=st.floats(0, 1), miss=st.floats(0.001, 0.5))
def test_the_interval_ends_where_the_bet_reaches_the_threshold(total: int, share: float, miss: float) -> None:
    """At any counts up to a thousand million, each end is a rate at which the wealth is 1 / miss, or 0 or 1."""
    bad = min(round(total * share), total)
    found = interval(bad, total, miss)
    assert found is not None
    assert 0 <= found.low <= bad / total <= found.high <= 1
    for end in found:
        if 0 < end < 1:
            assert log_wealth(bad, end * total) == pytest.approx(-math.log(miss), abs=0.01)


@pytest.mark.parametrize("total", [1, 30, 10**6])
def test_intervals_of_all_bad_and_none_bad(total: int) -> None:
    """Without a bad request the interval begins at 0; with only bad ones it ends at 1."""
    none, every = interval(0, total), interval(total, total)
    assert none is not None
    assert every is not None
    assert none.low == 0.0
    assert every.high == 1.0


def test_no_requests_have_no_interval() -> None:
    """Without requests nothing is known."""
    assert interval(0, 0) is None


def test_more_requests_narrow_the_interval() -> None:
    """At the same rate, the interval narrows with every tenfold increase in requests."""
    widths = []
    for total in (100, 1000, 10_000, 10**5, 10**6):
        found = interval(total // 50, total)
        assert found is not None
        widths.append(found.high - found.low)
    assert widths == sorted(widths, reverse=True)
    assert widths[-1] < 0.002


def test_a_smaller_miss_is_a_wider_interval() -> None:
    """More confidence means a wider interval around the same rate."""
    sure, plain = interval(20, 1000, 0.01), interval(20, 1000, 0.1)
    assert sure is not None
    assert plain is not None
    assert sure.low < plain.low < 0.02 < plain.high < sure.high
