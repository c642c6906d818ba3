"""One simulated rollout counts what happened, and no judge sees more than telemetry would show."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from bench.judge.effects import broken, plus
from bench.judge.minute import ROLL_BACK, Minute, Move, Status
from bench.judge.simulation import Run, Truth, run
from bench.judge.worlds import FailureWorld


@dataclass
class Script:
    """A judge that follows a list of moves and records what it was shown."""

    moves: list[Move]
    shown: list[int | None] = field(default_factory=list)
    first_weight: int = 10

    def observe(self, minute: Minute | None) -> Move:
        """Return the script's next move, and the last one from then on."""
        self.shown.append(None if minute is None else minute.number)
        return self.moves[min(len(self.shown), len(self.moves)) - 1]


STAY = Move(10)


def played(world: FailureWorld, *moves: Move) -> tuple[Run, Script]:
    """Return the outcome of a script in a world, and the script."""
    script = Script(list(moves))
    return run(world, lambda _truth: script, seed=1), script


def test_a_rollback_stops_the_harm() -> None:
    """All of green's requests fail, and there are none after the rollback."""
    result, _ = played(FailureWorld(100, 0.0, broken), STAY, STAY, ROLL_BACK)
    assert (result.status, result.minutes, result.full) == (Status.ROLLED_BACK, 3, None)
    assert result.exposed == result.failed == result.excess
    assert result.exposed == pytest.approx(30, abs=15)


def test_a_wrong_promotion_is_paid_for_the_first_hour() -> None:
    """After a promotion in minute two, green's five extra points affect all traffic for the other 58 minutes."""
    result, _ = played(FailureWorld(1000, 0.001, plus(0.05)), STAY, Move(100, Status.PROMOTED))
    assert (result.minutes, result.full) == (2, 2)
    assert result.excess == pytest.approx(0.05 * (200 + 58_000), rel=0.02)


def test_a_held_rollout_continues_at_its_share() -> None:
    """The simulation has no operator: the rollout ends as held, and green keeps its weight."""
    result, _ = played(FailureWorld(1000, 0.001, plus(0.05), minutes=90), Move(10, Status.HELD))
    assert (result.status, result.minutes) == (Status.HELD, 90)
    assert result.excess == pytest.approx(0.05 * 6000, rel=0.05)


@pytest.mark.parametrize(
    ("world", "shown"),
    [
        pytest.param(FailureWorld(10, 0.0, minutes=5), [0, 1, 2, 3, 4], id="immediately"),
        pytest.param(FailureWorld(10, 0.0, lag=3, minutes=6), [0, 1, 2], id="three minutes late"),
        pytest.param(FailureWorld(10, 0.0, gap=range(1, 3), minutes=4), [0, None, None, 3], id="a gap"),
    ],
)
def test_what_telemetry_shows(world: FailureWorld, shown: list[int | None]) -> None:
    """Minutes arrive in order, each once, as late as the world says; a gap has no data."""
    _, script = played(world, STAY)
    assert script.shown == shown


def test_the_truth_leaves_out_one_sided_bursts() -> None:
    """The oracle knows how often each deployment usually fails, not which pod is failing at the moment."""
    seen: list[Truth] = []

    def remember(truth: Truth) -> Script:
        seen.append(truth)
        return Script([ROLL_BACK])

    run(FailureWorld(100, 0.01, plus(0.05), minutes=5), remember, seed=1)
    assert list(seen[0].blue) == [0.01] * 5
    assert list(seen[0].green) == pytest.approx([0.06] * 5)
