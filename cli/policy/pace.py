"""How long a rollout takes, compared with how often versions are registered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from math import ceil

from cli.policy.wording import minutes, span
from cli.simulate.summary import Spread
from shared.core.admission.admit import MOST_REPLACED
from shared.core.policy import Policy
from shared.core.schema.times import MINUTE, duration

EVERY = duration(MINUTE, timedelta(days=365), "6h")


@dataclass(frozen=True, slots=True)
class Pace:
    """What happens to a version that is registered while a rollout is open.

    rollout: median minutes of a good version's rollout. every: minutes between two registrations; None if that is not
    assumed. one_in: one in this many versions is promoted; None without an assumption.
    """

    rollout: float
    every: float | None
    one_in: int | None
    summary: str


def pace(policy: Policy, promoted: Spread | None, every: timedelta | None) -> Pace | None:
    """Return what follows from the duration of rollouts; None if no good version is promoted at all."""
    if promoted is None:
        return None
    taken = promoted.median
    replaces = policy.newer_version == "replace"
    if every is None:
        follows = "replaces the rollout" if replaces else "waits for it to end"
        words = f"a version registered within {minutes(taken)} of another {follows} (--every compares)"
        return Pace(taken, None, None, words)
    between = every / timedelta(minutes=1)
    if between >= taken:
        words = f"a version every {span(every)}: a rollout ends before the next is registered"
        return Pace(taken, between, 1, words)
    meanwhile = ceil(taken / between)
    words = f"a version every {span(every)} is registered faster than a rollout takes ({minutes(taken)}): "
    if replaces:
        one_in = MOST_REPLACED + meanwhile
        words += f"newer_version: replace rolls back {MOST_REPLACED} in a row, then lets one finish"
    else:
        one_in = meanwhile
        words += "newer_version: wait rolls out the newest when the endpoint is free and skips the others"
    return Pace(taken, between, one_in, f"{words}; about 1 in {one_in} is promoted")
