"""Orders that Azure may still carry out are remembered until it accepts the opposite."""

from __future__ import annotations

import pytest

from shared.core.phases import Phase
from shared.core.reconcile.actions import Action, SetMirror, SetTraffic
from shared.core.reconcile.orders import accepted, giving
from tests.core.rollouts import ALL_BLUE, GREEN, NOW, TEN, rollout

PLAIN = rollout(Phase.STEPPING)
GIVEN = PLAIN.with_orders(traffic=TEN, mirror=True)


@pytest.mark.parametrize(
    ("order", "traffic", "mirror"),
    [
        (SetTraffic("churn", TEN), TEN, False),
        (SetMirror("churn", {GREEN: 20}), None, True),
    ],
    ids=["traffic", "a copy"],
)
def test_orders_that_give_green_traffic_are_remembered(
    order: Action, traffic: dict[str, int] | None, *, mirror: bool
) -> None:
    """They may take effect if the process dies before the answer, or late after it."""
    before = giving(PLAIN, [order], NOW)
    after = accepted(before, order)
    assert [(r.orders.traffic, r.orders.mirror) for r in (before, after)] == [(traffic, mirror)] * 2


def test_orders_that_take_traffic_back_count_once_accepted() -> None:
    """Until then the earlier order may still take effect."""
    back: list[Action] = [SetTraffic("churn", ALL_BLUE), SetMirror("churn", {})]
    before = giving(GIVEN, back, NOW)
    assert (before.orders.traffic, before.orders.mirror) == (TEN, True)
    after = accepted(accepted(before, back[0]), back[1])
    assert (after.orders.traffic, after.orders.mirror) == (ALL_BLUE, False)
