"""A rollout as the API shows it, read for replay: decisions and minutes. Every problem is told; nothing is guessed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from cli.simulate.answer import RolloutAnswer, renamed
from shared.core.observation import DeploymentMinute
from shared.core.phases import Phase
from shared.json_codec import UnreadableError, structured
from shared.policies.document import read_text
from shared.policies.problems import PolicyError, Problem

LARGEST_FILE = 64 * 1024 * 1024
MOST_SHOWN = 20


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
    minutes: what was answered, by minute and deployment. missing: gates whose source told nothing of a minute, and why.
    """

    record: RolloutAnswer
    began: datetime
    decisions: tuple[Recorded, ...]
    minutes: dict[datetime, dict[str, DeploymentMinute]] = field(default_factory=dict)
    missing: dict[datetime, dict[str, str]] = field(default_factory=dict)

    @property
    def blue(self) -> str:
        """The deployment that served, or empty if the rollout never got as far as finding one."""
        return self.record.blue or ""

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
        record = structured(renamed(content), RolloutAnswer)
    except UnreadableError as error:
        raise _wrong(path, list(error.problems)) from error
    if senseless := _senseless(record):
        raise _wrong(path, senseless)
    return _recording(record)


def _wrong(path: Path, words: list[str]) -> PolicyError:
    shown = words if len(words) <= MOST_SHOWN else [*words[:MOST_SHOWN], f"and {len(words) - MOST_SHOWN} more problems"]
    return PolicyError([Problem(str(path), 0, 0, "", text) for text in shown])


def _senseless(record: RolloutAnswer) -> list[str]:
    """Return what is wrong with a record of the right form."""
    wrong = [f"{why} @ $.minutes[{n}]" for n, each in enumerate(record.minutes) for why in _impossible(each.row)]
    return wrong if record.minutes else ["no minute was recorded, so there is nothing to replay @ $.minutes"]


def _impossible(row: DeploymentMinute) -> Iterator[str]:
    """Yield which counts of a minute cannot be."""
    if min(row.bad, row.client_errors) < 0 or row.bad + row.client_errors > row.total:
        yield f"{row.bad} bad and {row.client_errors} refused of {row.total}"
    for gate, tally in row.tallies.items():
        if not 0 <= tally.bad <= tally.total:
            yield f"{gate}: {tally.bad} bad of {tally.total}"
    for name, counts in (("slowness", row.slowness), ("predictions", row.predictions)):
        if counts and min(counts.values()) < 0:
            yield f"{name} below zero"


def _recording(record: RolloutAnswer) -> Recording:
    """Return the decisions after the rollout was admitted and had its turn, and its minutes by time."""
    minutes: dict[datetime, dict[str, DeploymentMinute]] = {}
    for each in record.minutes:
        minutes.setdefault(each.minute, {})[each.deployment] = each.row
    decisions = [
        Recorded(e.at, e.before, e.to, e.actor, e.step, e.weight, e.summary)
        for e in record.history
        if e.before is not None and e.before is not Phase.QUEUED
    ]
    turns = [e.at for e in record.history if e.before in {None, Phase.QUEUED} and e.to is Phase.PROVISIONING]
    return Recording(record, min([record.created_at, *turns]), tuple(decisions), minutes, record.missing)
