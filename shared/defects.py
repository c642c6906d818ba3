"""Contains defects in the optional readings of a reconcile, so that they never block a rollback."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from shared.errors import TealError, Temporary

log = logging.getLogger("teal.defects")


@contextmanager
def as_temporary(what: str) -> Iterator[None]:
    """Raise Temporary instead of any exception in this block that is not Teal's own. The log has the traceback."""
    try:
        yield
    except TealError:
        raise
    except Exception as error:
        log.exception("defect: %s", what)
        raise Temporary(f"a defect in Teal: {type(error).__name__}: {error}") from error
