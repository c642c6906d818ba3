"""The templates of infra, parsed. Nothing here talks to Azure or needs the Bicep command line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import tree_sitter_bicep
from tree_sitter import Language, Node, Parser

ROOT = Path(__file__).resolve().parents[2]
Templates = dict[str, Node]


def parse(path: Path) -> Node:
    """Return the syntax tree of a Bicep file.

    The grammar lacks parameter assignments, which a .bicepparam file consists of; they are parsed as `var`.
    """
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".bicepparam":
        text = re.sub(r"^param ", "var ", text, flags=re.MULTILINE)
    return Parser(Language(tree_sitter_bicep.language())).parse(text.encode()).root_node


@pytest.fixture(scope="session")
def root() -> Path:
    """Return the folder of the project."""
    return ROOT


@pytest.fixture(scope="session")
def templates() -> Templates:
    """Return every template by its path below infra, such as `modules/app.bicep`."""
    infra = ROOT / "infra"
    return {str(path.relative_to(infra)): parse(path) for path in sorted(infra.rglob("*.bicep"))}


@pytest.fixture(scope="session")
def parameter_files() -> Templates:
    """Return the .bicepparam file of each layer that has one. infra/az has its own tests."""
    infra = ROOT / "infra"
    return {str(path.relative_to(infra)): parse(path) for path in sorted(infra.glob("*.bicepparam"))}
