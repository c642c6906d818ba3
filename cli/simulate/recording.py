"""A rollout as the API shows it, read for replay: decisions and minutes. Every problem is told; nothing is guessed."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from cattrs import Converter, transform_error
from cattrs.errors import BaseValidationError

from shared.core.judge.gate import Calibration
from shared.core.observation import SmokeResult
from shared.core.phases import Phase
from shared.policies.document import read_text
from shared.policies.problems import PolicyError, Problem

LARGEST_FILE = 64 * 1024 * 1024
MOST_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Numbers:
    """What a decision stood on, as far as it matters here."""

    step: int
    weight: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of history, as the API shows it."""

    at: datetime
    by: str
    text: str
    to: Phase
    numbers: Numbers
    before: Phase | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One deployment's minute."""

    minute: datetime
    deployment: str
    total: int
    bad: int


@dataclass(frozen=True, slots=True)
class Record:
    """The answer of `GET /api/rollouts/{endpoint}/{id}`, as far as it matters here."""

    endpoint: str
    model: str
    version: str
    green: str
    blue: str
    created: datetime
    history: tuple[Entry, ...]
    minutes: tuple[Row, ...]
    steps: tuple[str, ...] = ()
    calibration: Calibration | None = None
    smoke: SmokeResult | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """One decision."""

    at: datetime
    before: Phase
    after: Phase
    by: str
    step: int
    weight: int
    text: str

    @property
    def what(self) -> tuple[datetime, Phase, Phase, int, int]:
        """What makes two decisions the same one: words may differ."""
        return self.at, self.before, self.after, self.step, self.weight


@dataclass(frozen=True, slots=True)
class Recording:
    """What became of one rollout.

    began: when it had its turn; the record's own time moves with every freeze, which counts against no deadline.
    minutes: requests and failures by minute and deployment.
    """

    record: Record
    began: datetime
    decisions: tuple[Recorded, ...]
    minutes: dict[datetime, dict[str, tuple[int, int]]] = field(default_factory=dict)

    @property
    def last_minute(self) -> datetime:
        """The last minute of which anything is known."""
        return max(self.minutes)

    @property
    def first_live(self) -> datetime:
        """When green was first to get live traffic; what it answered before were copies."""
        return next((decision.at for decision in self.decisions if decision.weight), self.last_minute)


def read_recording(path: Path) -> Recording:
    """Return what a file records; raises PolicyError with every problem."""
    try:
        content = json.loads(read_text(path, str(path), LARGEST_FILE))
    except (ValueError, RecursionError) as error:
        raise PolicyError([Problem(str(path), getattr(error, "lineno", 0), 1, "", "not JSON")]) from error
    try:
        record = _converter().structure(_renamed(content), Record)
    except BaseValidationError as error:
        raise _wrong(path, transform_error(error)) from error
    if senseless := _senseless(record):
        raise _wrong(path, senseless)
    return _recording(record)


def _wrong(path: Path, words: list[str]) -> PolicyError:
    shown = words if len(words) <= MOST_SHOWN else [*words[:MOST_SHOWN], f"and {len(words) - MOST_SHOWN} more problems"]
    return PolicyError([Problem(str(path), 0, 0, "", text) for text in shown])


def _renamed(content: object) -> object:
    """Return the content with `before` for `from`, which Python keeps for itself."""
    history = content.get("history") if isinstance(content, dict) else None
    if not isinstance(content, dict) or not isinstance(history, list):
        return content
    entries = [{**e, "before": e.get("from")} if isinstance(e, dict) else e for e in history]
    return {**content, "history": entries}


def _senseless(record: Record) -> list[str]:
    """Return what is wrong with a record of the right form."""
    rows = enumerate(record.minutes)
    wrong = [f"{row.bad} bad of {row.total} @ $.minutes[{n}]" for n, row in rows if not 0 <= row.bad <= row.total]
    return wrong if record.minutes else ["no minute was recorded, so there is nothing to replay @ $.minutes"]


def _recording(record: Record) -> Recording:
    """Return the decisions after the rollout was admitted and had its turn, and its minutes by time."""
    minutes: dict[datetime, dict[str, tuple[int, int]]] = {}
    for row in record.minutes:
        minutes.setdefault(row.minute, {})[row.deployment] = (row.total, row.bad)
    decisions = [
        Recorded(e.at, e.before, e.to, e.by, e.numbers.step, e.numbers.weight, e.text)
        for e in record.history
        if e.before is not None and e.before is not Phase.QUEUED
    ]
    turns = [e.at for e in record.history if e.before in {None, Phase.QUEUED} and e.to is Phase.PROVISIONING]
    return Recording(record, min([record.created, *turns]), tuple(decisions), minutes)


def _converter() -> Converter:
    converter = Converter()
    converter.register_structure_hook(datetime, lambda value, _: _moment(value))
    converter.register_structure_hook(Phase, lambda value, _: Phase(value))
    for kind in (str, int):  # by default 5 and "5" would be the same
        converter.register_structure_hook(kind, _typed)
    return converter


def _moment(value: object) -> datetime:
    moment = datetime.fromisoformat(str(value))
    if moment.tzinfo is None:
        raise ValueError("without an offset")
    return moment


def _typed(value: object, kind: type) -> object:
    if type(value) is not kind:
        raise ValueError(f"not {kind.__name__}")
    return value
