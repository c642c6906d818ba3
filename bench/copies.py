"""A copy of the sources and their tests that can be broken without harm."""

from __future__ import annotations

import shutil
from pathlib import Path

COPIED = ("shared", "functions", "cli", "tests", "policies", "examples", "docs", "pyproject.toml", "function_app.py")
ROOT = Path(__file__).resolve().parent.parent


def copied(place: Path) -> None:
    """Copy them into this folder."""
    for name in COPIED:
        source, target = ROOT / name, place / name
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
