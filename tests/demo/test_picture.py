"""The picture shows roles, not names: blue is the serving version, green the one being tried."""

from __future__ import annotations

import struct
from dataclasses import replace
from pathlib import Path

import pytest

from cli.demo.picture import draw
from cli.demo.series import series
from tests.demo.performances import performance


def test_the_picture_is_written(tmp_path: Path) -> None:
    """It is a PNG of 1300 by 1050 pixels, larger than an empty page."""
    path = tmp_path / "rollouts.png"
    draw(performance(), path)
    content = path.read_bytes()
    assert content.startswith(b"\x89PNG")
    assert struct.unpack(">II", content[16:24]) == (1300, 1050)
    assert len(content) > 20_000


def test_shares_are_those_of_the_version_being_tried() -> None:
    """Once promoted, green is blue, and the next version starts at 0."""
    shown = series(performance())
    rounded = [(round(minute, 3), share) for minute, share in shown.shares]
    tried = [(2.0, 50), (6.0, 100), (9.0, 0), (12.0, 10), (17.0, 0)]
    assert rounded == [(0.0, 0), (0.0, 0), *tried, (19.0, 0), (19.9, 0)]


def test_failures_belong_to_the_role_that_failed() -> None:
    """In the synthetic run, all requests of version 3 fail, and none of blue's."""
    late = series(replace(performance(), samples=[each for each in performance().samples for _ in range(6)]))
    assert max(late.green.percent) == 100.0
    assert set(late.blue.percent) == {0.0}


def test_a_rate_needs_enough_requests() -> None:
    """A single request to green in two minutes is not a rate, so nothing is drawn."""
    assert all(minute < 10 for minute in series(performance()).green.minutes)


def test_outcomes_are_labelled() -> None:
    """A rollback by an operator is distinguished from one on the evidence."""
    whole = performance()
    assert [span.outcome for span in series(whole).spans] == ["promoted", "rolled back\non the evidence"]
    history = [
        each | {"actor": "anna"} if each["to"] == "rolling-back" else each for each in whole.rollouts["3"]["history"]
    ]
    again = replace(whole, rollouts=whole.rollouts | {"3": whole.rollouts["3"] | {"history": history}})
    assert series(again).spans[1].outcome == "rolled back\nby an operator"


def test_without_requests_there_is_no_picture(tmp_path: Path) -> None:
    """Nothing is drawn, and the error says why."""
    with pytest.raises(ValueError, match="no request was sent"):
        draw(replace(performance(), samples=[]), tmp_path / "none.png")
