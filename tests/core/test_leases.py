"""A lease prevents others from acting for at most two minutes, whatever any clock says."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shared.core.rollout import leases
from tests.core.rollouts import NOW

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


@pytest.mark.parametrize(
    ("ahead", "after", "honoured"),
    [
        # ahead: how far the holder's clock is ahead of the observer's; after: when the observer looks
        (0 * SECOND, 0 * SECOND, True),
        (0 * SECOND, 100 * SECOND, True),
        (0 * SECOND, 2 * MINUTE, False),
        (8 * SECOND, 0 * SECOND, True),
        (8 * SECOND, 2 * MINUTE, False),
        (-8 * SECOND, 90 * SECOND, True),
        (1 * MINUTE, 0 * SECOND, False),
        (60 * MINUTE, 0 * SECOND, False),
        (60 * MINUTE, 59 * MINUTE, False),
        (60 * MINUTE, 62 * MINUTE, False),
        (-60 * MINUTE, 0 * SECOND, False),
    ],
)
def test_a_lease_is_honoured_while_it_is_plausible(ahead: timedelta, after: timedelta, *, honoured: bool) -> None:
    """The remaining time must be more than zero and at most two minutes."""
    lease = leases.taken("one", NOW + ahead)
    assert leases.in_force(lease, NOW + after) is honoured


def test_without_a_lease_anyone_may_act() -> None:
    """There is nothing to wait for."""
    assert not leases.in_force(None, NOW)


@pytest.mark.parametrize("ahead", [n * 7 * SECOND for n in range(-200, 200, 3)], ids=str)
def test_no_lease_is_honoured_for_longer_than_two_minutes(ahead: timedelta) -> None:
    """Measured by a steady clock, however wrong it is."""
    lease = leases.taken("one", NOW + ahead)
    honoured = [second for second in range(4000) if leases.in_force(lease, NOW + second * SECOND)]
    assert len(honoured) <= 120
