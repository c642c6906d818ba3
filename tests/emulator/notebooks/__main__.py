"""Runs every script of a folder at once, each in a process of its own: `python -m tests.emulator.notebooks FOLDER`.

Microsoft's client takes seconds to import, so it is imported once, and the processes are forked from this one. What a
script prints is in `<script>.log`; the exit status is the number of scripts that failed.
"""

from __future__ import annotations

import importlib
import os
import runpy
import sys
import traceback
from pathlib import Path


def main(folder: Path) -> int:
    """Run the scripts and return how many failed."""
    for module in ("azure.ai.ml", "azure.ai.ml.entities", "azure.identity", "requests"):
        importlib.import_module(module)
    os.chdir(folder)
    children = [_forked(script) for script in sorted(folder.glob("*.py"))]
    return sum(os.waitpid(child, 0)[1] != 0 for child in children)


def _forked(script: Path) -> int:
    """Start a script in a new process and return the process's id."""
    child = os.fork()
    if child:
        return child
    log = os.open(script.with_suffix(".log"), os.O_WRONLY | os.O_CREAT)
    os.dup2(log, 1)
    os.dup2(log, 2)
    status = 1
    try:
        runpy.run_path(str(script), run_name="__main__")
        status = 0
    except BaseException:  # noqa: BLE001  # this process must not go on as the one it was forked from
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve()))
