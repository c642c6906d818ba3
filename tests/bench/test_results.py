"""The benchmark's results: rates with intervals, matched dials, ratios to the oracle, every figure in a file."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from bench.judge.__main__ import main
from bench.judge.cells import Cell, Contestant, Rate, Spread, measure, of_oracle
from bench.judge.groups import Group
from bench.judge.markdown import load, markdown
from bench.judge.matching import TARGET, matched
from bench.judge.methods.catalogue import BASELINES, ORACLE
from bench.judge.minute import ROLL_BACK, Judge, Minute, Move
from bench.judge.plan import Plan, measured, quick_plan
from bench.judge.scenarios import quick
from bench.judge.simulation import Truth
from bench.judge.summaries import excess
from bench.judge.worlds import FailureWorld

CLEAN = FailureWorld(1000, 0.01)


@pytest.mark.parametrize(
    ("count", "runs", "low", "high"),
    [(0, 100, 0.0, 0.0370), (50, 100, 0.4038, 0.5962), (100, 100, 0.9630, 1.0), (1, 10, 0.0179, 0.4042)],
)
def test_wilson_intervals(count: int, runs: int, low: float, high: float) -> None:
    """The 95 % interval of a rate is Wilson's, which is meaningful at 0 and at 100 percent."""
    assert Rate(count, runs).interval == pytest.approx((low, high), abs=5e-4)


@pytest.mark.parametrize("name", ["Common loop", "z-test each minute"])
def test_matching_brings_false_rollbacks_to_the_target(name: str) -> None:
    """A method that rolls back too many good greens meets the target when matched, also with other seeds."""
    known = next(baseline for baseline in BASELINES if baseline.name == name)
    clean = next(s for s in quick() if s.name == "clean at 1000/min, 1 %")
    contestant = matched(known, CLEAN, 300)
    assert contestant is not None
    assert measure(clean, Contestant(known.name, known.default), 100).rolled_back.value > 3 * TARGET
    assert measure(clean, contestant, 300).rolled_back.value < 3 * TARGET


def test_a_method_without_a_dial_is_not_matched() -> None:
    """The oracle knows the truth; it has no dial to turn."""
    assert matched(ORACLE, CLEAN, 1) is None


def cell(method: str, detected: int, exposed: float) -> Cell:
    """Return a cell of a hundred runs: the number rolled back, and the median of green's requests until then."""
    none, spread = Rate(0, 100), Spread(exposed, exposed, exposed)
    return Cell(
        scenario="x5",
        group=Group.HARM,
        method=method,
        mode="defaults",
        setting=None,
        rolled_back=replace(none, count=detected),
        early=none,
        promoted=replace(none, count=100 - detected),
        held=none,
        running=none,
        minutes=spread,
        exposed=spread,
        failed=spread,
        excess=1.0,
        excess_high=1.0,
        full=None,
    )


def test_the_oracles_ratio_is_only_taken_where_both_detect() -> None:
    """Green's median requests before rollback, divided by the oracle's; a method that misses a tenth gets none."""
    found = of_oracle([cell("A", 95, 300.0), cell("B", 90, 100.0), cell("Oracle (SPRT)", 100, 100.0)])
    assert {method: ratio for (_, method, _), ratio in found.items()} == {"A": 3.0, "Oracle (SPRT)": 1.0}


def test_a_table_shows_what_a_cell_holds() -> None:
    """Detected, minutes, green's requests with the ratio to the oracle, excess: in this order, for each method."""
    lines = markdown([cell("A", 95, 300.0), cell("Oracle (SPRT)", 100, 100.0)]).splitlines()
    assert "| A | 95.0 %; 300; 300 (3.0x); 1 |" in lines


def test_the_plan_knows_how_many_cells_it_yields() -> None:
    """So the progress display ends at its total."""
    plan = Plan(tuple(s for s in quick() if "1000/min" in s.name), good_runs=1, bad_runs=1, matching_runs=1)
    assert plan.cells == len(list(measured(plan)))
    assert quick_plan().cells > plan.cells


def test_processes_share_the_work_and_change_nothing() -> None:
    """Two processes give the same cells as one, in the same order."""
    plan = quick_plan(2, ["predictions"])
    assert list(measured(plan, processes=2)) == list(measured(plan))


def test_the_oracles_ratio_names_the_cells_that_miss_the_target() -> None:
    """Of the cells where both detect, it counts those within twice the oracle's requests and names the others."""
    text = markdown([cell("Teal", 95, 300.0), cell("Oracle (SPRT)", 100, 100.0)])
    assert "| Teal (defaults) | 1 | 0 | 3.0 | x5 3.0 |" in text


def test_a_summary_names_the_worst() -> None:
    """Excess is a geometric mean, matched cells are compared with the best, and the worst scenario is named."""
    matched_cells = [
        replace(cell(name, 95, 1.0), mode="matched", excess=more) for name, more in (("A", 4.0), ("B", 1.0))
    ]
    lines = excess([replace(cell("A", 95, 1.0), excess=9.0), replace(cell("A", 95, 1.0), excess=1.0), *matched_cells])
    assert "| A | 3.0 | 4.0 | 0 of 1 | 4.0 times |" in lines
    assert "| B | - | 1.0 | 1 of 1 | 1.0 times |" in lines
    fast = replace(cell("A", 2, 1.0), scenario="x1 lognormal at 100/min, noise 0.05", group=Group.LATENCY)
    slow = replace(cell("A", 8, 1.0), scenario="x1.1 lognormal at 100/min, noise 0.05", group=Group.LATENCY)
    assert "| A | - | 8.0 % (x1.1 lognormal at 100/min, noise 0.05) | - |" in markdown([fast, slow])


def test_a_rollback_before_green_turned_bad_is_early() -> None:
    """It does not count as detection, and minutes are counted from when green turned bad."""
    watch = next(one for one in quick() if one.group is Group.WATCH_HARM)
    soon, late = (measure(watch, Contestant("script", script), 3) for script in (_after_9, _after_69))
    assert (soon.early.count, soon.rolled_back.count, soon.minutes) == (3, 0, None)
    assert (late.early.count, late.rolled_back.count, late.minutes) == (0, 3, Spread(10.0, 10.0, 10.0))


def _after_9(_truth: Truth) -> Judge:
    return Script(9)


def _after_69(_truth: Truth) -> Judge:
    return Script(69)


@dataclass
class Script:
    """A judge that rolls back in a given minute."""

    left: int
    first_weight: int = 10

    def observe(self, _minute: Minute | None) -> Move:
        """Count down."""
        self.left -= 1
        return ROLL_BACK if self.left < 0 else Move(10)


def test_the_command_writes_every_cell_and_the_pictures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`--json` has each printed cell with its counts, `--plots` the pictures, and the tables name every method."""
    target = tmp_path / "judge.json"
    assert (
        main(["--quick", "--runs", "2", "--processes", "1", "--json", str(target), "--plots", str(tmp_path / "plots")])
        == 0
    )
    document = json.loads(target.read_text())
    assert len(document["cells"]) == quick_plan().cells
    assert document["cells"][0]["rolled_back"].keys() == {"count", "runs"}
    assert all(f"| {cell.method} |" in markdown(load(target)) for cell in load(target))
    assert {path.suffix for path in (tmp_path / "plots").iterdir()} == {".png"}
    printed = capsys.readouterr().out
    assert [name for name in ("Teal", "Flagger", "Argo", "Kayenta", "SageMaker", "Oracle") if name not in printed] == []
