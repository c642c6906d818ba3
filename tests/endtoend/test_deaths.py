"""The function host is killed repeatedly during a rollout on the real parts."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.endtoend.mortal_host import MortalHost, mortal_host
from tests.endtoend.stage import Stage, failed, history_text

KILLS = 10
pytestmark = pytest.mark.timeout(1800)  # only for hangs: on a busy machine the clock is slower


def test_a_good_version_is_promoted_although_the_host_is_killed(azure: Stage, tmp_path: Path) -> None:
    """Green gets all traffic and blue is deleted; there is one rollout, and no request fails."""
    azure.serve("mortal")
    with azure.traffic("mortal") as samples, mortal_host(azure, tmp_path, seed=1) as host:
        azure.register("mortal")
        rollout = kill_until_ended(host, "mortal", least=6)
    assert (rollout["phase"], rollout["version"], rollout["blue"]) == ("promoted", "2", "mortal-1"), history_text(
        rollout
    )
    assert azure.standing("mortal") == ({"mortal-2": 100}, {"mortal-2": "Succeeded"})
    assert failed(samples) == []
    check_history(azure, rollout)


def test_a_bad_version_is_rolled_back_although_the_host_is_killed(azure: Stage, tmp_path: Path) -> None:
    """Blue gets all traffic back and green is deleted; only requests to green have failed."""
    azure.serve("doomed")
    with azure.traffic("doomed") as samples, mortal_host(azure, tmp_path, seed=2) as host:
        azure.register("doomed", fails_of_hundred=60)
        rollout = kill_until_ended(host, "doomed", least=3)
    assert (rollout["phase"], rollout["version"]) == ("rolled-back", "2"), history_text(rollout)
    assert azure.standing("doomed") == ({"doomed-1": 100}, {"doomed-1": "Succeeded"})
    assert {sample.deployment for sample in failed(samples)} == {"doomed-2"}
    check_history(azure, rollout)


def kill_until_ended(host: MortalHost, endpoint: str, least: int) -> dict[str, Any]:
    """Kill the host often enough, wait for the end of the only rollout, and return it."""

    def ended() -> bool:
        found = host.rollouts(endpoint)
        return bool(found) and found[0]["finished_at"] is not None

    while host.killed < KILLS and not ended():
        host.restart_at_random()
    assert host.killed >= least, "the rollout ended before the host was killed often enough"
    host.wait(ended)
    rollouts = host.rollouts(endpoint)
    assert len(rollouts) == 1
    return rollouts[0]


def check_history(azure: Stage, rollout: dict[str, Any]) -> None:
    """Check that every transition is recorded, each continues from the last one, and no entry is missing."""
    history = rollout["history"]
    assert history[0]["from"] is None
    assert history[-1]["to"] == rollout["phase"]
    assert all(later["from"] == earlier["to"] for earlier, later in pairwise(history)), history_text(rollout)
    rows = azure.history_rows(rollout["endpoint"])
    assert [int(row.rsplit("~", 1)[-1]) for row in rows] == list(range(len(history)))
