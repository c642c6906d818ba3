"""Recorded and replayed decisions side by side, matched by content, in order."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import zip_longest

from rich.table import Table

from cli.policy.summary_json import Json
from cli.simulate.decision_matching import TOLERANCE, decision_of
from cli.simulate.recording import RecordedDecision
from cli.simulate.replay import Replay
from shared.core.phases import TERMINAL
from shared.words.numbers import duration


@dataclass(frozen=True, slots=True)
class Pair:
    """The recorded and the replayed decision at the same place in the history; None where one is missing."""

    recorded: RecordedDecision | None
    replayed: RecordedDecision | None

    @property
    def same(self) -> bool:
        """Whether both are the same decision, regardless of time."""
        return (
            self.recorded is not None and self.replayed is not None and self.recorded.content == self.replayed.content
        )

    @property
    def delay_seconds(self) -> float | None:
        """How much later than recorded the decision is made in the replay; None if the decisions differ."""
        if not self.same or self.recorded is None or self.replayed is None:
            return None
        return (self.replayed.at - self.recorded.at).total_seconds()


def pairs(replay: Replay) -> list[Pair]:
    """Return the decisions until the replayed rollout ended, without the clean-up that follows."""
    known = list(replay.matcher.recording.decisions)
    if replay.run.rollout.phase in TERMINAL:
        end = next((index for index, decision in enumerate(known) if decision.after in TERMINAL), len(known))
        known = known[: end + 1]
    return [Pair(*both) for both in zip_longest(known, map(decision_of, replay.run.entries))]


def comparison_table(title: str, compared: list[Pair]) -> Table:
    """Return the pairs as a table."""
    table = Table(title=title, title_justify="left", show_edge=False)
    for name in ("recorded at", "decision", "replayed"):
        table.add_column(name, overflow="fold")
    for pair in compared:
        one = pair.recorded
        table.add_row(f"{one.at:%d %b %H:%M:%S}" if one else "", _decision_words(one), _replayed_words(pair))
    return table


def comparison_json(compared: list[Pair], replay: Replay) -> Json:
    """Return the pairs as JSON values."""
    departed = replay.matcher.departed
    return {
        "same": all(pair.same for pair in compared) and departed is None,
        "departed": departed.isoformat() if departed else None,
        "decisions": [
            {
                "recorded": _json(pair.recorded),
                "replayed": _json(pair.replayed),
                "same": pair.same,
                "delay_seconds": pair.delay_seconds,
            }
            for pair in compared
        ],
    }


def _replayed_words(pair: Pair) -> str:
    delay = pair.delay_seconds
    if delay is None:
        return _decision_words(pair.replayed)
    if abs(delay) <= TOLERANCE.total_seconds():
        return "the same"
    return f"the same, {duration(abs(delay))} {'later' if delay > 0 else 'earlier'}"


def _decision_words(decision: RecordedDecision | None) -> str:
    if decision is None:
        return "nothing"
    phases = decision.after if decision.before is decision.after else f"{decision.before} -> {decision.after}"
    return f"{decision.at:%H:%M:%S} {phases}, {decision.weight}%: {decision.text}"


def _json(decision: RecordedDecision | None) -> Json | None:
    if decision is None:
        return None
    return {
        "at": decision.at.isoformat(),
        "from": decision.before.value,
        "to": decision.after.value,
        "actor": decision.actor,
        "code": decision.code.value,
        "step": decision.step,
        "weight": decision.weight,
        "summary": decision.text,
    }
