"""Every command of `teal` with its arguments, as Markdown for docs/commands.md, from the parsers themselves."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from cli.__main__ import parser
from cli.host.__main__ import parser as host_parser

ROOT = Path(__file__).resolve().parent.parent
HEAD = "| argument | meaning |\n|---|---|"


def commands_reference() -> str:
    """Return a section for each command."""
    sections = [_section(name, command) for name, command in commands()]
    return "\n" + "\n\n".join(sections) + "\n\n"


def commands() -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Yield each command's name and parser, in the order of the help."""
    for name, command in _inner(parser(), "teal"):
        yield name, host_parser(name) if name == "teal host" else command


def _inner(top: argparse.ArgumentParser, name: str) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Yield a parser, or those of its commands instead."""
    # argparse has no public way to list what a parser accepts.
    nested = [each for each in top._actions if isinstance(each, argparse._SubParsersAction)]  # noqa: SLF001
    if not nested:
        yield name, top
    for action in nested:
        for word, command in action.choices.items():
            yield from _inner(command, f"{name} {word}")


def _section(name: str, command: argparse.ArgumentParser) -> str:
    about = " ".join((command.description or "").split())
    rows = [row for action in command._actions if (row := _row(action))]  # noqa: SLF001 -- as above
    return "\n".join([f"## {name}", "", about, "", HEAD, *rows]) if rows else f"## {name}\n\n{about}"


def _row(action: argparse.Action) -> str | None:
    """Return the row of an argument, or None for `--help`."""
    if isinstance(action, argparse._HelpAction):  # noqa: SLF001 -- as above
        return None
    if action.choices:
        word = "{" + ",".join(map(str, action.choices)) + "}"
    else:
        word = str(action.metavar or action.dest.upper())
    name = " ".join([*action.option_strings[:1], *([word] if action.nargs != 0 else [])])
    # A default may be a path in this checkout.
    about = " ".join(((action.help or "") % vars(action)).split()).replace("|", "\\|").replace(f"{ROOT}/", "")
    return f"| `{name}` | {about} |"
