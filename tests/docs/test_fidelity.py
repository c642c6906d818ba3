"""The page about Azure's behaviour is honest: each row is complete, and every test that it names exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = (ROOT / "docs/fidelity.md").read_text()
HEADER = "| row | Azure | source | checked here | still to be seen | either way |"
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in re.findall(r"^\| [A-Z]\d+ \|.*$", PAGE, re.MULTILINE)
]
NAMED = re.compile(r"`([a-z]+/test_\w+\.py)(?:::(\w+))?`")
UNCHECKED = "not checked here"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_a_row_is_complete_and_says_how_it_is_checked(row: list[str]) -> None:
    """A row without a check must say so."""
    assert len(row) == len(HEADER.strip("|").split("|"))
    assert all(row)
    checked = row[3]
    says = [bool(NAMED.search(checked)), checked == UNCHECKED, checked.startswith("emulator")]
    assert sum(says) == 1


@pytest.mark.parametrize(("file", "function"), sorted(set(NAMED.findall(PAGE))))
def test_a_named_test_exists(file: str, function: str) -> None:
    """A renamed test must be renamed on the page too."""
    path = ROOT / "tests" / file
    assert path.exists()
    assert not function or re.search(rf"^(?:async )?def {function}\(", path.read_text(), re.MULTILINE)


def test_every_table_has_rows_of_its_own() -> None:
    """Names of rows are used elsewhere, so each occurs once."""
    names = [row[0] for row in ROWS]
    assert len(names) == len(set(names)) >= 50
    assert PAGE.count(HEADER) == len({name[0] for name in names})


def test_sources_are_public() -> None:
    """Every reference is defined once as a public address, and used."""
    defined = dict(re.findall(r"^\[([\w-]+)\]: (https://\S+)$", PAGE, re.MULTILINE))
    used = set(re.findall(r"\]\[([\w-]+)\]", PAGE))
    assert used == defined.keys()
