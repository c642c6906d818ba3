"""Lets the harness see defects of the observer, which the app treats as outages so that they stop no rollback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import pytest

from shared import observer, telemetry


def _nothing(what: str) -> AbstractContextManager[None]:
    del what
    return nullcontext()


@contextmanager
def uncontained() -> Iterator[None]:
    """Let whatever the observer raises escape, as a defect that the harness reports."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (observer, telemetry):
            patch.setattr(module, "as_temporary", _nothing)
        yield
