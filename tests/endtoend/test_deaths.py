"""The function host is killed without warning, again and again, while a rollout is under way on the real parts."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.endtoend.mortal_host import MortalHost, mortal_host
from tests.endtoend.stage import Stage, failed, told

DEATHS = 10
pytestmark = pytest.mark.timeout(240)  # a machine with other work needs more than a test alone


def test_a_good_version_is_promoted_although_the_host_dies(azure: Stage, tmp_path: Path) -> None:
    """Green gets everything and blue goes; one rollout tells all of it, and no user noticed anything."""
    azure.serve("mortal")
    with azure.traffic("mortal") as samples, mortal_host(azure, tmp_path, seed=1) as host:
        azure.register("mortal")
        rollout = die_and_see(host, "mortal", least=6)
    assert (rollout["phase"], rollout["version"], rollout["blue"]) == ("promoted", "2", "mortal-1"), told(rollout)
    assert azure.standing("mortal") == ({"mortal-2": 100}, {"mortal-2": "Succeeded"})
    assert failed(samples) == []
    check_history(azure, rollout)


def test_a_bad_version_is_rolled_back_although_the_host_dies(azure: Stage, tmp_path: Path) -> None:
    """Blue has everything and green goes; only requests that green answered have failed."""
    azure.serve("doomed")
    with azure.traffic("doomed") as samples, mortal_host(azure, tmp_path, seed=2) as host:
        azure.register("doomed", fails_of_hundred=60)
        rollout = die_and_see(host, "doomed", least=3)
    assert (rollout["phase"], rollout["version"]) == ("rolled-back", "2"), told(rollout)
    assert azure.standing("doomed") == ({"doomed-1": 100}, {"doomed-1": "Succeeded"})
    assert {sample.deployment for sample in failed(samples)} == {"doomed-2"}
    check_history(azure, rollout)


def die_and_see(host: MortalHost, endpoint: str, least: int) -> dict[str, Any]:
    """Kill the host until there was enough of it, wait for the end of the rollout, and return it: the only one."""

    def ended() -> bool:
        found = host.rollouts(endpoint)
        return bool(found) and found[0]["finished_at"] is not None

    while host.killed < DEATHS and not ended():
        host.die_at_random()
    assert host.killed >= least, "the rollout ended before the host had died often enough"
    host.wait(ended)
    rollouts = host.rollouts(endpoint)
    assert len(rollouts) == 1
    return rollouts[0]


def check_history(azure: Stage, rollout: dict[str, Any]) -> None:
    """Every move is told, each from where the one before ended; and no number is missing among the entries."""
    history = rollout["history"]
    assert history[0]["from"] is None
    assert history[-1]["to"] == rollout["phase"]
    assert all(later["from"] == earlier["to"] for earlier, later in pairwise(history)), told(rollout)
    rows = azure.history_rows(rollout["endpoint"])
    assert [int(row.rsplit("~", 1)[-1]) for row in rows] == list(range(len(history)))
