"""What a probe shows, given the probe before it and the last real requests: one row each."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shared.core.observation import Observation, SmokeResult
from shared.core.phases import Phase
from shared.core.reconcile.probing import LEAST, blue_is_worse, record_observation
from shared.core.rollout.observed import Probe
from shared.core.rollout.rereading import MinuteCounts
from tests.core.rollouts import BLUE, GREEN, HOUR, MINUTE, NOW, TEN, endpoint, rollout


@pytest.mark.parametrize(
    ("name", "age", "goes_on"),
    [(BLUE, MINUTE, True), (BLUE, 11 * MINUTE, False), (BLUE, -MINUTE, False), (GREEN, MINUTE, False)],
    ids=["just before", "long before", "by a clock that was set back", "of another deployment"],
)
def test_probes_in_a_row_are_of_one_deployment_and_close_to_each_other(
    name: str, age: timedelta, *, goes_on: bool
) -> None:
    """Otherwise the run of good answers starts again."""
    before = Probe(name, NOW - age, healthy=True, since=NOW - HOUR, flawless=True, flawless_since=NOW - HOUR)
    given = rollout(Phase.ROLLING_BACK).with_observed(probe=before)
    probe = record_observation(given, Observation(endpoint(TEN), probed=BLUE, probe=SmokeResult(3)), NOW).observed.probe
    assert probe is not None
    since = NOW - HOUR if goes_on else NOW
    assert (probe.since, probe.flawless_since) == (since, since)


@pytest.mark.parametrize(
    ("minute", "worse"),
    [
        (MinuteCounts(green=60, blue=LEAST, blue_bad=LEAST), True),
        (MinuteCounts(green=60, blue=LEAST - 1, blue_bad=LEAST - 1), False),
        (MinuteCounts(green=60, blue=LEAST, blue_bad=LEAST - 1), False),
        (MinuteCounts(green=60, green_bad=60, blue=LEAST, blue_bad=LEAST), False),
    ],
    ids=["enough failed", "too few failed", "one succeeded", "green does no better"],
)
def test_a_few_failures_in_a_row_do_not_keep_the_traffic_from_blue(minute: MinuteCounts, *, worse: bool) -> None:
    """A rollback waits for a blue that answers nothing well, which four requests do not prove."""
    given = rollout(Phase.ROLLING_BACK, judged_until=NOW, recent=(minute,))
    assert blue_is_worse(given, endpoint(TEN), NOW) is worse
