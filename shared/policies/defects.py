"""Contains defects that a policy file reveals: no file, whatever is in it, stops the app or blocks the others."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from shared.core.schema.findings import Findings, Values
from shared.core.schema.grammar import Table, build

log = logging.getLogger("teal.policies")


@contextmanager
def reported(findings: Findings, path: str = "") -> Iterator[None]:
    """Report any exception in this block as a problem of the file, at this key. The log has the traceback."""
    try:
        yield
    except Exception as error:
        log.exception("defect: file=%s key=%s", findings.file, path)
        words = f"Teal could not read this ({type(error).__name__}: {error}), which is a defect in Teal"
        findings.add(path, f"{words}; please report it, and until then write this in another way")


def built(table: Table, values: Values | None, findings: Findings) -> Any:  # noqa: ANN401 -- as many types as tables
    """Return what the table makes of a file's values; None if the file has a problem."""
    if values is not None and not findings.problems:
        with reported(findings):
            return build(table, values)
    return None
