"""Silent telemetry: it answers, but shows no request at all although many are expected.

An empty answer is no evidence, so it is treated as no answer: nothing advances, and no deadline counts the time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

from shared.core.observation.observation import DeploymentMinute, Observation
from shared.core.observation.spans import MINUTE
from shared.core.observation.telemetry_path import PathState, TelemetryPath
from shared.core.phases import JUDGED
from shared.core.rollout.judge_state import TrafficPattern
from shared.core.rollout.record import Rollout

LEAST, DOUBTFUL = timedelta(minutes=10), timedelta(minutes=3)  # beyond the lag
LEAST_PAST = timedelta(hours=1)
HARDLY_ANY = 0.01  # of a minute's requests
EXPECTED = 20  # requests; the probability that so many independent ones are all absent is 1 in 500 million
_CAUSES = {
    PathState.NO_SETTING: "the endpoint has no diagnostic setting any more",
    PathState.CATEGORY_OFF: "no diagnostic setting of the endpoint sends the request log any more",
    PathState.OTHER_WORKSPACE: "the endpoint's request log goes to a workspace that Teal does not read",
}


def traffic_pattern(history: Iterable[DeploymentMinute]) -> TrafficPattern:
    """Return how often requests came in blue's past."""
    totals: dict[datetime, int] = {}
    handled = 0
    for row in history:
        totals[row.minute] = totals.get(row.minute, 0) + row.total
        handled = max(handled, row.total) if row.overloaded <= HARDLY_ANY * row.total else handled
    minutes = sorted(minute for minute, total in totals.items() if total)
    if not minutes:
        return TrafficPattern()
    pauses = sorted((later - earlier - MINUTE for earlier, later in pairwise(minutes)), reverse=True)
    span = max(minutes[-1] - minutes[0] + MINUTE, LEAST_PAST)  # a few smoke requests are not traffic
    rate = sum(totals.values()) / (span / MINUTE)
    return TrafficPattern(rate, _usual_gap(pauses, busy=len(minutes) * MINUTE), busiest=handled)


def _usual_gap(pauses: Sequence[timedelta], busy: timedelta) -> timedelta:
    """Return the longest usual pause: the second longest, or the longest if the endpoint is idle most of the time.

    A single long one between hours of traffic may have been an outage, which is not usual. pauses: longest first. busy:
    the time with requests.
    """
    usual = pauses if sum(pauses, timedelta(0)) > busy else pauses[1:]
    return usual[0] if usual else timedelta(0)


def silent_since(rollout: Rollout, now: datetime) -> datetime | None:
    """Return when telemetry last showed a request, if there has been none for longer than the usual traffic explains.

    Late rows are not silence, so it is counted from the last reading that found any, or from the first minute to be
    judged.
    """
    began, settled = rollout.rereading.began, _read_until(rollout)
    if settled is None or rollout.phase not in JUDGED or rollout.first:
        return None
    last = max((known for known in (began, rollout.judging.newest_logged) if known is not None), default=settled)
    return last if is_silent(rollout.judging.pulse, now - settled, rollout.telemetry_lag) else None


def may_be_silent(rollout: Rollout, now: datetime) -> bool:
    """Return whether telemetry may have stopped: too early to report that, but reason enough not to advance.

    Usual pauses count too: nothing distinguishes one from an outage, and the next requests are worth waiting for.
    """
    settled = _read_until(rollout)
    silent = None if settled is None or rollout.first else now - settled
    return silent is not None and _lasts(rollout.judging.pulse, silent, rollout.telemetry_lag + DOUBTFUL)


def is_silent(pulse: TrafficPattern, silent: timedelta, lag: timedelta) -> bool:
    """Return whether an endpoint with this past shows no request for too long, given the lag of its telemetry."""
    return _lasts(pulse, silent, lag + max(LEAST, 2 * pulse.gap))


def _lasts(pulse: TrafficPattern, silent: timedelta, least: timedelta) -> bool:
    """Return whether there have been no requests for at least this long, although many were expected."""
    return silent >= least and pulse.rate * (silent / MINUTE) >= EXPECTED


def _read_until(rollout: Rollout) -> datetime | None:
    """Return the end of the minutes covered by the last reading that found requests; None before any reading."""
    read_at = rollout.rereading.read_at
    return rollout.rereading.began if read_at is None else read_at - rollout.telemetry_lag


def with_silence_as_problem(rollout: Rollout, observation: Observation, now: datetime) -> Observation:
    """Return the observation with silence as a telemetry problem, unless the silence ends with this observation."""
    since, until = silent_since(rollout, now), rollout.judging.judged_until
    if since is None or until is None or observation.minutes is None or observation.telemetry_problem is not None:
        return observation
    if any(row.total and row.minute >= until for row in observation.minutes):
        return observation
    return replace(observation, telemetry_problem=_problem(since, rollout.judging.pulse, observation.path))


def _problem(since: datetime, pulse: TrafficPattern, path: TelemetryPath | None) -> str:
    usual = f"{pulse.rate:,.0f} a minute" if pulse.rate >= 1 else f"{pulse.rate * 60:,.0f} an hour"
    cause = _CAUSES.get(path.state) if path is not None else None
    why = cause or "either nobody sends any, or the log has stopped"
    return f"telemetry shows no request since {since:%Y-%m-%d %H:%M} UTC, where {usual} are usual: {why}"
