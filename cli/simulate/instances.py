"""How many instances each deployment had over time, to compute a rollout's cost."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise

HOUR = timedelta(hours=1)


@dataclass(slots=True)
class InstanceLog:
    """Changes of each deployment's instance count, in chronological order.

    Instances count from the order that creates or adds them until the order that removes them, as Azure bills them.
    """

    changes: dict[str, list[tuple[datetime, int]]] = field(default_factory=dict)

    def change(self, name: str, moment: datetime, instances: int) -> None:
        """Record that a deployment has this many instances from now on."""
        self.changes.setdefault(name, []).append((moment, instances))

    def hours(self, name: str, since: datetime, until: datetime) -> float:
        """Return a deployment's instance-hours from `since` to `until`."""
        hours = 0.0
        for (start, count), (end, _) in pairwise([*self.changes.get(name, ()), (until, 0)]):
            hours += count * max((min(end, until) - max(start, since)) / HOUR, 0.0)
        return hours
