"""Misbehaviour of Azure Resource Manager that can be asked for. None unless asked; settable while it runs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from emulator.resource_manager.errors import ArmError

_CODES = {409: "Conflict", 429: "TooManyRequests", 500: "InternalServerError", 503: "ServiceUnavailable"}


@dataclass(slots=True)
class Fault:
    """What befalls the next `times` requests of `method` (* for any) whose path matches the regular expression `path`.

    They are answered with `status` and nothing is done. With `lost` the request is carried out, and the connection cut
    instead of an answer. `seconds` (of the wall's) pass before. Raises ValueError for a path that cannot be matched.
    """

    path: str = ".*"
    method: str = "*"
    status: int = 503
    times: int = 1
    lost: bool = False
    seconds: float = 0.0

    def __post_init__(self) -> None:
        """Refuse a pattern that would break every request."""
        try:
            re.compile(self.path)
        except re.error as error:
            raise ValueError(f"path is no regular expression: {error}") from error

    def befalls(self, method: str, path: str) -> bool:
        """Tell whether this request is one of them, and count it."""
        hit = self.times > 0 and self.method in ("*", method) and bool(re.search(self.path, path, re.IGNORECASE))
        self.times -= hit
        return hit

    def refusal(self) -> ArmError:
        """Return the error to answer with."""
        return ArmError(self.status, _CODES.get(self.status, "Fault"), "This failure was asked for.")


@dataclass(slots=True)
class Faults:
    """All faults that are asked for; the first that matches a request befalls it."""

    rows: Sequence[Fault] = field(default_factory=list)

    def next(self, method: str, path: str) -> Fault | None:
        """Return what befalls this request, or None."""
        return next((row for row in self.rows if row.befalls(method, path)), None)
