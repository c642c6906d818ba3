"""Who may act on Azure for a rollout, and for how long. Two reconciles never act at once.

Every instance has a clock of its own. A lease is honoured only while what is left of it is what can be left of one, so
none outlives two minutes, however far one clock is ahead, or steps back.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from shared.core.rollout.record import Lease

LONGEST = timedelta(minutes=2)
SKEW = timedelta(seconds=10)  # by how much the clock of whoever took it may be ahead


def taken(holder: str, now: datetime) -> Lease:
    """Return a lease that begins now."""
    return Lease(holder, now + LONGEST - SKEW)


def in_force(lease: Lease | None, now: datetime) -> bool:
    """Return whether this lease keeps others from acting now."""
    return lease is not None and timedelta(0) < lease.until - now <= LONGEST
