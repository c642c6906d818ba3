"""When failures or an overload count as an incident: calibrated with the judge, from blue's past alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shared.core.gates.past import Past
from shared.core.judge.burstiness import burstiness, lasting
from shared.core.judge.incident import Alarm, alarm
from shared.core.judge.panel import LEAST_BUDGET, long_enough
from shared.core.judge.tuning import Tuning


@dataclass(frozen=True, slots=True)
class Alarms:
    """failed: for failed requests. overloaded: for 429 and 408 responses, which an idle endpoint never gives."""

    failed: Alarm
    overloaded: Alarm


def alarms_of(past: Past, budget: float, tuning: Tuning) -> Alarms:
    """Return the alarms for a blue with this past. budget: D, the harm that certificates allow (a probability)."""
    total = [row.total if row else 0 for row in past.minutes]
    failed = [row.bad if row else 0 for row in past.minutes]
    overloaded = [row.overloaded if row else 0 for row in past.minutes]
    return Alarms(_alarm(failed, total, budget, tuning), _alarm(overloaded, total, LEAST_BUDGET, tuning))


def _alarm(bad: Sequence[int], total: Sequence[int], budget: float, tuning: Tuning) -> Alarm:
    phi = max(burstiness(bad, total), lasting(bad, total, tuning))
    known = long_enough(total)
    return alarm(sum(bad), sum(total), budget, tuning.cap_of(phi, known=known), known=known)
