"""The record of a rollout: its parts, and what never changes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.core.phases import Phase
from shared.core.rollout import Beside, First, Placement
from shared.core.rollout.holds import hold, release
from shared.core.rollout.reasons import ReasonCode, reason
from tests.core.rollouts import BLUE, HOUR, NOW, POLICY, rollout

STEPPING = rollout(Phase.STEPPING)
FROZEN = reason(ReasonCode.FREEZE_WINDOW, window="night")


@pytest.mark.parametrize(
    ("placement", "blue", "instances", "first"),
    [
        (None, None, None, False),
        (First(), None, None, True),
        (First(like="by-hand"), None, None, True),
        (Beside(BLUE), BLUE, None, False),
        (Beside(BLUE, instances=4), BLUE, 4, False),
    ],
    ids=str,
)
def test_what_green_is_placed_next_to(
    placement: Placement | None, blue: str | None, instances: int | None, *, first: bool
) -> None:
    """There is a blue, or green is the first, or neither is known yet; never two of these."""
    found = replace(STEPPING, placement=placement)
    assert (found.blue, found.blue_instances, found.first) == (blue, instances, first)


def test_only_with_a_blue_are_there_autoscale_settings_to_copy() -> None:
    """Without a blue, nothing is remembered about them."""
    assert STEPPING.with_autoscale("wanted").autoscale == "wanted"
    alone = replace(STEPPING, placement=First())
    assert alone.with_autoscale("wanted") == alone


def test_a_change_of_one_part_leaves_the_others() -> None:
    """Within the same part, too, only the named fields change."""
    changed = STEPPING.with_traffic(mirror=20)
    assert changed == replace(STEPPING, traffic=replace(STEPPING.traffic, mirror=20))
    assert (changed.traffic.weight, changed.traffic.mirror) == (10, 20)


def test_a_hold_moves_the_deadlines_and_not_the_beginning() -> None:
    """`created` never changes; the times from which deadlines count move by the time on hold."""
    held = hold(STEPPING, FROZEN, NOW).rollout
    free = release(held, None, NOW + HOUR).rollout
    assert free.created == STEPPING.created
    assert free.status.started == STEPPING.status.started + HOUR
    assert free.status.since == STEPPING.status.since + HOUR
    assert STEPPING.progress.since is not None
    assert free.progress.since == STEPPING.progress.since + HOUR
    assert free.hold is None


def test_a_hold_keeps_its_beginning_when_its_reason_changes() -> None:
    """A halt within a freeze window is one hold."""
    halted = reason(ReasonCode.HALTED, actor="ada", comment="incident 7")
    held = hold(hold(STEPPING, FROZEN, NOW).rollout, halted, NOW + HOUR).rollout
    assert held.hold is not None
    assert (held.hold.reason, held.hold.since) == (halted, NOW)


def test_the_current_step_is_the_policys_at_the_index() -> None:
    """After the last step it is None."""
    assert STEPPING.with_progress(step=2).current_step == POLICY.steps[2]
    assert STEPPING.with_progress(step=len(POLICY.steps)).current_step is None
