"""Faults of Azure Resource Manager on request. There are none by default; they may change while the emulator runs.

Faults affect requests, endings affect accepted operations, and stale reads affect later readers.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from typing import Literal

from emulator.arm_errors import ArmError

_CODES = {409: "Conflict", 429: "TooManyRequests", 500: "InternalServerError", 503: "ServiceUnavailable"}


@dataclass(slots=True)
class Fault:
    """Affects the next `times` requests of `method` (* for any) whose path matches the regular expression `path`.

    They are answered with `status` and nothing is done. With `lost`, the request is carried out and the connection is
    closed instead of an answer. The answer is delayed by `seconds` of wall-clock time. Raises ValueError if `path` is
    not a valid regular expression.
    """

    path: str = ".*"
    method: str = "*"
    status: int = 503
    times: int = 1
    lost: bool = False
    seconds: float = 0.0

    def __post_init__(self) -> None:
        """Reject a pattern that would break every request."""
        _check_pattern("path", self.path)

    def consume(self, method: str, path: str) -> bool:
        """Return whether this request is affected, and count it."""
        hit = self.times > 0 and self.method in ("*", method) and bool(re.search(self.path, path, re.IGNORECASE))
        self.times -= hit
        return hit

    def error(self) -> ArmError:
        """Return the error to answer with."""
        return ArmError(self.status, _CODES.get(self.status, "Fault"), "This failure was requested.")


@dataclass(slots=True)
class Ending:
    """Determines how the next `times` operations end whose entity matches the regular expression `entity`.

    Entities are `onlineEndpoints/<name>` and `onlineEndpoints/<name>/deployments/<name>`, in lower case; the whole
    entity must match. Failed and Canceled: the operation has no effect, unless it is `applied`. Never: the operation
    runs until this ending is lifted, and is then carried out. A request to delete the resource is answered with 409 as
    long as it runs, or cancels it if the operation `gives_way`.
    """

    entity: str = ".*"
    ending: Literal["Failed", "Canceled", "Never"] = "Failed"
    times: int = 1
    applied: bool = False
    gives_way: bool = False
    code: str = "InternalServerError"
    _hung: list[asyncio.Event] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        """Reject a pattern that would break every operation."""
        _check_pattern("entity", self.entity)

    def consume(self, entity: str) -> bool:
        """Return whether an operation on `entity` is affected, and count it."""
        hit = self.times > 0 and bool(re.fullmatch(self.entity, entity, re.IGNORECASE))
        self.times -= hit
        return hit

    def error(self) -> ArmError:
        """Return the error that the operation ends with."""
        code = "OperationCanceled" if self.ending == "Canceled" else self.code
        return ArmError(400, code, "This ending was requested.")

    async def lifted(self, released: asyncio.Event) -> None:
        """Wait until the ending is lifted, or until `released` is set for this one operation."""
        self._hung.append(released)
        await released.wait()

    def lift(self) -> None:
        """Lift the ending: operations that hang continue."""
        for each in self._hung:
            each.set()


@dataclass(slots=True)
class Faults:
    """Everything that was requested; the first row that matches a request or an operation applies.

    `stale_reads`: for this many virtual seconds after a traffic change takes effect, readers see the old traffic.
    """

    faults: list[Fault] = field(default_factory=list)
    endings: list[Ending] = field(default_factory=list)
    stale_reads: float = 0.0

    def next(self, method: str, path: str) -> Fault | None:
        """Return the fault that affects this request, or None."""
        return next((row for row in self.faults if row.consume(method, path)), None)

    def ending(self, entity: str) -> Ending | None:
        """Return how an operation on `entity` ends, or None if it ends normally."""
        return next((row for row in self.endings if row.consume(entity)), None)

    def replace_with(self, other: Faults) -> None:
        """Replace everything that was requested before, and lift its endings."""
        for each in self.endings:
            each.lift()
        self.faults, self.endings, self.stale_reads = other.faults, other.endings, other.stale_reads


def _check_pattern(name: str, pattern: str) -> None:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"{name} is not a valid regular expression: {error}") from error
