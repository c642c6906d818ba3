"""A demo has exclusive use of its directories, and removes only its own files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cli.demo.options import DemoOptions
from cli.demo.workplace import WorkplaceError, workplace


@pytest.fixture
def options(tmp_path: Path) -> DemoOptions:
    """Return options that keep everything in the test's folder."""
    return replace(DemoOptions(), out=tmp_path / "out", state=tmp_path / "state" / "demo")


def test_only_the_demo_s_own_results_are_removed(options: DemoOptions) -> None:
    """A directory given with --out may hold other things; they stay."""
    (options.out / "logs").mkdir(parents=True)
    for name in ("report.json", "logs/old.log", "thesis.tex"):
        (options.out / name).write_text("mine")
    with workplace(options):
        assert [path.name for path in options.out.iterdir()] == ["thesis.tex"]
        assert options.state.is_dir()
    assert not options.state.exists()


def test_a_second_demo_in_the_same_checkout_is_refused(options: DemoOptions) -> None:
    """The message says so, and the first demo's state stays."""
    with workplace(options):
        (options.state / "precious").touch()
        with pytest.raises(WorkplaceError, match="Another demo is running"), workplace(options):
            pass
        assert (options.state / "precious").exists()


def test_a_directory_that_cannot_be_created_is_named(options: DemoOptions) -> None:
    """The message names the obstacle, and nothing is started."""
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text("a file")
    with pytest.raises(WorkplaceError, match="out"), workplace(options):
        pass
