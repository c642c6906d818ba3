"""Operators who roll back: from every phase, at the worst moment, or too late."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from shared.core.admission import EndpointRecord
from shared.core.endpoint_id import EndpointId
from shared.core.observation import DeploymentSeen, Halt, Provisioning
from shared.core.phases import Phase
from shared.core.policy import Deadlines, Policy
from shared.core.rollout import Rollout, Verb
from shared.core.rollout.reasons import ReasonCode
from shared.core.steps import MirrorStep, PauseStep, SmokeStep, WeightStep
from shared.errors import NotPossible, Permanent
from shared.ports import Stored
from tests.fakes import FakeStore
from tests.scenarios.world import BLUE, CHURN, ENDPOINT, GREEN, POLICY, World


@pytest.mark.parametrize("phase", [Phase.PROVISIONING, Phase.STEPPING, Phase.PAUSED, Phase.PROMOTING, Phase.PROMOTED])
def test_an_operator_can_roll_back_from_every_phase(phase: Phase) -> None:
    """Even without telemetry and wake-ups, blue serves everything a few ticks later."""
    steps = (SmokeStep("s"), WeightStep(10), PauseStep()) if phase is Phase.PAUSED else POLICY.steps
    world = World(policy=replace(POLICY, steps=steps))
    world.register()
    world.until(phase)
    world.telemetry.faults.always = world.wakeups.faults.always = world.scoring.faults.always = "away"
    world.ask(Verb.ROLLBACK, "customers call")
    world.minutes(6)
    assert (world.rollout().phase, world.seen.traffic) == (Phase.ROLLED_BACK, {BLUE: 100}), world.told()
    why = world.rollout().status.reason
    assert (why.code, why.facts["actor"]) == (ReasonCode.OPERATOR_ROLLBACK, "ada@example.com")
    assert why.facts["comment"] == "customers call"
    world.telemetry.faults.always = ""  # green is deleted only once blue is seen healthy
    world.until_finished()
    assert GREEN not in world.seen.deployments


def test_a_rollback_requested_before_any_observation_ends_well() -> None:
    """Nothing has been done yet, so nothing is undone, even while someone else is writing to the endpoint."""
    world = World()
    world.endpoints.set_traffic(ENDPOINT, {BLUE: 100})
    world.register()
    world.ask(Verb.ROLLBACK)
    world.settle()
    assert world.rollout().phase is Phase.ROLLED_BACK


def test_an_early_rollback_spares_a_deployment_that_happens_to_have_the_name() -> None:
    """What someone else created is never deleted, whatever its name."""
    world = World()
    theirs = DeploymentSeen(GREEN, Provisioning.SUCCEEDED, "azureml:other:1")
    seen = world.seen
    world.endpoints.seen[ENDPOINT] = replace(seen, deployments=seen.deployments | {GREEN: theirs})
    world.register()
    world.ask(Verb.ROLLBACK)
    world.until_finished()
    world.minutes(5)
    assert GREEN in world.seen.deployments


def test_a_green_that_cannot_be_tested_for_lack_of_a_key_can_be_rolled_back() -> None:
    """Teal may not read the endpoint's key, which is not green's fault, and a rollback sends no request."""
    world = World()
    world.scoring.faults.always = Permanent("403 AuthorizationFailed: listKeys")
    world.register()
    world.until(Phase.STEPPING)
    world.minutes(3)
    rollout = world.rollout()
    assert (rollout.phase, rollout.progress.smoke, rollout.observed.endpoint_problem) == (Phase.STEPPING, None, None)
    world.ask(Verb.ROLLBACK)
    world.until(Phase.ROLLED_BACK, within=5)


def test_a_rollback_takes_precedence_over_a_refusal() -> None:
    """Azure refuses an order just when an operator asks for a rollback: the rollback is carried out."""
    world = World()
    world.register()
    world.until_weight(10)
    world.ask(Verb.PROMOTE, full=True)
    world.endpoints.refuses["traffic"] = "BadRequest: not now"
    world.controller().reconcile(CHURN)
    world.controller().reconcile(CHURN)
    world.endpoints.refuses.clear()
    world.ask(Verb.ROLLBACK)
    assert world.until(Phase.ROLLED_BACK, Phase.FAILED).phase is Phase.ROLLED_BACK


def test_an_order_that_takes_effect_late_is_rolled_back_too() -> None:
    """Azure accepted 10 percent but does not show it yet: the rollback waits until its own order is accepted."""
    world = World(policy=replace(POLICY, on_rollback="keep"))
    world.register()
    world.minutes()
    world.endpoints.finish()
    world.endpoints.hidden = True
    while not world.endpoints.traffic_written:
        world.controller().reconcile(CHURN)
    world.ask(Verb.ROLLBACK)
    for _ in range(3):
        world.controller().reconcile(CHURN)
    assert world.seen.traffic == {BLUE: 100}
    world.endpoints.hidden = False
    world.minutes(5)
    assert (world.rollout().phase, world.seen.traffic) == (Phase.ROLLED_BACK, {BLUE: 100})


def stuck(policy: Policy = POLICY, kind: str = "traffic") -> World:
    """Return a world in which an operator rolls back and Azure refuses to take green's traffic or mirror away."""
    world = World(policy)
    world.register()
    world.until(Phase.STEPPING)
    for _ in range(10):
        if GREEN in world.seen.traffic | world.seen.mirror:
            break
        world.minutes()
    world.minutes(2)
    world.endpoints.refuses[kind] = "ScopeLocked: the resource group has a lock"
    world.ask(Verb.ROLLBACK)
    world.minutes(3)
    assert world.rollout().phase is Phase.ROLLING_BACK
    assert GREEN in world.seen.traffic | world.seen.mirror
    return world


BRIEF = replace(POLICY, deadlines=Deadlines(rollback=timedelta(minutes=5)))
SHADOW = replace(POLICY, steps=(SmokeStep("s"), MirrorStep(20, duration=timedelta(hours=1)), WeightStep(50)))


@pytest.mark.parametrize(
    ("policy", "kind"), [(POLICY, "traffic"), (BRIEF, "traffic"), (SHADOW, "mirror")], ids=["", "brief", "mirror"]
)
def test_a_refused_rollback_ends_when_an_operator_carries_it_out(policy: Policy, kind: str) -> None:
    """Green has had no traffic for ten minutes, and Teal's orders took effect long before: it is rolled back."""
    world = stuck(policy, kind)
    world.endpoints.seen[ENDPOINT] = replace(world.seen, traffic={BLUE: 100}, mirror={})
    world.minutes(9)
    assert world.rollout().phase is Phase.ROLLING_BACK  # the reading may be old
    world.minutes(3)
    assert world.rollout().phase is Phase.ROLLED_BACK, world.told()
    world.until_finished()
    assert GREEN not in world.seen.deployments


def test_a_refused_rollback_whose_traffic_comes_back_is_not_over() -> None:
    """The ten minutes start again each time green is seen with traffic."""
    world = stuck(replace(POLICY, deadlines=Deadlines()))
    split = dict(world.seen.traffic)
    for _ in range(2):
        world.endpoints.seen[ENDPOINT] = replace(world.seen, traffic={BLUE: 100})
        world.minutes(8)
        world.endpoints.seen[ENDPOINT] = replace(world.seen, traffic=split)
        world.minutes()
    assert world.rollout().phase is Phase.ROLLING_BACK


def test_after_a_rollback_request_nothing_else_is_accepted() -> None:
    """A rollback takes precedence over every other request, and the second person reads who asked for it."""
    world = World()
    world.register()
    world.until_weight(10)
    world.ask(Verb.ROLLBACK)
    for verb in (Verb.PROMOTE, Verb.PAUSE, Verb.ROLLBACK):
        with pytest.raises(NotPossible, match=r"ada@example\.com already requested a rollback"):
            world.ask(verb)


def test_a_rollback_after_blue_is_gone_is_too_late_and_says_so() -> None:
    """Blue is already being deleted: the history answers the request, and green keeps serving."""
    world = World()
    world.register()
    world.until(Phase.PROMOTED)
    seen = world.seen
    gone = {name: deployment for name, deployment in seen.deployments.items() if name != BLUE}
    world.endpoints.seen[ENDPOINT] = replace(seen, deployments=gone)
    world.ask(Verb.ROLLBACK)
    world.minutes()
    (late,) = world.entries(ReasonCode.REQUEST_TOO_LATE)
    assert late.reason.because is not None
    assert (late.reason.because.code, late.reason.because.facts["deployment"]) == (ReasonCode.BLUE_LOST, BLUE)
    assert world.seen.traffic == {GREEN: 100}


@dataclass
class UnreadableRows(FakeStore):
    """unknown: the halt cannot be read. lost_row: the id of an unreadable rollout. old: the record to return."""

    unknown: bool = False
    lost_row: str = ""
    old: Stored[EndpointRecord] | None = None

    def record(self, endpoint: EndpointId) -> Stored[EndpointRecord]:
        return self.old or super().record(endpoint)

    def halt(self) -> Halt | None:
        if self.unknown:
            raise Permanent("the row of the halt is not JSON")
        return super().halt()

    def rollout(self, endpoint: EndpointId, rollout: str) -> Stored[Rollout] | None:
        if rollout == self.lost_row:
            raise Permanent(f"the row of {rollout} is not JSON")
        return super().rollout(endpoint, rollout)


def test_a_rollback_does_not_depend_on_the_halt() -> None:
    """While it is unknown whether there is one, nothing goes forward, but a rollback is carried out."""
    store = UnreadableRows()
    world = World(store=store)
    world.register()
    world.until_weight(10)
    store.unknown = True
    world.minutes(30)
    assert world.seen.traffic[GREEN] == 10
    world.ask(Verb.ROLLBACK)
    world.until(Phase.ROLLED_BACK, within=4)


def test_a_rollback_does_not_depend_on_the_rollout_that_waits() -> None:
    """The waiting rollout's row cannot be read for a while. It begins once it can."""
    store = UnreadableRows()
    world = World(store=store)
    world.register()
    world.until_weight(10)
    world.register("8", "e2")
    store.lost_row = world.rollout("8").id
    world.ask(Verb.ROLLBACK)
    world.minutes(60)
    assert (world.rollout().phase, world.seen.traffic) == (Phase.ROLLED_BACK, {BLUE: 100})
    store.lost_row = ""
    world.until(Phase.PROMOTED, version="8", within=90)


def test_a_rollout_that_another_process_ended_stays_ended_while_the_next_cannot_be_read() -> None:
    """This process still holds the endpoint's old record and cannot read the waiting rollout's row."""
    store = UnreadableRows()
    world = World(store=store)
    world.register()
    world.until_weight(10)
    world.register("8", "e2")
    world.ask(Verb.ROLLBACK)
    before = store.record(CHURN)
    while world.rollout().finished is None:
        world.minutes()
    store.lost_row, store.old = world.rollout("8").id, before
    world.controller("stale").reconcile(CHURN)
    assert world.rollout().finished is not None
