"""One complete turn of the loop, as a pure function: everything that drives a rollout calls this, and nothing else.

The controller, the simulator, `teal policy check`, the backtest and the benchmark differ only in where the observation
comes from and what they do with the result.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from shared.core.observation.observation import Observation
from shared.core.phases import Phase
from shared.core.reconcile import silence
from shared.core.reconcile.actions import Action
from shared.core.reconcile.decide import decide
from shared.core.reconcile.difference import difference
from shared.core.reconcile.incidents import watched
from shared.core.reconcile.judging import Judged, Judgement
from shared.core.reconcile.keeping import hand_over
from shared.core.reconcile.observed_time import account
from shared.core.reconcile.rereading import judge, with_certificates_restarted
from shared.core.reconcile.undersized import with_size_warning
from shared.core.rollout.history import Decision, Entry
from shared.core.rollout.holds import unheld
from shared.core.rollout.record import Rollout


@dataclass(frozen=True, slots=True)
class Turn:
    """What follows from one observation.

    rollout: the record to save. entries: history to save with it. actions: what to order from Azure after saving.
    judged: the minutes that were judged in this turn. rereads: whether to read telemetry again before anything else.
    """

    rollout: Rollout
    entries: tuple[Entry, ...]
    actions: tuple[Action, ...]
    judged: Judged
    rereads: bool = False

    @property
    def reconcile_again(self) -> bool:
        """Whether to reconcile again immediately."""
        return bool(self.entries) or self.rereads

    @property
    def judgements(self) -> tuple[Judgement, ...]:
        """What each gate said after each minute that was judged in this turn."""
        return self.judged.judgements


def turn(rollout: Rollout, waiting: Rollout | None, observation: Observation, now: datetime) -> Turn:
    """Return what happens next to a rollout, given the one that waits for it (if any) and what was observed."""
    if rollout.finished is not None or rollout.phase is Phase.QUEUED:
        return Turn(rollout, (), (), Judged(rollout))
    observation = silence.with_silence_as_problem(rollout, observation, now)
    counted = account(rollout, observation, now)
    before = counted.rollout
    judged = judge(before, observation)
    seen = watched(judged.rollout, before.judging.judged_until, observation)
    judged = replace(judged, rollout=with_certificates_restarted(seen))
    decided = hand_over(_decided(judged.rollout, observation, now), waiting, observation.endpoint, now)
    decision = unheld(decided, now)
    actions = difference(decision.rollout, observation.endpoint, now)
    pending = decision.rollout.rereading.recheck
    rereads = pending is not None and pending != rollout.rereading.recheck
    return Turn(decision.rollout, counted.entries + decision.entries, actions, judged, rereads)


def _decided(rollout: Rollout, observation: Observation, now: datetime) -> Decision:
    return with_size_warning(decide(rollout, observation, now), observation.endpoint, now)
