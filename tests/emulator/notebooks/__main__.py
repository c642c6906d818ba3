"""Runs `NAME/NAME.py` for every NAME in a folder at once: `python -m tests.emulator.notebooks FOLDER`.

Each script runs in its own folder and its own process. Microsoft's client takes seconds to import, so it is
imported once, and the processes are forked from this one. What a script prints is in `log` beside it; the exit status
is the number of scripts that failed.
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
    children = [_forked(each) for each in sorted(folder.iterdir())]
    return sum(os.waitpid(child, 0)[1] != 0 for child in children)


def _forked(folder: Path) -> int:
    """Start the script of a folder in a new process and return the process's id."""
    child = os.fork()
    if child:
        return child
    os.chdir(folder)
    log = os.open("log", os.O_WRONLY | os.O_CREAT)
    os.dup2(log, 1)
    os.dup2(log, 2)
    status = 1
    try:
        runpy.run_path(f"{folder.name}.py", run_name="__main__")
        status = 0
    except BaseException:  # noqa: BLE001  # this process must not continue as the one it was forked from
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve()))
