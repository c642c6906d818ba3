"""The table of phases: complete, without dead ends, and enforced."""

from __future__ import annotations

from itertools import product

import pytest

from shared.core.phases import BEGINNINGS, TERMINAL, TRANSITIONS, IllegalMove, Phase, check_move, diagram

OPEN = sorted(set(Phase) - TERMINAL)


def reachable(starts: set[Phase]) -> set[Phase]:
    """Return every phase that can follow from these, including themselves."""
    found = set(starts)
    while True:
        more = found | {after for before, after in TRANSITIONS if before in found}
        if more == found:
            return found
        found = more


def test_every_phase_can_be_reached() -> None:
    """No phase in the table is unused."""
    assert reachable(set(BEGINNINGS)) == set(Phase)


@pytest.mark.parametrize("phase", OPEN)
def test_every_open_phase_can_end(phase: Phase) -> None:
    """Nothing waits forever: every open phase can reach an end."""
    assert reachable({phase}) & TERMINAL


@pytest.mark.parametrize("phase", [Phase.PROVISIONING, Phase.STEPPING, Phase.PAUSED, Phase.PROMOTING, Phase.PROMOTED])
def test_every_phase_can_roll_back(phase: Phase) -> None:
    """Every phase in which green exists or may get traffic can go directly to rolling back."""
    check_move(phase, Phase.ROLLING_BACK)


@pytest.mark.parametrize("phase", [phase for phase in OPEN if phase is not Phase.QUEUED])
def test_every_acting_phase_can_fail(phase: Phase) -> None:
    """A rollout that needs manual intervention ends as failed, whatever its phase."""
    check_move(phase, Phase.FAILED)


@pytest.mark.parametrize("phase", [Phase.ROLLED_BACK, Phase.SUPERSEDED, Phase.FAILED])
def test_terminal_phases_are_final(phase: Phase) -> None:
    """Nothing follows a terminal phase, except that a promotion can still be rolled back."""
    assert not [after for before, after in TRANSITIONS if before is phase]


def test_transitions_outside_the_table_are_rejected() -> None:
    """All other pairs raise, and the message says what would be possible."""
    others = set(product(Phase, Phase)) - set(TRANSITIONS)
    assert len(others) + len(TRANSITIONS) == len(Phase) ** 2
    for before, after in others:
        with pytest.raises(IllegalMove, match=f"from {before} to {after}"):
            check_move(before, after)


def test_a_rollback_never_leads_forward() -> None:
    """Rolling back ends only as rolled back or failed."""
    assert {after for before, after in TRANSITIONS if before is Phase.ROLLING_BACK} == {Phase.ROLLED_BACK, Phase.FAILED}


def test_every_transition_has_a_description() -> None:
    """Each row of the table says when it happens."""
    assert all(words.strip() for words in (*TRANSITIONS.values(), *BEGINNINGS.values()))


def test_the_diagram_shows_every_move() -> None:
    """It has every start, every transition and every end exactly once."""
    lines = [line.strip() for line in diagram().splitlines()]
    arrows = [line for line in lines if "-->" in line]
    assert lines[0] == "stateDiagram-v2"
    assert len(set(arrows)) == len(arrows) == len(BEGINNINGS) + len(TRANSITIONS) + len(TERMINAL)
    assert "rolling_back --> rolled_back" in arrows
