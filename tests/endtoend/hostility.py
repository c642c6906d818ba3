"""An Azure that misbehaves at random: each fault lasts for some of the host's work, then the next one replaces it.

All faults are temporary: a permanent refusal would rightly end a rollout.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from tests.cloud import RunningCloud

Setting = tuple[str, dict[str, object]]

WRITES = r"/onlineEndpoints/"
DELIVERY = ("observed", "documented")
TROUBLES: tuple[Setting, ...] = (
    ("log-analytics", {"mode": "partial"}),
    ("log-analytics", {"mode": "failure"}),
    ("log-analytics", {"mode": "throttled", "retry_after": 1}),
    ("resource-manager", {"faults": [{"path": WRITES, "method": "PUT", "status": 409, "times": 2}]}),
    ("resource-manager", {"faults": [{"path": WRITES, "method": "PUT", "status": 500, "times": 2}]}),
    ("resource-manager", {"faults": [{"path": WRITES, "method": "PUT", "lost": True, "times": 2}]}),
    ("resource-manager", {"faults": [{"path": WRITES, "method": "DELETE", "lost": True, "times": 2}]}),
    ("resource-manager", {"faults": [{"path": WRITES, "method": "GET", "status": 503, "times": 3}]}),
    ("resource-manager", {"faults": [{"path": ".*", "method": "*", "status": 429, "times": 3}]}),
)


@dataclass
class Hostility:
    """Faults in random order; each occurs once before any repeats."""

    cloud: RunningCloud
    dice: random.Random
    _next: list[Setting] | None = None

    def deliver_oddly(self, spelling: str) -> None:
        """Deliver every event four times, out of order, in this spelling and with nulls."""
        self.cloud.set("event-grid", duplicates=3, reordering=60.0, spelling=spelling, null_tags=True)

    def trouble(self) -> str:
        """Replace the last fault with the next one, and return its description."""
        self.calm()
        self._next = self._next or self.dice.sample(TROUBLES, len(TROUBLES))
        what, values = self._next.pop()
        self.cloud.set(what, **values)
        return f"{what} {values}"

    def calm(self) -> None:
        """End the fault."""
        self.cloud.set("log-analytics", mode="none")
        self.cloud.set("resource-manager", faults=[])
