"""Recorded and replayed decisions side by side. It must never call two decisions the same that differ in effect."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest

from rich.table import Table

from cli.simulate.document import Json
from cli.simulate.follower import decided
from cli.simulate.recording import Recorded
from cli.simulate.replay import Replay
from shared.core.phases import TERMINAL


@dataclass(frozen=True, slots=True)
class Pair:
    """What was decided then, and what is decided now, at the same place in the story; None where there is nothing."""

    recorded: Recorded | None
    replayed: Recorded | None

    @property
    def same(self) -> bool:
        """Say whether both are the same move at the same moment."""
        return self.recorded is not None and self.replayed is not None and self.recorded.what == self.replayed.what


def pairs(replay: Replay) -> list[Pair]:
    """Return the decisions until the replayed rollout ended; what was tidied up after that is left out."""
    known = list(replay.follower.recording.decisions)
    if replay.journey.rollout.phase in TERMINAL:
        end = next((index for index, decision in enumerate(known) if decision.after in TERMINAL), len(known))
        known = known[: end + 1]
    return [Pair(*both) for both in zip_longest(known, map(decided, replay.journey.entries))]


def comparison_table(title: str, compared: list[Pair]) -> Table:
    """Return the pairs as a table."""
    table = Table(title=title, title_justify="left", show_edge=False)
    for name in ("recorded at", "decision", "replayed"):
        table.add_column(name, overflow="fold")
    for pair in compared:
        one, other = pair.recorded, pair.replayed
        told = "the same" if pair.same else _told(other)
        table.add_row(f"{one.at:%d %b %H:%M:%S}" if one else "", _told(one), told)
    return table


def comparison_json(compared: list[Pair], departed: datetime | None) -> Json:
    """Return the pairs as JSON values."""
    return {
        "same": all(pair.same for pair in compared),
        "departed": departed.isoformat() if departed else None,
        "decisions": [{"recorded": _json(p.recorded), "replayed": _json(p.replayed), "same": p.same} for p in compared],
    }


def _told(decision: Recorded | None) -> str:
    if decision is None:
        return "nothing"
    first = decision.text.splitlines()[0] if decision.text else ""
    return f"{decision.at:%H:%M:%S} {decision.before} -> {decision.after}, {decision.weight} %: {first}"


def _json(decision: Recorded | None) -> Json | None:
    if decision is None:
        return None
    return {
        "at": decision.at.isoformat(),
        "from": decision.before.value,
        "to": decision.after.value,
        "by": decision.by,
        "step": decision.step,
        "weight": decision.weight,
        "text": decision.text,
    }
