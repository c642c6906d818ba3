"""The exit codes of `teal`, and how it reads its arguments."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from cli.__main__ import main, options, parser
from cli.demo.options import DemoOptions
from cli.demo.performance import NOT_SET_UP, run


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "required: command"),
        (["fly"], "invalid choice: 'fly'"),
        (["demo", "--speed", "0"], "'0' is not a number from 1 to 60"),
        (["demo", "--speed", "nan"], "'nan' is not a number"),
        (["demo", "--rate", "fast"], "'fast' is not a number from 50 to 500"),
        (["demo", "--now"], "unrecognized arguments: --now"),
    ],
)
def test_invalid_arguments_exit_with_2_and_are_named(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is started, and the message says what is wrong."""
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    assert message in capsys.readouterr().err


def test_arguments_become_options() -> None:
    """Omitted arguments have their defaults."""
    chosen = options(parser().parse_args(["demo", "--keep", "--rate", "60"]))
    assert chosen == DemoOptions(keep=True, rate=60.0)


def test_without_the_set_up_the_demo_exits_with_3(tmp_path: Path) -> None:
    """It says what is missing and how to fix that, and changes nothing."""
    output = io.StringIO()
    missing = DemoOptions(out=tmp_path / "out", state=tmp_path / "state", azurite=tmp_path / "azurite")
    assert run(missing, Console(file=output, width=200)) == NOT_SET_UP == 3
    assert "azurite is missing: run `make setup` first" in output.getvalue()
    assert list(tmp_path.iterdir()) == []
