"""Whether requests show that what serves is healthy: a few minutes that look good by chance do not, and doubt ends."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import numpy as np
import pytest

from shared.core.gates.alarms import Alarms
from shared.core.judge.incident import UNCAPPED, Alarm
from shared.core.observation.observation import DeploymentMinute, Observation
from shared.core.observation.spans import MINUTE
from shared.core.phases import Phase
from shared.core.reconcile.serving import record_observation
from shared.core.reconcile.serving_health import CALM, LAST, LONG, LOOK_BACK, ServingHealth, shown_by, surely_bad_until
from tests.core.rollouts import ALL_GREEN, GREEN, HOUR, NOW, endpoint, rollout

UNHEALTHY, UNCLEAR, GOOD, PROVEN = ServingHealth
LIMIT = 0.03
ALARM = Alarm(LIMIT / 3, 0.0, UNCAPPED)
ALARMS = Alarms(ALARM, ALARM)


def hour(*minutes: tuple[int, int]) -> list[DeploymentMinute]:
    """Return these minutes, of bad and total requests, as the last ones before now."""
    first = NOW - len(minutes) * MINUTE
    return [DeploymentMinute("d", first + i * MINUTE, total, bad) for i, (bad, total) in enumerate(minutes)]


def shown(*minutes: tuple[int, int], unhealthy: bool = False, only: bool = False) -> ServingHealth:
    """Return what these minutes show. Those without requests have no row."""
    rows = [row for row in hour(*minutes) if row.total]
    return shown_by(rows, ALARMS, slow_too=False, unhealthy=unhealthy, only=only)


def told(rpm: float, share: float, hours: int, seed: int) -> list[ServingHealth]:
    """Return each minute's result for a deployment that constantly fails this share of its requests."""
    dice = np.random.default_rng(seed)
    totals = dice.poisson(rpm, hours * 60)
    bads = dice.binomial(totals, share)
    said, unhealthy = [ServingHealth.UNCLEAR], False
    for end in range(1, len(totals) + 1):
        rows = [row for row in hour(*zip(bads[:end], totals[:end], strict=True))[-60:] if row.total]
        if rows:
            said.append(shown_by(rows, ALARMS, slow_too=False, unhealthy=unhealthy))
        unhealthy = said[-1] is UNHEALTHY or (unhealthy and said[-1] is not PROVEN)
    return said


@pytest.mark.parametrize("share", [1.7 * LIMIT, 4 * LIMIT])
@pytest.mark.parametrize("rpm", [5, 10, 60, 600])
def test_what_fails_all_the_time_never_recovers_by_chance(rpm: int, share: float) -> None:
    """Every minute is another chance to look good: after the first hour, no minute of the next five hours may."""
    for seed in range(3):
        said = told(rpm, share, 6, seed)
        assert UNHEALTHY in said
        assert not {GOOD, PROVEN} & set(said[60:]), seed


@pytest.mark.parametrize("rpm", [2, 10, 60, 600])
def test_what_works_is_good_from_the_start_and_nearly_always(rpm: int) -> None:
    """A tenth of the allowed failures is not held against it, at any traffic."""
    for seed in range(3):
        said = told(rpm, LIMIT / 10, 3, seed)
        assert {GOOD, PROVEN} & set(said[:5])
        assert said.count(GOOD) + said.count(PROVEN) > 0.6 * len(said)


@pytest.mark.parametrize("rpm", [2, 10, 60, 600])
def test_no_five_minutes_of_what_works_surely_look_bad(rpm: int) -> None:
    """At a third of the allowed failures, some of a day's many five minutes look bad by chance, never surely bad."""
    dice = np.random.default_rng(rpm)
    totals = dice.poisson(rpm, 24 * 60)
    rows = [row for row in hour(*zip(dice.binomial(totals, LIMIT / 3), totals, strict=True)) if row.total]
    assert surely_bad_until(rows, ALARMS, slow_too=False) is None


@pytest.mark.parametrize(("rpm", "share"), [(5, 0.4), (10, 0.2), (60, 0.12), (600, 2 * LIMIT)])
def test_five_minutes_of_what_fails_surely_look_bad(rpm: int, share: float) -> None:
    """Within half an hour; the fewer requests there are, the more of them must fail."""
    dice = np.random.default_rng(1)
    totals = dice.poisson(rpm, 30)
    rows = hour(*zip(dice.binomial(totals, share), totals, strict=True))
    assert surely_bad_until(rows, ALARMS, slow_too=False) is not None


def test_few_requests_prove_nothing_yet() -> None:
    """A deployment that fails one request in twenty answers this many without a failure one time in three."""
    assert shown(*[(0, 20)] * 1) is GOOD
    assert shown(*[(0, 20)] * 7) is GOOD
    assert shown(*[(0, 20)] * 8) is PROVEN


AN_OUTAGE = ((60, 60),) * 3


@pytest.mark.parametrize(
    ("since", "expected"),
    [
        pytest.param((), UNHEALTHY, id="it fails"),
        pytest.param(((0, 60),) * 2, UNHEALTHY, id="for two minutes it does not"),
        pytest.param(((0, 60),) * 10, UNCLEAR, id="not for long enough"),
        pytest.param(((0, 60),) * 16, PROVEN, id="ten minutes after the last five that were bad"),
        pytest.param(((1, 60),) * 16, UNCLEAR, id="that do not show that few fail"),
        pytest.param(((1, 60),) * 40, PROVEN, id="until there are enough of them"),
        pytest.param(((4, 60),) * 40, UNHEALTHY, id="too many still fail"),
        pytest.param(((0, 1),) * 30, UNCLEAR, id="few requests"),
        pytest.param(((0, 1),) * 56, PROVEN, id="few requests for nearly an hour"),
    ],
)
def test_recovery_needs_as_much_proof_as_the_end_of_an_incident(
    since: Sequence[tuple[int, int]], expected: ServingHealth
) -> None:
    """Ten good minutes and enough requests, or nearly an hour if those never come."""
    assert shown(*AN_OUTAGE, *since, unhealthy=True) is expected


def test_what_was_known_to_be_unhealthy_must_show_more_than_silence_about_it() -> None:
    """The bad minutes themselves are more than an hour old, or failed one request at a time."""
    assert shown((0, 2), (0, 2), unhealthy=False) is GOOD
    assert shown((0, 2), (0, 2), unhealthy=True) is UNCLEAR


def test_requests_from_before_a_doubt_do_not_end_it() -> None:
    """The smoke requests failed a moment ago, after an hour of good requests: it takes ten new good minutes."""
    assert shown(*[(0, 60)] * 60, unhealthy=True) is GOOD
    assert shown(*[(0, 60)] * 60, unhealthy=False) is PROVEN


def test_a_few_failures_count_however_they_are_spread() -> None:
    """No five minutes have more than one, and there are too few requests to show that few fail."""
    minutes = ((1, 2), *[(0, 2)] * 9) * 5
    assert shown(*minutes[:20]) is GOOD
    assert shown(*minutes) is UNHEALTHY


@pytest.mark.parametrize(
    ("minutes", "unhealthy", "expected"),
    [
        pytest.param([(0, 50)], False, PROVEN, id="one busy minute an hour"),
        pytest.param([(1, 50)], True, PROVEN, id="the same after bad ones"),
        pytest.param([(2, 50)], True, UNCLEAR, id="too many failures to be sure"),
        pytest.param([(20, 50), *[(0, 0)] * 40, (0, 50)], True, UNCLEAR, id="not an hour after the bad one"),
        pytest.param([(0, 20)], False, GOOD, id="too few requests"),
    ],
)
def test_without_smoke_requests_a_burst_an_hour_must_do(
    minutes: Sequence[tuple[int, int]],
    unhealthy: bool,  # noqa: FBT001
    expected: ServingHealth,
) -> None:
    """Nothing else will ever show that it works; otherwise smoke requests are sent between the bursts."""
    assert shown(*minutes, unhealthy=unhealthy, only=True) is expected
    assert shown(*minutes, unhealthy=unhealthy) in {GOOD, UNCLEAR}


def test_the_constants_fit_together() -> None:
    """A good hour must be able to contain the longest proof after the last bad minutes."""
    assert LONG + LAST <= LOOK_BACK
    assert timedelta(0) < CALM < LONG


def test_minutes_that_were_read_before_say_nothing_new() -> None:
    """The host's clock was set back: its newest minutes are older than those already taken into account."""
    given = rollout(Phase.PROMOTED, created=NOW - HOUR).with_ending(watched=GREEN, watched_until=NOW - MINUTE)
    earlier = NOW - 20 * MINUTE
    rows = tuple(DeploymentMinute(GREEN, earlier - n * MINUTE, 60, 60) for n in range(10, 0, -1))
    look = Observation(endpoint(ALL_GREEN), serving_minutes=rows, serving_until=earlier)
    assert record_observation(given, look, earlier) == given
