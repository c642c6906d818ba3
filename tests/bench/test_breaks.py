"""The deliberate breaks still fit the sources. Testing that they are found takes long; `make breaks` does that."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.listed_breaks import BREAKS, Break


@pytest.mark.parametrize("broken", BREAKS, ids=lambda broken: broken.name)
def test_each_break_applies_to_exactly_one_place(broken: Break) -> None:
    """Its text occurs exactly once, the changed file is valid Python, and the tests that find it exist."""
    text = Path(broken.file).read_text()
    assert text.count(broken.old) == 1
    compile(text.replace(broken.old, broken.new), broken.file, "exec")
    assert all(Path(test.split("::")[0]).exists() for test in broken.tests.split())


def test_no_break_is_listed_twice() -> None:
    """Names are unique."""
    assert len({broken.name for broken in BREAKS}) == len(BREAKS)
