"""docs/benchmark.md and the tables behind it are complete, and they agree with each other and with the generator."""

from __future__ import annotations

import re
from pathlib import Path

from bench.judge.cells import Cell, Rate, Spread
from bench.judge.markdown import markdown
from bench.judge.plan import Job, full_plan

DOCS = Path(__file__).parents[2] / "docs"
PAGE, TABLES = ((DOCS / name).read_text(encoding="utf-8") for name in ("benchmark.md", "benchmark-tables.md"))


def made_up(job: Job) -> list[Cell]:
    """Return cells as the benchmark would, without running it: every rollout is rolled back after ten minutes."""
    all_of_them, none, ten = Rate(1, 1), Rate(0, 1), Spread(10.0, 10.0, 10.0)
    mode = "matched" if job.matching else "defaults"
    return [
        Cell(name, group, job.method, mode, None, all_of_them, none, none, none, none, ten, ten, ten, 1.0, 1.0, ten)
        for group, name in job.scenarios
    ]


def structure(text: str) -> list[str]:
    """Return the page without its figures: prose and headings, and each table's header and first column."""
    lines = text.splitlines()
    return [
        line.split(" | ")[0] if line.startswith("|") and before.startswith("|") else line
        for before, line in zip(["", *lines], lines, strict=False)
    ]


def rows(text: str, heading: str) -> dict[str, list[str]]:
    """Return the cells of the first table after a heading, by the first column, without its two header lines."""
    table = re.findall(r"(?:^\|.*\n)+", text.split(f"{heading}\n", 1)[1], re.MULTILINE)[0]
    split = [line.strip("| \n").split(" | ") for line in table.splitlines()[2:]]
    return {first: rest for first, *rest in split}


def test_the_tables_are_those_of_the_full_benchmark() -> None:
    """Every scenario and method is where the generator puts it: nothing was dropped or edited by hand."""
    cells = [cell for job in full_plan().jobs() for cell in made_up(job)]
    assert structure(TABLES) == structure(markdown(cells))


def test_the_summary_on_the_page_is_that_of_the_tables() -> None:
    """Each method's worst false rollbacks and extra failures on the page match the tables."""
    worst = rows(TABLES, "## False rollbacks: the worst scenario of each method")
    excess = rows(TABLES, "## Extra failures in the first hour: one row per method")
    expected = {method: [cell.split(" (")[0] for cell in cells] + excess[method][:2] for method, cells in worst.items()}
    assert rows(PAGE, "# Benchmark: Teal's judge and other canary analyses") == expected


def test_every_compared_method_is_described() -> None:
    """A method in the tables, or the family that its name starts with, has a row that says what it does."""
    described = tuple(rows(PAGE, "## What is compared"))
    methods = {job.method for job in full_plan().jobs()}
    assert {method for method in methods if not method.startswith(described)} == set()


def test_every_picture_is_shown() -> None:
    """Each picture of the benchmark is on the page; tests/docs checks that every link and picture exists."""
    pictures = {f"images/{path.name}" for path in (DOCS / "images").glob("benchmark-*.png")}
    assert pictures == set(re.findall(r"!\[[^]]*\]\(([^)]+)\)", PAGE))


def test_links_within_the_page_lead_to_a_heading() -> None:
    """Each `#anchor` is a heading; one of them is the section on what speaks against Teal."""
    titles = re.findall(r"^#+ (.*)", PAGE, re.MULTILINE)
    headings = {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}
    anchors = set(re.findall(r"\]\(#([^)]+)\)", PAGE))
    assert "where-teal-is-worse" in anchors <= headings
