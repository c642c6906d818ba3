"""The hourly sweep and the nightly audit: each looks at every endpoint, whatever fails at another or before it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from shared.core.endpoint_id import EndpointId
from shared.core.observation import DeploymentSeen, Provisioning
from shared.core.rollout import ModelVersion
from shared.core.rollout.reasons import ReasonCode
from shared.errors import Temporary
from shared.wiring import use
from tests.fakes import FakePolicies
from tests.functions.conftest import Calls, app_over
from tests.scenarios.world import CHURN, ENDPOINT, GREEN, World

DAY = timedelta(days=1)


@dataclass
class Failing(FakePolicies):
    """Policies that cannot be listed. times: how many times."""

    times: int = 1

    def endpoints(self) -> tuple[EndpointId, ...]:
        if self.times:
            self.times -= 1
            raise ZeroDivisionError
        return super().endpoints()


@pytest.fixture
def two(calls: Calls) -> Iterator[Calls]:
    """Return the functions on a world with a policy for another endpoint, which comes first and does not exist."""
    policies = FakePolicies((replace(calls.world.policy, endpoint="aardvark"), calls.world.policy))
    with use(replace(app_over(calls.world), policies=policies)):
        yield calls


def leave_behind(world: World) -> None:
    """Roll a version back, and have Azure show its green again."""
    world.register()
    world.until_weight(10)
    world.rates[GREEN] = 0.5
    world.until_finished()
    green = DeploymentSeen(GREEN, Provisioning.SUCCEEDED, "azureml:churn:7")
    world.endpoints.seen[ENDPOINT] = replace(world.seen, deployments={**world.seen.deployments, GREEN: green})


def lose_event(world: World) -> None:
    """Register a version without its event."""
    version = ModelVersion("churn", "9")
    world.clock.pass_(timedelta(minutes=1))
    world.models.registered[version] = {}
    world.models.made[version] = world.clock()


def missed(world: World) -> list[str]:
    """Return the versions that the audit found to be missed."""
    return [each.model.version for each in world.store.record(CHURN).value.missed]


def test_the_nightly_audit_notes_what_a_rollout_left_behind(calls: Calls) -> None:
    """They are in that rollout's history."""
    leave_behind(calls.world)
    calls.world.clock.pass_(DAY)
    assert not calls.world.entries(ReasonCode.ORPHAN_FOUND)
    calls.call("audit", timer=None)
    assert len(calls.world.entries(ReasonCode.ORPHAN_FOUND)) == 1


def test_a_defect_at_one_endpoint_ends_no_audit(two: Calls, caplog: pytest.LogCaptureFixture) -> None:
    """Both halves of the audit fail at the first endpoint, and both find the problems of the second one."""
    two.call("sweep", timer=None)
    leave_behind(two.world)
    lose_event(two.world)
    two.world.clock.pass_(DAY)
    two.world.endpoints.faults.planned += [ZeroDivisionError(), None, ZeroDivisionError()]  # not Teal's errors
    two.call("audit", timer=None)
    assert len(two.world.entries(ReasonCode.ORPHAN_FOUND)) == 1
    assert missed(two.world) == ["9"]
    defects = [record.getMessage() for record in caplog.records if record.exc_info]
    assert defects == [f"defect: {what} endpoint=w/aardvark" for what in ("orphans not swept", "versions not compared")]


def test_a_defect_at_one_endpoint_ends_no_sweep(two: Calls) -> None:
    """The second one's models are recorded although the first one's are not."""
    two.world.store.faults.planned.append(ZeroDivisionError())  # not one of Teal's errors
    two.call("sweep", timer=None)
    assert two.world.store.record(CHURN).value.managed
    assert not two.world.store.record(EndpointId("w", "aardvark")).value.managed


def test_the_sweep_notes_the_models_though_it_cannot_list_the_endpoints(calls: Calls) -> None:
    """The function still fails, so that the host shows it."""

    def down() -> tuple[EndpointId, ...]:
        raise Temporary("the table store answers 503")

    object.__setattr__(calls.world.store, "known_endpoints", down)
    with pytest.raises(Temporary):
        calls.call("sweep", timer=None)
    assert calls.world.store.record(CHURN).value.managed


def test_the_audit_compares_versions_though_it_cannot_look_for_orphans(calls: Calls) -> None:
    """The function still fails, so that the host shows it."""
    calls.call("sweep", timer=None)
    lose_event(calls.world)
    calls.world.clock.pass_(DAY)
    with use(replace(app_over(calls.world), policies=Failing((calls.world.policy,)))), pytest.raises(ZeroDivisionError):
        calls.call("audit", timer=None)
    assert missed(calls.world) == ["9"]
