"""Invariants of what is stored: the lock, the records and their histories."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from shared.core.judge.verdict import Outcome
from shared.core.phases import TRANSITIONS, Phase
from shared.core.rollout import Rollout
from shared.core.rollout.history import Entry
from shared.core.rollout.reasons import ReasonCode
from shared.words import sentence
from tests.faults.ledger import Order, rollouts
from tests.faults.stage import Stage
from tests.scenarios.world import CHURN

PLAIN_NAME = re.compile(r"[a-z][a-z0-9-]{2,31}")


def one_rollout(stage: Stage) -> Iterator[str]:
    """One event creates one rollout, and only one rollout at a time acts on an endpoint."""
    found = rollouts(stage.world)
    by_event = [r.model.version for r in found if r.trigger.code is ReasonCode.ROLLOUT_STARTED]
    for version in set(by_event):
        if by_event.count(version) > 1:
            yield f"{by_event.count(version)} rollouts of version {version}"
    acting = [r.id for r in found if r.finished is None and r.phase is not Phase.QUEUED]
    if acting not in ([], [stage.world.store.record(CHURN).value.current]):
        yield f"several act at once: {acting}"


def newest_stays(stage: Stage) -> Iterator[str]:
    """No rollout starts for an older version's event once a newer version was admitted."""
    by_event = {r.id: r for r in rollouts(stage.world) if r.trigger.code is ReasonCode.ROLLOUT_STARTED}
    admitted = [by_event[name] for name in stage.ledger.admitted if name in by_event]
    for earlier, later in pairwise(admitted):
        if int(later.model.version) < int(earlier.model.version):
            yield f"{later.model} was admitted after {earlier.model}"


def one_acts(_stage: Stage, order: Order) -> Iterator[str]:
    """Only the process with the newest claim on a rollout gives orders."""
    if not order.claim:
        yield f"{order.process} orders {order.action} although another process has claimed the rollout"


def knows_of_requests(stage: Stage, order: Order) -> Iterator[str]:
    """No order ignores a request that came after the decision and before the last check of the record."""
    for accepted in stage.ledger.accepted:
        if accepted.rollout.id == order.rollout.id and order.decided < accepted.number < order.checked:
            yield f"{order.process} orders {order.action} although {accepted.by} has asked for a {accepted.verb} since"


def whole_history(stage: Stage) -> Iterator[str]:
    """Every history is numbered without gaps and shows each transition, its actor and its reason."""
    found, stored = rollouts(stage.world), len(stage.world.store.entries)
    if stored != sum(rollout.entry_count for rollout in found):
        yield f"{stored} entries are stored, and {[rollout.entry_count for rollout in found]} are recorded"
    for rollout in found:
        entries = stage.ledger.history(rollout)
        if stage.ledger.found_whole.get(rollout.id) is not entries or entries[-1].after is not rollout.phase:
            yield from _history(rollout, entries)
            stage.ledger.found_whole[rollout.id] = entries


def _history(rollout: Rollout, entries: Sequence[Entry]) -> Iterator[str]:
    if len(entries) != rollout.entry_count:
        yield f"{rollout.id} has {len(entries)} entries in a row, but {rollout.entry_count} are recorded"
        return
    if entries[0].before is not None or entries[-1].after is not rollout.phase:
        yield f"the history of {rollout.id} ends in {entries[-1].after}, and it is {rollout.phase}"
    for earlier, entry in pairwise(entries):
        if entry.before is not earlier.after:
            yield f"{rollout.id}: {earlier.after} became {entry.before} without an entry"
        if entry.before is not entry.after and (entry.before, entry.after) not in TRANSITIONS:
            yield f"{rollout.id}: no rollout goes from {entry.before} to {entry.after}"
    for entry in entries[-2:]:
        if not entry.actor or "unknown" in sentence(entry.reason):
            yield f"{rollout.id}: a fact is missing in {entry.reason}"


def requests_are_kept(stage: Stage) -> Iterator[str]:
    """Every accepted request is in the history immediately."""
    written = {entry.actor for rollout in rollouts(stage.world) for entry in stage.ledger.history(rollout)}
    for by in stage.ledger.answered:
        if by not in written:
            yield f"the request of {by} was accepted and stands in no history"


def no_deadline_beats_evidence(stage: Stage) -> Iterator[str]:
    """No deadline rolls back a certified green."""
    for rollout in rollouts(stage.world):
        for entry in stage.ledger.history(rollout):
            late = entry.reason.code is ReasonCode.DEADLINE_EXCEEDED and entry.before is not Phase.ROLLING_BACK
            if late and entry.verdict is not None and entry.verdict.outcome is Outcome.PASS:
                yield f"{rollout.green} was certified and rolled back for a deadline at {entry.at:%H:%M}"


def judged_as_sent(stage: Stage) -> Iterator[str]:
    """No request is judged twice, nor one that was never sent; and a dry run never rolls back."""
    for rollout in rollouts(stage.world):
        until = rollout.judging.judged_until or rollout.created
        sent = sum(row.total for row in stage.telemetry.rows if row.deployment == rollout.green and row.minute < until)
        for gate in rollout.judging.evidence.gates:
            counted = max(gate.seen[1::4], default=0)
            if counted > sent:
                yield f"{rollout.green}: {counted} requests judged, and {sent} were sent"
        if rollout.verdict is not None and rollout.verdict.outcome is Outcome.FAIL:
            roles = {reading.gate: reading.role for reading in rollout.readings}
            if roles[rollout.verdict.gate] == "dry_run":
                yield f"{rollout.green} is condemned by a dry run"


def plain_names(stage: Stage) -> Iterator[str]:
    """Nothing that a caller sends reaches a name unescaped."""
    for rollout in rollouts(stage.world):
        if not PLAIN_NAME.fullmatch(rollout.green):
            yield f"{rollout.green!r} is not a valid deployment name"


def created_stays(stage: Stage) -> Iterator[str]:
    """Keep a rollout's creation time unchanged."""
    for rollout in rollouts(stage.world):
        first = stage.ledger.history(rollout)[0].at
        if rollout.created != first:
            yield f"{rollout.id} was created at {rollout.created}, and admitted at {first}"
