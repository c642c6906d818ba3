"""Orders that Azure may still carry out are remembered until it accepts the opposite."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.core.observation import EndpointSeen, Provisioning
from shared.core.phases import Phase
from shared.core.reconcile.actions import Action, SetMirror, SetTraffic
from shared.core.reconcile.orders import accepted, giving, outstanding, shown
from shared.core.rollout import Rollout
from tests.core.rollouts import ALL_BLUE, GREEN, NOW, TEN, rollout

PLAIN = rollout(Phase.STEPPING)
GIVEN = PLAIN.with_orders(traffic=TEN, mirror=20)


@pytest.mark.parametrize(
    ("order", "traffic", "mirror"),
    [
        (SetTraffic("churn", TEN), TEN, 0),
        (SetMirror("churn", {GREEN: 20}), None, 20),
    ],
    ids=["traffic", "a copy"],
)
def test_orders_that_give_green_traffic_are_remembered(
    order: Action, traffic: dict[str, int] | None, mirror: int
) -> None:
    """They may take effect if the process dies before the response, or long after it."""
    before = giving(PLAIN, [order], NOW)
    after = accepted(before, order)
    assert [(r.orders.traffic, r.orders.mirror) for r in (before, after)] == [(traffic, mirror)] * 2


@pytest.mark.parametrize("given", [PLAIN.with_orders(traffic=TEN), PLAIN.with_orders(mirror=20)])
def test_an_order_is_outstanding_until_it_is_seen_in_force(given: Rollout) -> None:
    """Another split or mirror, which may be an older one, does not show it."""
    blank = EndpointSeen("churn", Provisioning.SUCCEEDED)
    for other in (replace(blank, traffic=ALL_BLUE), replace(blank, mirror={GREEN: 10})):
        assert outstanding(shown(given, other))
    assert not outstanding(shown(given, replace(blank, traffic=TEN, mirror={GREEN: 20})))


def test_orders_that_take_traffic_back_count_once_accepted() -> None:
    """Until then the earlier order may still take effect."""
    back: list[Action] = [SetTraffic("churn", ALL_BLUE), SetMirror("churn", {})]
    before = giving(GIVEN, back, NOW)
    assert (before.orders.traffic, before.orders.mirror) == (TEN, 20)
    after = accepted(accepted(before, back[0]), back[1])
    assert (after.orders.traffic, after.orders.mirror) == (ALL_BLUE, 0)
