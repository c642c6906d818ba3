"""One complete turn of the loop, as a pure function: everything that drives a rollout calls it and nothing else.

The controller, the simulator, `teal policy check`, the backtest and the benchmark differ only in where the observation
comes from and in what they do with the result.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from shared.core.admission.admit import hurried
from shared.core.observation.observation import Observation
from shared.core.reconcile.actions import Action
from shared.core.reconcile.decide import advance
from shared.core.reconcile.difference import difference
from shared.core.reconcile.judging import Judgement, judgements
from shared.core.rollout.history import Entry
from shared.core.rollout.record import Rollout


@dataclass(frozen=True, slots=True)
class Turn:
    """What follows from one observation.

    rollout: the record to save. entries: history to save with it. judgements: what each gate said after each minute
    that was judged in this turn. actions: what to order from Azure after the save.
    """

    rollout: Rollout
    entries: tuple[Entry, ...] = ()
    judgements: tuple[Judgement, ...] = ()
    actions: tuple[Action, ...] = ()


def turn(rollout: Rollout, waiting: str | None, observation: Observation, now: datetime) -> Turn:
    """Return what follows for a rollout, given the id of the one that waits for it (if any) and what was observed."""
    decision = hurried(advance(rollout, observation, now), waiting, now)
    actions = difference(decision.rollout, observation.endpoint, now)
    return Turn(decision.rollout, decision.entries, judgements(rollout, observation), actions)
