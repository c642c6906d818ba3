"""What two deployments side by side cost: instance-hours of a simulated rollout, at the user's own prices."""

from __future__ import annotations

from dataclasses import dataclass

from cli.simulate.ending import Ending, ending_of
from cli.simulate.instances import HOUR
from cli.simulate.trial import Scenario, prepare
from shared.policies.prices import Prices


@dataclass(frozen=True, slots=True)
class Overlap:
    """How many hours two deployments exist side by side, and the extra instance-hours.

    rollout: hours from the order to create green until the rollout ended, including waits; green: its instance-hours.
    kept: hours from then until the other deployment was deleted (0: nobody decides, so both stay); blue: its
    instance-hours in that time. After a rollback, green counts until it is deleted.
    """

    ending: Ending
    rollout: float
    kept: float
    green: float
    blue: float

    @property
    def instance_hours(self) -> float:
        """Both deployments' instance-hours."""
        return self.green + self.blue


def overlap(scenario: Scenario, seed: int, number: int) -> Overlap:
    """Return the overlap of one trial, run until nothing is left to clean up."""
    run = prepare(scenario, seed, number)
    began = run.rollout.created
    ended = run.run()
    ending, green, blue = ending_of(run.rollout), run.rollout.green, run.rollout.blue or ""
    finished = run.clean_up(ended) if ending in {Ending.PROMOTED, Ending.ROLLED_BACK} else ended
    log = run.azure.instances
    created = log.changes[green][0][0] if green in log.changes else ended
    return Overlap(
        ending=ending,
        rollout=(ended - created) / HOUR,
        kept=(finished - ended) / HOUR,
        green=log.hours(green, began, finished if ending is Ending.ROLLED_BACK else ended),
        blue=log.hours(blue, ended, finished) if ending is Ending.PROMOTED else 0.0,
    )


def cost(prices: Prices, blue: str, green: str, spent: Overlap) -> float | None:
    """Return what an overlap costs in the prices' currency, or None if an instance type has no price."""
    ours, theirs = prices.cost(green, spent.green, 1.0), prices.cost(blue, spent.blue, 1.0)
    return None if ours is None or theirs is None else ours + theirs
