"""Which process may act on Azure for a rollout, and for how long. Two reconciles never act at the same time.

Every instance has its own clock. A lease is honoured only while its remaining time is plausible, so none outlives two
minutes, however far a clock is ahead or jumps back.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

LONGEST = timedelta(minutes=2)
SKEW = timedelta(seconds=10)  # how far the holder's clock can be ahead


@dataclass(frozen=True, slots=True)
class Lease:
    """Which process may act on Azure for this rollout, and until when."""

    holder: str
    until: datetime


def taken(holder: str, now: datetime) -> Lease:
    """Return a lease that begins now."""
    return Lease(holder, now + LONGEST - SKEW)


def in_force(lease: Lease | None, now: datetime) -> bool:
    """Return whether this lease prevents others from acting now."""
    return lease is not None and timedelta(0) < lease.until - now <= LONGEST
