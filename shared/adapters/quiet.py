"""What azure-ai-ml does to the process around it is kept from everybody else here, and undone.

It prints progress on the standard streams whatever its settings (and with progress turned off it waits for ever for an
upload that failed), sets an environment variable, turns warnings off, and its progress bars leave a thread behind.
"""

from __future__ import annotations

import io
import os
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from importlib import import_module

# Streams, warnings and environment are the process's: two at once would undo each other's undoing.
_ONE_AT_A_TIME = threading.Lock()
_CLOUD = "AZUREML_CURRENT_CLOUD"


class _Nowhere(io.TextIOBase):
    """A stream that keeps nothing. The SDK's loggers hold on to the one that was there when it was imported."""

    def write(self, text: str) -> int:
        """Take the text and forget it."""
        return len(text)


@contextmanager
def quietly() -> Iterator[None]:
    """Let one user of azure-ai-ml at a time do its work (imports too); what is printed meanwhile is not seen."""
    nowhere = _Nowhere()
    with _ONE_AT_A_TIME, redirect_stdout(nowhere), redirect_stderr(nowhere), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import_module("tqdm").tqdm.monitor_interval = 0  # the thread that redraws bars which nobody sees
        before = os.environ.get(_CLOUD)
        try:
            yield
        finally:
            os.environ.pop(_CLOUD, None)
            if before is not None:
                os.environ[_CLOUD] = before
