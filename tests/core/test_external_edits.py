"""Someone else's edits of traffic and mirrors are recognized only while no write is in progress."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.core.phases import Phase
from shared.core.reconcile.external_edits import noticed, taken_back
from tests.core.rollouts import ALL_BLUE, GREEN, HOUR, MINUTE, NOW, endpoint, rollout

DURING = pytest.mark.parametrize(("state", "counts"), [("Succeeded", True), ("Updating", False)])


@DURING
def test_traffic_is_not_taken_back_while_azure_writes(state: str, *, counts: bool) -> None:
    """Azure shows the split of twelve minutes ago until the write of a newer one is over."""
    given = rollout(Phase.PAUSED).with_traffic(edited=ALL_BLUE, edited_since=NOW - 12 * MINUTE)
    given = given.with_orders(reached=True)
    assert (taken_back(given, endpoint(ALL_BLUE, state), NOW) is not None) is counts


@DURING
def test_a_mirror_is_not_edited_while_azure_writes(state: str, *, counts: bool) -> None:
    """Until the write is over, Azure may show no mirror, or an earlier one."""
    given = rollout(Phase.STEPPING, weight=0, mirror=20, steady_since=NOW - HOUR, expected=(ALL_BLUE,))
    look = replace(endpoint(ALL_BLUE, state), mirror={GREEN: 10})
    assert (noticed(given, look, NOW) is not None) is counts
