"""One minute's odds: that a fair game stays fair is summed exactly over every table, not sampled."""

from __future__ import annotations

import math
from itertools import product

import pytest

from shared.core.judge import certificate, harm
from shared.core.judge.gate import odds
from shared.core.judge.odds import Counts, Null, log_e, log_sum

Arms = tuple[int, int]


def chance(bad: int, total: int, rate: float) -> float:
    """Return the binomial probability of so many bad answers."""
    return math.comb(total, bad) * rate**bad * (1 - rate) ** (total - bad)


def expected(arms: Arms, rates: tuple[float, float], bet: float, null: Null) -> float:
    """Return E[e] over every table of a minute with these totals and failure rates."""
    green, blue = arms
    return math.fsum(
        chance(x, green, rates[0]) * chance(y, blue, rates[1]) * math.exp(log_e(Counts(x, green, y, blue), bet, null))
        for x, y in product(range(green + 1), range(blue + 1))
    )


HARM_NULLS = (harm.MINOR, harm.SEVERE, Null(1.0, 0.0), Null(0.0, 0.05), Null(0.0, 0.0))
CERTIFICATE_NULLS = tuple(certificate.null_for(weight, budget) for weight, budget in product((10, 50, 100), (0, 0.01)))
ARMS: tuple[Arms, ...] = ((1, 9), (6, 6), (9, 1), (7, 0), (0, 5))


@pytest.mark.parametrize("null", HARM_NULLS, ids=str)
@pytest.mark.parametrize("arms", ARMS, ids=str)
def test_a_green_no_worse_than_allowed_wins_nothing_against_itself(arms: Arms, null: Null) -> None:
    """At the edge of every harm null, with or without blue, the expected odds of harm are at most 1."""
    for blue_rate, bet in product((0.0, 0.001, 0.1, 0.3, 0.9), harm.BETS):
        green_rate = min(1.0, null.rho * blue_rate + null.delta)
        assert expected(arms, (green_rate, blue_rate), bet, null) <= 1 + 1e-9


@pytest.mark.parametrize("null", CERTIFICATE_NULLS, ids=str)
@pytest.mark.parametrize("arms", ARMS, ids=str)
def test_a_green_over_the_budget_wins_no_certificate_on_average(arms: Arms, null: Null) -> None:
    """At the edge of every certificate's null the expected odds of safety are at most 1."""
    for blue_rate, bet in product((0.0, 0.001, 0.1, 0.25), certificate.BETS):
        green_rate = null.rho * blue_rate + null.delta
        if green_rate <= 1:
            assert expected(arms, (green_rate, blue_rate), bet, null) <= 1 + 1e-9


def test_a_worse_green_wins_harm() -> None:
    """Beyond the null the odds grow: the fair game above is not fair because nothing ever moves."""
    assert expected((9, 9), (0.5, 0.05), 6.0, harm.MINOR) > 2


def test_a_safe_green_wins_its_certificate() -> None:
    """Well below the null the odds of safety grow."""
    assert expected((30, 30), (0.0, 0.0), 0.02, Null(1.25, 0.05)) > 2


@pytest.mark.parametrize(
    ("counts", "null"),
    [
        (Counts(), harm.MINOR),
        (Counts(0, 0, 5, 100), harm.MINOR),
        (Counts(0, 0, 5, 100), Null(0.0, 0.05)),
        (Counts(4, 10, 0, 0), harm.SEVERE),
    ],
    ids=["no traffic", "no green", "no green, absolute", "no blue, relative"],
)
def test_a_minute_with_nothing_to_compare_teaches_nothing(counts: Counts, null: Null) -> None:
    """Without requests on green, or without blue and a relative null, the odds stay 1 : 1."""
    for bet in (*harm.BETS, *certificate.BETS):
        assert log_e(counts, bet, null) == pytest.approx(0.0, abs=1e-12)


def test_ten_million_failures_are_counted_not_overflown() -> None:
    """The largest minute that anyone serves gives finite odds, for harm and against safety."""
    worst = Counts(10**7, 10**7, 0, 10**7)
    assert 1e6 < log_e(worst, 1000.0, harm.SEVERE) < math.inf
    assert -math.inf < log_e(worst, 0.02, certificate.null_for(25, 0.01)) < -1e6


@pytest.mark.parametrize("numbers", [(2, 1, 0, 0), (0, 0, 2, 1), (-1, 5, 0, 0), (0, 5, -1, 5), (0, -1, 0, 0)], ids=str)
def test_counts_that_cannot_be_are_refused(numbers: tuple[int, int, int, int]) -> None:
    """More bad answers than answers, or fewer than none, is an error where it is made."""
    with pytest.raises(ValueError, match="0 <= bad <= total"):
        Counts(*numbers)


def test_counts_add_up_and_know_their_rates() -> None:
    """Counts of two minutes add up arm by arm; an arm without requests has no rate."""
    both = Counts(1, 10, 2, 20) + Counts(3, 10, 0, 0)
    assert both == Counts(4, 20, 2, 20)
    assert (both.green_rate, both.blue_rate) == (0.2, 0.1)
    assert (Counts().green_rate, Counts().blue_rate) == (None, None)


@pytest.mark.parametrize("bet", [0.0, -1.0])
def test_a_bet_of_nothing_is_refused(bet: float) -> None:
    """A bet must be above 0."""
    with pytest.raises(ValueError, match="above 0"):
        log_e(Counts(1, 2, 1, 2), bet, harm.MINOR)


@pytest.mark.parametrize(("rho", "delta"), [(-1.0, 0.0), (0.0, -0.1)])
def test_a_null_below_zero_is_refused(rho: float, delta: float) -> None:
    """A null needs rho and delta of at least 0."""
    with pytest.raises(ValueError, match="rho >= 0"):
        Null(rho, delta)


def test_sums_of_logarithms_neither_overflow_nor_vanish() -> None:
    """log(sum(exp)) holds far beyond what exp can say, and is minus infinity for nothing."""
    assert log_sum([1000.0, 1000.0]) == pytest.approx(1000.0 + math.log(2))
    assert log_sum([-1000.0, -2000.0]) == pytest.approx(-1000.0)
    assert log_sum([]) == log_sum([-math.inf]) == -math.inf


@pytest.mark.parametrize(
    ("ratio", "words"),
    [
        (1.0, "1 : 1"),
        (3.14159, "3.14 : 1"),
        (340.2, "340 : 1"),
        (12345.6, "12346 : 1"),
        (1 / 12, "1 : 12"),
        (1e12, "over 1000000000 : 1"),
        (1e-12, "1 : over 1000000000"),
    ],
)
def test_odds_are_said_in_words(ratio: float, words: str) -> None:
    """Odds read as a person would say them, however large."""
    assert odds(math.log(ratio)) == words


def test_odds_beyond_floating_point_have_words() -> None:
    """Evidence whose odds no float can hold is still said."""
    assert odds(1e6) == "over 1000000000 : 1"
    assert odds(-1e6) == "1 : over 1000000000"
