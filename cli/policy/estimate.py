"""Estimates a policy's behaviour at a given traffic from a few simulated rollouts of a good and of a bad version.

They are the first rollouts of `teal policy simulate` with the same world and seed, so the two commands agree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from cli.policy.choice import ChosenPolicy
from cli.simulate.curves import Constant
from cli.simulate.profile import Change, Fault, Profile
from cli.simulate.result import RunResult
from cli.simulate.summary import Summary, summary
from cli.simulate.trial import Scenario, trials

GOOD, BAD = 12, 6  # rollouts of each
USUAL_FAULT = Fault(Change("plus", 0.05))
# No rollout starts after this many simulated minutes, so that policies whose rollouts take weeks are estimated in
# seconds. A few thousand minutes are simulated per second.
MOST_MINUTES = 12_000.0
LEAST = 3  # rollouts, regardless of the limit
Step = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A policy's behaviour at one traffic. profile: without faults. faults: of the bad version."""

    profile: Profile
    faults: tuple[Fault, ...]
    good: tuple[RunResult, ...]
    bad: tuple[RunResult, ...]

    @property
    def requests_per_minute(self) -> float | None:
        """Live requests per minute, or None if they change over time."""
        return self.profile.requests.value if isinstance(self.profile.requests, Constant) else None

    @property
    def good_summary(self) -> Summary:
        """What happens to a version that is as good as blue."""
        return summary(self.good, faulty=False)

    @property
    def bad_summary(self) -> Summary:
        """What happens to a version with the faults."""
        return summary(self.bad, faulty=bool(replace(self.profile, faults=self.faults).harms))


def estimate(
    chosen: ChosenPolicy, profile: Profile, seed: int, step: Step, counts: tuple[int, int] = (GOOD, BAD)
) -> Estimate:
    """Return the estimate. profile: its faults are the bad version's; by default it fails 5 points more than blue.

    step: called after each rollout. counts: the number of rollouts of the good and of the bad version.
    """
    faults = profile.faults or (USUAL_FAULT,)
    good, bad = replace(profile, faults=()), replace(profile, faults=faults)
    results = (
        tuple(_limited(trials(Scenario(chosen.policy, each, chosen.smoke_requests), count, seed), step))
        for each, count in zip((good, bad), counts, strict=True)
    )
    return Estimate(good, faults, *results)


def _limited(results: Iterable[RunResult], step: Step) -> Iterable[RunResult]:
    """Yield results until the limit of simulated minutes is reached."""
    minutes = 0.0
    for number, result in enumerate(results, start=1):
        step()
        yield result
        minutes += result.minutes
        if number >= LEAST and minutes > MOST_MINUTES:
            return
