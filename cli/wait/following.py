"""Follows a rollout to its end. Time and the API are arguments, so that a test needs neither."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from cli.wait.ending import BY_PHASE, Ending
from cli.wait.rollouts import Json, RefusedError, Sought, UnreachableError


@dataclass(frozen=True, slots=True)
class Limits:
    """timeout: how long to wait in all; appear: how long for the rollout to start."""

    timeout: timedelta
    appear: timedelta
    stop_when_paused: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """How waiting ended. rollout: as last seen, if it was. message: the API's message, if it refused."""

    ending: Ending
    rollout: Json | None
    message: str = ""

    def __str__(self) -> str:
        why = self.message or (self.rollout["summary"] if self.rollout else "")
        return f"{self.ending.meaning}{': ' if why else ''}{why}"


def follow(
    sought: Sought,
    listed: Callable[[dict[str, str]], list[Json]],
    limits: Limits,
    pause: Callable[[], timedelta],
    tell: Callable[[str], None],
) -> Result:
    """Return how the rollout ended, or why it is no longer followed.

    listed: lists rollouts for a query. pause: waits a little and returns the total time so far. tell: is called with
    each line of progress, once for each change.
    """
    seen: Json | None = None
    told, passed = "", timedelta()
    while True:
        try:
            seen = sought.among(listed(sought.query)) or seen
            line = _line(seen) if seen else f"no rollout of version {sought.version} on {sought.endpoint} yet"
        except UnreachableError as error:
            line = str(error)
        except RefusedError as error:
            return Result(Ending.REFUSED, seen, str(error))
        if line != told:
            tell(line)
            told = line
        ending = _ending(seen, limits, passed)
        if ending is not None:
            return Result(ending, seen, "" if seen else line)
        passed = pause()


def _ending(seen: Json | None, limits: Limits, passed: timedelta) -> Ending | None:
    """Return whether and how waiting ends now."""
    if seen is not None and seen["phase"] in BY_PHASE:
        return BY_PHASE[seen["phase"]]
    if seen is not None and seen["phase"] == "paused" and limits.stop_when_paused:
        return Ending.PAUSED
    if passed >= limits.timeout:
        return Ending.TIMED_OUT
    return Ending.NOT_STARTED if seen is None and passed >= limits.appear else None


def _line(rollout: Json) -> str:
    """Return the progress of a rollout in one line."""
    steps = rollout["steps"]
    step = f", step {min(rollout['step'] + 1, len(steps))} of {len(steps)}" if rollout["phase"] == "stepping" else ""
    blocked = f" ({rollout['blocked_reason']['summary']})" if rollout["blocked_reason"] else ""
    return f"{rollout['phase']}{step}, {rollout['weight']}% of the traffic: {rollout['summary']}{blocked}"
