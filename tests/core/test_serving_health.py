"""Whether requests show that what serves is healthy: no few minutes that look good by chance, and no endless doubt."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import numpy as np
import pytest

from shared.core.gates.alarms import Alarms
from shared.core.judge.incident import UNCAPPED, Alarm
from shared.core.observation.observation import DeploymentMinute
from shared.core.observation.spans import MINUTE
from shared.core.reconcile.serving_health import CALM, LAST, LONG, LOOK_BACK, shown_healthy
from tests.core.rollouts import NOW

LIMIT = 0.03
ALARM = Alarm(LIMIT / 3, 0.0, UNCAPPED)
ALARMS = Alarms(ALARM, ALARM)


def hour(*minutes: tuple[int, int]) -> list[DeploymentMinute]:
    """Return these minutes, of bad and total requests, as the last ones before now."""
    first = NOW - len(minutes) * MINUTE
    return [DeploymentMinute("d", first + i * MINUTE, total, bad) for i, (bad, total) in enumerate(minutes)]


def healthy(*minutes: tuple[int, int], unhealthy: bool = False) -> bool | None:
    """Return what these minutes show."""
    return shown_healthy(hour(*minutes), ALARMS, slow_too=False, unhealthy=unhealthy)


def told(rpm: float, share: float, hours: int, seed: int) -> list[bool | None]:
    """Return what is said each minute of a deployment that fails this share of its requests all the time."""
    dice = np.random.default_rng(seed)
    totals = dice.poisson(rpm, hours * 60)
    bads = dice.binomial(totals, share)
    said, unhealthy = list[bool | None](), False
    for end in range(1, len(totals) + 1):
        rows = [row for row in hour(*zip(bads[:end], totals[:end], strict=True))[-60:] if row.total]
        found = shown_healthy(rows, ALARMS, slow_too=False, unhealthy=unhealthy) if rows else None
        unhealthy = unhealthy if found is None else not found
        said.append(found)
    return said


@pytest.mark.parametrize("share", [1.7 * LIMIT, 4 * LIMIT])
@pytest.mark.parametrize("rpm", [5, 10, 60, 600])
def test_what_fails_all_the_time_never_recovers_by_chance(rpm: int, share: float) -> None:
    """Every minute is another chance to look good: after an hour, none of the next five hours' may do."""
    for seed in range(3):
        said = told(rpm, share, 6, seed)
        assert False in said
        assert True not in said[60:], seed


@pytest.mark.parametrize("rpm", [2, 10, 60, 600])
def test_what_works_is_healthy_at_once_and_stays_so(rpm: int) -> None:
    """A tenth of the failures that are allowed is not held against it, at any traffic."""
    for seed in range(3):
        said = told(rpm, LIMIT / 10, 3, seed)
        assert True in said[:5]
        assert said.count(True) > 0.6 * len(said)


AN_OUTAGE = ((60, 60),) * 3


@pytest.mark.parametrize(
    ("since", "shown"),
    [
        pytest.param((), False, id="it fails"),
        pytest.param(((0, 60),) * 2, False, id="for two minutes it does not"),
        pytest.param(((0, 60),) * 10, None, id="not for long enough"),
        pytest.param(((0, 60),) * 16, True, id="ten minutes after the last five that were bad"),
        pytest.param(((1, 60),) * 16, None, id="that do not show that few fail"),
        pytest.param(((1, 60),) * 40, True, id="until there are enough of them"),
        pytest.param(((4, 60),) * 40, False, id="too many still fail"),
        pytest.param(((0, 1),) * 30, None, id="few requests"),
        pytest.param(((0, 1),) * 56, True, id="few requests for nearly an hour"),
    ],
)
def test_recovery_needs_as_much_proof_as_the_end_of_an_incident(since: Sequence[tuple[int, int]], shown: bool) -> None:  # noqa: FBT001
    """Ten good minutes and enough requests, or nearly an hour where those never come."""
    assert healthy(*AN_OUTAGE, *since, unhealthy=True) is shown


def test_what_was_known_to_be_unhealthy_must_show_more_than_silence_about_it() -> None:
    """The bad minutes themselves are more than an hour old, or failed one request at a time."""
    assert healthy((0, 2), (0, 2), unhealthy=False) is True
    assert healthy((0, 2), (0, 2), unhealthy=True) is None


def test_a_few_failures_count_however_they_are_spread() -> None:
    """No five minutes have more than one, and there are too few requests to show that few fail."""
    minutes = ((1, 2), *[(0, 2)] * 9) * 5
    assert healthy(*minutes[:20]) is True
    assert healthy(*minutes) is False


def test_the_constants_fit_together() -> None:
    """A good hour must be able to contain the longest proof after the last bad minutes."""
    assert LONG + LAST <= LOOK_BACK
    assert timedelta(0) < CALM < LONG
