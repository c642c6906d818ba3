"""Which processes are running, from /proc."""

from __future__ import annotations

import os
from pathlib import Path


def processes_with(*texts: str) -> set[int]:
    """Return the ids of the processes, other than this one, whose command line contains all of these texts."""
    found = set()
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:  # the process has ended in the meantime
            continue
        if all(text in line for text in texts):
            found.add(int(path.parent.name))
    return found - {os.getpid()}
