"""Azure misbehaves at random during rollouts: lost answers, refusals, half the logs, odd deliveries."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from tests.endtoend.hostility import DELIVERY, Hostility
from tests.endtoend.mortal_host import MortalHost, mortal_host
from tests.endtoend.stage import Stage, failed, history_text

TROUBLES = 18
pytestmark = pytest.mark.timeout(1800)  # only for hangs: on a busy machine the clock is slower


def test_rollouts_end_correctly_in_a_hostile_azure(azure: Stage, tmp_path: Path) -> None:
    """A good version is promoted and the next, bad one rolled back; repeated events make one rollout."""
    azure.serve("hostile")
    hostility = Hostility(azure.cloud, random.Random(3))  # noqa: S311  # guards nothing
    with azure.traffic("hostile") as samples, mortal_host(azure, tmp_path, seed=3) as host:
        hostility.deliver_oddly(DELIVERY[0])
        azure.register("hostile")
        good = suffer(host, hostility, "2")
        assert good["phase"] == "promoted", history_text(good)
        assert azure.standing("hostile") == ({"hostile-2": 100}, {"hostile-2": "Succeeded"})
        assert failed(samples) == []
        hostility.deliver_oddly(DELIVERY[1])
        azure.register("hostile", fails_of_hundred=60)
        bad = suffer(host, hostility, "3")
        assert bad["phase"] == "rolled-back", history_text(bad)
        host.wait(lambda: host.all_logs().count("model_registered succeeded") == 8)
    assert azure.standing("hostile") == ({"hostile-2": 100}, {"hostile-2": "Succeeded"})
    assert {sample.deployment for sample in failed(samples)} == {"hostile-3"}


def suffer(host: MortalHost, hostility: Hostility, version: str) -> dict[str, Any]:
    """Cause one fault after another, then stop, wait for the version's only rollout to end, and return it."""

    def found() -> list[dict[str, Any]]:
        return [rollout for rollout in host.rollouts("hostile") if rollout["version"] == version]

    def ended() -> bool:
        return any(rollout["finished_at"] for rollout in found())

    for _ in range(TROUBLES):
        if not ended():
            hostility.trouble()
            host.work(3)
    hostility.calm()
    host.wait(ended)
    (rollout,) = found()
    return rollout
