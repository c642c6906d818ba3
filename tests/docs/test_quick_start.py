"""docs/quick-start.md shows what its commands print."""

from __future__ import annotations

from tests.docs.quick_start import PAGE, written


def test_the_page_shows_what_is_printed() -> None:
    """Its policy and its request are really checked and rolled out: run `python -m tests.docs.quick_start`."""
    page = PAGE.read_text(encoding="utf-8")
    assert page == written(page)
