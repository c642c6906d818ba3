"""What was seen of Azure, row by row of docs/fidelity.md, printed as it is seen."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from azure.core.exceptions import AzureError, HttpResponseError

from shared.errors import TealError

PAGE = Path(__file__).resolve().parent.parent.parent / "docs/fidelity.md"
_ROW = re.compile(r"^\| ([A-Z]\d+) \| (.+?) \|", re.MULTILINE)
_FORBIDDEN = 403


class Outcome(StrEnum):
    """The outcome of a row, the worst last."""

    SKIP = "skip"
    PASS = "pass"  # noqa: S105 -- not a password
    FAIL = "fail"


class UnexpectedError(Exception):
    """Azure did something other than what the row says."""


class UnseenError(Exception):
    """There was nothing to see, which says nothing about Azure."""


class StoppedError(Exception):
    """A part cannot continue, because a check that the rest needs did not pass."""


@dataclass(slots=True)
class Note:
    """What a check found out, for the report."""

    text: str = ""


@dataclass(slots=True)
class Report:
    """The rows of the page, what was seen of them, and where each line goes."""

    rows: dict[str, str]
    tell: Callable[[str], None]
    seen: dict[str, Outcome] = field(default_factory=dict)

    @contextmanager
    def check(self, *rows: str, needed: bool = False) -> Iterator[Note]:
        """Pass the rows if the block ends and fail them if it raises. needed: raise StoppedError unless it passes.

        Without permission to look, or with nothing to see, the rows are skipped.
        """
        note = Note()
        try:
            yield note
        except (TealError, AzureError, UnexpectedError, UnseenError) as error:
            unknown = isinstance(error, UnseenError) or _forbidden(error)
            self._note(rows, Outcome.SKIP if unknown else Outcome.FAIL, str(error))
            if needed:
                raise StoppedError from error
        else:
            self._note(rows, Outcome.PASS, note.text)

    def finish(self) -> bool:
        """Print the rows that nothing checked, and the totals; return whether no row failed."""
        for row, text in self.rows.items():
            if row not in self.seen:
                self._line(Outcome.SKIP, row, f"{text} (not checked)")
        outcomes = [self.seen.get(row, Outcome.SKIP) for row in self.rows]
        self.tell(", ".join(f"{outcomes.count(each)} {each}" for each in (Outcome.PASS, Outcome.FAIL, Outcome.SKIP)))
        return Outcome.FAIL not in outcomes

    def _note(self, rows: tuple[str, ...], outcome: Outcome, detail: str) -> None:
        ranks = list(Outcome)
        for row in rows:
            self.seen[row] = max(self.seen.get(row, Outcome.SKIP), outcome, key=ranks.index)
            self._line(outcome, row, f"{self.rows[row]}{f': {detail}' if detail else ''}")

    def _line(self, outcome: Outcome, row: str, text: str) -> None:
        self.tell(f"{outcome}  {row:<3}  {text}")


def read_rows(page: Path = PAGE) -> dict[str, str]:
    """Return what each row of the page says about Azure, by its name, without Markdown's links and marks."""
    rows = _ROW.findall(page.read_text(encoding="utf-8"))
    return {name: re.sub(r"\[([^]]+)\]\([^)]+\)", r"\1", text).replace("`", "") for name, text in rows}


def _forbidden(error: BaseException) -> bool:
    cause = error if isinstance(error, HttpResponseError) else error.__cause__
    return isinstance(cause, HttpResponseError) and cause.status_code == _FORBIDDEN
