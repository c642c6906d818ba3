"""One stored row of each kind, kept as text in `kept_records.json`.

Run as a module (`python -m tests.adapters.kept_records`), it rewrites the file from a rollout in the middle of a step.
Before the first release, a format change may do that; afterwards, rows are only added.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from shared.adapters import table_rows as rows
from shared.core.rollout import Verb
from shared.ports import Halt, Numbered
from tests.scenarios.world import CHURN, ENDPOINT, World

PATH = Path(__file__).with_name("kept_records.json")
Row = dict[str, Any]


def kept() -> dict[str, Row]:
    """Return the stored rows, by kind."""
    found: dict[str, Row] = json.loads(PATH.read_text())
    return found


def reread(kind: str, row: Mapping[str, Any]) -> Row:
    """Read a record from a row and return the row that is written for it."""
    match kind:
        case "lock":
            return rows.record_row(rows.record_of(row))
        case "rollout":
            return rows.rollout_row(rows.rollout_of(row))
        case "entry":
            return rows.entry_row(CHURN, Numbered("churn-7-kept", 3, rows.entry_of(row)))
        case "minute":
            return rows.minute_row("churn-7-kept", rows.minute_of(row))
        case "judgement":
            return rows.judgement_row("churn-7-kept", rows.judgement_of(row))
        case _:
            raise ValueError(kind)


def _rows() -> dict[str, Row]:
    world = World()
    world.register()
    world.until_weight(10)
    world.minutes(2)
    world.store.set_halt(Halt("ada@example.com", "incident 7", world.clock()))
    world.minutes()
    world.ask(Verb.ROLLBACK)
    (rollout,) = world.store.rollouts(ENDPOINT)
    written = {
        "lock": rows.record_row(world.store.record(CHURN).value),
        "rollout": rows.rollout_row(rollout),
        "entry": rows.entry_row(CHURN, Numbered("churn-7-kept", 3, world.history()[-1])),
        "minute": rows.minute_row("churn-7-kept", world.store.kept_minutes(rollout.id)[-1]),
        "judgement": rows.judgement_row("churn-7-kept", world.store.kept_judgements(rollout.id)[-1]),
    }
    return {kind: {name: _plain(value) for name, value in row.items()} for kind, row in written.items()}


def _plain(value: object) -> object:
    """Return a property as a JSON value; a time as text."""
    return value if isinstance(value, str | int) else str(value)


if __name__ == "__main__":
    PATH.write_text(json.dumps(_rows(), indent=1) + "\n")
