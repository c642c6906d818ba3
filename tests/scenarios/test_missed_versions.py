"""Registered versions whose event was lost, and the daily comparison that finds them."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest

from shared.audit.versions import MissedVersions
from shared.core.phases import Phase
from shared.core.policy import EndpointSpec
from shared.core.rollout import ModelVersion
from shared.core.rollout.reasons import ReasonCode
from shared.core.steps import PauseStep
from shared.errors import Temporary
from shared.intake import IntakeResult
from tests.scenarios.world import CHURN, ENDPOINT, POLICY, World

HOUR = timedelta(hours=1)
STARTS = replace(POLICY, missed_versions="start")


@dataclass
class Nights:
    """A world in which events get lost, with a comparison every night."""

    world: World = field(default_factory=World)

    def __post_init__(self) -> None:
        self.audit.note_models()

    @property
    def audit(self) -> MissedVersions:
        """The comparison, with history kept for 90 days."""
        world = self.world
        parts = world.store, world.workspaces, world.known_policies, world.reception(), world.clock
        return MissedVersions(*parts, timedelta(days=90))

    @property
    def missed(self) -> list[tuple[str, str]]:
        """The versions that health reports, each with the newer one that has been admitted since."""
        return [(each.model.version, each.newer) for each in self.world.store.record(CHURN).value.missed]

    def lose(self, version: str, at: datetime | None = None, **tags: str) -> None:
        """Register a version without its event."""
        model = ModelVersion("churn", version)
        self.world.clock.pass_(timedelta(minutes=1))
        self.world.models.registered[model] = tags
        self.world.models.made[model] = at or self.world.clock()

    def compare(self, after: timedelta = 2 * HOUR) -> None:
        """Compare once, some time later."""
        self.world.clock.pass_(after)
        self.audit.compare()


def test_a_lost_event_is_reported(caplog: pytest.LogCaptureFixture) -> None:
    """By default nothing is started. The log reports it once, however often it is found."""
    nights = Nights()
    nights.lose("9")
    nights.compare()
    nights.compare()
    assert nights.missed == [("9", "")]
    assert not nights.world.store.rollouts(ENDPOINT)
    assert [record.levelno for record in caplog.records if "missed version" in record.message] == [logging.WARNING]


def test_by_policy_the_newest_is_started_like_any_other() -> None:
    """The older one is reported with the version that overtook it, until something newer serves."""
    nights = Nights(World(policy=STARTS))
    nights.lose("11")
    nights.lose("10")
    nights.compare()
    assert nights.missed == [("11", "10")]
    (started,) = nights.world.store.rollouts(ENDPOINT)
    assert started.trigger.code is ReasonCode.MISSED_VERSION_STARTED
    nights.world.until(Phase.PROMOTED, version="10", within=120)
    nights.compare()
    assert nights.missed == []


def test_however_often_it_is_found_there_is_one_rollout() -> None:
    """Two comparisons find it, and in the end the event arrives."""
    nights = Nights(World(policy=STARTS))
    nights.lose("9")
    nights.compare()
    nights.compare()
    assert nights.world.register("9", "late") is IntakeResult.DUPLICATE
    assert len(nights.world.store.rollouts(ENDPOINT)) == 1


def test_a_missed_version_waits_for_an_open_rollout() -> None:
    """As it would have done, had its event arrived."""
    nights = Nights(World(policy=replace(STARTS, steps=(*POLICY.steps, PauseStep(None)))))
    nights.world.register("7")
    nights.world.until_weight(10)
    nights.lose("9")
    nights.compare()
    assert nights.world.rollout("9").phase is Phase.QUEUED


@pytest.mark.parametrize("case", ["not selected", "deployed", "before", "forgotten"])
def test_what_nobody_lost_is_not_reported(case: str) -> None:
    """No policy selects it, someone deployed it, or it is too old to know whether it ever had a rollout."""
    nights = Nights(World(policy=replace(STARTS, models=(replace(POLICY.models[0], tags={"stage": "prod"}),))))
    world = nights.world
    if case == "deployed":
        seen = world.seen
        twin = replace(seen.deployments["churn-6"], name="twin", model="azureml:churn:9")
        world.endpoints.seen[ENDPOINT] = replace(seen, deployments={**seen.deployments, "twin": twin})
    created = world.clock() - HOUR if case == "before" else None
    nights.lose("9", created, stage="dev" if case == "not selected" else "prod")
    nights.compare(after=timedelta(days=91) if case == "forgotten" else 2 * HOUR)
    assert nights.missed == []
    assert not world.store.rollouts(ENDPOINT)


def test_a_rollout_by_an_operator_ends_the_report() -> None:
    """Health does not wait for the next comparison."""
    nights = Nights()
    nights.lose("9")
    nights.compare()
    nights.world.reception().start(nights.world.policy, ModelVersion("churn", "9"), "ada@example.com", "was lost")
    assert nights.missed == []


@pytest.mark.parametrize("creates", [False, True])
def test_nothing_is_started_without_an_endpoint(*, creates: bool) -> None:
    """Unless the policy creates the endpoint."""
    nights = Nights(World(policy=replace(STARTS, create_endpoint=EndpointSpec() if creates else None)))
    del nights.world.endpoints.seen[ENDPOINT]
    nights.lose("9")
    nights.compare()
    assert bool(nights.world.store.rollouts(ENDPOINT)) is creates
    assert nights.missed == ([] if creates else [("9", "")])


def test_nothing_is_concluded_from_what_cannot_be_read() -> None:
    """First the endpoint does not answer, then the registry; the next night both do."""
    nights = Nights(World(policy=STARTS))
    nights.lose("9")
    nights.world.endpoints.faults.planned.append(Temporary("503"))
    nights.compare()
    nights.world.models.faults.planned.append(Temporary("503"))
    nights.compare()
    assert not nights.world.store.rollouts(ENDPOINT)
    nights.compare()
    assert len(nights.world.store.rollouts(ENDPOINT)) == 1
