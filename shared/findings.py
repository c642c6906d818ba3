"""A finding of the health check, and its severity."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """The severity of a finding."""

    OK = "ok"
    WARNING = "warning"
    FAILING = "failing"


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check. about: an endpoint, a queue or a file; empty for the app. remedy: what to do."""

    check: str
    severity: Severity
    message: str
    about: str = ""
    remedy: str = ""
