"""An estimate as text and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import timedelta
from statistics import median

from cli.policy.blockers import blocker_words, place
from cli.policy.estimate import Estimate
from cli.policy.pace import pace
from cli.policy.summary_json import Json, summary_json
from cli.policy.wording import counted, minutes
from cli.simulate.ending import Ending
from cli.simulate.result import RunResult
from cli.simulate.summary import Spread, Summary
from shared.core.policy import Policy


def estimate_lines(policy: Policy, found: Estimate, every: timedelta | None = None) -> Iterator[str]:
    """Yield what happens to a good and to a bad version at this traffic. every: how often versions are registered."""
    rate = found.requests_per_minute
    yield "at the profile's traffic:" if rate is None else f"at {rate:,g} requests per minute:"
    yield f"  good version: {_good(found)}"
    yield from (f"    {line}" for line in (*_blocked(policy, found.good_summary), *_slowest(policy, found)))
    ahead = pace(policy, found.good_summary.promoted, every)
    if ahead is not None:
        yield f"    {ahead.summary}"
    yield f"  bad version: {_bad(found)}"
    yield from (f"    {line}" for line in _blocked(policy, found.bad_summary))


def estimate_json(policy: Policy, found: Estimate, every: timedelta | None = None) -> Json:
    """Return an estimate for JSON: minutes count from the start of the rollout. every: as in `estimate_lines`."""
    good = found.good_summary
    slowest, ahead = slowest_step(found.good), pace(policy, good.promoted, every)
    return {
        "requests_per_minute": found.requests_per_minute,
        "minutes_to_full": good.full.median if good.full else None,
        "minutes_to_promotion": good.promoted.median if good.promoted else None,
        "slowest_step": None if slowest is None else {"step": slowest[0], "minutes": slowest[1]},
        "pace": None if ahead is None else asdict(ahead),
        "good": summary_json(good, policy),
        "bad": summary_json(found.bad_summary, policy),
    }


def slowest_step(results: tuple[RunResult, ...]) -> tuple[int, float] | None:
    """Return the index of the step with the longest median duration, and its minutes; None if no step began."""
    reached = max((len(result.step_minutes) for result in results), default=0)
    times = [median(r.step_minutes[step] for r in results if len(r.step_minutes) > step) for step in range(reached)]
    return max(enumerate(times), key=lambda item: item[1], default=None)


def _good(found: Estimate) -> str:
    total = found.good_summary
    words = _count(total, Ending.PROMOTED)
    return words if total.full is None else f"{words}, 100% after {_range(total.full)}"


def _bad(found: Estimate) -> str:
    total = found.bad_summary
    words = _count(total, Ending.ROLLED_BACK)
    if total.detection is not None:
        words += f", {_range(total.detection)} after its first fault"
    affected = 0 if total.affected is None else round(total.affected.median)
    words += f", {counted(affected, 'request')} affected"
    missed = total.endings.get(Ending.PROMOTED)
    return words if missed is None else f"{words}; {missed.count} promoted"


def _count(total: Summary, ending: Ending) -> str:
    count = total.endings[ending].count if ending in total.endings else 0
    return f"{count} of {total.rollouts} {ending.words}"


def _blocked(policy: Policy, total: Summary) -> Iterator[str]:
    """Yield what stopped rollouts, each with its count."""
    for blocker, rate in total.blockers.items():
        yield f"{rate.count} {blocker.ending.words} {blocker_words(blocker, policy)}"


def _slowest(policy: Policy, found: Estimate) -> Iterator[str]:
    slowest = slowest_step(found.good)
    if slowest is not None and found.good_summary.full is not None:
        yield f"longest {place(slowest[0], policy)}: {minutes(slowest[1])}"


def _range(values: Spread) -> str:
    middle, low, high = (minutes(value) for value in (values.median, values.least, values.most))
    return middle if low == high else f"{middle} ({low} to {high})"
