"""The demo's working and results directories, locked so that only one demo uses them.

Only the demo's own files are removed: the results directory may hold other things.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from cli.demo.options import DemoOptions

RESULTS = ("rollouts.png", "report.json", "requests.txt", "logs")


class WorkplaceError(Exception):
    """The demo cannot run here: another one is running, or a directory is not writable. The message says which."""


@contextmanager
def workplace(options: DemoOptions) -> Iterator[None]:
    """Remove an earlier demo's results and lock the directories during the block; `state` is removed at its end.

    Raises WorkplaceError before anything has started.
    """
    with ExitStack() as stack:
        try:
            _lock(stack, options.state.parent)
            _clear(options)
        except OSError as error:
            raise WorkplaceError(f"The demo cannot write {error.filename}: {error.strerror}") from error
        stack.callback(shutil.rmtree, options.state, ignore_errors=True)
        yield


def _lock(stack: ExitStack, directory: Path) -> None:
    """Lock the directory until the stack closes. The lock also goes when the process exits, however it exits."""
    directory.mkdir(parents=True, exist_ok=True)
    handle = os.open(directory, os.O_RDONLY)
    stack.callback(os.close, handle)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise WorkplaceError("Another demo is running in this checkout: end it first, with Ctrl-C.") from error


def _clear(options: DemoOptions) -> None:
    options.out.mkdir(parents=True, exist_ok=True)
    for path in (options.state, *(options.out / name for name in RESULTS)):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    options.state.mkdir(parents=True)
