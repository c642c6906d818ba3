"""Where a demo works: alone, and without removing what is not its own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cli.demo.options import DemoOptions
from cli.demo.workplace import WorkplaceError, workplace


@pytest.fixture
def options(tmp_path: Path) -> DemoOptions:
    """Return options that keep everything in a folder of the test's."""
    return replace(DemoOptions(), out=tmp_path / "out", state=tmp_path / "state" / "demo")


def test_only_the_demos_own_results_are_cleared_away(options: DemoOptions) -> None:
    """A directory given with --out may hold other things; they stay."""
    (options.out / "logs").mkdir(parents=True)
    for name in ("report.json", "logs/old.log", "thesis.tex"):
        (options.out / name).write_text("mine")
    with workplace(options):
        assert [path.name for path in options.out.iterdir()] == ["thesis.tex"]
        assert options.state.is_dir()
    assert not options.state.exists()


def test_a_second_demo_in_the_same_checkout_is_refused(options: DemoOptions) -> None:
    """It says so, and leaves the first one's state alone."""
    with workplace(options):
        (options.state / "precious").touch()
        with pytest.raises(WorkplaceError, match="Another demo is running"), workplace(options):
            pass
        assert (options.state / "precious").exists()


def test_a_directory_that_cannot_be_made_is_named(options: DemoOptions) -> None:
    """What is in the way is in the message, and nothing was begun."""
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text("a file")
    with pytest.raises(WorkplaceError, match="out"), workplace(options):
        pass
