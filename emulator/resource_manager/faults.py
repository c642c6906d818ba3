"""Misbehaviour of Azure Resource Manager that can be asked for. None unless asked; settable while it runs.

Faults befall requests, endings befall operations that were accepted, stale reads befall those who look afterwards.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

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
class Ending:
    """How the next `times` operations end whose entity matches the regular expression `entity`.

    Entities are `onlineEndpoints/<name>` and `onlineEndpoints/<name>/deployments/<name>`, in lower case; the whole
    entity must match. Failed and Canceled: nothing of what was asked is done; with `applied` it is in force all the
    same. Never: the operation runs until this ending is taken back, and is then carried out; with `gives_way` a request
    to delete the resource cancels it, else such a request is answered 409 as long as it runs.
    """

    entity: str = ".*"
    ending: Literal["Failed", "Canceled", "Never"] = "Failed"
    times: int = 1
    applied: bool = False
    gives_way: bool = False
    code: str = "InternalServerError"
    _hung: list[asyncio.Event] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        if self.ending not in ("Failed", "Canceled", "Never"):
            raise ValueError(f"an operation ends Failed, Canceled or Never, not {self.ending}")

    def befalls(self, entity: str) -> bool:
        """Tell whether an operation on `entity` is one of them, and count it."""
        hit = self.times > 0 and bool(re.fullmatch(self.entity, entity, re.IGNORECASE))
        self.times -= hit
        return hit

    def error(self) -> ArmError:
        """Return the error that the operation ends with."""
        code = "OperationCanceled" if self.ending == "Canceled" else self.code
        return ArmError(400, code, "This ending was asked for.")

    async def lifted(self, released: asyncio.Event) -> None:
        """Wait until the ending is taken back, or `released` is set for one operation alone."""
        self._hung.append(released)
        await released.wait()

    def lift(self) -> None:
        """Take the ending back: what hangs goes on."""
        for each in self._hung:
            each.set()


@dataclass(slots=True)
class Faults:
    """All that is asked for; the first row that matches a request or an operation befalls it.

    `stale_reads`: for so many virtual seconds after a change of traffic is in force, readers are shown the old one.
    """

    rows: Sequence[Fault] = field(default_factory=list)
    endings: Sequence[Ending] = field(default_factory=list)
    stale_reads: float = 0.0

    def next(self, method: str, path: str) -> Fault | None:
        """Return what befalls this request, or None."""
        return next((row for row in self.rows if row.befalls(method, path)), None)

    def ending(self, entity: str) -> Ending | None:
        """Return how an operation on `entity` ends, or None if it takes its course."""
        return next((row for row in self.endings if row.befalls(entity)), None)

    def ask(self, rows: Sequence[Fault], endings: Sequence[Ending], stale_reads: float) -> None:
        """Ask for these instead of what was asked for before."""
        for each in self.endings:
            each.lift()
        self.rows, self.endings, self.stale_reads = rows, endings, stale_reads
