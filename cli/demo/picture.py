"""The picture of a performance: who got how much of the live traffic, how often it failed, and what was decided when.

It draws what it is given and judges nothing.
"""

from __future__ import annotations

from pathlib import Path

from cli.demo.report import Played


def draw(played: Played, path: Path) -> None:
    """Write the picture as PNG."""
