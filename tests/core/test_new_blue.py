"""A new blue is chosen while an order of Teal's own may still take effect."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.core.observation import EndpointSeen
from shared.core.phases import Phase
from shared.core.reconcile.difference import difference
from shared.core.reconcile.new_blue import next_to_another_blue
from shared.core.rollout.judge_state import Judging
from shared.core.rollout.placement import First
from shared.core.steps import SmokeStep, WeightStep
from tests.core.rollouts import ALL_BLUE, ALL_GREEN, MINUTE, NOW, OTHER, SMOKE, endpoint, rollout


def test_an_order_that_takes_effect_late_is_taken_back() -> None:
    """The order's response was lost and someone made blue serve; then green gets all traffic and must lose it."""
    first = replace(rollout(Phase.STEPPING, step=1, weight=100, ordered=ALL_GREEN), placement=First())
    policy = replace(first.policy, steps=(SmokeStep("s"), WeightStep(100)))
    decision = next_to_another_blue(replace(first, policy=policy), endpoint(ALL_BLUE), NOW)
    assert decision is not None
    (order,) = difference(decision.rollout, endpoint(ALL_GREEN), NOW)
    assert str(order) == "set traffic of churn to churn-6 100 %"


UNSHARED = rollout(Phase.STEPPING, step=SMOKE, weight=0, steady_since=None, expected=(ALL_BLUE,))
OTHER_SERVES = {OTHER: 100}


def test_what_was_known_of_the_old_blue_says_nothing_about_the_new_one() -> None:
    """The judge is calibrated on the past of the new blue; telemetry stays proven."""
    given = UNSHARED.with_judging(telemetry_seen=NOW - MINUTE, judged_until=NOW)
    decision = next_to_another_blue(given, endpoint(OTHER_SERVES), NOW)
    assert decision is not None
    assert decision.rollout.blue == OTHER
    assert decision.rollout.judging == Judging(telemetry_seen=NOW - MINUTE)


@pytest.mark.parametrize(
    "look",
    [endpoint(OTHER_SERVES, "Updating"), endpoint(OTHER_SERVES, other="Creating")],
    ids=["the traffic is being written", "it is not ready"],
)
def test_a_blue_is_chosen_once_it_serves(look: EndpointSeen) -> None:
    """Until the write is over, another deployment may turn out to serve."""
    assert next_to_another_blue(UNSHARED, look, NOW) is None
