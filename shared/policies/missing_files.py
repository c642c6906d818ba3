"""Which file a policy probably meant by a path that does not exist."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from pathlib import Path

MOST_SEARCHED = 1000


def suggested_file(folder: Path, path: str) -> str:
    """Return a question that names a file below the policies folder, to follow a message; empty if none is likely."""
    if os.path.lexists(folder / path):
        return ""
    parts = Path(path).parts
    shorter = ("/".join(parts[first:]) for first in range(1, len(parts)))  # may begin with the folder's own name
    found = next((rest for rest in shorter if os.path.isfile(folder / rest)), None)  # noqa: PTH113 -- it never raises
    if found is None:
        import difflib  # noqa: PLC0415 -- 2 ms, and only a wrong policy needs it

        present = {Path(file).name: file for file in itertools.islice(_files_below(folder), MOST_SEARCHED)}
        near = difflib.get_close_matches(parts[-1], present, n=1, cutoff=0.8)
        found = present[near[0]] if near else None
    return f"; did you mean {found}?" if found else ""


def _files_below(folder: Path) -> Iterator[str]:
    for directory, _, names in os.walk(folder):  # does not follow links
        for name in names:
            yield (Path(directory) / name).relative_to(folder).as_posix()
