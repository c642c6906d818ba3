"""The table of phases: complete, without dead ends, and the only law."""

from __future__ import annotations

from itertools import product

import pytest

from shared.core.phases import BEGINNINGS, TERMINAL, TRANSITIONS, IllegalMove, Phase, check_move, diagram

OPEN = sorted(set(Phase) - TERMINAL)


def reachable(starts: set[Phase]) -> set[Phase]:
    """Return every phase that can follow from these, with themselves."""
    found = set(starts)
    while True:
        more = found | {after for before, after in TRANSITIONS if before in found}
        if more == found:
            return found
        found = more


def test_every_phase_can_be_reached() -> None:
    """No phase stands in the table for nothing."""
    assert reachable(set(BEGINNINGS)) == set(Phase)


@pytest.mark.parametrize("phase", OPEN)
def test_every_open_phase_can_end(phase: Phase) -> None:
    """Nothing waits for ever: from each open phase an end can be reached."""
    assert reachable({phase}) & TERMINAL


@pytest.mark.parametrize("phase", [Phase.PROVISIONING, Phase.STEPPING, Phase.PAUSED, Phase.PROMOTING, Phase.PROMOTED])
def test_there_is_a_way_back(phase: Phase) -> None:
    """From every phase in which green stands or may get traffic there is one move to rolling back."""
    check_move(phase, Phase.ROLLING_BACK)


@pytest.mark.parametrize("phase", [phase for phase in OPEN if phase is not Phase.QUEUED])
def test_a_person_can_be_called_from_every_phase_that_acts(phase: Phase) -> None:
    """What cannot be put right here ends as failed, whatever was under way."""
    check_move(phase, Phase.FAILED)


@pytest.mark.parametrize("phase", [Phase.ROLLED_BACK, Phase.SUPERSEDED, Phase.FAILED])
def test_an_end_is_an_end(phase: Phase) -> None:
    """From an end nothing follows; only a promotion can still be taken back."""
    assert not [after for before, after in TRANSITIONS if before is phase]


def test_every_move_that_is_not_in_the_table_is_refused() -> None:
    """All other pairs raise, and the message says what would be possible."""
    others = set(product(Phase, Phase)) - set(TRANSITIONS)
    assert len(others) + len(TRANSITIONS) == len(Phase) ** 2
    for before, after in others:
        with pytest.raises(IllegalMove, match=f"from {before} to {after}"):
            check_move(before, after)


def test_after_a_rollback_has_begun_there_is_no_way_forward() -> None:
    """Rolling back leads only to its end or to a person."""
    assert {after for before, after in TRANSITIONS if before is Phase.ROLLING_BACK} == {Phase.ROLLED_BACK, Phase.FAILED}


def test_every_move_says_when() -> None:
    """Each row of the table has its reason in words."""
    assert all(words.strip() for words in (*TRANSITIONS.values(), *BEGINNINGS.values()))


def test_the_diagram_shows_every_move() -> None:
    """The picture is the table: every beginning, every move and every end, each once."""
    lines = [line.strip() for line in diagram().splitlines()]
    arrows = [line for line in lines if "-->" in line]
    assert lines[0] == "stateDiagram-v2"
    assert len(set(arrows)) == len(arrows) == len(BEGINNINGS) + len(TRANSITIONS) + len(TERMINAL)
    assert "rolling_back --> rolled_back" in arrows
