"""The terminal shows how close the judge is to each decision, and at the end what each gate saw."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console, RenderableType

from cli.demo.gates import distances, rate
from cli.demo.report import report
from cli.demo.results import gate_table
from cli.demo.screen import WIDTH, Now, Screen
from tests.demo.performances import dry_run, gate, performance, rollout

STEPS = [{"weight": weight} for weight in (None, 10, None, 25, 100)]


def stepping(*gates: dict[str, Any], step: int = 1, phase: str = "stepping") -> dict[str, Any]:
    """Return a rollout that is judged at a step."""
    return rollout(
        "2", 0, phase, [{"at": ""}], steps=STEPS, step=step, verdict={"outcome": "inconclusive"}, gates=list(gates)
    )


def printed(drawn: RenderableType) -> str:
    """Return the text as in a log."""
    text = io.StringIO()
    Console(file=text, width=WIDTH).print(drawn)
    return text.getvalue()


def test_a_gate_shows_its_distance_to_the_next_step_and_to_a_rollback() -> None:
    """It shows the next share (skipping a pause), the progress, the odds and the required odds."""
    ahead, back = distances(stepping(gate("errors", 2.5, 1.6)))
    assert (ahead.what, ahead.gone, ahead.odds) == ("errors: go to 25%", 0.25, "odds 5 : 1 of 20 : 1 that it is safe")
    assert (back.what, back.gone) == ("errors: roll back", 0.5)
    assert back.odds == "odds 12 : 1 of 100 : 1 that green is worse"


def test_where_no_certificate_is_needed_only_the_rollback_is_shown() -> None:
    """With all traffic on green there is no next step."""
    assert [each.what for each in distances(stepping(gate("errors", 0.0), step=4))] == ["errors: roll back"]


def test_a_dry_run_decides_nothing() -> None:
    """Its odds are shown without a threshold."""
    (shown,) = distances(stepping(dry_run(2.5)))
    assert (shown.what, shown.gone, shown.odds) == ("latency (dry run)", None, "odds 12 : 1 that green is worse")


@pytest.mark.parametrize(
    "nothing", [stepping(), stepping(gate("errors", 9.0), phase="rolled-back"), stepping() | {"verdict": None}]
)
def test_nothing_is_shown_while_nothing_is_judged(nothing: dict[str, Any]) -> None:
    """This covers the time before the first verdict and after the end."""
    assert distances(nothing) == []


def test_the_panel_shows_the_distances() -> None:
    """They are between the phase and the judge's reason."""
    found = distances(stepping(gate("errors", 2.5, 1.6), dry_run(2.5)))
    screen = Screen(Console(), 40, 3, Now(phase="diabetes-2: stepping", reason="green fails 0 %", distances=found))
    shown = printed(screen)
    order = ["diabetes-2: stepping", "go to 25%", "of 20 : 1 that it is safe", "roll back", "(dry run)", "green fails"]
    places = [shown.find(words) for words in order]
    assert places == sorted(places)
    assert min(places) >= 0


def test_the_table_shows_what_each_gate_saw() -> None:
    """It has a row for each rollout and gate: both rates, the odds, and the rollback threshold."""
    played = performance()
    played.rollouts["3"]["gates"] = [gate("errors", 2.5), dry_run(2.5)]
    rows = [line for line in printed(gate_table(report(played, []))).splitlines() if "diabetes:" in line]
    cells = [[cell.strip() for cell in row.strip("│").split("│")] for row in rows]
    assert cells == [
        ["diabetes:3", "errors", "12.5 % of 8 failed", "0 % of 1,200 failed", "12 : 1", "100 : 1"],
        ["diabetes:3", "latency (dry run)", "12.5 % of 8 too slow", "0 % of 1,200 too slow", "12 : 1", "never"],
    ]


def test_a_rate_of_100_percent() -> None:
    """Large shares are not abbreviated."""
    assert rate(gate("errors", 0.0, green_total=89, green_bad=89), "green") == "100 % of 89 failed"


def test_without_requests_there_is_no_rate() -> None:
    """Zero of zero is not 0 %."""
    assert rate(gate("errors", 0.0, green_total=0, green_bad=0), "green") == "no requests"
