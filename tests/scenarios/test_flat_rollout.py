"""What scripts outside the project read from a rollout in this world."""

from __future__ import annotations

from shared.core.phases import Phase
from shared.ports import Halt
from tests.scenarios.world import BLUE, GREEN, World


def test_a_rollout_has_flat_names_for_scripts() -> None:
    """Every value has one flat name, and reasons are text."""
    world = World()
    world.register()
    world.until_weight(10)
    found = world.rollout()
    assert (found.phase, found.step, found.weight, found.mirror) == (Phase.STEPPING, 1, 10, 0)
    assert (found.green, found.blue, found.serving) == (GREEN, BLUE, BLUE)
    assert (str(found.model), found.policy) == ("churn:7", world.policy)
    assert (found.verdict, found.telemetry_problem, found.missing) == (None, None, {})
    assert (found.held, found.finished) == (None, None)
    assert found.steady_since is not None
    assert found.created <= found.since <= found.steady_since
    assert isinstance(found.reason, str)
    assert found.reason


def test_a_hold_is_reported_to_scripts_as_text() -> None:
    """It is the sentence that the API shows."""
    world = World()
    world.register()
    world.until_weight(10)
    world.store.set_halt(Halt("ada", "incident 7", world.clock()))
    world.minutes()
    held = world.rollout().held
    assert held is not None
    assert "incident 7" in held
