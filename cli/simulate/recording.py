"""Reads a rollout, as the API shows it, for a replay. Every problem is reported with its place; nothing is guessed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from cli.simulate.answer import RolloutAnswer, renamed
from shared.core.observation import DeploymentMinute
from shared.core.observation.spans import floor_minute
from shared.core.phases import TERMINAL, Phase
from shared.core.rollout.reasons import ReasonCode
from shared.json_codec import UnreadableError, structured
from shared.policies.document import read_text
from shared.policies.problems import PolicyError, Problem

LARGEST_FILE = 64 * 1024 * 1024
MOST_SHOWN = 20
LONGEST_GAP = timedelta(minutes=15)
REQUESTS = frozenset({ReasonCode.REQUEST_ACCEPTED, ReasonCode.REQUEST_OVERRULED})  # accepted or lost: no decision
TRAFFIC_SENT = frozenset({ReasonCode.WEIGHT_REQUESTED, ReasonCode.MIRROR_REQUESTED})


@dataclass(frozen=True, slots=True)
class RecordedDecision:
    """One decision. text: its reason in words."""

    at: datetime
    before: Phase
    after: Phase
    actor: str
    code: ReasonCode
    step: int
    weight: int
    text: str

    @property
    def content(self) -> tuple[ReasonCode, Phase, Phase, int, int]:
        """The fields by which decisions are compared; time is not among them."""
        return self.code, self.before, self.after, self.step, self.weight


@dataclass(frozen=True, slots=True)
class Recording:
    """The record of one rollout.

    began: when provisioning started (`created_at` includes the time in the queue). minutes: the responses,
    by minute and deployment. missing: the gates whose source had no data for a minute, and why.
    """

    record: RolloutAnswer
    began: datetime
    decisions: tuple[RecordedDecision, ...]
    minutes: dict[datetime, dict[str, DeploymentMinute]] = field(default_factory=dict)
    missing: dict[datetime, dict[str, str]] = field(default_factory=dict)

    @property
    def blue(self) -> str:
        """The serving deployment, or empty if the rollout ended before it found one."""
        return self.record.blue or ""

    @property
    def not_replayable(self) -> str:
        """Why there is nothing to replay, or empty if there is."""
        if any(decision.code is ReasonCode.CREATING_FIRST_DEPLOYMENT for decision in self.decisions):
            return "it was the endpoint's first deployment, which is not judged"
        if self.record.blue is not None and self.decisions:
            return ""
        last = self.record.history[-1].summary if self.record.history else ""
        return f"the rollout never started{last and ': '}{last}"

    @property
    def first_live(self) -> datetime:
        """When green was first ordered to get live traffic; earlier requests to it were mirrored."""
        return next((decision.at for decision in self.decisions if decision.weight), self.last_minute)

    @property
    def lacks_minutes_before(self) -> datetime | None:
        """The first minute, if the rollout sent traffic to green long before it; None if no minute is missing."""
        sent = next((decision.at for decision in self.decisions if decision.code in TRAFFIC_SENT), None)
        first = min(self.minutes, default=None)
        return first if first is not None and sent is not None and first - sent > LONGEST_GAP else None

    @property
    def last_minute(self) -> datetime:
        """The last minute with requests or, if none had any, the one in which the rollout ended."""
        if self.minutes:
            return max(self.minutes)
        ends = (decision.at for decision in self.decisions if decision.after in TERMINAL)
        return floor_minute(next(ends, self.decisions[-1].at if self.decisions else self.began))


def read_recording(path: Path) -> Recording:
    """Read a recording from a file. Raises PolicyError with every problem."""
    try:
        content = json.loads(read_text(path, str(path), LARGEST_FILE))
    except (ValueError, RecursionError) as error:
        raise PolicyError([Problem(str(path), getattr(error, "lineno", 0), 1, "", "not valid JSON")]) from error
    try:
        record = structured(renamed(content), RolloutAnswer)
    except UnreadableError as error:
        raise _invalid(path, list(error.problems)) from error
    if impossible := [
        f"{why} @ $.minutes[{n}]" for n, each in enumerate(record.minutes) for why in _impossible(each.row)
    ]:
        raise _invalid(path, impossible)
    return _recording(record)


def _invalid(path: Path, problems: list[str]) -> PolicyError:
    more = len(problems) - MOST_SHOWN
    shown = problems if more <= 0 else [*problems[:MOST_SHOWN], f"and {more} more problems"]
    return PolicyError([Problem(str(path), 0, 0, "", text) for text in shown])


def _impossible(row: DeploymentMinute) -> Iterator[str]:
    """Yield the impossible counts of a minute."""
    if min(row.bad, row.client_errors) < 0 or row.bad + row.client_errors > row.total:
        yield f"{row.bad} failed and {row.client_errors} refused of {row.total}"
    for gate, tally in row.tallies.items():
        if not 0 <= tally.bad <= tally.total:
            yield f"{gate}: {tally.bad} bad of {tally.total}"
    for name, counts in (("slowness", row.slowness), ("predictions", row.predictions)):
        if counts and min(counts.values()) < 0:
            yield f"{name} below zero"


def _recording(record: RolloutAnswer) -> Recording:
    """Return the decisions made after the rollout's provisioning started, and its minutes by time."""
    minutes: dict[datetime, dict[str, DeploymentMinute]] = {}
    for each in record.minutes:
        minutes.setdefault(each.minute, {})[each.deployment] = each.row
    decisions = [
        RecordedDecision(e.at, e.before, e.to, e.actor, e.reason.code, e.step, e.weight, e.summary)
        for e in record.history
        if e.before is not None and e.before is not Phase.QUEUED and e.reason.code not in REQUESTS
    ]
    starts = [e.at for e in record.history if e.before in {None, Phase.QUEUED} and e.to is Phase.PROVISIONING]
    return Recording(record, min(starts, default=record.created_at), tuple(decisions), minutes, record.missing)
