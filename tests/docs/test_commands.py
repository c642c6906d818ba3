"""Every `teal`, `make` and `azd` command in the documents is one that its program accepts."""

from __future__ import annotations

from pathlib import Path

import pytest

from docs.site import sources
from tests.commands import ROOT, in_document, problem

PAGES = sources()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_each_command_in_a_document_works(page: Path) -> None:
    """It checks names, options and numbers of arguments; a command that is only named may lack arguments."""
    commands = in_document(page.read_text(encoding="utf-8"))
    assert {command: why for command, named in commands if (why := problem(command, named=named))} == {}


def test_what_follows_a_block_in_another_language_is_prose() -> None:
    """The block's end does not start another block, and a block in another language has no commands."""
    text = "```json\nmake demo\n```\n\nmake up your mind:\n\n```sh\nazd up\n```\n"
    assert list(in_document(text)) == [("azd up", False)]


def test_commands_are_found() -> None:
    """They are found in fenced and indented code blocks, and in sentences."""
    text = "Run `teal policy\ncheck` first:\n\n```sh\nmake demo KEEP=1 | cat  # shows all\n```\n\nThen:\n\n    azd up\n"
    assert list(in_document(text)) == [("make demo KEEP=1", False), ("azd up", False), ("teal policy check", True)]


@pytest.mark.parametrize(
    ("command", "fault"),
    [
        ("teal policy chekc", "invalid choice: 'chekc'"),
        ("teal wait churn", "required: VERSION"),
        ("teal policy simulate policies/churn.yaml --speed 3", "unrecognized arguments: --speed 3"),
        ("teal host --pot 7071", "unrecognized arguments: --pot 7071"),
        ("make demos", "no target demos"),
        ("make demo KEPT=1", "no variable KEPT"),
        ("azd deploys", "azd deploys is not among the known commands"),
        ("azd provision database", "azure.yaml has no layer database"),
        ("azd up --yes", "azd up has no option --yes"),
        ("azd env set", "azd env set takes 1 to 2 words"),
    ],
)
def test_a_wrong_command_is_found(command: str, fault: str) -> None:
    """Otherwise the tests above would accept anything."""
    assert fault in (problem(command) or "")
