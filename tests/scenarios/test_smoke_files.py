"""A newer package lacks the smoke files of an open rollout, which says nothing about green."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from shared.core.phases import Phase
from shared.core.rollout import Verb
from shared.core.rollout.reasons import ReasonCode
from shared.core.steps import SmokeStep, WeightStep
from shared.ports import Policies
from shared.rollout_health import rollout_findings
from tests.fakes import FakePolicies
from tests.scenarios.world import BLUE, GREEN, POLICY, World

FILES = SmokeStep("smoke/old.jsonl")
SCHEMA = SmokeStep("smoke/old.jsonl", schema="smoke/old.schema.json")


@dataclass
class Redeployed(World):
    """A world in which a newer package has renamed the files, until `renamed` is cleared."""

    renamed: str = "no such file"

    @property
    def known_policies(self) -> Policies:
        """The policies of the newer package."""
        return FakePolicies((self.policy,), unreadable=self.renamed)


def untested(step: SmokeStep = FILES) -> Redeployed:
    """Return a world whose green has been ready for three hours and cannot be tested."""
    world = Redeployed(replace(POLICY, steps=(step, WeightStep(40))))
    world.register()
    world.minutes(180)
    return world


@pytest.mark.parametrize("step", [FILES, SCHEMA], ids=["requests", "schema"])
def test_a_rollout_whose_smoke_files_are_gone_is_held_and_goes_on_once_they_are_back(step: SmokeStep) -> None:
    """It is tested with them then; neither patience nor any deadline ran in the meantime."""
    world = untested(step)
    assert (world.rollout().phase, world.seen.traffic, world.endpoints.traffic_written) == (
        Phase.STEPPING, {BLUE: 100}, [],
    )  # fmt: skip
    (held,) = world.entries(ReasonCode.HELD)
    assert held.reason.because is not None
    assert (held.reason.because.code, "smoke/old" in held.reason.because.facts["message"]) == (
        ReasonCode.SMOKE_UNREADABLE, True,
    )  # fmt: skip
    world.renamed = ""
    world.until(Phase.PROMOTED)


def test_health_names_the_file_and_what_to_do() -> None:
    """A waiting rollout is easy to overlook."""
    world = untested()
    (finding,) = rollout_findings(world.rollout(), world.clock())
    assert (finding.check, "smoke/old.jsonl: no such file" in finding.message) == ("policy", True)
    world.renamed = ""
    world.minutes(2)
    assert list(rollout_findings(world.rollout(), world.clock())) == []


def test_an_operator_can_roll_back_what_cannot_be_tested() -> None:
    """A rollback needs no file."""
    world = untested()
    world.ask(Verb.ROLLBACK)
    assert world.until_finished().phase is Phase.ROLLED_BACK
    assert GREEN not in world.seen.deployments
