"""The third part of the picture: the judge's odds, from Teal's own numbers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cli.demo.odds import Line, Odds, odds
from cli.demo.picture import draw
from tests.demo.performances import ORIGIN, dry_run, performance


def rounded(line: Line) -> list[tuple[float, float]]:
    """Return the line's points, rounded."""
    return [(round(minute, 3), float(f"{each:.3g}")) for minute, each in zip(line.minutes, line.odds, strict=True)]


def test_odds_of_harm_span_a_whole_rollout() -> None:
    """There is one line per rollout: from 1 : 1 at the start of the first minute, then a point at the end of each."""
    second, third = odds(performance(), ORIGIN).worse
    assert rounded(second) == [(2.0, 1.0), (3.0, 0.607), (4.0, 0.368), (7.0, 0.223)]
    assert rounded(third)[:2] == [(12.0, 1.0), (13.0, 7.39)]


def test_odds_of_safety_restart_at_each_step() -> None:
    """There is one line per step that has a next step; at 100 percent there is none."""
    second, third = odds(performance(), ORIGIN).safe
    assert rounded(second) == [(2.0, 1.0), (3.0, 2.72), (4.0, 33.1)]
    assert rounded(third) == [(12.0, 1.0), (13.0, 0.368), (14.0, 0.135)]


def test_thresholds_are_where_the_judge_decides() -> None:
    """They are the odds for a rollback and for the next step that applied to the rollouts."""
    shown = odds(performance(), ORIGIN)
    assert [shown.rolls_back, shown.advances] == pytest.approx([100, 20])


def test_odds_beyond_any_number_are_still_drawn(tmp_path: Path) -> None:
    """Log odds of 900, whose odds overflow a float, do not break the picture."""
    shown = odds(performance(), ORIGIN)
    assert shown.worse[1].odds[-1] > 1e40
    draw(performance(), tmp_path / "rollouts.png")
    assert (tmp_path / "rollouts.png").stat().st_size > 20_000


def test_a_gate_that_decides_nothing_has_no_line() -> None:
    """A dry run is in the report and in the table, not in the picture."""
    minutes = [{**minute, "gates": [dry_run(5.0)]} for minute in performance().evidence["3"]]
    assert odds(replace(performance(), evidence={"3": minutes}), ORIGIN) == Odds([], [], None, None)


def test_without_evidence_the_rest_is_drawn(tmp_path: Path) -> None:
    """An interrupted demo that never got Teal's evidence still has a picture."""
    draw(replace(performance(), evidence={}), tmp_path / "rollouts.png")
    assert (tmp_path / "rollouts.png").stat().st_size > 20_000
