"""docs/limits.md has every bound of the code, with its value."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from docs.limit_tables import BYTES, INTERNAL, ROOT, SECONDS, TABLES, constant, shown

BOUND = re.compile(r"^((?:LONGEST|MOST|LARGEST|DEEPEST)\w*)(?:, (LONGEST\w*))? = ", re.MULTILINE)
# Found in the same way, but explained on their own pages.
JUDGES = re.compile(r"shared\.core\.(judge|gates\.alarms)\b")


def bounds() -> set[str]:
    """Return the constants of the app whose names say that they are bounds, as `module:NAME`."""
    files = [path for folder in ("shared", "functions") for path in (ROOT / folder).rglob("*.py")]
    return {
        f"{'.'.join(path.relative_to(ROOT).with_suffix('').parts)}:{name}"
        for path in files
        for found in BOUND.findall(path.read_text(encoding="utf-8"))
        for name in found
        if name
    }


def test_every_bound_of_the_code_is_on_the_page_or_internal() -> None:
    """Otherwise the page would not mention a new one."""
    listed = {place for rows in TABLES.values() for place, _, _ in rows}
    found = {place for place in bounds() if not JUDGES.match(place)}
    assert found
    assert found - listed - INTERNAL == set()
    assert {place for place in INTERNAL if not JUDGES.match(place)} - found == set()


def test_every_row_names_a_constant() -> None:
    """Even constants whose names do not say that they are bounds."""
    assert all(constant(place) for rows in TABLES.values() for place, _, _ in rows)


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (timedelta(minutes=90), "", "1 h 30 min"),
        (45, SECONDS, "45 s"),
        (2 * 1024 * 1024, BYTES, "2 MiB"),
        (3_000_000, BYTES, "3 MB"),
        (512 * 1024, BYTES, "512 KiB"),
        (777, BYTES, "777 bytes"),
        (12_000, "", "12,000"),
        (60, "%", "60%"),
        (300, "characters", "300 characters"),
    ],
)
def test_values_are_shown_with_their_units(value: object, unit: str, text: str) -> None:
    """Each unit is written as a reader expects it."""
    assert shown(value, unit) == text
