"""Finds files that look like policies but are not read: in a subfolder, or with another ending, as in `a.yaml.txt`."""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Iterator
from pathlib import Path

from shared.policies.document import LARGEST_FILE
from shared.policies.policy_set import SUFFIXES

MOST_SEARCHED = 1000
# The keys that every policy has at its top level.
KEYS = tuple(re.compile(rf"^{key}\s*:".encode(), re.MULTILINE) for key in ("endpoint", "models", "steps"))


def unread_policies(folder: Path) -> list[str]:
    """Return the paths of these files below a policies folder, in order. A single file has none."""
    found = itertools.islice(_below(folder), MOST_SEARCHED)
    return sorted(str(path) for path in found if not _is_read(path, folder) and _looks_like_a_policy(path))


def _below(folder: Path) -> Iterator[Path]:
    for directory, folders, names in os.walk(folder):  # does not follow links
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            endings = {ending.lower() for ending in Path(name).suffixes}
            if endings & SUFFIXES and not name.startswith("."):
                yield Path(directory) / name


def _is_read(path: Path, folder: Path) -> bool:
    return path.parent == folder and path.suffix.lower() in SUFFIXES


def _looks_like_a_policy(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE)
    except OSError:
        return False
    return all(key.search(content) for key in KEYS)
