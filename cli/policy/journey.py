"""One green's journey through a policy's steps, minute by minute, with requests drawn at random and the real judge.

It must never draw from anything but the generator that it is given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from cli.policy.holds import Hold
from cli.simulate.profile import Answering
from cli.simulate.rows import Rows
from shared.core.gates.calibration import Calibration
from shared.core.gates.samples import gate_minute
from shared.core.judge.panel import Evidence, JudgedMinute, add_minute, begin_step
from shared.core.judge.verdict import Outcome, Risk, Verdict, judge

NOON = datetime(
    2026, 1, 6, 12, tzinfo=UTC
)  # of any day: the judge asks nothing of a minute but what was answered in it
# A change of traffic is written, seen, and its first whole minute begins.
CHANGE = 1.0


@dataclass(frozen=True, slots=True)
class Traffic:
    """What an endpoint gets. error_rate: the share that fails anyway. rise: by how much more of green's fail.

    How many requests are refused and how long answers take is the same for both, and usual.
    """

    requests_per_minute: float
    error_rate: float = 0.001
    rise: float = 0.05


@dataclass(frozen=True, slots=True)
class World:
    """What a journey meets. lag: of the log, in minutes. horizon: minutes after which it is given up.

    green, blue: how they answer.
    """

    requests_per_minute: float
    green: Answering
    blue: Answering
    calibration: Calibration
    risk: Risk
    lag: float
    horizon: float
    rows: Rows


@dataclass(frozen=True, slots=True)
class Stop:
    """How long green was held, in minutes. impatient: whether patience ended before the evidence was there."""

    hold: Hold
    minutes: float
    impatient: bool


@dataclass(slots=True)
class Journey:
    """Where green is, in minutes from when it was ready; None for what has not happened. begun: its first request."""

    clock: float = 0.0
    evidence: Evidence = field(default_factory=Evidence)
    stops: list[Stop] = field(default_factory=list)
    begun: float | None = None
    full: float | None = None
    promoted: float | None = None
    noticed: float | None = None


def travel(holds: Sequence[Hold], world: World) -> Journey:
    """Return a journey through all holds, or up to where green was taken back or given up."""
    journey = Journey()
    for hold in holds:
        if not _stay(journey, hold, world):
            return journey
    journey.promoted = journey.clock
    return journey


def _stay(journey: Journey, hold: Hold, world: World) -> bool:
    """Hold until it ends; say whether the journey goes on."""
    if hold.length is None and journey.stops and journey.stops[-1].hold.share == hold.share == 100:
        journey.stops.append(Stop(hold, 0.0, impatient=False))  # all traffic was watched already
        return True
    arrived = journey.clock
    _arrive(journey, hold)
    verdict: Verdict | None = None
    minutes = 0
    while not _over(hold, journey.evidence, verdict, minutes):
        if journey.clock + minutes > world.horizon:
            return False
        minutes += 1
        if hold.share:
            journey.evidence = _judged(journey.evidence, hold, world)
            risk, panel = replace(world.risk, settled_minutes=hold.least), world.calibration.panel
            verdict = judge(journey.evidence, panel, risk, hold.certified, hold.needed)
        if verdict is not None and verdict.outcome is Outcome.FAIL and journey.begun is not None:
            journey.noticed = journey.clock + minutes + world.lag - journey.begun
            return False
    journey.clock += minutes + (0.0 if hold.length is not None else world.lag)
    journey.stops.append(Stop(hold, journey.clock - arrived, minutes + world.lag > hold.patience))
    return True


def _arrive(journey: Journey, hold: Hold) -> None:
    """Change the traffic to what is held."""
    if hold.length is not None:
        return
    journey.evidence = begin_step(journey.evidence)
    journey.clock += CHANGE
    journey.begun = journey.clock if journey.begun is None else journey.begun
    if hold.share == 100 and journey.full is None:
        journey.full = journey.clock


def _judged(evidence: Evidence, hold: Hold, world: World) -> Evidence:
    total = int(world.rows.generator.poisson(world.requests_per_minute))
    ours = int(world.rows.generator.binomial(total, abs(hold.share) / 100))
    theirs = total if hold.share < 0 else total - ours  # a mirror only copies
    green = world.rows.row("green", NOON, ours, world.green)
    blue = world.rows.row("blue", NOON, theirs, world.blue)
    seen = tuple([gate_minute(samples, green, blue) for samples in world.calibration.samples])
    minute = JudgedMinute(seen, hold.share, hold.next_weight, green=ours, blue=theirs)
    return add_minute(evidence, minute, world.calibration.panel)


def _over(hold: Hold, evidence: Evidence, verdict: Verdict | None, minutes: int) -> bool:
    """Say whether what is held may end now, as the core would."""
    if hold.length is not None:
        return minutes >= hold.length
    if verdict is None:
        return False
    enough = minutes >= hold.shortest or evidence.step_requests >= hold.requests
    return (verdict.outcome is Outcome.PASS and enough) or (
        hold.advances and minutes >= hold.patience and not verdict.suspicious
    )
