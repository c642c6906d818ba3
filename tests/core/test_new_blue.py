"""A blue that is chosen anew while an order of Teal's own may still take effect."""

from __future__ import annotations

from dataclasses import replace

from shared.core.phases import Phase
from shared.core.reconcile.difference import difference
from shared.core.reconcile.new_blue import placed_anew
from shared.core.rollout.placement import First
from shared.core.steps import SmokeStep, WeightStep
from tests.core.rollouts import ALL_BLUE, ALL_GREEN, NOW, endpoint, rollout


def test_an_order_that_takes_effect_late_is_taken_back() -> None:
    """The answer was lost, and somebody made blue serve; then green gets all traffic that it should no longer have."""
    first = replace(rollout(Phase.STEPPING, step=1, weight=100, ordered=ALL_GREEN), placement=First())
    policy = replace(first.policy, steps=(SmokeStep("s"), WeightStep(100)))
    decision = placed_anew(replace(first, policy=policy), endpoint(ALL_BLUE), NOW)
    assert decision is not None
    (order,) = difference(decision.rollout, endpoint(ALL_GREEN), NOW)
    assert str(order) == "set traffic of churn to churn-6 100 %"
