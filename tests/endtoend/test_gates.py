"""Gates on the real parts: latency from the request log and from metrics, collected answers, a user's query.

Three endpoints run in parallel, because most of the time passes waiting for the clock. The one with the most traffic
starts when latency is no longer measured, so that it cannot affect the measurement.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from tests.cloud import exported
from tests.endtoend.mortal_host import MortalHost, mortal_host
from tests.endtoend.stage import Stage, failed, history_text
from tests.endtoend.test_strategies import ended

pytestmark = pytest.mark.timeout(1800)  # only for hangs: on a busy machine the clock is slower
RATES = {"sluggish": 10, "metered": 45, "answering": 20}  # requests per minute of the cloud's clock
MINUTE = timedelta(minutes=1)
PAST = 110  # requests answered by blue before the first green
Rollouts = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def rollouts(stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rollouts]:
    """Return how each version's rollout ended, by `endpoint:version`; no request may fail."""
    with exported(stage.cloud.environment), ExitStack() as running:
        stage.serve("sluggish", workers=3, milliseconds=30)
        stage.serve("answering", collects=True)
        samples = [running.enter_context(stage.traffic(name, RATES[name])) for name in ("sluggish", "answering")]
        host = running.enter_context(mortal_host(stage, tmp_path_factory.mktemp("gates"), seed=1))
        host.wait(lambda: all(len(file.read()) > PAST for file in samples))
        stage.register("sluggish", milliseconds=1000)  # slower than blue can be, even on a busy machine
        stage.register("answering", strange_of_hundred=40)
        stage.serve("metered", workers=2)
        found = ends(host, "answering:2", "sluggish:2")
        samples.append(running.enter_context(stage.traffic("metered", RATES["metered"])))
        stage.register("metered")
        stage.register("answering")
        stage.register("sluggish", milliseconds=30, words=100)
        found |= ends(host, "metered:2", "sluggish:3", "answering:3")
        yield found
        assert [failed(file) for file in samples] == [[], [], []]


def ends(host: MortalHost, *versions: str) -> Rollouts:
    """Wait until these have ended, and return them with the stored evidence."""
    found = {each: ended(host, *each.split(":")) for each in versions}
    return {
        each: rollout | {"evidence": host.evidence(rollout["endpoint"], rollout["id"])}
        for each, rollout in found.items()
    }


def why(rollout: dict[str, Any]) -> tuple[str, str]:
    """Return the code of the decision that ended a rollout, and the gate concerned."""
    reasons = [entry["reason"] for entry in rollout["history"] if entry["to"] in {"rolling-back", "promoted"}]
    return reasons[0]["code"], reasons[0]["facts"].get("gate", "")


def gate(rollout: dict[str, Any], name: str) -> dict[str, Any]:
    """Return a gate's last reading."""
    return dict(next(each for each in rollout["gates"] if each["gate"] == name))


def test_a_slow_version_is_rolled_back_by_the_latency_in_the_log(rollouts: Rollouts) -> None:
    """It takes many times as long as blue, without errors; the reason has both limits, both shares and the odds."""
    rollout = rollouts["sluggish:2"]
    assert rollout["phase"] == "rolled-back", history_text(rollout)
    slow = gate(rollout, "latency")
    assert slow["summary"].startswith("green takes longer than ")
    assert why(rollout) == ("regression_detected", "latency")
    assert slow["green_bad"] / slow["green_total"] > slow["blue_bad"] / slow["blue_total"]
    assert slow["rollback_progress"] > 0.8
    assert gate(rollout, "errors")["green_bad"] == 0


def test_each_minute_s_evidence_is_kept_and_shown(rollouts: Rollouts) -> None:
    """It goes by minute and gate from Table Storage to the API; the last minute matches the reason."""
    for name, rollout in rollouts.items():
        minutes = [datetime.fromisoformat(each["minute"]) for each in rollout["evidence"]]
        assert [after - before for before, after in pairwise(minutes)] == [MINUTE] * (len(minutes) - 1), name
    rollout = rollouts["sluggish:2"]
    last = {each["gate"]: each for each in rollout["evidence"][-1]["gates"]}
    assert list(last) == ["errors", "latency", "wordy"]
    [decided] = [each for each in rollout["history"] if each["reason"]["code"] == "regression_detected"]
    assert list(decided["gates"]) == list(last.values())


def test_a_user_s_query_rolls_back_a_version(rollouts: Rollouts) -> None:
    """It is fast and without errors, but its answers are longer than the user's KQL allows; blue's are not."""
    rollout = rollouts["sluggish:3"]
    assert rollout["phase"] == "rolled-back", history_text(rollout)
    wordy = gate(rollout, "wordy")
    assert why(rollout) == ("regression_detected", "wordy")
    assert wordy["green_bad"] == wordy["green_total"] > 0
    assert wordy["blue_bad"] == 0 < wordy["blue_total"]


def test_a_good_version_is_promoted_by_platform_metrics(rollouts: Rollouts) -> None:
    """Errors and percentiles come from metrics alone, and both gates had to certify."""
    rollout = rollouts["metered:2"]
    assert rollout["phase"] == "promoted", history_text(rollout)
    assert why(rollout)[0] == "no_regression_seen"
    [passed] = [
        entry["gates"]
        for entry in rollout["history"]
        if (entry["reason"]["code"], entry["reason"]["facts"].get("next_weight")) == ("step_passed", 100)
    ]
    lines = {each["gate"]: each["log_odds_safe_threshold"] is not None for each in passed}
    assert lines == {"errors": True, "client_errors": False, "latency": True}
    assert all(each["green_total"] > 0 for each in passed)


def test_different_answers_are_detected_on_mirrored_requests(rollouts: Rollouts) -> None:
    """Two of five inputs get a label that blue never gives, which both gates see in the collected answers."""
    rollout = rollouts["answering:2"]
    assert rollout["phase"] == "rolled-back", history_text(rollout)
    assert all(entry["weight"] == 0 for entry in rollout["history"])
    assert rollout["verdict"]["gate"] in {"predictions", "disagreement"}
    unlike, shifted = gate(rollout, "disagreement"), gate(rollout, "predictions")
    assert unlike["green_bad"] / unlike["green_total"] > 0.2
    assert "green predicts '" in shifted["summary"]
    assert shifted["green_total"] > 0 < shifted["blue_total"]


def test_a_version_with_the_same_answers_is_promoted(rollouts: Rollouts) -> None:
    """Each mirrored request's answer is compared with blue's; none differs."""
    rollout = rollouts["answering:3"]
    assert rollout["phase"] == "promoted", history_text(rollout)
    alike = gate(rollout, "disagreement")
    assert alike["green_bad"] == 0 < alike["green_total"]
