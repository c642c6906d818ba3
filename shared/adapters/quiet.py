"""Isolates the process from azure-ai-ml's side effects, and undoes them.

It prints progress on the standard streams regardless of its settings (with progress turned off it waits forever for a
failed upload), sets an environment variable, turns warnings off, and its progress bars leave a thread behind.
"""

from __future__ import annotations

import io
import os
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from importlib import import_module

# Streams, warnings and environment are global: two concurrent users would restore each other's changes.
_ONE_AT_A_TIME = threading.Lock()
_CLOUD = "AZUREML_CURRENT_CLOUD"


class _Nowhere(io.TextIOBase):
    """A stream that discards everything. The SDK's loggers keep the stream that was current when it was imported."""

    def write(self, text: str) -> int:
        """Discard the text."""
        return len(text)


@contextmanager
def quietly() -> Iterator[None]:
    """Run one use of azure-ai-ml at a time (including its import), with its output discarded."""
    nowhere = _Nowhere()
    with _ONE_AT_A_TIME, redirect_stdout(nowhere), redirect_stderr(nowhere), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import_module("tqdm").tqdm.monitor_interval = 0  # disables the thread that redraws progress bars
        before = os.environ.get(_CLOUD)
        try:
            yield
        finally:
            os.environ.pop(_CLOUD, None)
            if before is not None:
                os.environ[_CLOUD] = before
