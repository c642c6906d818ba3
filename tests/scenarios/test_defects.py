"""Defects in optional readings: a rollback needs only the endpoint, whatever the other readings raise."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.core.observation import Quota
from shared.core.phases import TERMINAL, Phase
from shared.core.rollout import Verb
from shared.core.rollout.reasons import ReasonCode
from tests.fakes import FakeEndpoints
from tests.scenarios.world import BLUE, CHURN, ENDPOINT, GREEN, POLICY, World, serving

DEFECT = ValueError("cannot convert float NaN to integer")
SHORT = replace(POLICY, deadlines=replace(POLICY.deadlines, step=timedelta(minutes=20)))
MENTIONED = "a defect in Teal: ValueError: cannot convert float NaN to integer"


class Defective(FakeEndpoints):
    """An Azure ML service that answers for the endpoint and fails for everything else."""

    def logs(self, *_: object) -> str:
        raise DEFECT

    def quota(self, *_: object) -> Quota:
        raise DEFECT

    def autoscaled(self, *_: object) -> dict[str, bool]:
        raise DEFECT


def defective() -> World:
    """Return a world with a new version, in which Azure ML answers only for the endpoint."""
    world = World(endpoints=Defective(seen={ENDPOINT: serving()}, slow=True))
    world.register()
    return world


def break_everything(world: World) -> None:
    """Make every call fail that a rollback does not need."""
    world.telemetry.faults.always = DEFECT
    world.scoring.faults.always = DEFECT


def test_a_rollback_is_carried_out_within_a_minute() -> None:
    """Green has a share of the traffic; telemetry, smoke requests and logs all raise unexpected errors."""
    world = defective()
    world.until_weight(10)
    break_everything(world)
    world.ask(Verb.ROLLBACK)
    world.minutes()
    assert world.endpoints.traffic_written[-1] == {BLUE: 100}
    assert world.until(Phase.ROLLED_BACK).traffic.weight == 0


@pytest.mark.parametrize("minutes", [1, 5, 15])
def test_a_rollback_is_carried_out_before_green_has_traffic(minutes: int) -> None:
    """While green is being created and tested, even if Teal could never read anything but the endpoint."""
    world = defective()
    break_everything(world)
    world.minutes(minutes)
    world.ask(Verb.ROLLBACK)
    world.minutes()
    assert world.rollout().phase in {Phase.ROLLING_BACK, *TERMINAL}


def test_a_defect_is_no_evidence(caplog: pytest.LogCaptureFixture) -> None:
    """Telemetry gave no answer: green gets no more traffic and no time counts. The log has the traceback."""
    world = World()
    world.register()
    world.until_weight(10)
    world.telemetry.faults.always = DEFECT
    world.minutes(300)
    assert world.seen.traffic == {BLUE: 90, GREEN: 10}
    assert MENTIONED in (world.rollout().telemetry_problem or "")
    assert "defect: telemetry endpoint=w/churn" in caplog.text
    world.telemetry.faults.always = ""
    assert world.until_weight(50).traffic.weight == 50


def test_the_deadline_holds_although_no_test_can_be_made() -> None:
    """A smoke test that always raises ends like one that never gets an answer."""
    world = World(SHORT)
    world.scoring.faults.always = DEFECT
    world.register()
    assert world.until(Phase.ROLLED_BACK, within=90)
    assert world.entries(ReasonCode.DEADLINE_EXCEEDED)


def test_a_record_that_names_a_rollout_that_is_not_stored_raises_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """Someone deleted the row: every tick logs that, and nothing else happens."""
    world = defective()
    (rollout,) = world.store.rollouts(CHURN)
    del world.store.rows[CHURN, rollout.id]
    world.controller().reconcile(CHURN)
    assert f"names rollout={rollout.id}, which is not stored" in caplog.text
