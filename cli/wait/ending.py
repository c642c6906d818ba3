"""The exit codes of `teal wait`. Scripts depend on them: a number never gets another meaning."""

from __future__ import annotations

from enum import IntEnum
from typing import Self


class Ending(IntEnum):
    """How waiting ended, by exit code. 2 and 130 are those of invalid arguments and Ctrl-C."""

    PROMOTED = 0, "promoted: the version has all live traffic"
    REFUSED = 1, "the API refused the request, TEAL_KEY is missing, or no identity has a token for TEAL_AUDIENCE"
    ROLLED_BACK = 4, "rolled back: the old version serves again"
    FAILED = 5, "failed: an operator has to act"
    SUPERSEDED = 6, "superseded: a newer version was rolled out instead, or this one already served"
    PAUSED = 7, "paused, and `--stop-when-paused` was given"
    TIMED_OUT = 8, "not ended within `--timeout`, or the API could not be reached until then"
    NOT_STARTED = 9, "no rollout of this version within `--appear`"

    meaning: str

    def __new__(cls, code: int, meaning: str) -> Self:
        """Create a member that is its exit code."""
        member = int.__new__(cls, code)
        member._value_ = code
        member.meaning = meaning
        return member


BY_PHASE = {
    "promoted": Ending.PROMOTED,
    "rolled-back": Ending.ROLLED_BACK,
    "failed": Ending.FAILED,
    "superseded": Ending.SUPERSEDED,
}
