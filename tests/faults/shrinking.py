"""Shortens a schedule that violates an invariant as much as possible."""

from __future__ import annotations

from tests.faults.playing import Outcome, play, without

MOST = 250


def shrunk(found: Outcome) -> Outcome:
    """Return the shortest schedule found that violates the same invariant, by leaving out parts, large ones first."""
    tries, size = 0, len(found.schedule.events) // 2
    while size:
        first = 0
        while first < len(found.schedule.events) and tries < MOST:
            tries += 1
            shorter = play(without(found.schedule, first, size))
            if shorter.objection and found.objection and shorter.objection.invariant == found.objection.invariant:
                found = shorter
            else:
                first += size
        size //= 2
    return found
