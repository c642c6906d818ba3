"""One minute's odds are a fair game, shown by exact sums over every table, not by sampling."""

from __future__ import annotations

import math
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.core.judge.certificate import GRID, null_for
from shared.core.judge.measure import FEW_BETS
from shared.core.judge.odds import Counts, Null, log_add, log_e, log_es, log_sum
from shared.core.judge.tuning import MINOR, REFERENCE, SEVERE, TUNED
from tests.core.judging import FAIR, tables

HARM_BETS = tuple(sorted({*REFERENCE.bets, *TUNED.bets, *TUNED.severe_bets, *FEW_BETS}))
SAFE_BETS = (0.002, *REFERENCE.certificate_bets, GRID[0], GRID[30], 0.97)
HARM_NULLS = (MINOR, SEVERE, TUNED.minor, Null(1.0, 0.0), Null(1.25, 0.02), Null(0.0, 0.05), Null(0.0, 0.0))
SAFE_NULLS = tuple(null_for(weight, budget) for weight, budget in product((10, 50, 100), (0.0, 0.001, 0.01)))
RATES = (0.0, 0.001, 0.1, 0.3, 0.9, 1.0)
ARMS = tuple((green, blue) for green in range(5) for blue in range(5))
Rates = list[float]


def expected(arms: tuple[int, int], rates: tuple[float, float], bets: tuple[float, ...], null: Null) -> list[float]:
    """Return E[e] of each bet over every table of a minute with these totals and failure rates."""
    each = [[chance * math.exp(won) for won in log_es(counts, bets, null)] for chance, counts in tables(arms, rates)]
    return [math.fsum(column) for column in zip(*each, strict=True)]


@pytest.mark.parametrize("null", HARM_NULLS, ids=str)
def test_a_green_no_worse_than_allowed_wins_nothing_against_itself(null: Null) -> None:
    """At the edge of every harm null and within it, with or without blue, the expected odds of harm are at most 1."""
    for arms, blue, inside in product(ARMS, RATES, (1.0, 0.5)):
        rates = inside * min(1.0, null.rho * blue + null.delta), blue
        assert max(expected(arms, rates, HARM_BETS, null)) <= FAIR, (arms, rates)


@pytest.mark.parametrize("null", HARM_NULLS, ids=str)
def test_the_same_holds_with_blue_and_green_in_each_others_places(null: Null) -> None:
    """Shifts are tested in both directions: a blue at the edge of what green allows has no expected gain either."""
    for arms, green in product(ARMS, RATES):
        blue = min(1.0, null.rho * green + null.delta)
        won = [
            [c * math.exp(e) for e in log_es(t, FEW_BETS, null, swapped=True)] for c, t in tables(arms, (green, blue))
        ]
        assert max(math.fsum(column) for column in zip(*won, strict=True)) <= FAIR, (arms, green)


@pytest.mark.parametrize("null", SAFE_NULLS, ids=str)
def test_a_green_over_the_budget_wins_no_certificate_on_average(null: Null) -> None:
    """At the edge of every certificate's null and beyond, the expected odds of safety are at most 1."""
    for arms, blue, beyond in product(ARMS, RATES, (1.0, 1.5)):
        green = beyond * (null.rho * blue + null.delta)
        if green <= 1:
            assert max(expected(arms, (green, blue), SAFE_BETS, null)) <= FAIR, (arms, green, blue)


def mixed(rates: Rates) -> list[float]:
    """Return the probability of each number of failures if every request has its own rate."""
    chances = [1.0]
    for rate in rates:
        chances = [
            a * (1 - rate) + b * rate for a, b in zip([*chances, 0.0], [0.0, *chances], strict=True)
        ]  # after one more request: as many failures, or one more
    return chances


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    green=st.lists(st.floats(0, 1), max_size=6),
    blue=st.lists(st.floats(0, 1), max_size=6),
    rho=st.floats(0, 4),
    bet=st.floats(0.002, 1000),
)
def test_requests_need_not_be_alike(green: Rates, blue: Rates, rho: float, bet: float) -> None:
    """Requests may differ in how likely they fail: only the two means matter, for harm and for safety."""
    means = [math.fsum(rates) / len(rates) if rates else 0.0 for rates in (green, blue)]
    edge = max(0.0, means[0] - rho * means[1])
    null = Null(rho, edge)
    if bet < 1 and means[0] < rho * means[1]:
        null = Null(means[0] / means[1], 0.0)
    found = math.fsum(
        a * b * math.exp(log_e(Counts(x, len(green), y, len(blue)), bet, null))
        for (x, a), (y, b) in product(enumerate(mixed(green)), enumerate(mixed(blue)))
    )
    assert found <= FAIR


def test_a_worse_green_wins_harm() -> None:
    """Beyond the null the odds grow, so the game is not fair merely because nothing ever moves."""
    assert min(expected((9, 9), (0.5, 0.05), (2.0, 6.0), MINOR)) > 1.5


def test_a_safe_green_wins_its_certificate() -> None:
    """Well below the null the odds of safety grow."""
    assert min(expected((30, 30), (0.0, 0.0), (0.02,), Null(1.25, 0.05))) > 2


@pytest.mark.parametrize(
    ("counts", "null"),
    [
        (Counts(), MINOR),
        (Counts(0, 0, 5, 100), MINOR),
        (Counts(0, 0, 5, 100), Null(0.0, 0.05)),
        (Counts(4, 10, 0, 0), SEVERE),
        (Counts(4, 10, 0, 0), Null(1.0, 0.0)),
        (Counts(0, 10, 0, 0), Null(1.0, 0.5)),
    ],
    ids=["no traffic", "no green", "no green, absolute", "no blue, severe", "no blue", "no blue, none bad"],
)
def test_a_minute_with_nothing_to_compare_teaches_nothing(counts: Counts, null: Null) -> None:
    """Without requests on green, or without blue and a relative null, the odds stay 1 : 1."""
    assert log_es(counts, (*HARM_BETS, *SAFE_BETS), null) == pytest.approx(
        [0.0] * len((*HARM_BETS, *SAFE_BETS)), abs=1e-12
    )


@pytest.mark.parametrize("many", [10**7, 10**12])
@pytest.mark.parametrize("null", [*HARM_NULLS, SAFE_NULLS[3]], ids=str)
def test_huge_counts_do_not_overflow(many: int, null: Null) -> None:
    """All bad, none bad, or one deployment alone: the odds are finite, whatever the numbers."""
    for counts in (
        Counts(many, many, 0, many),
        Counts(0, many, many, many),
        Counts(many, many, many, many),
        Counts(0, many, 0, many),
        Counts(many, many, 0, 0),
        Counts(many, many, 0, 1),
        Counts(1, 1, many, many),
    ):
        assert all(math.isfinite(won) for won in log_es(counts, (*HARM_BETS, *SAFE_BETS), null)), counts


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.tuples(*[st.integers(0, 10**6)] * 4), st.lists(st.floats(0.002, 1000), min_size=1, max_size=5))
def test_several_bets_at_once_are_each_bet_alone(numbers: tuple[int, int, int, int], bets: Rates) -> None:
    """Common terms are computed once, and each bet gains what it would gain by itself."""
    x, n, y, m = numbers
    counts = Counts(min(x, n), n, min(y, m), m)
    assert log_es(counts, tuple(bets), MINOR) == [log_e(counts, bet, MINOR) for bet in bets]


@pytest.mark.parametrize("null", HARM_NULLS, ids=str)
def test_swapped_is_as_if_blue_and_green_changed_places(null: Null) -> None:
    """A bet on less than blue is the same bet with blue and green exchanged."""
    counts, exchanged = Counts(3, 10, 20, 900), Counts(20, 900, 3, 10)
    assert log_es(counts, HARM_BETS, null, swapped=True) == log_es(exchanged, HARM_BETS, null)


@pytest.mark.parametrize("numbers", [(2, 1, 0, 0), (0, 0, 2, 1), (-1, 5, 0, 0), (0, 5, -1, 5), (0, -1, 0, 0)], ids=str)
def test_impossible_counts_are_rejected(numbers: tuple[int, int, int, int]) -> None:
    """More bad answers than answers, or a negative number, is rejected on creation."""
    with pytest.raises(ValueError, match="0 <= bad <= total"):
        Counts(*numbers)


def test_counts_add_up_and_know_their_rates() -> None:
    """Counts of two minutes add up for each deployment; a deployment without requests has no rate."""
    both = Counts(1, 10, 2, 20) + Counts(3, 10, 0, 0)
    assert both == Counts(4, 20, 2, 20)
    assert (both.green_rate, both.blue_rate) == (0.2, 0.1)
    assert (Counts().green_rate, Counts().blue_rate) == (None, None)


@pytest.mark.parametrize("bet", [0.0, -1.0])
def test_a_bet_of_zero_is_rejected(bet: float) -> None:
    """A bet must be above 0."""
    with pytest.raises(ValueError, match="above 0"):
        log_e(Counts(1, 2, 1, 2), bet, MINOR)


@pytest.mark.parametrize(("rho", "delta"), [(-1.0, 0.0), (0.0, -0.1)])
def test_a_null_below_zero_is_rejected(rho: float, delta: float) -> None:
    """A null needs rho and delta of at least 0."""
    with pytest.raises(ValueError, match="rho >= 0"):
        Null(rho, delta)


def test_sums_of_logarithms_neither_overflow_nor_vanish() -> None:
    """log(sum(exp)) works far beyond the range of exp, and is minus infinity for an empty list."""
    assert log_sum([1000.0, 1000.0]) == pytest.approx(1000.0 + math.log(2))
    assert log_sum([-1000.0, -2000.0]) == pytest.approx(-1000.0)
    assert log_sum([]) == log_sum([-math.inf]) == -math.inf
    assert log_add(-math.inf, -math.inf) == -math.inf
    assert log_add(-math.inf, -5.0) == log_add(-5.0, -math.inf) == -5.0
    assert log_add(800.0, 800.0) == pytest.approx(800.0 + math.log(2))
