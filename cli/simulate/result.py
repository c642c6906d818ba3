"""The figures of one simulated rollout, in minutes since its start unless noted otherwise."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from cli.simulate.curves import MINUTE
from cli.simulate.ending import Blocker, Ending, blocker_of, ending_of, evidence_pauses, rollback_of
from cli.simulate.profile import Profile
from cli.simulate.run import RolloutRun
from shared.core.phases import Phase
from shared.core.rollout.history import Entry
from shared.core.rollout.reasons import Reason


@dataclass(frozen=True, slots=True)
class RunResult:
    """One rollout.

    blocker: what stopped it (None: promoted). reason: the core's own. minutes: until it ended. full: until green had
    all live traffic, or None. decided: until the decision to roll back, or None. onset: when green's first fault
    affected a request, or None. requests, failed: green's live ones. affected: expected number of these that failed or
    were refused beyond blue's share. evidence_pauses: how often it was paused for lack of evidence. paused: minutes in
    any pause; frozen: minutes held by a freeze window. shares: minute, and green's share of live and mirrored traffic
    (0 to 1) from then on. step_starts: when each step that was reached began, and after the last one the promotion.
    green_hours: green's instance-hours.
    """

    ending: Ending
    blocker: Blocker | None
    reason: Reason
    minutes: float
    full: float | None
    decided: float | None
    onset: float | None
    requests: int
    failed: int
    affected: float
    evidence_pauses: int
    paused: float
    frozen: float
    shares: tuple[tuple[float, float, float], ...]
    step_starts: tuple[float, ...]
    green_hours: float

    @property
    def false_rollback(self) -> bool:
        """Whether it was rolled back on evidence although green had no fault until then."""
        return self.blocker is not None and self.blocker.blames_green and not self.after_onset

    @property
    def detected(self) -> bool:
        """Whether it was rolled back after green's fault began."""
        return self.ending is Ending.ROLLED_BACK and self.after_onset

    @property
    def after_onset(self) -> bool:
        """Whether the decision to roll back came after the onset of a fault."""
        return self.onset is not None and self.decided is not None and self.decided >= self.onset

    @property
    def step_minutes(self) -> tuple[float, ...]:
        """The minutes that each reached step took, then the promotion's."""
        return tuple(end - start for start, end in pairwise((*self.step_starts, self.minutes)))


def result_of(run: RolloutRun, profile: Profile, ended: datetime) -> RunResult:
    """Return the figures of a run that has ended."""
    rollout, shares, telemetry = run.rollout, run.azure.shares, run.telemetry
    began = shares.times[0]
    back = rollback_of(run.entries)
    return RunResult(
        ending=ending_of(rollout),
        blocker=blocker_of(rollout, run.entries),
        reason=rollout.status.reason,
        minutes=(ended - began) / MINUTE,
        full=_minutes(began, shares.reached(1.0)),
        decided=_minutes(began, back.at if back else None),
        onset=_minutes(began, _onset(run, profile, back, ended)),
        requests=telemetry.green_requests,
        failed=telemetry.green_failed,
        affected=telemetry.affected,
        evidence_pauses=evidence_pauses(run.entries),
        paused=run.paused / MINUTE,
        frozen=run.frozen / MINUTE,
        shares=tuple(
            ((moment - began) / MINUTE, share.live, share.mirror)
            for moment, share in zip(shares.times, shares.shares, strict=True)
        ),
        step_starts=tuple((start - began) / MINUTE for start in _step_starts(run.entries)),
        green_hours=run.azure.instances.hours(rollout.green, began, ended),
    )


def _minutes(began: datetime, moment: datetime | None) -> float | None:
    return None if moment is None else (moment - began) / MINUTE


def _step_starts(entries: Iterable[Entry]) -> list[datetime]:
    """Return when each step that was reached began, and after the last one the promotion."""
    starts: list[datetime] = []
    for entry in entries:
        if entry.after in {Phase.STEPPING, Phase.PAUSED, Phase.PROMOTING}:
            starts += [entry.at] * (entry.step + 1 - len(starts))
    return starts


def _onset(run: RolloutRun, profile: Profile, back: Entry | None, ended: datetime) -> datetime | None:
    """Return when a harmful fault first affected a request: a user's, or one in a smoke test that shows it."""
    begins = min((fault.begins for fault in profile.harms), default=None)
    if begins is None:
        return None
    first = run.azure.shares.first
    if first is None:
        smoked = back is not None and profile.smoke == "live" and not begins
        return back.at if back is not None and smoked else None
    return first + begins if first + begins <= ended else None
