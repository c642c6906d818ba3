"""Greens that ended rollouts left behind, and the nightly sweep."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from shared.audit.orphans import OrphanSweep
from shared.core.observation import DeploymentMinute, DeploymentSeen, EndpointSeen, Provisioning
from shared.core.observation.spans import floor_minute
from shared.core.phases import Phase
from shared.core.rollout import Verb, leases
from shared.core.rollout.reasons import ReasonCode
from shared.core.steps import PauseStep
from shared.errors import Temporary
from shared.health import HealthCheck
from shared.notifications import LogChannel
from shared.ports import Changes, Halt, Stored
from shared.rollout_health import rollout_findings
from tests.scenarios.world import BLUE, CHURN, ENDPOINT, GREEN, MIDNIGHT, MINUTE, POLICY, World

NIGHT = timedelta(days=1)
REMOVES = replace(POLICY, orphans="remove")
CODES = (ReasonCode.ORPHAN_FOUND, ReasonCode.ORPHAN_MIRROR_ENDED, ReasonCode.ORPHAN_REMOVED)


@dataclass
class Nights:
    """A world in which a rollout left its green behind, with a sweep every night."""

    world: World = field(default_factory=lambda: World(policy=REMOVES, rates={GREEN: 0.5}))

    def __post_init__(self) -> None:
        self.world.register()
        self.world.until_finished()
        ours = DeploymentSeen(GREEN, Provisioning.SUCCEEDED, "azureml:churn:7", 1, self.world.clock(), by_teal=True)
        self.deploy(ours)
        self.world.endpoints.slow = False

    @property
    def noted(self) -> list[ReasonCode]:
        """What the history says about the orphan."""
        return [entry.reason.code for entry in self.world.entries(*CODES)]

    @property
    def deployed(self) -> bool:
        """Whether the green is still there."""
        return GREEN in self.world.seen.deployments

    def deploy(self, green: DeploymentSeen) -> None:
        """Have Azure show this green."""
        seen = self.world.seen
        self.world.endpoints.seen[ENDPOINT] = replace(seen, deployments={**seen.deployments, GREEN: green})

    def pass_(self, count: int = 1) -> None:
        """Let nights pass."""
        world = self.world
        for _ in range(count):
            world.clock.pass_(NIGHT)
            parts = world.store, world.workspaces, world.known_policies, world.clock, "two", (LogChannel(),)
            OrphanSweep(*parts, history=100 * NIGHT).sweep()


def test_an_orphan_is_noted_and_removed_the_next_night() -> None:
    """Both are in the history of the rollout that left it, and nothing follows."""
    nights = Nights()
    nights.pass_()
    assert (nights.noted, nights.deployed) == ([ReasonCode.ORPHAN_FOUND], True)
    nights.pass_(3)
    assert (nights.noted, nights.deployed) == ([ReasonCode.ORPHAN_FOUND, ReasonCode.ORPHAN_REMOVED], False)
    assert nights.world.rollout().lease is None


@pytest.mark.parametrize(
    ("requests", "bad", "answers", "kept"),
    [
        pytest.param(6000, 0, False, False, id="many requests that succeed"),
        pytest.param(100, 0, False, True, id="too few to show that less than a hundredth fails"),
        pytest.param(100, 60, True, True, id="many requests, of which most fail"),
        pytest.param(3, 0, False, True, id="few requests"),
        pytest.param(3, 0, True, False, id="few requests, and the smoke requests succeed"),
        pytest.param(0, 0, False, True, id="silence, and the smoke requests fail"),
    ],
)
def test_it_stays_until_what_serves_is_seen_healthy(requests: int, bad: int, *, answers: bool, kept: bool) -> None:
    """Azure calls it Succeeded in any case. Until it answers, the orphan may be the better deployment."""
    nights = Nights()
    nights.pass_()
    world = nights.world
    minute = floor_minute(world.clock() + NIGHT) - timedelta(minutes=3)
    world.telemetry.rows = [DeploymentMinute(BLUE, minute, requests, bad)] if requests else []
    world.scoring.unlucky = {} if answers else {BLUE: 1}
    nights.pass_()
    assert nights.deployed is kept
    world.scoring.unlucky, world.telemetry.rows = {}, []
    nights.pass_()
    assert not nights.deployed


def test_it_stays_if_what_serves_failed_within_the_hour() -> None:
    """The newest minutes look good, but their failures may be late, and a single look cannot tell."""
    nights = Nights()
    nights.pass_()
    world = nights.world
    ends = floor_minute(world.clock() + NIGHT)
    times = [ends - n * MINUTE for n in range(1, 46)]
    world.telemetry.rows = [DeploymentMinute(BLUE, at, 900, 300 * (at < ends - 20 * MINUTE)) for at in times]
    nights.pass_()
    assert nights.deployed


def test_by_default_it_is_only_noted() -> None:
    """Once, however often it is found."""
    nights = Nights(World(rates={GREEN: 0.5}))
    nights.pass_(4)
    assert (nights.noted, nights.deployed) == ([ReasonCode.ORPHAN_FOUND], True)


def test_a_change_by_an_operator_keeps_it() -> None:
    """Between the two nights someone investigated what was wrong with it."""
    nights = Nights()
    nights.pass_()
    touched = replace(nights.world.seen.deployments[GREEN], modified=nights.world.clock())
    nights.deploy(touched)
    nights.pass_(3)
    assert nights.deployed


def test_nothing_is_removed_while_a_rollout_is_open_or_all_is_halted() -> None:
    """The sweep waits until the rollout and the halt have ended."""
    nights = Nights(World(policy=replace(REMOVES, steps=(*POLICY.steps, PauseStep(None))), rates={GREEN: 0.5}))
    nights.pass_()
    nights.world.endpoints.slow = True
    nights.world.register("8")
    nights.world.until_weight(10, "8")
    nights.pass_()
    assert nights.deployed
    other = Nights()
    other.pass_()
    other.world.store.set_halt(Halt("ada@example.com", "audit season", other.world.clock()))
    other.pass_(2)
    assert other.deployed
    other.world.store.set_halt(None)
    other.pass_()
    assert not other.deployed


def test_it_is_left_to_the_process_that_acts_on_its_rollout() -> None:
    """Two sweeps overlap, and the other one has just taken the lease: only one of them gives the order."""
    nights = Nights()
    nights.pass_()
    world = nights.world
    stored = world.store.rollout(CHURN, world.rollout().id)
    assert stored is not None
    leased = replace(stored.value, lease=leases.taken("other", world.clock() + NIGHT))
    world.store.commit(CHURN, Changes(rollouts=(Stored(leased, stored.etag),)))
    nights.pass_()
    assert nights.deployed
    nights.pass_()
    assert not nights.deployed


def test_one_orphan_is_removed_a_night() -> None:
    """Azure carries out one order at a time on an endpoint, so the history must not say more than was ordered."""
    nights = Nights()
    world, ours = nights.world, nights.world.seen.deployments[GREEN]
    world.endpoints.slow, world.rates["churn-8"] = True, 0.5
    world.register("8", "e8")
    world.until_finished("8")
    both = {name: replace(ours, name=name, model=f"azureml:churn:{name[-1]}") for name in (GREEN, "churn-8")}
    world.endpoints.seen[ENDPOINT] = replace(world.seen, deployments=world.seen.deployments | both)
    left = []
    for _ in range(3):
        nights.pass_()
        world.endpoints.finish()
        removed = [each for version in "78" for each in world.entries(ReasonCode.ORPHAN_REMOVED, version=version)]
        left.append((sorted(both.keys() & world.seen.deployments.keys()), len(removed)))
    assert left == [(["churn-7", "churn-8"], 0), (["churn-7"], 1), ([], 2)]


def test_a_rollout_that_begins_during_the_sweep_wins() -> None:
    """The sweep's decision applied to an endpoint without a rollout, so it is void."""
    nights = Nights()
    nights.pass_()
    store, commit = nights.world.store, nights.world.store.commit

    def late(*args: object, **_: object) -> object:
        object.__setattr__(store, "commit", commit)
        nights.world.register("8")
        return commit(*args)  # type: ignore[arg-type]

    object.__setattr__(store, "commit", late)
    nights.pass_()
    assert nights.deployed
    assert nights.noted == [ReasonCode.ORPHAN_FOUND]


def test_an_endpoint_that_cannot_be_read_is_left_alone() -> None:
    """The next night tries again."""
    nights = Nights()
    nights.pass_()
    nights.world.endpoints.faults.planned.append(Temporary("503"))
    nights.pass_()
    assert nights.deployed
    nights.pass_()
    assert not nights.deployed


def replaced(world: World) -> World:
    """Have version 8 promoted in place of version 7, which is kept for a while."""
    world.register()
    world.until_finished()
    world.register("8", "e8")
    world.until(Phase.PROMOTED, version="8")
    seen = world.seen
    quiet = {name: replace(each, modified=MIDNIGHT) for name, each in seen.deployments.items()}
    world.endpoints.seen[ENDPOINT] = replace(seen, deployments=quiet)
    return world


def night(world: World) -> set[str]:
    """Let a night pass, and return the deployments that health reports as orphans."""
    world.clock.pass_(NIGHT)
    parts = world.store, world.workspaces, world.known_policies, world.clock, "two", (LogChannel(),)
    OrphanSweep(*parts, history=100 * NIGHT).sweep()
    world.endpoints.finish()
    health = HealthCheck(world.store, world.workspaces, world.known_policies, world.backlog).check(world.clock())
    return {finding.message.split()[0] for finding in health.findings if finding.check == "orphan"}


def test_a_replaced_blue_that_azure_refused_to_delete_is_removed() -> None:
    """It had a lock when its time was over; it is deleted one night after its successor's history reports it."""
    world = replaced(World(policy=REMOVES))
    world.endpoints.refuses["delete"] = "ScopeLocked: the resource group has a lock"
    world.until_finished("8")
    del world.endpoints.refuses["delete"]
    assert night(world) == {GREEN}
    assert [entry.reason.code for entry in world.entries(*CODES, version="8")] == [ReasonCode.ORPHAN_FOUND]
    assert (night(world), set(world.seen.deployments)) == (set(), {"churn-8"})


def test_a_replaced_blue_that_an_operator_used_is_noted_and_never_removed() -> None:
    """It had some traffic when its time was over, so Teal kept it: only an operator deletes it."""
    world = replaced(World(policy=REMOVES))
    world.endpoints.seen[ENDPOINT] = replace(world.seen, traffic={GREEN: 10, "churn-8": 90})
    world.until_finished("8")
    assert world.entries(ReasonCode.BLUE_KEPT_IN_USE, version="8")
    world.endpoints.seen[ENDPOINT] = replace(world.seen, traffic={"churn-8": 100})
    assert [night(world) for _ in range(3)] == [{GREEN}] * 3
    assert [entry.reason.code for entry in world.entries(*CODES, version="8")] == [ReasonCode.ORPHAN_FOUND]


def test_a_blue_that_is_kept_unchecked_is_no_orphan() -> None:
    """It waits until what serves is seen healthy, as a health finding, and is then deleted without an operator."""
    world = replaced(World(policy=REMOVES))
    world.telemetry.faults.always = "no answer"
    world.minutes(120)
    assert world.entries(ReasonCode.BLUE_KEPT_UNCHECKED, version="8")
    assert [night(world) for _ in range(2)] == [set()] * 2
    assert "cleanup" in {each.check for each in rollout_findings(world.rollout("8"), world.clock())}
    world.telemetry.faults.always = ""
    while len(world.seen.deployments) > 1:
        world.minutes()
    world.minutes(2)
    assert not [*rollout_findings(world.rollout("8"), world.clock())]  # what serves is still watched then


def test_an_inherited_blue_that_could_not_be_deleted_is_found() -> None:
    """Even one that Teal did not create, once neither that rollout nor the next has anything left to do."""
    world = World(policy=replace(REMOVES, keep_blue=timedelta(hours=2)))
    world.register()
    world.until(Phase.PROMOTED)
    world.endpoints.refuses["delete"] = "ScopeLocked: the resource group has a lock"
    world.register("8", "e8")
    world.until_weight(10, "8")
    world.ask(Verb.ROLLBACK)
    world.until_finished("8")
    assert night(world) == {BLUE, "churn-8"}


def test_a_promoted_green_that_an_operator_put_aside_is_no_orphan() -> None:
    """It is still the best known version, and no other was promoted in its place."""
    world = World(policy=REMOVES)
    world.register()
    world.until_finished()
    world.endpoints.seen[ENDPOINT] = serving_besides(world)
    assert [night(world) for _ in range(2)] == [set(), set()]


def test_a_promoted_green_that_was_put_aside_is_found_once_a_newer_one_is_promoted() -> None:
    """That one ran beside the operator's deployment, so it was no rollout's blue. Teal never meant to delete it."""
    world = World(policy=REMOVES)
    world.register()
    world.until_finished()
    world.endpoints.seen[ENDPOINT] = serving_besides(world)
    world.register("8", "e8")
    world.until_finished("8")
    assert [night(world) for _ in range(3)] == [{GREEN}] * 3


def serving_besides(world: World) -> EndpointSeen:
    """Return the endpoint with all traffic on an operator's deployment."""
    hotfix = DeploymentSeen("hotfix", Provisioning.SUCCEEDED, "azureml:other:1")
    return replace(world.seen, traffic={"hotfix": 100}, deployments={**world.seen.deployments, "hotfix": hotfix})
